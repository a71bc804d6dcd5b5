"""Positions: how configs say them, what is refused beyond them, and bases that get more."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies

from r1data.engines.model_config import positions
from r1data.engines.models import context_length, load_model
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.models import context, room
from r1data.training.models.context_families import FAMILIES, Family
from r1data.training.settings import GrpoSettings, OnPolicySettings, Settings, SftSettings
from r1data.training.students import STUDENTS
from tests.training import harness
from tests.training.tiny import build_model, lessons, sums

MATH = {"model_type": "qwen2", "max_position_embeddings": 4096, "rope_theta": 10000}
HUGE = SftSettings(max_tokens=32_768)


def edited(folder: Path, **changes: Any) -> Path:
    """A model's folder with changes to its config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


@pytest.mark.parametrize(
    ("config", "held"),
    [
        ({"max_position_embeddings": 4096}, 4096),
        ({"n_positions": 1024}, 1024),
        ({"model_type": "bloom"}, None),
        ({"max_position_embeddings": 4096, "sliding_window": 512}, 4096),
        ({"text_config": {"max_position_embeddings": 8192}}, 8192),
        (
            {
                "max_position_embeddings": 163840,
                "rope_scaling": {
                    "type": "yarn",
                    "factor": 40,
                    "original_max_position_embeddings": 4096,
                },
            },
            163840,
        ),
        (
            {
                "max_position_embeddings": 131072,
                "rope_parameters": {
                    "rope_type": "llama3",
                    "factor": 8.0,
                    "original_max_position_embeddings": 8192,
                },
            },
            131072,
        ),
        ({"max_position_embeddings": 4096, "rope_scaling": {"type": "linear", "factor": 4.0}}, 16384),
        ({"max_position_embeddings": 4096, "rope_scaling": {"rope_type": "dynamic", "factor": 2}}, 8192),
        (
            {
                "model_type": "gemma3_text",
                "max_position_embeddings": 131072,
                "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0}},
            },
            131072,
        ),
    ],
)
def test_positions_are_read_as_the_engines_read_them(config: dict[str, Any], held: int | None) -> None:
    assert positions(config, "config.json") == held


SCALARS = strategies.one_of(
    strategies.none(),
    strategies.booleans(),
    strategies.integers(),
    strategies.floats(),
    strategies.text(max_size=3),
    strategies.lists(strategies.integers(), max_size=2),
)


@settings(max_examples=300)
@given(
    strategies.dictionaries(
        strategies.sampled_from(["max_position_embeddings", "n_positions", "rope_theta", "hidden_size"]),
        SCALARS | strategies.just(10**30),
    ),
    strategies.dictionaries(
        strategies.sampled_from(
            [
                "rope_type",
                "type",
                "factor",
                "rope_theta",
                "original_max_position_embeddings",
                "full_attention",
            ]
        ),
        SCALARS | strategies.sampled_from(["yarn", "linear", "dynamic", 10**400, float("nan")]),
    )
    | SCALARS,
    strategies.sampled_from(["qwen2", "llama", None, 7, "no such"]),
)
def test_a_hostile_config_gives_one_line_or_numbers(config: Any, rope: Any, kind: Any) -> None:
    whole = {**config, "rope_scaling": rope, "model_type": kind}
    for asked in (SftSettings(context=8192), SftSettings(rope="yarn=4"), SftSettings()):
        try:
            described = room.describe(whole, asked, "m/config.json")
        except UserError as error:
            assert "\n" not in str(error)
        else:
            assert described


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_known_family_is_extended_as_its_source_did(family: Family) -> None:
    from transformers import CONFIG_MAPPING

    for held in family.positions:
        config = CONFIG_MAPPING[family.model_types[0]](
            max_position_embeddings=held,
            rope_parameters={"rope_type": "default", "rope_theta": family.theta},
            hidden_size=max(family.width, 64),
            num_attention_heads=4,
        )
        extended = context.surgery(config, SftSettings(context=family.most))
        assert extended.max_position_embeddings == family.most
        assert context.positions(extended.to_dict(), "x") == family.most
        rope = extended.rope_parameters
        if family.rope.startswith("theta="):
            assert rope["rope_theta"] == float(family.rope.removeprefix("theta="))
        else:
            assert rope["factor"] * family.trained == family.most
            assert rope["original_max_position_embeddings"] == family.trained
        assert config.max_position_embeddings == held, "the base's own config is left as it is"
        with pytest.raises(UserError, match="known to work up to"):
            context.surgery(config, SftSettings(context=family.most + 1))


def test_a_distillation_extends_a_known_base_to_its_longest_example() -> None:
    assert context.by_default(HUGE, MATH, "m").context == 32_768
    assert "theta 10,000 → 300,000" in room.describe(MATH, context.by_default(HUGE, MATH, "m"), "m")
    assert context.by_default(replace(HUGE, max_tokens=4096), MATH, "m").context is None
    assert context.by_default(HUGE, MATH | {"rope_theta": 77}, "m").context is None


def test_responses_as_long_as_the_base_get_room_for_prompts() -> None:
    on_policy = OnPolicySettings(teachers={"": "t"}, max_tokens=4096)
    assert context.by_default(on_policy, MATH, "m").context == 4096 + context.FOR_PROMPTS
    assert context.by_default(replace(on_policy, max_tokens=4000), MATH, "m").context is None


def test_every_registered_student_has_a_plan_of_its_positions() -> None:
    extended = {}
    for name in STUDENTS:
        student = STUDENTS[name]
        if student.config:
            chosen = context.by_default(HUGE, student.config, name)
            extended |= {name: chosen.context} if chosen.context else {}
            assert "positions" in room.planned(student.base, HUGE, student.config, distil=True)
    assert extended["qwen2.5-1.5b"] == extended["qwen2.5-7b"] == 32_768
    assert not any(
        name.startswith(("llama-3", "llama-8b", "olmo", "qwen3", "qwen2.5-32b")) for name in extended
    )
    assert "fetched" in room.planned("someone/something", HUGE)


def test_a_base_that_is_long_enough_stays_as_it_is() -> None:
    llama = {
        "model_type": "llama",
        "max_position_embeddings": 131072,
        "rope_scaling": {"rope_type": "llama3"},
    }
    assert context.extension(llama, SftSettings(context=32_768), "m") is None
    assert "131,072" in room.describe(llama, SftSettings(context=32_768), "m")


@pytest.mark.parametrize(
    ("rope", "asked", "held"),
    [("yarn=4", None, 4096), ("yarn", 3000, 3000), ("linear=2", None, 2048), ("theta=50000", 5000, 5000)],
)
def test_another_family_is_extended_as_rope_says(rope: str, asked: int | None, held: int) -> None:
    from transformers import LlamaConfig

    base = LlamaConfig(max_position_embeddings=1024, hidden_size=64, num_attention_heads=4)
    with pytest.raises(UserError, match="add --rope"):
        context.surgery(base, SftSettings(context=2048))
    if rope == "yarn":
        rope = "yarn=3"
    extended = context.surgery(base, SftSettings(context=asked, rope=rope))
    assert positions(extended.to_dict(), "x") == held


@pytest.mark.parametrize("rope", ["theta=50000", "linear=8", "dynamic=8"])
def test_what_is_extended_already_is_not_extended_another_way(rope: str) -> None:
    yarn = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024}
    base = {"model_type": "llama", "max_position_embeddings": 4096, "rope_scaling": yarn}
    with pytest.raises(UserError, match=r"extended already \(yarn\).*--rope yarn=FACTOR"):
        context.extension(base, SftSettings(context=8192, rope=rope), "m")


def test_layers_of_full_attention_alone_are_changed() -> None:
    from transformers import Olmo3Config

    base = Olmo3Config(max_position_embeddings=1024, hidden_size=64, num_attention_heads=4)
    extended = context.surgery(base, SftSettings(context=4096, rope="yarn=4"))
    assert extended.rope_parameters["full_attention"]["factor"] == 4
    assert extended.rope_parameters["sliding_attention"]["rope_type"] == "default"


@pytest.mark.parametrize(
    "asked",
    [
        {"context": 8192, "rope": "yarn=1.5"},
        {"rope": "theta=5000"},
        {"rope": "spin=2"},
        {"rope": "yarn=x"},
        {"context": 2**70, "rope": "yarn=2"},
        {"context": 0},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        chosen = SftSettings(**asked)
        chosen.check()
        context.extension(MATH, chosen, "m")


def test_absolute_positions_cannot_be_extended() -> None:
    with pytest.raises(UserError, match="no RoPE"):
        context.extension({"model_type": "gpt2", "n_positions": 1024}, SftSettings(context=2048), "m")


def train(model: Path, out: Path, chosen: Settings, rows: Any, command: str = "train-sft") -> dict[str, Any]:
    return launch.run(rows, model=model, out=out, settings=chosen, command=command).manifest


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (replace(harness.SFT, max_tokens=600), lessons(12)),
        (replace(harness.GRPO, max_tokens=10), sums(8)),
        (replace(harness.GRPO, max_tokens=96), sums(8)),
    ],
    ids=["sft", "grpo", "grpo without a prompt"],
)
def test_training_beyond_the_positions_is_refused_before_it(
    chosen: Settings, rows: Any, tmp_path: Path
) -> None:
    model = edited(build_model(tmp_path / "m"), max_position_embeddings=12)
    with pytest.raises(UserError, match="12 positions") as refused:
        train(model, tmp_path / "out", chosen, rows)
    assert "--context" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_what_fits_is_trained_whatever_max_tokens_says(tmp_path: Path) -> None:
    model = edited(build_model(tmp_path / "m"), max_position_embeddings=64)
    summary = train(
        model,
        tmp_path / "out",
        replace(harness.SFT, template="plain", max_tokens=32_768, epochs=1),
        lessons(12),
    )
    assert "context" not in summary["summary"]


def test_a_distilled_student_keeps_its_new_positions(tmp_path: Path) -> None:
    theta = {"rope_type": "default", "rope_theta": 10000.0}
    model = edited(build_model(tmp_path / "m"), max_position_embeddings=4096, rope_parameters=theta)
    out = tmp_path / "out"
    chosen = replace(harness.SFT, template="plain", max_tokens=32_768, epochs=1)
    manifest = train(model, out, chosen, lessons(12), "distill")
    assert "4,096 → 32,768" in manifest["summary"]["context"]
    assert manifest["parameters"]["context"] == 32_768
    assert context_length(out) == 32_768 and context_length(model) == 4096
    student, base = load_model(out), load_model(model)
    frequencies = [one.model.rotary_emb.inv_freq for one in (student, base)]
    exponents = -(frequencies[1].log() / 9.210340371976184)  # ln 10,000
    assert frequencies[0].allclose(300_000.0**-exponents)
    assert train(model, out, chosen, lessons(12), "distill") == manifest, "the same command finds it finished"


def test_rollouts_may_be_as_long_as_the_extended_positions(tmp_path: Path) -> None:
    model = edited(build_model(tmp_path / "m"), max_position_embeddings=12)
    chosen = GrpoSettings(**{**vars(harness.GRPO), "steps": 2, "context": 64, "rope": "yarn=6"})
    train(model, tmp_path / "out", chosen, sums(8), "train-grpo")
    assert context_length(tmp_path / "out") == 64
