"""Whether a dataset's bytes are those that were committed."""

from typing import Any

from r1data.errors import DamagedShard
from r1data.progress import track
from r1data.shards import Dataset
from r1data.shards.stores import DATA


def check(uri: str) -> dict[str, Any]:
    """Reads every shard and compares it with its commit.

    Returns:
        `rows` and `shards` found good, and `damaged`: one line for each that is not.
    """
    dataset = Dataset(uri)
    damaged: list[str] = []
    rows = 0
    with track("check", total=dataset.rows) as bar:
        for shard in dataset.shards():
            try:
                shard.table()
                rows += shard.rows
            except DamagedShard as error:
                damaged.append(str(error))
            bar.advance(shard.rows)
    uncommitted = sorted(
        file.name
        for file in dataset.store.files(DATA)
        if file.name not in {entry.path for entry in dataset.entries}
    )
    return {
        "dataset": dataset.uri,
        "rows": rows,
        "shards": len(dataset.entries) - len(damaged),
        "complete": dataset.complete,
        "damaged": damaged,
        "uncommitted": uncommitted,
    }
