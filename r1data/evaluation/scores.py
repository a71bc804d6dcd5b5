"""Scores of a model from verified responses (R1 section 3).

pass@1 is the mean over prompts of the share of correct samples, as in the paper; pass@k the unbiased estimate of Chen
et al. 2021; cons@k a majority vote over the extracted answers. Errors and intervals are over prompts, whose samples
belong together (`statistics`). A response without an answer is wrong; one that nobody can judge (no parsable truth, a
time-out, a broken checker, a failed row) is left out of all three and counted.

Ours: in a vote answers are the same when their text is, but all that were judged correct count as one; responses
without an answer do not vote; a tie is worth the chance to draw a correct answer from the tied ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.prompt_ids import describe_shared_ids
from r1data.data.responses import well_formed
from r1data.errors import UserError
from r1data.evaluation.statistics import Estimate, estimate_mean, estimate_share, pass_at_k
from r1data.evaluation.voting import vote
from r1data.filters.consistency import language_consistency
from r1data.filters.mixed_language import mixed_language
from r1data.selection.difficulty import is_known
from r1data.verifiers.verdict import WORDS

IN_LANGUAGE = 0.9
"""From this consistency on, thoughts count as being in the prompt's language: ours, as in training."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a model from a verified dataset. A measure without any prompt is left out.

    `measures` by name: `pass@1`, `pass@2` …, `cons@k`; the shares `format`, `mixed_language`,
    `prompt_language` (of the thoughts that hold words), `truncated`; `tokens`, the mean length. `verdicts`
    counts samples; `unknown` of them are left out of pass and cons.
    """

    prompts: int
    samples: int
    k: int
    measures: Mapping[str, Estimate]
    verdicts: Mapping[str, int]
    unknown: int

    def as_json(self) -> dict[str, Any]:
        """Plain data: each measure with its value, standard error, interval and prompts."""
        measures = {name: estimate.as_json() for name, estimate in self.measures.items()}
        counts = {"prompts": self.prompts, "samples": self.samples, "k": self.k, "unknown": self.unknown}
        return {**counts, "verdicts": dict(self.verdicts), "measures": measures}

    def lines(self) -> dict[str, str]:
        """For people: measure → value ± standard error, shares as percentages."""
        texts = {}
        for name, estimate in self.measures.items():
            scale, unit = (1, "") if name == "tokens" else (100, "%")
            error = "" if estimate.error is None else f" ± {estimate.error * scale:.1f}"
            texts[name] = f"{estimate.value * scale:.1f}{error}{unit}"
        return texts


def score_dataset(dataset: Dataset) -> Scores:
    """Scores of a dataset of verified rows, a shard in memory at a time."""
    return score(shard.table() for shard in dataset.shards())


def score(tables: pa.Table | Iterable[pa.Table]) -> Scores:
    """Scores of verified rows, in any order.

    Rows need `prompt_id`, `prompt`, `language`, `response`, `reasoning`, `finish_reason`,
    `response_tokens`, `verdict`, `verdict_cause` and `extracted`.

    Raises:
        UserError: an id stands for several prompts.
    """
    tables = [tables] if isinstance(tables, pa.Table) else tables
    frames = [mark_samples(table) for table in tables if len(table)]
    if not frames:
        return Scores(0, 0, 0, {}, dict.fromkeys(WORDS, 0), 0)
    samples = pl.concat(frames)
    shared = samples.group_by("prompt_id").agg(pl.col("question").n_unique()).filter(pl.col("question") > 1)
    if shared.height:
        raise UserError(describe_shared_ids(shared["prompt_id"].sort().to_list()))
    decided = samples.filter("known")
    sizes = samples.group_by("prompt_id").len()["len"]
    k = int(sizes.max() or 0)  # type: ignore[arg-type]
    verdict_counts = dict(samples["verdict"].value_counts().iter_rows())
    return Scores(
        prompts=len(sizes),
        samples=len(samples),
        k=k,
        measures=dict(_measures(samples, decided, k)),
        verdicts={word: int(verdict_counts.get(word, 0)) for word in WORDS},
        unknown=len(samples) - len(decided),
    )


def mark_samples(table: pa.Table) -> pl.DataFrame:
    """One row per sample: its correctness, format and language."""
    frame = pl.DataFrame(pl.from_arrow(table.select(COLUMNS)))
    thoughts = list(frame.select("reasoning", "language", "prompt").iter_rows())
    mixed = [bool(text) and mixed_language(text, language, prompt) for text, language, prompt in thoughts]
    # None where the thoughts hold no words to tell by; the means leave it out.
    consistencies = [language_consistency(*row) if row[0] else None for row in thoughts]
    in_language = [None if share is None else float(share >= IN_LANGUAGE) for share in consistencies]
    return frame.select(
        "prompt_id",
        "verdict",
        "extracted",
        question=pl.col("prompt").hash(),
        known=is_known(),
        correct=pl.col("verdict") == "correct",
        format=pl.Series([float(well_formed(text)) for text in frame["response"]]),
        mixed_language=pl.Series([float(each) for each in mixed]),
        prompt_language=pl.Series(in_language, dtype=pl.Float64),
        truncated=(pl.col("finish_reason") == "length").cast(pl.Float64),
        tokens=pl.col("response_tokens").cast(pl.Float64),
    )


COLUMNS = [
    "prompt_id", "prompt", "language", "response", "reasoning", "finish_reason", "response_tokens", "verdict",
    "verdict_cause", "extracted",
]  # fmt: skip
SHARES = ("format", "mixed_language", "prompt_language", "truncated", "tokens")


def _measures(samples: pl.DataFrame, decided: pl.DataFrame, k: int) -> Iterator[tuple[str, Estimate]]:
    counts = decided.group_by("prompt_id").agg(n=pl.len(), c=pl.col("correct").sum()).select("n", "c").rows()
    # A prompt with fewer decided samples than k cannot say anything of pass@k and is left out of that one.
    for size in dict.fromkeys([*(2**i for i in range(k.bit_length())), k]):
        if values := [pass_at_k(n, c, size) for n, c in counts if n >= size]:
            yield f"pass@{size}", estimate_share(values)
    if counts:
        grouped = decided.group_by("prompt_id").agg("extracted", "correct").select("extracted", "correct")
        yield (
            f"cons@{k}",
            estimate_share([vote(answers, correct) for answers, correct in grouped.iter_rows()]),
        )
    for name in SHARES:
        means = samples.group_by("prompt_id").agg(pl.col(name).mean())[name].drop_nulls()
        if len(means):
            yield name, (estimate_mean if name == "tokens" else estimate_share)(means.to_list())
