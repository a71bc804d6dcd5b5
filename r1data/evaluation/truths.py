"""What verifiers can make of questions before anybody answers them: whether each has its verifier, and a truth to read.

Nothing can be said of answers to the others, and a model would be asked for hours to learn that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from r1data.data.plain import DEFAULT_VERIFIER
from r1data.data.source import Source
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.verifiers.registry import VERIFIERS, check_all, find

PROBE = "no answer"
"""A response to which a verifier says what is wrong with the truth, if anything is."""
SHOWN = 600
"""Characters of why a verifier is not there, which quotes the row. Ours."""


@dataclass(frozen=True, slots=True)
class Truths:
    """The truths of questions.

    Attributes:
        rows: the number of questions; 0 for a pipe, which is not looked ahead into.
        missing: those without a truth that their verifier needs.
        unreadable: those with a truth that their verifier cannot read, as far as that is known before an answer.
        example: of an unreadable one, its id and why.
    """

    rows: int = 0
    missing: int = 0
    unreadable: int = 0
    example: str = ""

    def lines(self, name: str) -> Iterator[str]:
        """For people, a line for each kind of questions that no score will hold; `name` is of all of them."""
        if self.missing:
            yield f"{name}: {self.missing:,} of {self.rows:,} questions have no truth; no score holds them"
        if self.unreadable:
            yield (
                f"{name}: {self.unreadable:,} of {self.rows:,} questions have a truth that their verifier cannot read, "
                f"such as {self.example}; no score holds them"
            )


def survey_truths(source: Source, *, probe: bool = False) -> Truths:
    """The truths of questions, or of responses; what has a verdict already needs no verifier.

    Args:
        probe: whether to let verifiers read the truths too, as is worth its time before a model is asked.

    Raises:
        UserError: a verifier is not there, or no row has a truth, so that nothing could be scored.
    """
    if source.rows is None:
        return Truths()
    rows = missing = 0
    names: Counter[str] = Counter()
    unreadable: list[str] = []
    for shard in source.shards():
        table = shard.table()
        rows += len(table)
        missing += _missing(table)
        names.update(_unverified(table))
        unreadable += _unreadable(table) if probe else []
    for name, count in names.items():
        try:
            VERIFIERS[name]
        except UserError as error:
            raise UserError(
                f"{source.uri}: the verifier of {count:,} of its {rows:,} rows cannot check them: "
                f"{one_line(str(error), SHOWN)}; name it with `r1 ingest --set verifier=NAME`"
            ) from error
    if rows and missing == rows:
        raise UserError(
            f"{source.uri}: none of its {rows:,} rows has a truth to compare with; name the column that holds it: "
            "r1 ingest --map truth=COLUMN"
        )
    return Truths(rows, missing, len(unreadable), unreadable[0] if unreadable else "")


def _column(table: pa.Table, name: str) -> list[str | None]:
    values: list[str | None] = table[name].to_pylist() if name in table.column_names else [None] * len(table)
    return values


def _verifiers(table: pa.Table) -> list[str]:
    return [name or DEFAULT_VERIFIER for name in _column(table, "verifier")]


def _unverified(table: pa.Table) -> Iterator[str]:
    """The verifiers that are still to be asked, one a row."""
    verdicts = _column(table, "verdict")
    return (name for name, verdict in zip(_verifiers(table), verdicts, strict=True) if verdict is None)


def _missing(table: pa.Table) -> int:
    names = _verifiers(table)
    needs = {name: _needs_truth(name) for name in set(names)}
    truths = _column(table, "truth")
    return sum(needs[name] and not (truth or "").strip() for truth, name in zip(truths, names, strict=True))


def _needs_truth(name: str) -> bool:
    verifier = find(name)
    return verifier is None or verifier.needs_truth


def _unreadable(table: pa.Table) -> list[str]:
    """The id of each row whose truth its verifier cannot read, and why.

    Only of our verifiers that need neither a sandbox nor a model: they answer a thousand rows in a second.
    """
    names, truths, prompts = _verifiers(table), _column(table, "truth"), _column(table, "prompt")
    probed = [
        row
        for row, (name, truth) in enumerate(zip(names, truths, strict=True))
        if (truth or "").strip() and name in VERIFIERS.built_in and not VERIFIERS[name].batch
    ]
    verdicts = check_all(
        [names[row] for row in probed],
        [PROBE] * len(probed),
        [truths[row] for row in probed],
        [prompts[row] for row in probed],
    )
    ids = _column(table, "prompt_id")
    return [
        f"{ids[row]} ({verdict.reason})"
        for row, verdict in zip(probed, verdicts, strict=True)
        if verdict.cause in ("bad_truth", "no_truth")
    ]
