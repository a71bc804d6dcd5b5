"""What a plan says of memory, strategies and machines."""

from dataclasses import replace
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.training.plan import cost
from r1data.training.plan.activations import activations
from r1data.training.plan.hardware import GIB, Hardware, parse
from r1data.training.plan.memory import Layout, memory
from r1data.training.plan.outlook import outlook
from r1data.training.plan.parameters import config_from, parameters
from r1data.training.plan.passes import Pass
from r1data.training.plan.strategies import fitting_strategy, micro_batches
from r1data.training.settings import SftSettings
from r1data.training.students import find, settings_of

SMALL: dict[str, Any] = {
    "model_type": "qwen3",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 1000,
    "tie_word_embeddings": True,
}
SETTINGS = SftSettings(batch_size=64, max_tokens=1024)


@pytest.mark.parametrize(
    ("text", "nodes", "gpus", "gigabytes"), [("8x80", 1, 8, 80), ("2x8x80", 2, 8, 80), ("1×24GB", 1, 1, 24)]
)
def test_gpus_are_read(text: str, nodes: int, gpus: int, gigabytes: int) -> None:
    machine = parse(text)
    assert (machine.nodes, machine.processes, machine.world) == (nodes, gpus, nodes * gpus)
    assert machine.memory == pytest.approx(gigabytes * GIB, rel=0.02)


@pytest.mark.parametrize("text", ["80", "8x", "0x80", "eight", "8x80x2x1"])
def test_other_gpus_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match="8x80"):
        parse(text)


def test_activations_grow_with_layers_as_if_all_were_run() -> None:
    deep = activations(config_from(SMALL), Pass(2, 128))
    more = activations(config_from({**SMALL, "num_hidden_layers": 12}), Pass(2, 128))
    one_layer = (more.forward - deep.forward) / 6
    assert one_layer > 2 * 128 * 4 * 64 and more.backward > deep.backward


def test_checkpointing_keeps_a_layers_input_alone() -> None:
    config = config_from(SMALL)
    more = config_from({**SMALL, "num_hidden_layers": 12})
    kept = [activations(each, Pass(2, 128, checkpointing=True)).forward for each in (config, more)]
    assert (kept[1] - kept[0]) / 6 == pytest.approx(2 * 128 * 4 * 64, rel=0.1)


def test_whole_logits_cost_their_size() -> None:
    config = config_from({**SMALL, "vocab_size": 50_000})
    tiles, whole = (activations(config, Pass(2, 512, chunked=chunked)).peak for chunked in (True, False))
    assert whole - tiles > 2 * 512 * 50_000 * 4


@pytest.mark.parametrize("model_type", ["qwen2", "qwen3", "llama", "olmo3", "smollm3"])
def test_every_dense_family_is_planned(model_type: str) -> None:
    config = config_from({**SMALL, "model_type": model_type, "pad_token_id": 0, "num_key_value_heads": 4})
    assert activations(config, Pass(1, 64, "autocast", checkpointing=True)).peak > 0


def test_experts_are_planned() -> None:
    experts = {"moe_intermediate_size": 32, "num_experts": 8, "num_experts_per_tok": 2}
    config = config_from({**SMALL, "model_type": "qwen3_moe", **experts})
    assert activations(config, Pass(1, 64)).peak > activations(config, Pass(1, 64, "bfloat16")).peak > 0


def test_shards_divide_what_a_copy_holds() -> None:
    config = config_from(find("qwen2.5-0.5b").config)
    counts = parameters(config)
    layouts = [Layout("fsdp", processes, checkpointing=True) for processes in (8, 16)]
    states = [memory(config, counts, layout, 1, 256).states for layout in layouts]
    assert states[0] == counts.total * 16 // 8 == 2 * states[1]


def test_offloaded_shards_lie_in_the_machines_memory() -> None:
    config = config_from(SMALL)
    result = memory(config, parameters(config), Layout("fsdp", 8, offload=True), 1, 64)
    assert result.states == 0 and result.host == parameters(config).total * 16 // 8


def test_adapters_take_less_than_all_weights() -> None:
    config = config_from(find("smollm2-135m").config)
    counts = parameters(config)
    base = Layout("single", checkpointing=True)
    full, lora, four_bits = (
        memory(config, counts, layout, 1, 256).states
        for layout in (base, replace(base, lora=16), replace(base, lora=16, quantised=True))
    )
    assert full > 3 * lora > 3 * four_bits


def test_micro_batches_divide_a_share_within_65_536_tokens() -> None:
    assert list(micro_batches(8, 32_768)) == [2, 1]
    assert list(micro_batches(6, 1)) == [6, 3, 2, 1]
    assert list(micro_batches(4, 100_000)) == [1]


def test_a_small_model_trains_as_copies_with_activations_kept() -> None:
    choice = fitting_strategy(config_from(SMALL), SETTINGS, parse("8x80"))
    assert choice.fits and (choice.strategy, choice.checkpointing, choice.micro_batch) == ("ddp", False, 8)


def test_one_process_is_single() -> None:
    choice = fitting_strategy(config_from(SMALL), SETTINGS, Hardware(1, 1, 8 * GIB, False))
    assert choice.fits and choice.strategy == "single"


def test_a_model_too_large_for_a_copy_is_sharded() -> None:
    config = config_from({**SMALL, "hidden_size": 2048, "intermediate_size": 8192})
    choice = fitting_strategy(config, SETTINGS, parse("8x4"))
    assert choice.fits and choice.strategy == "fsdp"
    assert any("ddp" in reason for reason in choice.reasons)


def test_what_does_not_fit_gets_a_way_out() -> None:
    config = config_from({**SMALL, "hidden_size": 2048, "intermediate_size": 8192})
    plan = outlook(config, SETTINGS, parse("1x6"), 1024)
    assert not plan.chosen.fits and any("--lora" in remedy for remedy in plan.remedies)
    assert plan.line().startswith("nothing fits")


@pytest.mark.parametrize(
    ("gpus", "changes", "way"),
    [("1x6", {}, "take 2 GPUs (--processes 2, fsdp + offload)"), ("2x3", {"lora": 16}, "add --qlora")],
)
def test_the_way_out_is_the_nearest(gpus: str, changes: dict[str, Any], way: str) -> None:
    config = config_from({**SMALL, "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 12})
    plan = outlook(config, replace(SETTINGS, **changes), parse(gpus), 1024)
    assert not plan.chosen.fits and way in plan.remedies


def test_a_step_must_divide_among_the_gpus() -> None:
    with pytest.raises(UserError, match="--batch-size or --gpus"):
        outlook(config_from(SMALL), SETTINGS, parse("3x80"), 1024)


@pytest.mark.slow
@pytest.mark.parametrize(("gpus", "strategy"), [("8x80", "fsdp + offload"), ("4x8x80", "fsdp")])
def test_qwen_32b(gpus: str, strategy: str) -> None:
    student = find("qwen2.5-32b")
    plan = outlook(config_from(student.config), settings_of(student), parse(gpus), 32_768)
    assert plan.chosen.fits and plan.chosen.layout.name == strategy and plan.chosen.micro_batch == 1


def test_hours_follow_from_operations() -> None:
    config = config_from(find("qwen2.5-32b").config)
    counts = parameters(config)
    seconds = 6 * counts.total * 1e9 / (8 * 989e12 * cost.UTILISATION)
    assert cost.hours(config, counts, 1e9, 0, 8) == pytest.approx(seconds / 3600)
