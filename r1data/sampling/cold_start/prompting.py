"""`few-shot` and `reflect`: prompts in, samples with thoughts out (R1 2.3.1).

`few-shot` shows a model long chains of thought before the question; `reflect` asks directly for a detailed answer with
reflection and verification. The responses are samples like any other: nothing is dropped here, `r1 filter` finds what
is wrong or unreadable. Where a model goes on with a question of its own after its answer, as base models do, that is
cut off. A row whose response was changed keeps the model's text as `original_response`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from r1data.data.responses import CLOSE, split, well_formed
from r1data.data.schema import Row
from r1data.sampling.cold_start import examples as example_files
from r1data.sampling.cold_start.texts import OutputLayout, Texts, fill
from r1data.sampling.strategy import KEPT, PromptRequest, Strategy, with_columns

SEPARATOR = "\n---\n"
"""Between the template of an example and the text around the examples."""


class Reflect(Strategy):
    """Asks with a prompt text of its own."""

    name = "reflect"
    needs: tuple[str, ...] = ("{prompt}",)
    """Placeholders that its texts must contain."""
    columns_read = ("prompt_id", "prompt", "system", "language", "domain")

    def __init__(self, texts: Texts, output: OutputLayout) -> None:
        self.texts, self.output = texts, output

    def parameters(self) -> dict[str, Any]:
        return {"method": self.name, "texts": self.texts.digests(), **self.output.parameters()}

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        values = {"prompt": row["prompt"], "language": row["language"]}
        return [
            PromptRequest(fill(self.texts.of(row["language"]), values), row["system"], {"method": self.name})
        ]

    def outputs(self, sampled: pa.Table, unsampled: pa.Table | None) -> dict[str, pa.Table]:
        rows = sampled.select(["response", "language", "finish_reason", "answer"]).to_pylist()
        columns: dict[str, list[str | None]] = {name: [] for name in OUTPUT_COLUMNS}
        for row in rows:
            for name, value in zip(OUTPUT_COLUMNS, self._output_columns(row), strict=True):
                columns[name].append(value)
        return {KEPT: with_columns(sampled, columns)}

    def counts(self, outputs: Mapping[str, pa.Table]) -> dict[str, float]:
        rows = outputs[KEPT].select(["reasoning", "answer"]).to_pylist()
        return {"both_parts": sum(bool(row["reasoning"] and row["answer"]) for row in rows)}

    def _output_columns(self, row: Row) -> tuple[str | None, ...]:
        """The values of `OUTPUT_COLUMNS` for a row."""
        if row["finish_reason"] == "error":
            return row["response"], None, None, "error", None
        response = row["response"]
        text = self.cut_next_question(response, row["language"])
        reason = "stop" if text != response and row["finish_reason"] == "length" else row["finish_reason"]
        reasoning, answer = split(text)
        if self.output.layout == "special-token" and reasoning and answer and well_formed(text):
            text = self.output.write(reasoning, answer)
        return text, reasoning, answer, reason, response if text != response else None

    def cut_next_question(self, response: str, language: str) -> str:
        """A response without the question that its model asked itself next."""
        return response


OUTPUT_COLUMNS = ("response", "reasoning", "answer", "finish_reason", "original_response")


class FewShot(Reflect):
    """Shows `count` examples before it asks, fewer where they leave no room for a response."""

    name = "few-shot"
    needs = ("{prompt}", "{thoughts}", "{summary}", "{examples}", SEPARATOR)

    def __init__(
        self,
        texts: Texts,
        output: OutputLayout,
        examples: Sequence[example_files.FewShotExample],
        count: int,
        seed: int,
    ) -> None:
        super().__init__(texts, output)
        self.examples, self.count, self.seed = examples, count, seed

    def parameters(self) -> dict[str, Any]:
        return {**super().parameters(), "examples": example_files.digest(self.examples), "shots": self.count}

    def requests(self, row: Row) -> Sequence[PromptRequest]:
        examples = example_files.choose(self.examples, row, self.count, self.seed)
        min_count = min(1, len(examples))
        return [self._request(row, examples[:count]) for count in range(len(examples), min_count - 1, -1)]

    def counts(self, outputs: Mapping[str, pa.Table]) -> dict[str, float]:
        example_counts = [
            len(json.loads(text).get("examples", ())) for text in outputs[KEPT].column("sampling").to_pylist()
        ]
        return {
            **super().counts(outputs),
            "fewer_examples": sum(count < self.count for count in example_counts),
        }

    def cut_next_question(self, response: str, language: str) -> str:
        opening = self.texts.of(language).partition(SEPARATOR)[0].partition("{prompt}")[0].strip()
        # Behind the thoughts, which may quote the form of a question.
        cut = response.find(opening, max(0, response.find(CLOSE))) if opening else -1
        return response[:cut].rstrip() if cut > 0 else response

    def _request(self, row: Row, examples: Sequence[example_files.FewShotExample]) -> PromptRequest:
        """The best example stands next to the question."""
        form, _, frame = self.texts.of(row["language"]).partition(SEPARATOR)
        blocks = [
            fill(form, {"prompt": example.prompt, "thoughts": example.thoughts, "summary": example.summary})
            for example in reversed(examples)
        ]
        values = {"prompt": row["prompt"], "language": row["language"], "examples": "\n\n".join(blocks)}
        note = {"method": self.name, "examples": [example.name for example in examples]}
        return PromptRequest(fill(frame, values), row["system"], note)
