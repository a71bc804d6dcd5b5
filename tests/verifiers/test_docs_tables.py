"""The tables of docs/verify.md say what the entries and the causes say, no more and no less."""

from pathlib import Path

from r1data.verifiers.registry import VERIFIERS
from r1data.verifiers.verdict import CAUSES, MEANINGS, REMEDIES

DOCS = Path(__file__).parents[2] / "docs" / "verify.md"


def table(head: str) -> list[str]:
    """The rows of the table with that head, as they are written."""
    lines = DOCS.read_text().splitlines()
    start = lines.index(head) + 2
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    return lines[start:end]


def yes(value: bool) -> str:
    return "yes" if value else "no"


def test_the_docs_list_the_verifiers() -> None:
    assert table("| name | compares | needs a truth | a judge may review |") == [
        f"| `{name}` | {one.summary} | {yes(one.needs_truth)} | {yes(one.judge_may_review)} |"
        for name, one in VERIFIERS.built_in.items()
    ]


def test_the_docs_list_the_causes() -> None:
    assert table("| cause | rows | what to do |") == [
        f"| `{cause}` | {MEANINGS[cause]} | {REMEDIES[cause]} |" for cause in CAUSES
    ]
