"""`r1 eval --win-rate`: matches of two sources, or of a set with people's choices, judged a shard at a time.

A dataset that is written holds a row a match (`matches.COLUMNS`), those that were left out with the reason; its
finished shards are not judged again, nor is what the judge's cache remembers. The figures are read from its rows.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from r1data.data.commits import Command, Parent
from r1data.data.dataset import Dataset
from r1data.data.plain import file_digest, is_plain
from r1data.data.source import AnyShard, open_source
from r1data.data.writer import Summary, Writer
from r1data.errors import UserError
from r1data.evaluation.models import listed
from r1data.evaluation.win_rate import matches
from r1data.evaluation.win_rate.asking import asked_about, checked, judge_matches
from r1data.evaluation.win_rate.matches import COLUMNS, PROMPT_COLUMNS, Row
from r1data.evaluation.win_rate.published import read_pairs
from r1data.evaluation.win_rate.report import Report, report
from r1data.runtime.progress import Bar, track
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings

CHUNK = 500
"""Pairs of a set that become a shard."""
READ = [*PROMPT_COLUMNS, "sample_index", "response", "answer", "finish_reason", "model"]


@dataclass(frozen=True, slots=True)
class Part:
    """Matches that become a shard; `inputs` say what they follow from."""

    name: str
    inputs: tuple[tuple[str, str], ...]
    rows: Callable[[], list[Row]]


@dataclass(frozen=True, slots=True)
class Matchup:
    """What is to be judged.

    Attributes:
        sources: the two sources, or the set.
        only_b: prompts that have responses of B's alone.
    """

    sources: tuple[str, ...]
    parents: tuple[Parent, ...]
    parts: tuple[Part, ...]
    only_b: int = 0

    def rows(self) -> list[Row]:
        """All matches, none of them judged."""
        return [row for part in self.parts for row in part.rows()]

    def preview(self, out: str | None, judge: JudgeSettings) -> dict[str, Any]:
        """What judging would do, for a dry run."""
        rows = self.rows()
        left_out = Counter(str(row["result"]) for row in rows if row["result"] is not None)
        open_rows = [row for row in rows if row["result"] is None]
        votes = sum(map(asked_about, rows)) * judge.votes
        counts = {"matches": len(rows), "judged": len(open_rows), "questions": votes}
        settings = {"judge": judge.model, "votes": judge.votes, "out": out}
        names = (
            dict(zip(("a", "b"), self.sources, strict=True))
            if len(self.sources) == 2
            else {"pairs": self.sources[0]}
        )
        return {
            **names,
            **counts,
            "left_out": dict(sorted(left_out.items())),
            "only_b": self.only_b,
            **settings,
        }


def open_matchup(sources: Sequence[str]) -> Matchup:
    """The matches of A and B, or of one set of pairs with people's choices.

    Raises UserError where there are more or fewer sources, they cannot be read, are the same, or share no prompt.
    """
    if len(sources) == 1:
        return _published(sources[0])
    if len(sources) != 2:
        raise UserError(
            "--win-rate compares two sources: name A and B, two datasets or files of responses, or one file of pairs "
            "with people's choices"
        )
    return _two(*sources)


def run(
    matchup: Matchup, out: str | None, settings: JudgeSettings, asker: JudgeModel | None = None
) -> tuple[Summary | None, Report]:
    """Judge the matches, write them where `out` says so, and give the figures.

    Raises UserError where the judge cannot be loaded or reached, or `out` holds something else.
    """
    settings = checked(settings)
    if out is None:
        rows = matchup.rows()
        with _votes(rows, settings) as bar:
            return None, report(judge_matches(rows, settings, asker, bar.advance))
    judged = {name: value for name, value in settings.recorded().items() if name != "threshold"}
    command = Command("eval", {"mode": "win-rate", **judged})
    writer = Writer.open(out, schema="prompt", command=command, parents=matchup.parents)
    pending = [part for part in matchup.parts if not writer.has(part.name, part.inputs)]
    # The matches are made twice, here to count them: making them costs nothing beside judging.
    with _votes((row for part in pending for row in part.rows()), settings) as bar:
        for part in pending:
            rows = judge_matches(part.rows(), settings, asker, bar.advance)
            counts = Counter(f"result_{row['result']}" for row in rows)
            writer.publish(part.name, pa.Table.from_pylist(rows, schema=SCHEMA), part.inputs, counts)
    summary = writer.finish({"only_b": matchup.only_b})
    return summary, report_of(Dataset(out))


def _votes(rows: Iterable[Row], settings: JudgeSettings) -> AbstractContextManager[Bar]:
    """The progress of judging, in votes."""
    return track("win-rate", total=sum(map(asked_about, rows)) * settings.votes, unit="votes")


def report_of(dataset: Dataset) -> Report:
    """The figures of a dataset of judged matches. Raises UserError where it is none."""
    rows: list[Row] = []
    for shard in dataset.shards():
        table = shard.table()
        if missing := [name for name in COLUMNS if name not in table.column_names]:
            raise UserError(
                f"{dataset.uri}: has no column {missing[0]!r}; give a dataset that `r1 eval --win-rate` wrote"
            )
        rows += table.select(list(COLUMNS)).to_pylist()
    return report(rows)


SCHEMA = pa.schema(list(COLUMNS.items()))


def _published(place: str) -> Matchup:
    rows = read_pairs(place)
    digest = file_digest(place) if is_plain(place) else Dataset(place).digest
    parts = []
    for number, start in enumerate(range(0, len(rows), CHUNK)):
        chunk = rows[start : start + CHUNK]
        inputs = ((f"pairs-{number:05d}", _digest(chunk)),)
        parts.append(Part(f"part-{number:05d}", inputs, partial(list, chunk)))
    return Matchup((place,), (Parent(place, digest),), tuple(parts))


def _two(a: str, b: str) -> Matchup:
    first, second = open_source(a, "sample"), open_source(b, "sample")
    shards, b_shards = list(first.shards()), list(second.shards())
    if [shard.sha256 for shard in shards] == [shard.sha256 for shard in b_shards]:
        raise UserError(f"{a} and {b} hold the same responses; name two models' responses to compare")
    base = matches.baseline(row for shard in b_shards for row in _read(shard))
    a_rows = [row for shard in shards for row in _keys(shard)]
    if not a_rows or not base.rows:
        raise UserError(f"{b if a_rows else a}: no responses to compare; run `r1 sample` first")
    _refuse_several(a, a_rows)
    _refuse_several(b, (row for responses in base.responses.values() for row in responses))
    partner = matches.partners(a_rows, base)
    places = _places(a_rows)
    b_digest = _digest([shard.sha256 for shard in b_shards])
    parts, start = [], 0
    for shard in shards:
        inputs = ((shard.name, shard.sha256), ("baseline", b_digest))
        parts.append(
            Part(shard.name, inputs, _Pairing(shard, base, partner, places[start : start + shard.rows]))
        )
        start += shard.rows
    only_b = len(base.responses.keys() - set(partner.values()))
    return Matchup((a, b), (*first.parents(), *second.parents()), tuple(parts), only_b)


def _refuse_several(place: str, rows: Iterable[Row]) -> None:
    """Raises UserError where the responses are several models': their samples would be taken for one model's."""
    models = {row["model"] for row in rows}
    if len(models) > 1:
        raise UserError(
            f"--win-rate: {place} holds {listed(models)}; give a dataset or file of one model's responses"
        )


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Makes the matches of a shard of A's."""

    shard: AnyShard
    base: matches.Baseline
    partner: Mapping[str, str]
    places: Sequence[int]

    def __call__(self) -> list[Row]:
        return matches.pair(_read(self.shard), self.base, self.partner, self.places)


def _read(shard: AnyShard) -> list[Row]:
    table = shard.table()
    rows: list[Row] = table.select([name for name in READ if name in table.column_names]).to_pylist()
    return rows


def _keys(shard: AnyShard) -> list[Row]:
    names = ["prompt_id", "prompt", "system", "sample_index", "model"]
    rows: list[Row] = shard.table().select(names).to_pylist()
    return rows


def _places(rows: Sequence[Row]) -> list[int]:
    """Each response's place among its prompt's, by `sample_index`."""
    by_prompt: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_prompt[str(row["prompt_id"])].append(number)
    places = [0] * len(rows)
    for numbers in by_prompt.values():
        for place, number in enumerate(sorted(numbers, key=lambda n: rows[n]["sample_index"] or 0)):
            places[number] = place
    return places


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
