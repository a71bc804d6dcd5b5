"""The prompts of `--eval-on`: read, held against what is trained on, rendered into the run's folder.

A benchmark's name stands for its questions, as for `r1 eval`. A prompt without a verifier, or without the truth that
its verifier needs, measures nothing: it is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from r1data.data.hub import is_hub
from r1data.data.records import Record
from r1data.data.rows import Rows
from r1data.data.source import open_source
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.evaluation import benchmarks
from r1data.training.examples import prepared, rendering
from r1data.training.models import room
from r1data.training.output import checkpoint
from r1data.training.settings.evaluated import EvaluatedSettings
from r1data.verifiers.registry import JUDGE, VERIFIERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FILE = "eval.arrow"
COLUMNS = ("truth", "verifier", "language")
KINDS = {
    "prompt": pa.list_(pa.int32()),
    **{name: pa.string() for name in ("prompt_id", "question", "prefill", *COLUMNS)},
}
NOT_FETCHED = "not known before they are fetched"


def open_rows(uri: str) -> tuple[Rows, benchmarks.Benchmark | None]:
    """The rows that `--eval-on` names, and the benchmark where it is one. Raises UserError where nothing is there."""
    if benchmarks.parse(uri) is None:
        return Rows(open_source(uri, "prompt")), None
    source, benchmark = benchmarks.open_evaluation(uri)
    return Rows(source), benchmark


def check(settings: EvaluatedSettings, *, judge: bool = False) -> None:
    """Raise UserError where `--eval-on` names nothing to measure on; a set on the hub is not asked for.

    `judge`: whether prompts may be decided by a judge.
    """
    if settings.eval_on is not None and _on_hub(settings.eval_on) is None:
        rows, _ = open_rows(settings.eval_on)
        if not any(_is_measurable(row, judge) for row in rows):
            raise _nothing_to_measure(settings.eval_on)


def planned(settings: EvaluatedSettings, *, judge: bool = False) -> dict[str, Any]:
    """The number of prompts for a plan, which fetches nothing. Raises UserError as `check` does."""
    if settings.eval_on is None:
        return {}
    if benchmark := _on_hub(settings.eval_on):
        return {"eval_prompts": benchmark.questions or NOT_FETCHED}
    return {"eval_prompts": len(EvalPrompts(settings, judge=judge).rows)}


class EvalPrompts:
    """What `--eval-on` names; no prompts where it is not given.

    Args:
        settings: of the run.
        judge: whether prompts may be decided by a judge.

    Attributes:
        rows: those that can be measured on.
        left_out: how many cannot.

    Raises:
        UserError: there is nothing to measure on.
    """

    def __init__(self, settings: EvaluatedSettings, *, judge: bool = False) -> None:
        self.settings, self.uri = settings, settings.eval_on
        self.rows: list[Record] = []
        self.left_out = 0
        self._numbers: dict[str, int] = {}
        self._trained: set[int] = set()
        if self.uri is None:
            return
        rows, benchmark = open_rows(self.uri)
        for row in rows:
            if _is_measurable(row, judge):
                for text in _texts(row["prompt"], benchmark):
                    self._numbers.setdefault(text, len(self.rows))
                self.rows.append(row)
            else:
                self.left_out += 1
        if not self.rows:
            raise _nothing_to_measure(self.uri)

    def note(self, text: str) -> None:
        """Say that a text is trained on."""
        if self._numbers and (number := self._numbers.get(_plain(text))) is not None:
            self._trained.add(number)

    def passing(self, rows: Iterable[Record]) -> Iterator[Record]:
        """Rows that are trained on (`prompt`, or `messages` and `split`), as they are; what users say is noted."""
        for row in rows:
            if self._numbers and row.get("split", "train") == "train":
                for text in _asked(row):
                    self.note(text)
            yield row

    def refuse_trained(self) -> None:
        """Raise UserError where prompts are trained on, once what is trained on has been noted."""
        if self._trained:
            first = one_line(self.rows[min(self._trained)]["prompt"], 60)
            raise UserError(
                f"--eval-on {self.uri}: {len(self._trained):,} of its {len(self.rows):,} prompts are trained on too "
                f"(such as {first!r}), so that its score would say nothing; give others"
            )

    def write(
        self,
        model: str | Path,
        run: checkpoint.TrainingRun,
        template: str,
        tokenizer: PreTrainedTokenizerBase,
        response: int,
    ) -> dict[str, int]:
        """Render the prompts into the run's folder; returns their numbers.

        `response`: tokens that a response must have room for. Raises UserError for a prompt that the model has no
        weights or no positions for.
        """
        if self.uri is None:
            return {}
        self.refuse_trained()
        rendered = (
            {
                "prompt": prompt.ids,
                "prompt_id": row["prompt_id"],
                "question": row["prompt"],
                "prefill": prompt.prefill,
                **{name: row.get(name) for name in COLUMNS},
            }
            for row, prompt in rendering.render(self.rows, template, self.settings, tokenizer)
        )
        known = ((FILE, row) for row in rendering.with_weights(rendered, model, tokenizer))
        counts = prepared.write_arrow({FILE: run.work / FILE}, known, KINDS)
        self._refuse_long(Path(model), prepared.longest(run.work / FILE, "prompt") or 0, response)
        left_out = {"eval_left_out": self.left_out} if self.left_out else {}
        return {"eval_prompts": counts[FILE], **left_out}

    def _refuse_long(self, model: Path, longest: int, response: int) -> None:
        held = room.available(model, self.settings)
        if held is not None and longest + response > held:
            raise UserError(
                f"--eval-on {self.uri}: its longest prompt has {longest:,} tokens, and {model} has {held:,} positions, "
                f"of which a response needs {response:,}; leave out what is too long, or let responses be shorter"
            )


def _on_hub(uri: str) -> benchmarks.Benchmark | None:
    """The benchmark that a name means where its questions are on the hub."""
    reference = benchmarks.parse(uri)
    return reference[0] if reference and is_hub(reference[1]) else None


def _is_measurable(row: Record, judge: bool) -> bool:
    """Whether the row's verifier can decide it. Raises UserError for a verifier that nobody knows."""
    if (name := row.get("verifier")) is None or (name == JUDGE.name and not judge):
        return False
    return row.get("truth") is not None or not VERIFIERS[name].needs_truth


def _nothing_to_measure(uri: str) -> UserError:
    return UserError(
        f"--eval-on {uri}: no prompt has a verifier with its truth, so that nothing could be measured; give prompts "
        "with a truth"
    )


def _asked(row: Record) -> Iterator[str]:
    """What users say in a row."""
    if isinstance(row.get("prompt"), str):
        yield row["prompt"]
    for turn in row.get("messages") or ():
        if turn["role"] == "user" and isinstance(turn.get("content"), str):
            yield turn["content"]


def _texts(prompt: str, benchmark: benchmarks.Benchmark | None) -> set[str]:
    """A prompt, and the question in a benchmark's prompt, as texts to compare."""
    if benchmark is None:
        return {_plain(prompt)}
    before, _, after = benchmark.prompt.partition(benchmarks.PLACE)
    return {_plain(prompt), _plain(prompt.removeprefix(before).removesuffix(after))}


def _plain(text: str) -> str:
    return " ".join(text.split())
