"""`few-shot` and `reflect`: prompts in, samples with thoughts out (R1 2.3.1).

`few-shot` shows a model long chains of thought before it asks; `reflect` asks outright for a detailed answer with
reflection and verification. The responses are samples like any other: nothing is dropped here, `r1 filter` finds what
is wrong or unreadable. Where a model goes on with a question of its own after its answer, as base models do, that is
cut off. A row whose response is not what the model wrote keeps that as `original_response`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from r1data.data.responses import CLOSE, split, well_formed
from r1data.sampling.cold_start import examples as shown
from r1data.sampling.cold_start.output import Output, put
from r1data.sampling.cold_start.texts import Texts, fill
from r1data.sampling.strategy import KEPT, Asked, Method, Row

SEPARATOR = "\n---\n"
"""Between the form of an example and the text around the examples."""


class Reflect(Method):
    """Asks by a text of its own."""

    name = "reflect"
    needs: tuple[str, ...] = ("{prompt}",)
    """What its texts must hold."""
    reads = ("prompt_id", "prompt", "system", "language", "domain")

    def __init__(self, texts: Texts, output: Output) -> None:
        self.texts, self.output = texts, output

    def recorded(self) -> dict[str, Any]:
        return {"method": self.name, "texts": self.texts.digests(), **self.output.recorded()}

    def asked(self, row: Row) -> Sequence[Asked]:
        values = {"prompt": row["prompt"], "language": row["language"]}
        return [Asked(fill(self.texts.of(row["language"]), values), row["system"], {"method": self.name})]

    def made(self, sampled: pa.Table, aside: pa.Table | None) -> dict[str, pa.Table]:
        rows = sampled.select(["response", "language", "finish_reason", "answer"]).to_pylist()
        columns: dict[str, list[str | None]] = {name: [] for name in CHANGED}
        for row in rows:
            for name, value in zip(CHANGED, self._changed(row), strict=True):
                columns[name].append(value)
        return {KEPT: put(sampled, columns)}

    def counts(self, made: Mapping[str, pa.Table]) -> dict[str, float]:
        rows = made[KEPT].select(["reasoning", "answer"]).to_pylist()
        return {"both_parts": sum(bool(row["reasoning"] and row["answer"]) for row in rows)}

    def _changed(self, row: Row) -> tuple[str | None, ...]:
        """The columns `CHANGED` of a row as it is written."""
        if row["finish_reason"] == "error":
            return row["response"], None, None, "error", None
        written = row["response"]
        text = self.without_more(written, row["language"])
        reason = "stop" if text != written and row["finish_reason"] == "length" else row["finish_reason"]
        reasoning, answer = split(text)
        if self.output.layout == "special-token" and reasoning and answer and well_formed(text):
            text = self.output.write(reasoning, answer)
        return text, reasoning, answer, reason, written if text != written else None

    def without_more(self, response: str, language: str) -> str:
        """A response without what its model went on to ask itself."""
        return response


CHANGED = ("response", "reasoning", "answer", "finish_reason", "original_response")


class FewShot(Reflect):
    """Shows `count` examples before it asks, fewer where they leave no room for a response."""

    name = "few-shot"
    needs = ("{prompt}", "{thoughts}", "{summary}", "{examples}", SEPARATOR)

    def __init__(
        self, texts: Texts, output: Output, examples: Sequence[shown.Example], count: int, seed: int
    ) -> None:
        super().__init__(texts, output)
        self.examples, self.count, self.seed = examples, count, seed

    def recorded(self) -> dict[str, Any]:
        return {**super().recorded(), "examples": shown.digest(self.examples), "shots": self.count}

    def asked(self, row: Row) -> Sequence[Asked]:
        chosen = shown.choose(self.examples, row, self.count, self.seed)
        fewest = min(1, len(chosen))
        return [self._asked(row, chosen[:count]) for count in range(len(chosen), fewest - 1, -1)]

    def counts(self, made: Mapping[str, pa.Table]) -> dict[str, float]:
        shown_in = [len(json.loads(text)["examples"]) for text in made[KEPT].column("sampling").to_pylist()]
        return {**super().counts(made), "fewer_examples": sum(count < self.count for count in shown_in)}

    def without_more(self, response: str, language: str) -> str:
        opening = self.texts.of(language).partition(SEPARATOR)[0].partition("{prompt}")[0].strip()
        at = response.find(opening, max(0, response.find(CLOSE))) if opening else -1
        return response[:at].rstrip() if at > 0 else response

    def _asked(self, row: Row, chosen: Sequence[shown.Example]) -> Asked:
        """The best example stands next to the question."""
        form, _, around = self.texts.of(row["language"]).partition(SEPARATOR)
        blocks = [
            fill(form, {"prompt": one.prompt, "thoughts": one.thoughts, "summary": one.summary})
            for one in reversed(chosen)
        ]
        values = {"prompt": row["prompt"], "language": row["language"], "examples": "\n\n".join(blocks)}
        note = {"method": self.name, "examples": [one.name for one in chosen]}
        return Asked(fill(around, values), row["system"], note)
