"""What the chaos suite kills: command lines by name, and what of their outputs must come out the same."""

from collections.abc import Callable
from pathlib import Path

from r1data.data.dataset import Dataset
from r1data.data.stores.layout import DATA, SCRATCH

Lines = list[list[str]]
Digests = dict[str, dict[str, str]]
"""Output → name of a shard → sha256 of its file."""

SAMPLE = "-n 2 --template plain --engine transformers --max-tokens 4 --threads 1"


def ingest(inputs: Path) -> Lines:
    line = "-o out --shard-rows 2 --workers 1 --map prompt=prompt --set domain=math"
    return [["ingest", f"{inputs}/prompts.jsonl", *line.split()]]


def verify(inputs: Path) -> Lines:
    return [["verify", f"{inputs}/s", "-o", "out", "--workers", "2"]]


def filter(inputs: Path) -> Lines:
    return [["filter", f"{inputs}/v", "-o", "out", "--dropped", "dropped", "--workers", "2"]]


def build(inputs: Path) -> Lines:
    return [
        ["build", f"{inputs}/talks.jsonl", "-o", "out", "--dropped", "dropped", "--quota", "unknown=9000"]
    ]


def select(inputs: Path) -> Lines:
    return [["select", f"{inputs}/v", "-o", "out", "--pass-rate", "0.1:1", "--interval"]]


def review(inputs: Path) -> Lines:
    line = "-o out --dropped dropped --from argilla"
    return [["ingest", f"{inputs}/results.json", "--apply-to", f"{inputs}/v", *line.split()]]


def sample(inputs: Path) -> Lines:
    return [["sample", f"{inputs}/p", "-o", "out", "--model", f"{inputs}/model", *SAMPLE.split()]]


def pipe(inputs: Path) -> Lines:
    return [
        ["ingest", f"{inputs}/prompts.jsonl", "-o", "p", "--shard-rows", "4", "--workers", "1"],
        ["sample", "-", "-o", "s", "--model", f"{inputs}/model", *SAMPLE.split()],
        ["filter", "-", "-o", "out", "--dropped", "dropped", "--verdict", "any", "--workers", "1"],
    ]


COMMANDS: dict[str, Callable[[Path], Lines]] = {
    "ingest": ingest,
    "verify": verify,
    "filter": filter,
    "build": build,
    "select": select,
    "review": review,
    "sample": sample,
    "pipe": pipe,
}
OUTPUTS = {
    "ingest": ["out"],
    "verify": ["out"],
    "filter": ["out", "dropped"],
    "build": ["out", "dropped"],
    "select": ["out"],
    "review": ["out", "dropped"],
    "sample": ["out"],
    "pipe": ["p", "s", "out", "dropped"],
}


def contents(folder: Path, outputs: list[str]) -> Digests:
    """The shards of finished datasets, each read and compared with its commit; nothing else may lie there."""
    made = {}
    for output in outputs:
        dataset = Dataset(folder / output)
        assert dataset.complete, f"{output} is not complete"
        assert [shard.rows for shard in dataset.shards()] == [len(table) for table in dataset.tables()]
        made[output] = {entry.path: entry.sha256 for entry in dataset.entries}
        there = [f"{DATA}/{path.name}" for path in sorted((folder / output / DATA).iterdir())]
        assert there == list(made[output]), f"{output}: uncommitted files in data"
        assert not list((folder / output / SCRATCH).iterdir()), f"{output}: .r1/tmp is not swept"
    return made


def commits(folder: Path, outputs: list[str]) -> int:
    """Commits so far, over all outputs."""
    return sum(1 for output in outputs for _ in (folder / output).glob(".r1/commits/*.json"))
