"""Options of the commands that run a model: sampling parameters and hardware."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from .options import SeedOption, option, option_group
from .registries import engine

if TYPE_CHECKING:
    from r1data.engines.base import EngineOptions
    from r1data.sampling.plan import SamplingPlan
    from r1data.sampling.until import StoppingRule

TemplateName = Literal["auto", "r1-zero", "chat", "plain", "server"]
DtypeName = Literal["auto", "float32", "bfloat16", "float16"]

TemperatureOption = Annotated[float, typer.Option("--temperature", help="Sampling temperature; 0 is greedy.")]
TopPOption = Annotated[
    float,
    typer.Option("--top-p", help="Nucleus sampling: the likeliest tokens with this probability together."),
]
TopKOption = Annotated[int, typer.Option("--top-k", help="Sample from this many likeliest tokens; 0 is all.")]
MaxTokensOption = Annotated[int, typer.Option("--max-tokens", help="Longest response, in tokens.")]
OwnMaxTokensOption = Annotated[
    int | None,
    typer.Option(
        "--max-tokens",
        help="Longest response, in tokens. [default: 32,768, or what a prompt leaves of the model's positions]",
        show_default=False,
    ),
]
TemplateOption = Annotated[
    TemplateName,
    typer.Option(
        "--template",
        help="Text around a prompt. auto: the model's chat template, else r1-zero; server: the template of an "
        "openai server.",
    ),
]
SystemOption = Annotated[
    str | None, typer.Option("--system", help="System prompt for rows that have none of their own.")
]
ThinkingOption = Annotated[
    Literal["on", "off"] | None,
    typer.Option(
        "--thinking",
        help="Turn the thoughts of a model that thinks on request on or off, by its chat template's switch.",
        show_default=False,
    ),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME",
        callback=engine,
        help="auto (vLLM if installed and there is a GPU, else transformers; openai with an --endpoint), {engines}.",
    ),
]
DtypeOption = Annotated[
    DtypeName,
    typer.Option(
        "--dtype", help="Type of the weights. auto: float32 on a CPU, the checkpoint's own on a GPU."
    ),
]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="CPU threads; 1 or 2 are fastest for tiny models.")
]
MaxModelLenOption = Annotated[
    int | None,
    typer.Option("--max-model-len", min=2, help="Longest prompt and response together, in tokens."),
]
MaxBatchOption = Annotated[
    int | None, typer.Option("--max-batch", min=1, help="Responses generated at the same time.")
]
TensorParallelOption = Annotated[
    int, typer.Option("--tensor-parallel", min=1, help="GPUs that a model is split over (vLLM).")
]
GpuMemoryOption = Annotated[
    float, typer.Option("--gpu-memory", min=0.05, max=1.0, help="Share of a GPU's memory to use (vLLM).")
]
EndpointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="URL of an OpenAI-compatible server; repeat it for several that serve the same model.",
        show_default=False,
    ),
]
ApiKeyOption = Annotated[
    str | None,
    typer.Option("--api-key", help="API key of the servers; better set OPENAI_API_KEY.", show_default=False),
]
TokenizerOption = Annotated[
    str | None,
    typer.Option(
        "--tokenizer",
        metavar="MODEL",
        help="Folder or hub id of the served model's tokenizer. [default: --model, if it is one]",
        show_default=False,
    ),
]
DateOption = Annotated[
    str | None,
    typer.Option(
        "--date",
        metavar="DAY",
        help="Day that a chat template writes as today's, YYYY-MM-DD. [default: the day on which the run began]",
        show_default=False,
    ),
]
ConcurrencyOption = Annotated[
    int, typer.Option("--concurrency", min=1, help="Requests in flight at one endpoint.")
]
RequestTimeoutOption = Annotated[
    float, typer.Option("--request-timeout", min=0.1, help="Seconds to wait for one answer of an endpoint.")
]
MaxRetryTimeOption = Annotated[
    float | None,
    typer.Option(
        "--max-retry-time",
        min=0.0,
        help="Seconds to keep trying while no endpoint answers. [default: 30 at the start, 600 later]",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Generation:
    """The options of a command that runs a model, except the model and the number of responses."""

    temperature: TemperatureOption = 1.0
    top_p: TopPOption = 1.0
    top_k: TopKOption = 0
    max_tokens: OwnMaxTokensOption = None
    seed: SeedOption = 0
    template: TemplateOption = "auto"
    system: SystemOption = None
    thinking: ThinkingOption = None
    date: DateOption = None
    engine: EngineOption = "auto"
    dtype: DtypeOption = "auto"
    threads: ThreadsOption = None
    max_model_len: MaxModelLenOption = None
    max_batch: MaxBatchOption = None
    tensor_parallel: TensorParallelOption = 1
    gpu_memory: GpuMemoryOption = 0.9
    endpoint: EndpointOption = None
    api_key: ApiKeyOption = field(default=None, repr=False)  # a traceback or log must not show it
    tokenizer: TokenizerOption = None
    concurrency: ConcurrencyOption = 64
    request_timeout: RequestTimeoutOption = 3_600.0
    max_retry_time: MaxRetryTimeOption = None

    def plan(
        self, model: str, n: int, until: "StoppingRule | None" = None, *, length_given: bool = False
    ) -> "SamplingPlan":
        """The part of the options that determines the rows; `length_given` as the plan has it."""
        from r1data.engines.base import MAX_TOKENS, Sampling, at_endpoints
        from r1data.sampling.plan import SamplingPlan

        max_tokens = MAX_TOKENS if self.max_tokens is None else self.max_tokens
        sampling = Sampling(self.temperature, self.top_p, self.top_k, max_tokens)
        same = ("seed", "template", "system", "thinking", "date", "dtype", "max_model_len", "tokenizer")
        return SamplingPlan(
            model,
            n,
            sampling,
            until=until,
            engine=at_endpoints(self.engine, self.endpoint),
            length_given=length_given,
            **{name: getattr(self, name) for name in same},
        )

    def options(self) -> "EngineOptions":
        """The part of the options that says which hardware to use."""
        from r1data.engines.base import EngineOptions

        return EngineOptions(
            threads=self.threads,
            max_batch=self.max_batch,
            tensor_parallel_size=self.tensor_parallel,
            gpu_memory_utilization=self.gpu_memory,
            endpoints=tuple(self.endpoint or ()),
            api_key=self.api_key,
            concurrency=self.concurrency,
            request_timeout=self.request_timeout,
            patience=self.max_retry_time,
        )


def with_generation(**defaults: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an option for every field of `Generation`; it gets them as `generation`."""
    return option_group("generation", _options(defaults), lambda values: Generation(**values))


def _options(defaults: dict[str, Any]) -> Iterator[inspect.Parameter]:
    kinds = get_type_hints(Generation, include_extras=True)
    for one in fields(Generation):
        yield option(one.name, defaults.get(one.name, one.default), kinds[one.name])
