"""Names of models: what they mean, and what is refused in one line."""

import json
import shutil
from pathlib import Path

import pytest

from r1data.engines.models import (
    context_length,
    fingerprint,
    load_model,
    load_tokenizer,
    local_folder,
    resolve_model,
    stop_ids,
)
from r1data.errors import UserError
from tests import tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "model"))


def test_a_folder_is_itself_and_a_hub_id_stays_one(folder: Path) -> None:
    assert resolve_model(str(folder)) == folder
    assert resolve_model("hf:Qwen/Qwen2.5-32B") == resolve_model("Qwen/Qwen2.5-32B") == "Qwen/Qwen2.5-32B"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_without_config_or_weights_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(UserError, match=missing.removeprefix("model")):
        resolve_model(folder)


def test_pickled_weights_are_no_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UserError, match="safetensors"):
        load_model(folder)


@pytest.mark.parametrize("name", ["nowhere", "./a/b", "hf:justaname", "miniature:giant", "a/b/c"])
def test_a_name_that_means_nothing_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        resolve_model(name)


def test_a_hub_model_out_of_reach_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="nobody/nothing") as refused:
        local_folder("nobody/nothing")
    assert "\n" not in str(refused.value)


def test_numbers_stay_whole_though_the_model_is_a_qwen2(folder: Path) -> None:
    assert load_tokenizer(folder).tokenize("12+3") == ["12", "+", "3"]


def test_a_model_that_is_no_language_model_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "nothing-of-the-kind"}')
    with pytest.raises(UserError, match="cannot be loaded"):
        load_model(folder, device="cpu")


def test_weights_are_float32_on_a_cpu(folder: Path) -> None:
    assert str(load_model(folder, device="cpu").dtype) == "torch.float32"


def test_stop_tokens_come_from_the_tokenizer_and_both_configs(folder: Path) -> None:
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [5, 7]}))
    assert stop_ids(folder, load_tokenizer(folder)) == {0, 5, 7}
    assert context_length(folder) == 256


def test_a_fingerprint_changes_with_the_weights_and_not_with_the_place(
    folder: Path, made: Path, tmp_path: Path
) -> None:
    assert fingerprint(folder) == fingerprint(made)
    tiny.build(tmp_path / "other", seed=1)
    assert fingerprint(tmp_path / "other") != fingerprint(made)
