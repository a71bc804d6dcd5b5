"""Two evaluations of the same questions, compared question by question (`r1 eval --compare A B`).

A difference is B's mean less A's over the questions of which both say something, with the interval of paired
questions (`statistics.estimate_difference`): what makes a question hard is the same for both and drops out. Nothing is
corrected for the number of measures: pass@1 is the question, the others say what may lie behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.source import Source, open_source
from r1data.errors import UserError
from r1data.evaluation.marks import GROUPS, mark_all
from r1data.evaluation.models import listed, models_of, rows_of
from r1data.evaluation.protocol import Protocol, different_settings
from r1data.evaluation.scores import MOST_GROUPS, measures_of, question_values, text_of
from r1data.evaluation.statistics import (
    Estimate,
    estimate_difference,
    estimate_mean,
    estimate_share,
    p_value,
    questions_needed,
)

SHOWN_FLIPS = 10
"""Questions whose score changed that people are shown. Ours."""
KEPT_FLIPS = 1_000
"""Those that the plain data holds."""
MAIN = "pass@1"
MEASURES = ("pass@", "cons@")
"""What a comparison is about: shown whatever the values; other measures where they say something."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of both, over the questions that have it in both; `difference` is the second's less the first's.

    `needed`: questions that would show a difference of this size (80% power, 5%); None where no number follows.
    """

    first: Estimate
    second: Estimate
    difference: Estimate
    p_value: float | None
    needed: int | None

    @property
    def is_shown(self) -> bool:
        """Whether the interval is on one side of 0."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and (low > 0 or high < 0)

    @property
    def is_void(self) -> bool:
        """Whether every question has one value in both, as where nothing failed: a table may leave it out."""
        return not (self.first.error or self.second.error or self.difference.value)

    def as_json(self) -> dict[str, Any]:
        """Plain data, by the names above, and `shown`."""
        return {**asdict(self), "shown": self.is_shown}

    def cells(self, name: str) -> dict[str, str]:
        """A table's cells, for people, short enough for 80 columns."""
        first, second = (
            text_of(name, replace(each, error=None), ends=False) for each in (self.first, self.second)
        )
        difference = text_of(name, replace(self.difference, error=None), sign=True).replace("%", "")
        needed = "–" if self.needed is None else f"{self.needed:,}"
        return {"A": first, "B": second, "B - A (95%)": difference, "needed": needed}


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one answers more often than the other: its beginning, and the share of correct responses."""

    prompt_id: str
    prompt: str
    first: float
    second: float

    def line(self) -> str:
        """For people."""
        return f"{self.first:.0%} → {self.second:.0%}  {self.prompt_id}: {self.prompt}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two evaluations, A and B, of the same questions.

    `flips` are the questions whose pass@1 changed, the largest change first; `up` and `down` count all of them.
    `settings` says in a line each what differs in how the two were measured.
    """

    first: str
    second: str
    prompts: int
    measures: Mapping[str, Difference]
    groups: Mapping[str, Mapping[str, Mapping[str, Difference]]]
    flips: Sequence[Flip]
    up: int
    down: int
    settings: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        groups = {
            name: {value: _as_json(measures) for value, measures in values.items()}
            for name, values in self.groups.items()
        }
        counts = {"prompts": self.prompts, "up": self.up, "down": self.down}
        flips = [asdict(flip) for flip in self.flips[:KEPT_FLIPS]]
        return {
            "a": self.first,
            "b": self.second,
            **counts,
            "settings": list(self.settings),
            "measures": _as_json(self.measures),
            "groups": groups,
            "flips": flips,
        }

    def rows(self) -> dict[str, dict[str, str]]:
        """For people, a table: a row a measure, then a row a level, language or domain."""
        rows = {
            name: difference.cells(name)
            for name, difference in self.measures.items()
            if name.startswith(MEASURES) or not difference.is_void
        }
        for group, values in self.groups.items():
            for value, measures in values.items():
                if MAIN in measures:
                    rows[f"{MAIN}, {group} {value}"] = measures[MAIN].cells(MAIN)
        return rows

    def lines(self) -> Iterator[str]:
        """For people: what was compared, what differs in the protocol, the conclusion, the questions that changed."""
        yield f"A is {self.first}, B is {self.second}: {self.prompts:,} questions"
        yield "needed: the questions that would show a difference of this size in 80 of 100 evaluations"
        yield from (f"measured differently: {line}" for line in self.settings)
        if MAIN in self.measures:
            yield self._conclusion(self.measures[MAIN])
        yield f"questions that B answers more often: {self.up:,}, less often: {self.down:,}"
        yield from (flip.line() for flip in self.flips[:SHOWN_FLIPS])

    def _conclusion(self, main: Difference) -> str:
        size = f"pass@1 differs by {text_of(MAIN, main.difference, sign=True)}"
        if main.is_shown:
            return f"{size}: {'B' if main.difference.value > 0 else 'A'} is better on questions like these"
        needed = (
            "" if main.needed is None else f"; about {main.needed:,} questions would show one of this size"
        )
        return f"{size}: no difference is shown{needed}"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two evaluations: its name for people, and where its rows are; of one model's if that is named."""

    name: str
    source: Source
    model: str | None = None

    def of(self, model: str, name: str) -> Side:
        """The rows of one model, under another name."""
        return replace(self, name=name, model=model)

    def tables(self) -> Iterator[pa.Table]:
        """The rows, a shard at a time."""
        tables = (shard.table() for shard in self.source.shards())
        return tables if self.model is None else rows_of(tables, self.model)

    def models(self) -> list[str]:
        """The models whose rows these are. Raises UserError where there is no row."""
        models = models_of(self.tables())
        if not models:
            raise UserError(f"{self.source.uri}: no rows to compare; run `r1 eval` again")
        return models

    def marks(self) -> pl.DataFrame:
        """What is seen of each response. Raises UserError where there is no row."""
        samples = mark_all(self.tables())
        if samples is None:
            raise UserError(f"{self.source.uri}: no rows to compare; run `r1 eval` again")
        return samples


def compare(first: str, second: str) -> Comparison:
    """Compares two datasets that `r1 eval` wrote, or two files or datasets of verified rows, of one model each.

    Raises:
        UserError: one cannot be read, has no row or several models, or they hold other questions.
    """
    sides = [Side(place, open_source(place, "verified")) for place in (first, second)]
    for side in sides:
        if len(models := side.models()) > 1:
            raise UserError(f"{side.name} holds {listed(models)}; give one model's rows")
    return compare_sides(*sides)


def compare_sides(first: Side, second: Side) -> Comparison:
    """Compares two sides, each as one model's responses.

    Raises:
        UserError: one has no row, or they hold other questions.
    """
    samples = first.marks(), second.marks()
    check_same_questions(first.name, second.name, *samples)
    ks = [int(each.group_by("prompt_id").len()["len"].max() or 0) for each in samples]  # type: ignore[arg-type]
    one, other = (question_values(each, k) for each, k in zip(samples, ks, strict=True))
    settings = different_settings(Protocol.of(first.tables()), Protocol.of(second.tables()), *ks)
    return _comparison(first.name, second.name, one, other, settings)


def check_same_questions(first: str, second: str, one: pl.DataFrame, other: pl.DataFrame) -> None:
    """Raises UserError where the marks of two evaluations are not of the same questions, ids and texts."""
    (ids, questions), (other_ids, other_questions) = (
        each.group_by("prompt_id")
        .agg(pl.col("question").first())
        .select("prompt_id", "question")
        .get_columns()
        for each in (one, other)
    )
    texts = dict(zip(ids, questions, strict=True))
    other_texts = dict(zip(other_ids, other_questions, strict=True))
    shared = texts.keys() & other_texts.keys()
    if len(shared) < max(len(texts), len(other_texts)):
        raise UserError(
            f"{first} has {len(texts):,} questions and {second} {len(other_texts):,}, of which {len(shared):,} have "
            "the same prompt_id; a comparison needs the same questions: run `r1 eval` on one set for both"
        )
    if changed := sorted(name for name in shared if texts[name] != other_texts[name]):
        raise UserError(
            f"{len(changed):,} of {len(shared):,} questions have another text in {second} than in {first}, the first "
            f"{changed[0]!r:.80}; run `r1 eval` on one set for both"
        )


def _comparison(
    first: str, second: str, one: pl.DataFrame, other: pl.DataFrame, settings: Sequence[str]
) -> Comparison:
    flips = _flips(one, other)
    changes = [flip.second - flip.first for flip in flips]
    return Comparison(
        first=first,
        second=second,
        prompts=len(one),
        measures=differences(one, other),
        groups={name: groups for name in GROUPS if (groups := _groups(one, other, name))},
        flips=flips,
        up=sum(change > 0 for change in changes),
        down=sum(change < 0 for change in changes),
        settings=settings,
    )


def differences(one: pl.DataFrame, other: pl.DataFrame) -> dict[str, Difference]:
    """The measures that both have (`scores.question_values`, rows in the same order), over questions that have them in
    both.
    """
    by_name = {}
    for name in (name for name in measures_of(one) if name in measures_of(other)):
        pairs = pl.DataFrame(
            [one[name].alias("one"), other[name].alias("other"), one["cluster"]]
        ).drop_nulls()
        if not len(pairs):
            continue
        values, others, clusters = (pairs[column].to_list() for column in ("one", "other", "cluster"))
        shares = name != "tokens"
        estimate = estimate_share if shares else estimate_mean
        difference = estimate_difference(others, values, clusters, shares=shares)
        by_name[name] = Difference(
            estimate(values, clusters),
            estimate(others, clusters),
            difference,
            p_value(difference),
            questions_needed(difference),
        )
    return by_name


def _groups(one: pl.DataFrame, other: pl.DataFrame, name: str) -> dict[str, dict[str, Difference]]:
    counts = one.drop_nulls(name).group_by(name).len().sort(["len", name], descending=[True, False])
    values = counts[name].head(MOST_GROUPS).to_list()
    if len(values) < 2:
        return {}
    chosen = {value: (one[name] == value).fill_null(False) for value in sorted(values)}
    return {value: differences(one.filter(rows), other.filter(rows)) for value, rows in chosen.items()}


def _flips(one: pl.DataFrame, other: pl.DataFrame) -> list[Flip]:
    if MAIN not in one.columns or MAIN not in other.columns:
        return []
    rows = zip(one["prompt_id"], one["asked"], one[MAIN], other[MAIN], strict=True)
    flips = [Flip(*row) for row in rows if None not in row[2:] and row[2] != row[3]]
    return sorted(flips, key=lambda flip: (-abs(flip.second - flip.first), flip.prompt_id))


def _as_json(measures: Mapping[str, Difference]) -> dict[str, Any]:
    return {name: difference.as_json() for name, difference in measures.items()}
