"""The tables of the docs that list a registry's entries say what the entries say, no more and no less."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from r1data.engines.base import ENGINES
from r1data.evaluation.benchmarks import BENCHMARKS
from r1data.exchange.export.formats import SUFFIXES
from r1data.exchange.export.run import EXPORTS
from r1data.filters.registry import FILTERS
from r1data.selection.drop_reasons import BY_SELECTION, BY_VERDICT
from r1data.training.loop.alarms import ALARMS
from r1data.training.rewards import REWARDS
from r1data.training.students import STUDENTS

DOCS = Path(__file__).parents[2] / "docs"
Rows = list[list[str]]


def code(*names: str) -> str:
    return " ".join(f"`{name}`" for name in names)


def yes(value: bool) -> str:
    return "yes" if value else "–"


def engines() -> Iterator[list[str]]:
    for name, one in ENGINES.built_in.items():
        supports = (one.seeds, one.schemas, one.token_ids, one.messages, one.logprobs)
        yield [code(name), one.summary, code(f"r1data[{one.extra}]"), *map(yes, supports)]


def rewards() -> Iterator[list[str]]:
    ours = {name: one for name, one in REWARDS.built_in.items() if one.summary}  # others are those of tests
    for name, one in ours.items():
        yield [
            code(name),
            one.summary,
            code(*one.reads),
            f"{one.range[0]:g} to {one.range[1]:g}",
            one.paper or "ours",
        ]


def students() -> Iterator[list[str]]:
    for name, one in STUDENTS.built_in.items():
        yield [
            code(name),
            one.base,
            f"{one.parameters:,}",
            f"{one.context:,}",
            one.licence,
            one.template or "–",
            f"{one.lr:.0e}".replace("e-0", "e-"),
            one.paper or "ours",
        ]


def exports() -> Iterator[list[str]]:
    for name, one in EXPORTS.built_in.items():
        conversations = one.shapes.get("sft") or one.shapes.get("sample")
        shapes = (conversations, one.shapes.get("prompt"), one.shapes.get("preference"))
        first, *others = (SUFFIXES[suffix] for suffix in one.suffixes)
        files = first + "".join(f", or {other} with `--{other.lower()}`" for other in others)
        yield [code(name), *(shape.summary if shape else "–" for shape in shapes), files]


def benchmarks() -> Iterator[list[str]]:
    for name, one in BENCHMARKS.built_in.items():
        yield [
            code(name),
            f"{one.questions:,}: {one.summary}",
            code(one.source),
            code(one.revision[:7]) if one.revision else "not pinned",
            code(*one.source_columns),
            code(one.verifier),
            str(one.k),
            one.license or "–",
            one.paper or "ours",
        ]


def drop_reasons() -> Iterator[list[str]]:
    filters = [(one.reason, one.summary, one.paper) for one in FILTERS.built_in.values()]
    before, after = (
        [(one.name, one.summary, one.paper) for one in each] for each in (BY_VERDICT, BY_SELECTION)
    )
    for name, summary, paper in (*before, *filters, *after):
        yield [code(name), summary, paper or "ours"]


def limits() -> Iterator[list[str]]:
    for one in FILTERS.built_in.values():
        for limit in one.limits:
            if limit.is_number:
                yield [code(limit.name), code(one.reason), str(limit.default), limit.summary]


def alarms() -> Iterator[list[str]]:
    for name, one in ALARMS.built_in.items():
        yield [code(name), one.summary, code(*one.reads)]


TABLES = {
    "--stop-on": alarms,
    "NAME": benchmarks,
    "--to": exports,
    "--engine": engines,
    "drop_reasons": drop_reasons,
    "--limit": limits,
    "--reward": rewards,
    "--student": students,
}
"""The first column's title, as code, and what the rows must be."""


def table(title: str) -> Rows:
    """The rows of the only table of the docs whose first column has that title."""
    lines = [line for page in sorted(DOCS.rglob("*.md")) for line in page.read_text().splitlines()]
    (start,) = [number for number, line in enumerate(lines) if line.startswith(f"| {code(title)} |")]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


@pytest.mark.parametrize("title", TABLES)
def test_the_docs_list_the_entries(title: str) -> None:
    assert table(title) == [list(row) for row in TABLES[title]()]
