"""Scores of a model from verified responses (R1 section 3).

pass@1 is the mean over prompts of the share of correct samples, as in the paper; pass@k the unbiased estimate of Chen
et al. 2021; cons@k a majority vote over the answers, equal by the verifier (`voting`). Errors and intervals
are over prompts, whose samples belong together, and over clusters of prompts where questions share a text
(`statistics`). A response without an answer is wrong; one that nobody can judge (no parsable truth, a time-out, a
broken checker, a failed row) is left out of all three and counted.

Ours: responses without an answer do not vote; a tie is worth the chance to draw a correct answer from the tied ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.evaluation.marks import FAILURES, GROUPS, SHARES, mark_all
from r1data.evaluation.statistics import Estimate, estimate_count, estimate_share, pass_at_k
from r1data.evaluation.voting import Answers, vote_all
from r1data.verifiers.verdict import WORDS

EXAMPLES = 3
"""Of each failure. Ours."""
MOST_GROUPS = 50
"""Values of a level, language or domain that are scored apart at most, the most frequent. Ours."""
ABSENT = ("no_answer", "unverifiable", "timed_out")
"""Shares that people are not shown where they are 0."""

IN_TABLES = ("pass@1", "cons@k", "truncated", "tokens")


@dataclass(frozen=True, slots=True)
class Example:
    """One response that failed: which, and its end in one line."""

    prompt_id: str
    sample_index: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of a model from a verified dataset. A measure without any prompt is left out.

    `measures` by name: `pass@1`, `pass@2` …, `cons@k`; the shares `format`, `mixed_language`, `prompt_language` (of
    the thoughts that hold words), `truncated`, `no_answer`, `unverifiable` (nobody can judge), `timed_out`; `tokens`,
    the mean length. `verdicts` counts samples; `unknown` of them are left out of pass and cons, `causes` says why:
    the verdict's cause, or `failed` for a row without a response. `examples` of the failures, by measure. `groups`
    has the measures again by level, language and domain, where there is more than one.
    """

    prompts: int
    samples: int
    k: int
    measures: Mapping[str, Estimate]
    verdicts: Mapping[str, int]
    unknown: int
    causes: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Sequence[Example]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, Mapping[str, Estimate]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data: each measure with its value, standard error, interval, prompts and clusters."""
        counts = {"prompts": self.prompts, "samples": self.samples, "k": self.k, "unknown": self.unknown}
        return {
            **counts,
            "verdicts": dict(self.verdicts),
            "causes": dict(self.causes),
            "measures": _as_json(self.measures),
            "groups": {
                name: {value: _as_json(measures) for value, measures in values.items()}
                for name, values in self.groups.items()
            },
            "examples": {name: [asdict(one) for one in examples] for name, examples in self.examples.items()},
        }

    def lines(self) -> dict[str, str]:
        """For people: measure → value ± standard error and interval, shares as percentages."""
        shown = {
            name: estimate
            for name, estimate in self.measures.items()
            if name not in ABSENT or estimate.value > 0
        }
        return {name: text_of(name, estimate) for name, estimate in shown.items()}

    def group_rows(self) -> dict[str, dict[str, str]]:
        """For people, a table: a row a level, language or domain, which has the measures of `IN_TABLES`.

        Those of right answers have their intervals; for one response a prompt, cons is pass@1 and left out.
        """
        names = {
            name.replace("@k", f"@{self.k}"): "@" in name
            for name in IN_TABLES
            if self.k > 1 or name != "cons@k"
        }
        return {
            f"{group} {value}": {
                title_of(name): cell_of(name, measures.get(name), ends=ends) for name, ends in names.items()
            }
            for group, values in self.groups.items()
            for value, measures in values.items()
        }

    def example_lines(self) -> Iterator[str]:
        """For people, a line a response that failed."""
        for name, examples in self.examples.items():
            for one in examples:
                sample = "" if one.sample_index is None else f" sample {one.sample_index}"
                yield f"{name.replace('_', ' ')}: {one.prompt_id}{sample}: … {one.text}"


def text_of(name: str, estimate: Estimate, *, ends: bool = True, sign: bool = False) -> str:
    """`47.6 ± 2.1% (43.2 to 51.9)`: in per cent where the measure is a share.

    Args:
        ends: whether with the interval.
        sign: whether with a sign, for a difference.
    """
    scale, unit = (1, "") if name == "tokens" else (100, "%")
    form = "+.1f" if sign else ".1f"
    text = f"{estimate.value * scale:{form}}"
    text += f"{unit}" if estimate.error is None else f" ± {estimate.error * scale:.1f}{unit}"
    if ends and estimate.low is not None and estimate.high is not None:
        text += f" ({estimate.low * scale:{form}} to {estimate.high * scale:{form}})"
    return text


def title_of(name: str) -> str:
    """The title of a column of `cell_of`, with the unit: `pass@1 %`."""
    return name if name == "tokens" else f"{name} %"


def cell_of(name: str, estimate: Estimate | None, *, ends: bool = True) -> str:
    """`47.6 (43.2-51.9)`, for a table: the value without its unit, with the interval unless `ends` is false; a dash
    where there is no value."""
    if estimate is None:
        return "–"
    scale = 1 if name == "tokens" else 100
    text = f"{estimate.value * scale:.1f}"
    if not ends or estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({estimate.low * scale:.1f}-{estimate.high * scale:.1f})"


def score_dataset(dataset: Dataset) -> Scores:
    """Scores of a dataset of verified rows, a shard in memory at a time."""
    return score(shard.table() for shard in dataset.shards())


def score(tables: pa.Table | Iterable[pa.Table]) -> Scores:
    """Scores of verified rows, in any order.

    Rows need the columns `marks.COLUMNS`; with those of `marks.OPTIONAL` there are groups, clusters and votes by the
    verifier's equality.

    Raises:
        UserError: an id stands for several prompts.
    """
    samples = mark_all(tables)
    if samples is None:
        return Scores(0, 0, 0, {}, dict.fromkeys(WORDS, 0), 0)
    sizes = samples.group_by("prompt_id").len()["len"]
    k = int(sizes.max() or 0)  # type: ignore[arg-type]
    verdict_counts = dict(samples["verdict"].value_counts().iter_rows())
    unknown = samples.filter(~pl.col("known"))
    by_question = question_values(samples, k)
    return Scores(
        prompts=len(sizes),
        samples=len(samples),
        k=k,
        measures=estimates(by_question),
        verdicts={word: int(verdict_counts.get(word, 0)) for word in WORDS},
        unknown=len(unknown),
        causes=dict(sorted(unknown["cause"].drop_nulls().value_counts().iter_rows())),
        examples={name: examples for name in FAILURES if (examples := _examples(samples, name))},
        groups={name: groups for name in GROUPS if (groups := _groups(by_question, name))},
    )


def question_values(samples: pl.DataFrame, k: int) -> pl.DataFrame:
    """Marks of samples → a row a prompt, ordered by id: its cluster and groups, and the value of each measure, null
    where the prompt says nothing of it.
    """
    first = ["cluster", *GROUPS, "verifier", "asked"]
    questions = (
        samples.group_by("prompt_id")
        .agg(
            *(pl.col(name).first() for name in first),
            *(pl.col(name).mean() for name in (*SHARES, "tokens")),
            n=pl.col("known").sum(),
            c=(pl.col("known") & pl.col("correct")).sum(),
            texts=pl.col("vote").filter(pl.col("known")),
            right=pl.col("correct").filter(pl.col("known")),
        )
        .sort("prompt_id")
    )
    counts = questions.select("n", "c").rows()
    columns: dict[str, list[float | None]] = {}
    # A prompt with fewer decided samples than k cannot say anything of pass@k and is left out of that one.
    for size in dict.fromkeys([*(2**i for i in range(k.bit_length())), k]):
        columns[f"pass@{size}"] = [pass_at_k(n, c, size) if n >= size else None for n, c in counts]
    answers = [
        Answers(texts, right, verifier)
        for texts, right, verifier in questions.select("texts", "right", "verifier").iter_rows()
    ]
    votes = vote_all(answers)
    columns[f"cons@{k}"] = [value if n else None for value, (n, _) in zip(votes, counts, strict=True)]
    measures = [pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()]
    return questions.select("prompt_id", *first, *measures, *SHARES, "tokens")


def estimates(questions: pl.DataFrame) -> dict[str, Estimate]:
    """The estimate of each measure from `question_values`, without those of which no prompt says anything."""
    by_name = {}
    for name in measures_of(questions):
        values = questions.select(name, "cluster").drop_nulls(name)
        if len(values):
            estimate = estimate_count if name == "tokens" else estimate_share
            by_name[name] = estimate(values[name].to_list(), values["cluster"].to_list())
    return by_name


def measures_of(questions: pl.DataFrame) -> list[str]:
    """The names of the measures that `question_values` gave."""
    return questions.columns[questions.columns.index("asked") + 1 :]


def _groups(questions: pl.DataFrame, name: str) -> dict[str, dict[str, Estimate]]:
    """The measures by the values of a column; empty where there are not two."""
    counts = questions.drop_nulls(name).group_by(name).len().sort(["len", name], descending=[True, False])
    values = counts[name].head(MOST_GROUPS).to_list()
    if len(values) < 2:
        return {}
    return {value: estimates(questions.filter(pl.col(name) == value)) for value in sorted(values)}


def _examples(samples: pl.DataFrame, name: str) -> list[Example]:
    failed = samples.filter(pl.col(name) > 0).sort("prompt_id", "sample_index").head(EXAMPLES)
    return [Example(*row) for row in failed.select("prompt_id", "sample_index", "excerpt").iter_rows()]


def _as_json(measures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {name: estimate.as_json() for name, estimate in measures.items()}
