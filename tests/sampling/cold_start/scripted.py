"""An engine that answers by a script, and samples to refine with it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.engines.base import Completion, Request, Sampling
from r1data.sampling.plan import SamplingPlan

Row = dict[str, object]


class Scripted:
    """Writes what the script says for a request's id, which is the row's id and the response's number."""

    name, exact = "scripted", True

    def __init__(
        self, script: Mapping[str, str], cut: Iterable[str] = (), broken: Iterable[str] = ()
    ) -> None:
        self.script, self.cut, self.broken = script, set(cut), set(broken)
        self.asked: list[str] = []

    def generate(self, requests: Iterable[Request], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        for number, request in enumerate(requests):
            self.asked.append(request.id)
            length = len(request.token_ids)
            if request.id in self.broken:
                yield number, Completion("", [], "error", length, 0, "the engine broke")
                continue
            text = self.script[request.id]
            yield (
                number,
                Completion(text, [1], "length" if request.id in self.cut else "stop", length, len(text)),
            )


def plan(model: Path, n: int = 1, **other: object) -> SamplingPlan:
    return SamplingPlan(
        str(model), n=n, sampling=Sampling(max_tokens=12), template="plain", engine="scripted", **other
    )  # type: ignore[arg-type]


def rows(dataset: Path) -> list[Row]:
    found: list[Row] = pa.concat_tables(shard.table() for shard in Dataset(dataset).shards()).to_pylist()
    return found


def write(path: Path, lines: Iterable[Row]) -> str:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return str(path)
