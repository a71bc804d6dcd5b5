"""The transformers engine against transformers' own generation, and against itself in other batches."""

import random
from pathlib import Path

import pytest
import torch

from r1data.engines.base import Completion, EngineOptions, Request, Sampling, load_engine, seed_of
from r1data.engines.models import load_model
from r1data.engines.transformers import TransformersEngine
from r1data.errors import UserError
from tests import tiny

OPTIONS = EngineOptions(threads=1, device="cpu")


@pytest.fixture(scope="module", params=["qwen2", "llama"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def engine(folder: Path) -> TransformersEngine:
    return TransformersEngine(folder, OPTIONS)


def requests(engine: TransformersEngine, count: int = 40) -> list[Request]:
    texts = [f"{i}+{i % 7}" * (1 + i % 5) + "=" for i in range(count // 2)]
    ids = [engine.tokenizer(text)["input_ids"] for text in texts for _ in range(2)]
    return [Request(str(i), tokens, seed_of(3, str(i), 0)) for i, tokens in enumerate(ids)]


def generate(
    engine: TransformersEngine, asked: list[Request], sampling: Sampling, batch: int = 512
) -> list[Completion]:
    engine.max_batch = batch
    found = dict(engine.generate(asked, sampling))
    assert sorted(found) == list(range(len(asked)))
    return [found[i] for i in range(len(asked))]


def test_greedy_agrees_with_transformers_own_generation(engine: TransformersEngine, folder: Path) -> None:
    model = load_model(folder, device="cpu")
    for request, mine in zip(
        requests(engine),
        generate(engine, requests(engine), Sampling(temperature=0, max_tokens=20)),
        strict=True,
    ):
        ids = torch.tensor([request.token_ids])
        whole = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=20)
        assert mine.token_ids == whole[0, ids.shape[1] :].tolist()


def test_a_row_is_the_same_whatever_its_batch_and_order(engine: TransformersEngine) -> None:
    asked, sampling = requests(engine), Sampling(max_tokens=20, top_p=0.95)
    alone = generate(engine, asked, sampling, batch=1)
    assert generate(engine, asked, sampling) == alone
    order = random.Random(1).sample(range(len(asked)), len(asked))
    shuffled = generate(engine, [asked[i] for i in order], sampling, batch=7)
    assert [shuffled[order.index(i)] for i in range(len(asked))] == alone


def test_samples_of_one_prompt_differ(engine: TransformersEngine) -> None:
    first = requests(engine)[0].token_ids
    asked = [Request(str(i), first, seed_of(0, "p", i)) for i in range(16)]
    assert len({tuple(c.token_ids) for c in generate(engine, asked, Sampling(max_tokens=10))}) > 12


def test_a_row_ends_at_a_stop_token_or_at_its_limit(engine: TransformersEngine) -> None:
    for done in generate(engine, requests(engine, 80), Sampling(temperature=3.0, max_tokens=30)):
        assert (done.finish_reason == "stop") == (done.token_ids[-1] == 0)
        assert done.response_tokens == len(done.token_ids) <= 30
        assert done.finish_reason == "stop" or done.response_tokens == 30
        assert "<|end|>" not in done.text and 0 not in done.token_ids[:-1]


def test_a_response_ends_where_the_context_does(engine: TransformersEngine) -> None:
    long = Request("long", [5] * 250, 1)
    (done,) = generate(engine, [long], Sampling(temperature=0, max_tokens=1000))
    assert done.prompt_tokens + done.response_tokens <= 256


@pytest.mark.parametrize("length", [0, 256, 300])
def test_a_prompt_without_room_is_an_error_row_and_the_others_run_on(
    engine: TransformersEngine, length: int
) -> None:
    asked = [*requests(engine, 4), Request("bad", [5] * length, 1)]
    done = generate(engine, asked, Sampling(max_tokens=5), batch=2)
    assert [c.finish_reason == "error" for c in done] == [False] * 4 + [True]
    assert done[4].error and done[4].text == ""


def test_no_requests_no_completions(engine: TransformersEngine) -> None:
    assert generate(engine, [], Sampling()) == []


def test_sliding_windows_are_refused(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path, use_sliding_window=True, sliding_window=8, max_window_layers=0)
    with pytest.raises(UserError, match="full attention"):
        TransformersEngine(folder, OPTIONS)


def test_an_unknown_engine_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="transformers, vllm"):
        load_engine("llamafile", tmp_path)


@pytest.mark.parametrize(
    "bad", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.1}, {"top_k": -1}, {"max_tokens": 0}]
)
def test_sampling_settings_are_checked(bad: dict[str, float]) -> None:
    with pytest.raises(UserError):
        Sampling(**bad)  # type: ignore[arg-type]
