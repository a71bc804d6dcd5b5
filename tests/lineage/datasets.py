"""Datasets to damage: made by the library's own commands, small, with six shards."""

import json
import shutil
from pathlib import Path

from r1data.data.dataset import Dataset
from r1data.data.references import Announcer
from r1data.data.source import open_source
from r1data.data.stores.layout import LOCK
from r1data.exchange.ingest import ingest
from r1data.verifiers import table

SHARDS, ROWS = 6, 5


def make(folder: Path) -> Path:
    """`verified` in `folder`, made from `samples`, made from `rows.jsonl`; `pipe.jsonl` is what its pipe said."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "rows.jsonl", SHARDS * ROWS)
    ingest(str(folder / "rows.jsonl"), str(folder / "samples"), shard_rows=ROWS, workers=1)
    verified = verify(folder)
    with (folder / "pipe.jsonl").open("w") as pipe:
        announcer = Announcer("DATASET", pipe)
        for entry in Dataset(verified).entries:
            announcer.shard(entry)
        announcer.end()
    return verified


def verify(folder: Path | str) -> Path:
    """Makes `verified` of a folder or URL, or finishes it."""
    source = open_source(f"{folder}/samples", "sample")
    table.run(source, f"{folder}/verified", workers=1)
    return Path(folder) / "verified"


def write_rows(path: Path, count: int) -> None:
    rows = [
        {
            "prompt": f"What is {n} + 1?",
            "truth": str(n + 1),
            "response": f"<think>\nOne more than {n} is {n + 1}.\n</think>\n\nIt is {n + 1}.",
            "prompt_id": f"p{n:03d}",
        }
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def copy(dataset: Path, target: Path) -> Path:
    return Path(shutil.copytree(dataset, target))


def files(dataset: Path) -> dict[str, bytes]:
    """Every file of a dataset, but for the empty lock, with its bytes, by its name below it."""
    found = (path for path in dataset.rglob("*") if path.is_file() and path != dataset / LOCK)
    return {str(path.relative_to(dataset)): path.read_bytes() for path in found}
