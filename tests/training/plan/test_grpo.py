"""The plan of GRPO: what policy, reference, engine and rollouts take of machines, and what to change."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.training.plan import Target, execution, rollouts
from r1data.training.plan.grpo import VERL, config_of, plan_grpo
from r1data.training.plan.hardware import GIB, Hardware, parse
from r1data.training.plan.memory import Beside, Layout, with_activations
from r1data.training.plan.parameters import config_from, parameters
from r1data.training.settings import GrpoSettings
from r1data.training.students import find

QWEN_32B = config_from(find("qwen2.5-32b").config)
COUNTS_32B = parameters(QWEN_32B)
ROWS = [{"prompt": "1+1=", "truth": "2", "verifier": "math"}]
SHARDED = Layout("fsdp", 8, checkpointing=True)
SMALL = GrpoSettings(prompts_per_step=4, generations=4, steps_per_rollout=2, max_tokens=512)


def planned(model: str, gpus: str, **changes: Any) -> dict[str, Any]:
    settings = replace(GrpoSettings(), **changes)
    return plan_grpo(ROWS, model, settings, Path("out"), Target(parse(gpus)))


def test_qwen_32b_in_float32_with_a_float32_reference_is_81_9_gb_a_gpu() -> None:
    beside = Beside(copies=1, copy_bytes=4)
    outer = 4 * (COUNTS_32B.embedding + COUNTS_32B.head)
    states = with_activations(COUNTS_32B, SHARDED, 0, beside).states - outer
    assert states == pytest.approx(81.9e9, rel=1e-3)


def test_a_bf16_reference_takes_half() -> None:
    gpus, cpu = parse("8x80"), Hardware(1, 1, GIB, False)
    assert execution.reference_bytes(SMALL, gpus) == 2 and execution.reference_bytes(SMALL, cpu) == 4
    assert execution.reference_bytes(replace(SMALL, reference_dtype="float32"), gpus) == 4
    beside = execution.models_beside(SMALL, gpus, QWEN_32B, COUNTS_32B.total, 640)
    assert beside.shared(COUNTS_32B.total, 8) == 2 * COUNTS_32B.total // 8


def test_adapters_need_no_second_model() -> None:
    lora = replace(SHARDED, strategy="ddp", lora=16)
    assert with_activations(COUNTS_32B, lora, 0, Beside(copies=1)) == with_activations(COUNTS_32B, lora, 0)


def test_a_token_of_qwen_32b_has_256_kib_of_keys_and_values() -> None:
    # 64 layers, 8 heads of 128, keys and values, 2 bytes
    assert rollouts.cache_bytes(QWEN_32B) == 256 * 1024
    assert rollouts.latent_or_heads(QWEN_32B, 4) == 64 * 1024
    assert rollouts.latent_or_heads(QWEN_32B, 16) == rollouts.latent_or_heads(QWEN_32B, 8)


def test_latent_attention_caches_one_vector_a_layer_in_vllm() -> None:
    config = config_from({"model_type": "deepseek_v3"})
    assert rollouts.latent_or_heads(config, 8) == 2 * 61 * (512 + 64)
    assert rollouts.cache_bytes(config) == 2 * 61 * 128 * (128 + 64 + 128)


def test_transformers_caches_all_responses_of_a_rollout() -> None:
    machine = parse("2x80")
    engine = rollouts.engine_of(QWEN_32B, COUNTS_32B.total, SMALL, machine, 1000)
    assert engine.generating == 4 * 4 * 2 // 2 * 1000 * 256 * 1024 and engine.training == 0


def test_a_whole_engine_of_65_gb_does_not_fit_its_24() -> None:
    settings = replace(GrpoSettings(), engine="vllm")
    engine = rollouts.engine_of(QWEN_32B, COUNTS_32B.total, settings, parse("8x80"), 33_000)
    assert engine.weights == pytest.approx(65.5e9, rel=1e-3)
    assert "23.8 GiB" in str(rollouts.complaint(engine, settings, parse("8x80")))


def test_a_server_takes_nothing_here() -> None:
    settings = replace(SMALL, engine="vllm-server", engine_url="http://localhost:1")
    assert rollouts.engine_of(QWEN_32B, COUNTS_32B.total, settings, parse("8x80"), 640).generating == 0


def test_a_run_counts_what_is_certain_and_a_plan_the_longest() -> None:
    certain = execution.models_beside(SMALL, parse("1x80"), QWEN_32B, COUNTS_32B.total, 640)
    worst = execution.models_beside(SMALL, parse("1x80"), QWEN_32B, COUNTS_32B.total, 640, worst=True)
    assert certain.generating == 0 < worst.generating
    assert worst.whole == 4 * 4 * 2 * 640 * rollouts.TOKEN_BYTES


@pytest.mark.parametrize("name", ["helpfulness", "rubric", "length-budget"])
def test_a_plan_refuses_a_reward_that_lacks_what_it_needs(name: str) -> None:
    settings = replace(SMALL, rewards={name: 1.0})
    with pytest.raises(UserError, match=f"--reward {name} needs"):
        plan_grpo(ROWS, "Qwen/Qwen2.5-0.5B", settings, Path("out"))


@pytest.mark.slow
def test_qwen_32b_with_the_papers_rollouts_does_not_fit_a_node() -> None:
    plan = planned("Qwen/Qwen2.5-32B", "8x80")
    assert plan["plan"] == "nothing fits on 8 × 80 GB"
    assert VERL in plan["to_make_it_fit"] and any("vllm-server" in way for way in plan["to_make_it_fit"])
    assert not any(row["fits"] for row in plan["memory"])


@pytest.mark.slow
def test_qwen_32b_fits_four_nodes_with_an_engine_that_is_shared_and_sleeps() -> None:
    plan = planned("Qwen/Qwen2.5-32B", "4x8x80", engine="vllm", engine_tensor_parallel=8, engine_sleep=True)
    assert plan["plan"].startswith("fsdp, checkpointed") and "to_make_it_fit" not in plan
    assert "every 8 GPUs" in plan["generation"] and "gives back" in plan["generation"]


def test_a_sleeping_engine_leaves_its_memory_to_the_training() -> None:
    awake = replace(GrpoSettings(), engine="vllm", engine_tensor_parallel=8)
    asleep = replace(awake, engine_sleep=True)
    engines = [
        rollouts.engine_of(QWEN_32B, COUNTS_32B.total, one, parse("8x80"), 33_000) for one in (awake, asleep)
    ]
    assert engines[0].training > 20 * engines[1].training
    assert engines[0].training + 1 == pytest.approx(engines[1].training + engines[1].generating, abs=2)
    assert engines[1].at_once > 8


def test_the_papers_base_belongs_to_verl() -> None:
    assert config_of("deepseek-ai/DeepSeek-V3-Base", find("deepseek-ai/DeepSeek-V3-Base")) is not None
    plan = planned("deepseek-ai/DeepSeek-V3-Base", "32x8x80", engine="vllm")
    assert plan["parameters"] == pytest.approx(671e9, rel=2e-3)
    assert plan["active_parameters"] == pytest.approx(37e9, rel=0.02)
    assert plan["to_make_it_fit"] == [VERL]


def test_a_small_model_fits_and_says_how() -> None:
    changes = {name: getattr(SMALL, name) for name in ("prompts_per_step", "generations", "max_tokens")}
    plan = planned("Qwen/Qwen2.5-0.5B", "1x80", **changes, steps_per_rollout=2)
    assert plan["plan"].startswith("single") and "to_make_it_fit" not in plan
    assert plan["reference"].startswith("a copy in bfloat16")
    assert all(row["generating_gib"] for row in plan["memory"])


def test_a_step_must_divide_among_the_gpus() -> None:
    with pytest.raises(UserError, match="--prompts-per-step or --gpus"):
        planned("Qwen/Qwen2.5-7B", "3x80")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stop_on": ("hcking",)}, "--stop-on hcking: no alarm"),
        ({"track": ("tensorbard",)}, "--track tensorbard: not known"),
        (
            {"engine": "vllm", "engine_tensor_parallel": 3},
            "--engine-tensor-parallel 3 does not divide the 8 GPUs",
        ),
    ],
)
def test_what_a_run_would_refuse_a_plan_refuses(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        planned("Qwen/Qwen2.5-7B", "8x80", **wrong)


def test_responses_that_leave_a_prompt_no_position_are_refused() -> None:
    with pytest.raises(UserError, match=r"has 32,768 positions, and --max-tokens 32768 leaves none"):
        planned("Qwen/Qwen2.5-0.5B", "1x80")


def test_a_plan_says_that_the_longest_prompt_and_response_have_too_few_positions() -> None:
    rows = [{"prompt": "1+1=" * 1000, "truth": "2", "verifier": "math"}]
    plans = [
        plan_grpo(rows, "Qwen/Qwen2.5-0.5B", replace(SMALL, max_tokens=tokens), Path("out"))
        for tokens in (512, 32_000)
    ]
    assert ["too few" in plan["positions"] for plan in plans] == [False, True]


def test_a_short_run_takes_hours_above_0() -> None:
    plan = planned("Qwen/Qwen2.5-0.5B", "1x80", steps=1, prompts_per_step=1, generations=2, max_tokens=8)
    assert 0 < plan["most_training_hours"] < 0.01


def test_no_machine_plans_no_memory() -> None:
    plan = plan_grpo(ROWS, "Qwen/Qwen2.5-0.5B", SMALL, Path("out"))
    assert "memory" not in plan and plan["responses_a_rollout"] == 32


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eval_on": "nowhere"}, "nowhere: no such file or dataset"),
        ({"stop_on": ("nope",)}, "--stop-on nope"),
        ({"template": "foo"}, "--template foo: not known; choose one of"),
        ({"rewards": {"length-budget": 1.0}}, "add --length-target TOKENS"),
        ({"judge": "someone"}, "--judge NAME and --judge-url URL go together"),
    ],
)
def test_a_plan_refuses_what_a_run_would(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        planned("qwen2.5-32b", "8x80", **changes)
