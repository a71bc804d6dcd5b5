"""What vLLM is started with on GPUs, which are not here: its place is taken by a class that notes its options."""

import importlib.util
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training.rollouts import generating
from r1data.training.settings import GrpoSettings

pytestmark = pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")


class Noted:
    """An engine that starts and does nothing. `options`: the last one's; `config`: what it read."""

    options: dict[str, Any]
    config: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        Noted.options = options
        Noted.config = json.loads((Path(options["model"]) / "config.json").read_text())

    def sleep(self, level: int) -> None: ...


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, qwen: Path) -> Any:
    import trl.generation.vllm_generation as module

    monkeypatch.setattr(module, "LLM", Noted, raising=False)
    monkeypatch.setattr(module, "is_vllm_available", lambda: True)
    for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, os.environ.get(name, "0"))
    accelerator = SimpleNamespace(
        num_processes=1,
        process_index=0,
        local_process_index=0,
        state=SimpleNamespace(deepspeed_plugin=None, fsdp_plugin=None),
        wait_for_everyone=lambda: None,
    )

    def begin(**options: Any) -> Any:
        from r1data.training.rollouts.colocated import Colocated

        model = load_model(qwen, dtype="float32", device="cpu")
        return Colocated(
            model, accelerator, None, mode="colocate", dtype="auto", stops=[3, 5], never=(), **options
        )

    return begin


def test_a_rollout_of_any_size_fits_the_engine(start: Any) -> None:
    for responses in (16, 8_192):
        start(max_num_seqs=responses, max_model_length=96)
        assert Noted.options["max_num_seqs"] == min(responses, 1_024)
        assert Noted.options["max_num_seqs"] <= Noted.options["max_num_batched_tokens"]


def test_the_engine_has_the_trained_models_config_and_no_weights_of_its_own(start: Any) -> None:
    generation = start(max_model_length=96, enable_sleep_mode=True)
    assert Noted.options["load_format"] == "dummy" and Noted.options["dtype"] == "bfloat16"
    assert Noted.options["max_model_len"] == 96 and Noted.options["enable_sleep_mode"] is True
    assert Noted.options["logprobs_mode"] == "processed_logprobs"
    assert Noted.config["architectures"] == ["Qwen2ForCausalLM"]
    assert generation.generation_kwargs["stop_token_ids"] == [3, 5]
    names = {name for name, _ in generation._iter_named_params()}
    assert {"model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight"} <= names


def test_trl_is_told_the_longest_sequence_and_how_gpus_share_the_engine() -> None:
    settings = GrpoSettings(engine="vllm", max_tokens=64, engine_tensor_parallel=2, processes=4)
    arguments = generating.engine_arguments(settings, 32)
    assert arguments["vllm_max_model_length"] == 96 and arguments["vllm_tensor_parallel_size"] == 2
    from trl import GRPOConfig

    assert arguments.keys() <= GRPOConfig.__dataclass_fields__.keys()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"engine": "vllm", "engine_tensor_parallel": 2}, "has none"),
        ({"engine": "vllm", "engine_sleep": True}, "has none"),
        ({"engine_sleep": True}, "--engine vllm"),
        ({"engine": "vllm-server", "engine_url": "http://x", "engine_sleep": True}, "of its own"),
    ],
)
def test_settings_of_gpus_are_refused_where_they_mean_nothing(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        generating.check_engine(GrpoSettings(**settings))
    assert "\n" not in str(caught.value)
