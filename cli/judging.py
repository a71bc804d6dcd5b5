"""Options of a judge: the model, its engine or endpoint, and the votes."""

import inspect
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from .generation import (
    ApiKeyOption,
    ConcurrencyOption,
    EndpointOption,
    MaxRetryTimeOption,
    RequestTimeoutOption,
    ThreadsOption,
)
from .options import option, option_group
from .registries import engine

if TYPE_CHECKING:
    from r1data.verifiers.judge.asking import JudgeSettings
    from r1data.verifiers.judge.review import Judging

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--judge",
        metavar="MODEL",
        help="Model that decides rows whose verifier is judge: a folder, a hub id, or its name at --endpoint.",
        show_default=False,
    ),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--judge-engine",
        metavar="NAME",
        callback=engine,
        help="Engine of the judge: auto (openai where there is an --endpoint), {engines}.",
    ),
]
TokenizerOption = Annotated[
    str | None,
    typer.Option(
        "--judge-tokenizer",
        metavar="MODEL",
        help="Folder or hub id of a served judge's tokenizer; without it the server applies the chat template.",
        show_default=False,
    ),
]
VotesOption = Annotated[
    int, typer.Option("--votes", min=1, help="How many times the judge is asked about a row.")
]
ThresholdOption = Annotated[
    float,
    typer.Option(
        "--judge-threshold",
        min=0.0,
        max=1.0,
        help="Share of the votes that must agree; always more than half.",
    ),
]
TemperatureOption = Annotated[
    float | None,
    typer.Option(
        "--judge-temperature",
        help="Temperature of the votes. [default: 0 for one vote, 0.6 for several]",
        show_default=False,
    ),
]
MaxTokensOption = Annotated[
    int, typer.Option("--judge-max-tokens", min=16, help="Longest reply of the judge, in tokens.")
]
JudgeSeedOption = Annotated[int, typer.Option("--judge-seed", help="Seed of the votes.")]
JudgeUnverifiableOption = Annotated[
    bool,
    typer.Option(
        "--judge-unverifiable",
        help="Let the judge also decide what the verifiers math, choice and exact could not.",
    ),
]
MeasureAgreementOption = Annotated[
    bool,
    typer.Option(
        "--measure-agreement",
        help="Also ask the judge about what rules decided, and 20 wrong answers a shard; report how far they agree.",
    ),
]
NoCacheOption = Annotated[
    bool, typer.Option("--no-judge-cache", help="Neither use nor keep the judge's earlier answers.")
]


@dataclass(frozen=True)
class JudgeOptions:
    """The options of a command that may ask a judge."""

    judge: ModelOption = None
    judge_engine: EngineOption = "auto"
    judge_tokenizer: TokenizerOption = None
    votes: VotesOption = 1
    judge_threshold: ThresholdOption = 0.5
    judge_temperature: TemperatureOption = None
    judge_max_tokens: MaxTokensOption = 2_048
    judge_seed: JudgeSeedOption = 0
    judge_unverifiable: JudgeUnverifiableOption = False
    measure_agreement: MeasureAgreementOption = False
    no_judge_cache: NoCacheOption = False
    endpoint: EndpointOption = None
    api_key: ApiKeyOption = field(default=None, repr=False)
    concurrency: ConcurrencyOption = 64
    request_timeout: RequestTimeoutOption = 600.0
    max_retry_time: MaxRetryTimeOption = None
    threads: ThreadsOption = None

    def judging(self) -> "Judging | None":
        """The judge and which rows are for it; None without one. Raises UserError for options that need a judge."""
        from r1data.errors import UserError
        from r1data.verifiers.judge.judge import Judge
        from r1data.verifiers.judge.review import Judging

        settings = self.settings()
        if settings is None:
            if self.judge_unverifiable or self.measure_agreement or self.endpoint:
                raise UserError(
                    "--judge-unverifiable, --measure-agreement and --endpoint need a judge; add --judge MODEL"
                )
            return None
        return Judging(Judge(settings), self.judge_unverifiable, self.measure_agreement)

    def settings(self) -> "JudgeSettings | None":
        """The judge and how it is asked; None without one."""
        from r1data.engines.base import EngineOptions, at_endpoints
        from r1data.verifiers.judge.asking import JudgeSettings

        if self.judge is None:
            return None
        options = EngineOptions(
            threads=self.threads,
            endpoints=tuple(self.endpoint or ()),
            # Looked up here, since workers may be on other machines with another environment.
            api_key=self.api_key or os.environ.get("OPENAI_API_KEY"),
            tokenizer=self.judge_tokenizer,
            concurrency=self.concurrency,
            request_timeout=self.request_timeout,
            patience=self.max_retry_time,
        )
        return JudgeSettings(
            self.judge,
            at_endpoints(self.judge_engine, self.endpoint, "--judge-engine"),
            self.votes,
            self.judge_threshold,
            self.judge_temperature,
            self.judge_max_tokens,
            self.judge_seed,
            not self.no_judge_cache,
            options,
        )


def with_judge(*left_out: str, **defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a judge, but those in `left_out`; it gets them as `judge_options`."""
    return option_group("judge_options", _options(left_out, defaults), lambda values: JudgeOptions(**values))


def _options(left_out: tuple[str, ...], defaults: dict[str, Any]) -> Iterator[inspect.Parameter]:
    kinds: dict[str, Any] = get_type_hints(JudgeOptions, include_extras=True)
    for one in fields(JudgeOptions):
        if one.name not in left_out:
            yield option(one.name, defaults.get(one.name, one.default), kinds[one.name])
