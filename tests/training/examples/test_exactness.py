"""What is only another way to compute a step gives the same losses, and an interruption changes no bit."""

import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.training.examples import packed_attention, packing
from r1data.training.loop import runtime
from tests.training import harness
from tests.training.examples.test_packing import examples
from tests.training.loop.test_resume import interrupted_after, told, weights
from tests.training.small_models import ARCHITECTURES, small_model
from tests.training.tiny import build_tokenizer


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sft-padded", "sft-lora", "sft-qlora"])
def test_a_killed_run_goes_on_to_the_same_bits(kind: str, qwen: Path, tmp_path: Path) -> None:
    if kind == "sft-qlora":
        pytest.importorskip("bitsandbytes", reason="QLoRA's package is optional")
        qwen = wide(tmp_path / "wide")
    out = tmp_path / "broken"
    assert interrupted_after(8, kind, qwen, out, signal.SIGKILL) == -signal.SIGKILL
    for folder in (out, tmp_path / "whole"):
        harness.main(kind, str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")


def wide(folder: Path) -> Path:
    """A model whose layers have the 64 columns that a block of four-bit weights takes."""
    words = build_tokenizer()
    small_model("qwen2", eos_token_id=words.eos_token_id).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_loss_in_chunks_is_the_loss_of_whole_logits(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.import_trl()
    from trl.trainer import utils

    monkeypatch.setattr(
        utils, "_CHUNKED_LOGPROB_CHUNK_SIZE", 70
    )  # of 300 tokens: several chunks, the last one smaller
    model, rows = small_model(architecture).eval(), examples([5, 17, 9])
    batch = packing.Collator(kernels=False)(rows)
    labels = batch["labels"][0, 1:]
    with packed_attention.attention(model, packed_attention.NAME):
        logits = model(**{k: v for k, v in batch.items() if k != "labels"}, use_cache=False).logits[0, :-1]
        whole = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        expected = gradients(model, whole.sum())
        utils.add_fused_lm_head(model, outputs=("log_probs", "entropy", "is_top1"))
        chunked = -model(**batch, fused_lm_head=True).log_probs[0]
        assert (chunked - whole).abs().max() < 1e-5
        for name, gradient in gradients(model, chunked.sum()).items():
            assert torch.allclose(gradient, expected[name], atol=1e-3, rtol=1e-4), name


def gradients(model: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: value.grad.clone() for name, value in model.named_parameters() if value.grad is not None}
