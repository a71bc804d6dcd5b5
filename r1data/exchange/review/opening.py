"""Whether a review may begin or go on: what is reviewed, where its journal lies, and whether they go together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.locations import checked, local, scheme
from r1data.data.plain import is_plain
from r1data.data.records import Record
from r1data.data.schema import how_to_get, includes
from r1data.data.stores import open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError
from r1data.exchange.review import journal


def reviewable(uri: str) -> Dataset:
    """The dataset to review. Raises UserError where it is none, has no responses, or is still being written."""
    if uri == "-":
        raise UserError("-: people read rows again and again, which a pipe does not give; name the dataset")
    if is_plain(uri):
        raise UserError(
            f"{uri}: a plain file; make a dataset of it with `r1 ingest {uri} -o DS` and review that"
        )
    dataset = Dataset(uri)
    name = dataset.schema.name
    if not includes(name, "sample"):
        raise UserError(
            f"{uri}: holds {name} rows; a review needs sample rows: {how_to_get('sample', name, uri)}"
        )
    if not dataset.complete:
        raise UserError(f"{uri}: its command has not finished; finish it first, then review")
    return dataset


def journal_path(out: str) -> Path:
    """Where the journal of a review with `-o out` lies. Raises UserError where no review may be there."""
    if scheme(checked(out)) is not None:
        raise UserError(
            f"{out}: the journal of a review needs a disk; give a local -o, and `r1 push` it afterwards"
        )
    folder = local(out)
    path = folder / journal.FOLDER / journal.FILE
    store = open_store(out)
    if store.exists() and not path.exists():
        if store.is_foreign():
            raise UserError(f"{out}: is a file, or holds other files than a dataset's; choose another -o")
        if store.files(LOG):
            raise UserError(f"{out}: holds a dataset already; choose another -o")
    return path


def refuse_other_review(out: str, uri: str, record: Record, header: Mapping[str, Any]) -> None:
    """Raises UserError where a journal's first line, `record`, is not that of the review at hand."""
    if record["version"] != header["version"]:
        raise UserError(
            f"{out}: its review was begun by another version of r1; update r1, or finish it with that one"
        )
    if record["digest"] != header["digest"]:
        raise UserError(
            f"{out}: holds a review of {record['source']!s:.200}, whose rows are not those of {uri}; "
            "choose another -o"
        )
    for name in ("twice", "seed"):
        if record[name] != header[name]:
            raise UserError(
                f"{out}: this review was begun with --{name} {record[name]}, now {header[name]}; give that again, or "
                "choose another -o"
            )


def preview(uri: str, out: str) -> dict[str, Any]:
    """What a review would be of, and whether one is there to go on with; writes nothing. Raises as opening does."""
    dataset = reviewable(uri)
    path = journal_path(out)
    rows = {"source": uri, "out": out, "rows": dataset.rows}
    return {**rows, "journal": str(path) if path.exists() else None}
