"""A plain file as a dataset that can be looked at: its rows are written into a folder that goes with the process."""

import tempfile

from r1data.data.commits import Command
from r1data.data.hub import is_hub
from r1data.data.plain import is_plain
from r1data.data.source import open_source
from r1data.data.writer import Writer

_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def as_dataset(uri: str) -> str:
    """Where the shards of `uri` lie: a dataset's are its own; those of a plain file or hub set are written first.

    One shard is in memory at a time.

    Raises:
        UserError: the file is not there, or has a row that cannot be read.
    """
    if not is_plain(uri) and not is_hub(uri):
        return uri
    source = open_source(uri)
    folder = tempfile.TemporaryDirectory(prefix="r1-window-")
    _FOLDERS.append(folder)
    place = f"{folder.name}/rows"
    writer = Writer.open(place, schema=source.schema.name, command=Command("view"), announce=False)
    writer.begin()
    for shard in source.shards():
        writer.publish(shard.name, shard.table())
    writer.finish()
    return place
