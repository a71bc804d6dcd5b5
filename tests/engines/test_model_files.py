"""A model folder that cannot be loaded is one line with what to do, from the command itself."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data.resources import resource


def _edit_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def _only(folder: Path, *files: str) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    for file in files:
        (folder / file).write_text("{}")


def _truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


FAULTS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "tokenizer is cut off": (
        lambda f: (f / "tokenizer.json").write_text('{"version": "1.0", '),
        "tokenizer.json: not readable as a tokenizer",
        "copy it again",
    ),
    "tokenizer of another kind": (
        lambda f: (f / "tokenizer.json").write_text('{"version": "1.0", "model": {"type": "Nope"}}'),
        "tokenizer.json: not readable as a tokenizer",
        "copy it again",
    ),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer.json", "copy the tokenizer"),
    "config is cut off": (
        lambda f: (f / "config.json").write_text('{"architec'),
        "config.json: not JSON",
        "copy it again",
    ),
    "config is a list": (
        lambda f: (f / "config.json").write_text("[1]"),
        "config.json: a list",
        "copy it again",
    ),
    "no config": (lambda f: (f / "config.json").unlink(), "no config.json", "give the folder"),
    "unknown architecture": (
        lambda f: _edit_config(f, model_type="bogus", architectures=["BogusForCausalLM"]),
        "model type `bogus`",
        "update transformers",
    ),
    "quantisation whose package is missing": (
        lambda f: _edit_config(f, quantization_config={"quant_method": "awq", "bits": 4, "group_size": 128}),
        "gptqmodel",
        "install it",
    ),
    "weights are cut off": (_truncate, "model.safetensors is cut off", "copy it again"),
    "weights are an LFS pointer": (
        lambda f: (f / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n"),
        "no safetensors file",
        "copy it again",
    ),
    "weights of another shape": (
        lambda f: _edit_config(f, hidden_size=64),
        "other shapes",
        "take both files",
    ),
    "weights of fewer layers": (
        lambda f: _edit_config(f, num_hidden_layers=5, layer_types=["full_attention"] * 5),
        "lack 12 of the model's weights",
        "belong together",
    ),
    "a shard is missing": (
        lambda f: (f / "model.safetensors.index.json").write_text(
            '{"weight_map": {"a": "other.safetensors"}}'
        ),
        "other.safetensors is missing",
        "copy it again",
    ),
    "an empty folder": (_only, "empty", "give the folder"),
    "GGUF alone": (
        lambda f: _only(f, "config.json", "small-q4.gguf"),
        "GGUF weights alone (small-q4.gguf)",
        "r1 sample --engine openai --endpoint URL",
    ),
    "pickled weights alone": (
        lambda f: _only(f, "config.json", "pytorch_model.bin"),
        "pickled",
        "save_pretrained",
    ),
    "a LoRA adapter": (
        lambda f: _only(f, "adapter_config.json", "adapter_model.safetensors"),
        "LoRA adapter",
        "merge_and_unload",
    ),
    "a broken chat template": (
        lambda f: (f / "chat_template.jinja").write_text("{% for m in messages %}{{ m.content"),
        "its chat template fails",
        "--template plain",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_cannot_be_loaded_is_one_line(
    fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    apply, reason, remedy = FAULTS[fault]
    model = Path(shutil.copytree(resource("recipes") / "miniature" / "base", tmp_path / "model"))
    apply(model)
    prompts = tmp_path / "p.jsonl"
    prompts.write_text('{"prompt": "1+1"}\n')
    code = invoke(
        ["sample", f"{prompts}", "-o", f"{tmp_path / 'o'}", "--model", f"{model}", "--engine", "transformers"]
    )
    message = capfd.readouterr().err.splitlines()[-1]
    assert code == 1
    assert message.startswith("r1: ")
    assert reason in message
    assert remedy in message
    assert not (tmp_path / "o/data").exists()


def test_an_error_of_a_model_is_all_that_is_on_stderr(
    tmp_path: Path, r1: Callable[..., object], write_jsonl: Callable[..., Path]
) -> None:
    model = Path(shutil.copytree(resource("recipes") / "miniature" / "base", tmp_path / "model"))
    _edit_config(model, hidden_size=64)
    prompts = write_jsonl([{"prompt": "1+1"}])
    ended = r1("sample", prompts, "-o", tmp_path / "o", "--model", model, "--engine", "transformers")
    lines = ended.stderr.splitlines()  # type: ignore[attr-defined]
    assert len([line for line in lines if line.startswith("r1: ")]) == 1
    assert not any("Traceback" in line or "MISMATCH" in line for line in lines)


def test_training_says_the_same_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = Path(shutil.copytree(resource("recipes") / "miniature" / "base", tmp_path / "model"))
    _truncate(model)
    chats = tmp_path / "c.jsonl"
    turns = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}]
    chats.write_text(json.dumps({"messages": turns}) + "\n")
    code = invoke(["train-sft", f"{chats}", "-o", f"{tmp_path / 'o'}", "--model", f"{model}"])
    message = capfd.readouterr().err.splitlines()[-1]
    assert code == 1
    assert message.startswith("r1: ")
    assert "model.safetensors is cut off" in message
