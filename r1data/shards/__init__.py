"""Rows on disk and between commands: datasets of committed Parquet shards, plain files, pipes of references."""

from r1data.shards.commits import Command, Parent, ShardEntry
from r1data.shards.dataset import Dataset, Shard
from r1data.shards.schema import Schema, load_schema
from r1data.shards.source import Source, open_source
from r1data.shards.writer import Summary, Writer

__all__ = [
    "Command",
    "Dataset",
    "Parent",
    "Schema",
    "Shard",
    "ShardEntry",
    "Source",
    "Summary",
    "Writer",
    "load_schema",
    "open_source",
]
