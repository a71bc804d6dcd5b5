"""vLLM and Ray workers for real: interrupted ten times, no response is drawn twice."""

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from r1data.data.source import open_source
from r1data.engines.base import Completion, EngineOptions, Request, Sampling, load_engine
from r1data.sampling import sample as sampling
from r1data.sampling.plan import SamplingPlan
from tests.sampling.conftest import rows
from tests.served import build_bytes

N, PROMPTS = 4, 25


class Counted:
    """An engine whose completions are counted by request, and that is interrupted after some of them."""

    def __init__(self, engine: Any) -> None:
        self.engine, self.name, self.exact = engine, engine.name, engine.exact
        self.drawn: Counter[str] = Counter()
        self.stop_after: int | None = None

    @property
    def unclaimed(self) -> list[tuple[int, Completion]]:
        return list(self.engine.unclaimed)

    def generate(
        self, requests: Iterable[Request | None], settings: Sampling
    ) -> Iterator[tuple[int, Completion]]:
        ids: list[str] = []

        def noted() -> Iterator[Request | None]:
            for request in requests:
                if request is not None:
                    ids.append(request.id)
                yield request

        completions, passed = self.engine.generate(noted(), settings), set[int]()
        try:
            for index, completion in completions:
                passed.add(index)
                self.drawn[ids[index]] += 1
                yield index, completion
                if self.stop_after is not None and len(passed) >= self.stop_after:
                    raise KeyboardInterrupt
        finally:
            completions.close()
            self.drawn.update(ids[index] for index, _ in self.engine.unclaimed if index not in passed)


@pytest.fixture
def prompts(write_jsonl: Callable[..., Path]) -> str:
    return str(write_jsonl([{"prompt": f"{i}+{i % 9}=", "truth": "1"} for i in range(PROMPTS)]))


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of this machine with room for two workers, that this process has joined."""
    ray = pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


def interrupted(
    engines: Iterable[Counted], model: Path, prompts: str, out: Path, patch: pytest.MonkeyPatch
) -> None:
    """Stops a run with each engine but the last, which ends it; checks what is said, drawn and written."""
    plan = SamplingPlan(
        str(model), n=N, sampling=Sampling(max_tokens=24), template="plain", engine="transformers"
    )
    drawn: Counter[str] = Counter()
    for engine in engines:
        patch.setattr(sampling, "load", lambda plan, options, engine=engine: engine)
        engine.drawn = drawn
        if engine.stop_after is None:
            assert sampling.sample(open_source(prompts), str(out), plan).rows == N * PROMPTS
            break
        with pytest.raises(KeyboardInterrupt) as stopped:
            sampling.sample(open_source(prompts), str(out), plan)
        kept = f"{drawn.total()} of 100 responses are kept, the same command goes on from there"
        assert stopped.value.__notes__ == [kept]
    assert len(drawn) == N * PROMPTS and set(drawn.values()) == {1}
    assert len({(row["prompt_id"], row["sample_index"]) for row in rows(out)}) == N * PROMPTS


@pytest.mark.vllm
@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
def test_vllm_draws_each_response_once_though_ten_runs_are_stopped(
    prompts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build_bytes(tmp_path / "model", initializer_range=0.3)
    options = EngineOptions(threads=1, max_model_len=512, max_batch=6, device="cpu")
    engine = Counted(load_engine("vllm", model, options))

    def engines() -> Iterator[Counted]:
        for turn in range(11):
            engine.stop_after = 2 + turn if turn < 10 else None
            yield engine

    interrupted(engines(), model, prompts, tmp_path / "out", monkeypatch)


@pytest.mark.slow
def test_workers_on_ray_draw_each_response_once_though_runs_are_stopped(
    cluster: None, prompts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    model = build_bytes(tmp_path / "model", initializer_range=0.3)
    options = EngineOptions(threads=1, device="cpu", executor="ray", workers=2, max_batch=6)

    def engines() -> Iterator[Counted]:
        # New workers each time, as a run that is interrupted ends them.
        for stop_after in (5, 20, None):
            engine = Counted(load_engine("transformers", model, options))
            engine.stop_after = stop_after
            yield engine
            for worker in engine.engine.workers:
                ray.kill(worker)

    interrupted(engines(), model, prompts, tmp_path / "out", monkeypatch)
