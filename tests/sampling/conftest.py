"""A tiny model, and an engine whose responses follow from their seeds alone."""

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from r1data.engines import base
from r1data.engines.base import Completion, Request, Sampling, Waiting
from r1data.sampling.plan import SamplingPlan
from tests import tiny

Row = dict[str, object]
PROMPTS: list[dict[str, object]] = [{"prompt": f"{i}+{i % 9}=", "truth": "1"} for i in range(12)]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture
def prompts(write_jsonl: Callable[..., Path]) -> str:
    return str(write_jsonl(PROMPTS))


class Dice:
    """Is right once in `sides` throws, by its own seed; takes up to `together` requests, answers the last one first."""

    name = "dice"

    def __init__(self, sides: int = 4, *, exact: bool = False, together: int = 5) -> None:
        self.sides, self.exact, self.together = sides, exact, together
        self.asked: list[str] = []
        self.begun: set[str] = set()
        self.begun_when_first_short: int | None = None

    def generate(
        self, requests: Iterable[Request | None], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        waiting, running = Waiting(requests), list[tuple[int, Request]]()
        while True:
            running += waiting.take(self.together - len(running))
            if not running:
                return
            self.begun |= {request.id.partition("/")[0] for _, request in running}
            if len(running) < self.together and self.begun_when_first_short is None:
                self.begun_when_first_short = len(self.begun)
            index, request = running.pop()
            self.asked.append(request.id)
            right = random.Random(request.seed).randrange(self.sides) == 0
            yield index, Completion(r"\boxed{1}" if right else r"\boxed{2}", [5, 0], "stop", 3, 2)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dice]:
    """Makes a die the engine of that name."""

    def use(sides: int = 4, **other: object) -> Dice:
        engine = Dice(sides, **other)  # type: ignore[arg-type]
        monkeypatch.setitem(base.ENGINES.built_in, "dice", base.Engine("dice", lambda model, options: engine))
        return engine

    return use


def plan(model: Path, **other: object) -> SamplingPlan:
    settings = {"n": 8, "sampling": Sampling(max_tokens=12), "template": "plain", "engine": "dice", **other}
    return SamplingPlan(str(model), **settings)  # type: ignore[arg-type]


def rows(dataset: Path | str) -> list[Row]:
    return [row for table in Dataset(dataset).tables() for row in table.to_pylist()]
