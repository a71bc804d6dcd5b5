"""Engines on Ray workers: the same completions as here, each once, also where a worker dies."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.engines.base import EngineOptions, Request, Sampling, load_engine, seed_of
from r1data.engines.ray import RayEngine
from r1data.engines.transformers import TransformersEngine
from r1data.errors import UserError
from tests import tiny
from tests.sampling.conftest import rows

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
HERE = EngineOptions(threads=1, device="cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of this machine with room for two workers, that this process has joined."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


def on_ray(model: Path, **other: object) -> RayEngine:
    options = EngineOptions(threads=1, device="cpu", executor="ray", workers=2, max_batch=8, **other)  # type: ignore[arg-type]
    made = load_engine("transformers", model, options)
    assert isinstance(made, RayEngine) and made.name == "transformers"
    return made


def asked(model: Path, count: int) -> list[Request]:
    tokenizer = TransformersEngine(model, HERE).tokenizer
    texts = [f"{i}+{i * 7 % 50}=" for i in range(count)]
    return [Request(text, tokenizer(text)["input_ids"], seed_of(0, text, 0)) for text in texts]


def test_two_workers_give_what_one_engine_gives(cluster: None, model: Path) -> None:
    requests, sampling = asked(model, 60), Sampling(max_tokens=24)
    expected = dict(TransformersEngine(model, HERE).generate(requests, sampling))
    engine = on_ray(model)
    for _ in range(2):
        found = list(engine.generate(iter(requests), sampling))
        assert len(found) == 60 and dict(found).keys() == expected.keys()
        assert sum(dict(found)[i] == expected[i] for i in range(60)) >= 58
    end(engine)


def test_a_worker_that_dies_leaves_its_requests_to_the_other(cluster: None, model: Path) -> None:
    engine = on_ray(model)
    found = []
    for made in engine.generate(asked(model, 60), Sampling(max_tokens=60)):
        if not found:
            ray.kill(engine.workers[0])
        found.append(made)
    assert sorted(index for index, _ in found) == list(range(60))
    assert {made.finish_reason for _, made in found} <= {"stop", "length"}
    end(engine)


def test_what_a_worker_refuses_is_said_as_it_is_here(cluster: None, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such model folder"):
        on_ray(tmp_path / "nothing")


def test_the_command_samples_on_a_cluster(
    cluster: None, model: Path, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    prompts = str(write_jsonl([{"prompt": f"{i}+1=", "truth": "1"} for i in range(10)]))
    words = ["sample", prompts, "--model", str(model), "--template", "plain", "--engine", "transformers"]
    words += ["--threads", "1", "--max-tokens", "8", "-n", "4", "--until", "2"]
    assert invoke([*words, "-o", str(tmp_path / "here")]) == 0
    assert invoke([*words, "-o", str(tmp_path / "there"), "--executor", "ray", "--workers", "2"]) == 0
    assert rows(tmp_path / "there") == rows(tmp_path / "here")


def end(engine: RayEngine) -> None:
    """Frees the cluster's cores for the next test."""
    for worker in engine.workers:
        ray.kill(worker)
