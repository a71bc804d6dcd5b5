"""Packed examples are computed as each would be alone, in steps that hold the same examples as unpacked ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from r1data.engines.models import load_tokenizer
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.examples import packed_attention, packing
from r1data.training.settings import SftSettings
from tests.training import harness
from tests.training.small_models import ARCHITECTURES, small_model
from tests.training.tiny import lessons

LENGTHS = [5, 1, 17, 9, 1]


def examples(lengths: list[int]) -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(len(lengths))
    rows = [torch.randint(2, 300, (length,), generator=generator).tolist() for length in lengths]
    return [{"input_ids": row, "labels": row} for row in rows]


@torch.no_grad()
def alone(model: Any, rows: list[dict[str, Any]]) -> torch.Tensor:
    """Log-probabilities [tokens, vocabulary] of examples that go through the model one by one."""
    model.eval()
    scores = [model(input_ids=torch.tensor([row["input_ids"]]), use_cache=False).logits[0] for row in rows]
    return torch.cat(scores).log_softmax(-1)


@torch.no_grad()
def packed(model: Any, rows: list[dict[str, Any]], **without: None) -> torch.Tensor:
    model.eval()
    batch = {**packing.Collator(kernels=False)(rows), **without}
    return model(**batch, use_cache=False).logits[0].log_softmax(-1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_packed_example_is_what_it_is_alone(architecture: str) -> None:
    model, rows = small_model(architecture), examples(LENGTHS)
    expected = alone(model, rows)
    with packed_attention.attention(model, packed_attention.NAME):
        assert (packed(model, rows) - expected).abs().max() < 1e-5
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_is_what_the_block_diagonal_mask_of_transformers_gives(architecture: str) -> None:
    model, rows = small_model(architecture), examples(LENGTHS)
    by_mask = packed(model, rows, seq_lengths=None)
    with packed_attention.attention(model, packed_attention.NAME):
        assert (packed(model, rows) - by_mask).abs().max() < 1e-5


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradients_of_a_packed_row_are_those_of_its_examples(architecture: str) -> None:
    model, rows = small_model(architecture), examples(LENGTHS)
    gradients = []
    for name, batches in (("sdpa", [[row] for row in rows if len(row["labels"]) > 1]), (None, [rows])):
        model.zero_grad()
        with packed_attention.attention(model, name or packed_attention.NAME):
            for batch in batches:
                tensors = packing.Collator(kernels=False)(batch)
                labels = tensors.pop("labels")
                logits = model(**tensors, use_cache=False).logits[:, :-1]
                torch.nn.functional.cross_entropy(logits[0], labels[0, 1:], reduction="sum").backward()
        gradients.append(
            {key: value.grad.clone() for key, value in model.named_parameters() if value.grad is not None}
        )
    for key, gradient in gradients[0].items():
        assert torch.allclose(gradient, gradients[1][key], atol=1e-3, rtol=1e-4), key


def test_padding_and_generation_see_the_ordinary_attention() -> None:
    model, rows = small_model("olmo3"), examples([9, 4])
    ids = [torch.tensor(row["input_ids"]) for row in rows]
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in ids], batch_first=True)
    expected = alone(model, rows)
    with packed_attention.attention(model, packed_attention.NAME), torch.no_grad():
        scores = model(input_ids=padded, attention_mask=mask, use_cache=False).logits.log_softmax(-1)
    assert (torch.cat([scores[0, :9], scores[1, :4]]) - expected).abs().max() < 1e-5


def test_the_kernels_get_what_they_ask_for() -> None:
    batch = packing.Collator(kernels=True)(examples([3, 2]))
    assert batch["cu_seq_lens_q"].tolist() == [0, 3, 5] and batch["cu_seq_lens_q"].dtype == torch.int32
    assert batch["max_length_k"] == 3 and batch["position_ids"].tolist() == [[0, 1, 2, 0, 1]]
    assert batch["labels"][0, [0, 3]].tolist() == [-100, -100] and "attention_mask" not in batch


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(1, 120),
    st.randoms(use_true_random=False),
)
def test_a_layout_has_every_example_once_in_its_own_step(
    lengths: list[int], processes: int, share: int, most: int, random: Any
) -> None:
    batch = share * processes
    order = [random.randrange(len(lengths)) for _ in range(3 * batch)]
    laid = packing.layout(lengths, order, batch=batch, processes=processes, most_tokens=most)
    assert len(laid.rows) == 3 * laid.passes * processes and laid.passes <= share
    per_step = laid.passes * processes
    for step in range(3):
        rows = laid.rows[step * per_step : (step + 1) * per_step]
        assert sorted(i for row in rows for i in row) == sorted(order[step * batch : (step + 1) * batch])
        assert all(rows) and all(len(row) == 1 or sum(lengths[i] for i in row) <= most for row in rows)


def test_a_layout_fills_forward_passes_and_balances_them() -> None:
    lengths = [100, 10, 20, 30, 40, 50, 60, 90]
    laid = packing.layout(lengths, range(8), batch=8, processes=2, most_tokens=100)
    assert laid.passes == 2
    assert [sum(lengths[i] for i in row) for row in laid.rows] == [100, 100, 100, 100]


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


def rows_of_many_lengths() -> list[dict[str, Any]]:
    rows = lessons(24, 4)
    for number, row in enumerate(rows):
        row["messages"][1]["content"] += " and so on" * (number % 5)
    return rows


def train(model: Path, out: Path, **changes: Any) -> dict[str, Any]:
    settings = replace(harness.SFT, epochs=2, batch_size=8, template="plain", **changes)
    return launch.run(
        rows_of_many_lengths(), model=model, out=out, settings=settings, command="train-sft"
    ).manifest


def test_packing_changes_no_step_s_loss(qwen: Path, tmp_path: Path) -> None:
    packed = train(qwen, tmp_path / "packed")
    padded = train(qwen, tmp_path / "padded", packing=False)
    assert losses(tmp_path / "packed") == pytest.approx(losses(tmp_path / "padded"), abs=1e-5)
    assert packed["summary"]["eval_loss"] == pytest.approx(padded["summary"]["eval_loss"], abs=1e-4)
    assert packed["last"]["num_tokens"] == padded["last"]["num_tokens"]


def test_a_model_with_other_layers_is_trained_unpacked_and_says_so(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_attention, "LAYERS", {"sliding_attention"})
    assert (
        train(qwen, tmp_path / "out")["summary"]["not_packed"] == "it has layers of the kind full_attention"
    )


def test_a_model_that_reads_across_examples_is_refused(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing.Collator, "_bounds", lambda *_: {"seq_lengths": None})
    monkeypatch.setattr(packed_attention, "choose", lambda _: packed_attention.NAME)
    with pytest.raises(UserError, match=r"across packed examples.*--no-packing"):
        train(qwen, tmp_path / "out")


@pytest.mark.parametrize("rope", ["dynamic", "longrope"])
def test_rope_that_looks_at_the_longest_example_is_not_packed(rope: str) -> None:
    model = small_model("qwen2")
    model.config.rope_parameters["rope_type"] = rope
    assert "RoPE" in str(packed_attention.obstacle(model))


def test_a_micro_batch_bounds_what_is_packed(qwen: Path) -> None:
    assert SftSettings().packing and load_tokenizer(qwen)  # on by default
    laid = packing.layout([4, 4, 2, 2], range(4), batch=4, processes=1, most_tokens=4)
    assert laid.passes == 3
