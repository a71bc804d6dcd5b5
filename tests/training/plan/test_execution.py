"""How a run is executed where its settings leave it open."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.errors import UserError
from r1data.training.examples import prepared
from r1data.training.plan import execution
from r1data.training.plan.hardware import GIB, Hardware, parse
from r1data.training.plan.memory import NOTHING, Layout
from r1data.training.plan.outlook import outlook
from r1data.training.plan.parameters import config_from, parameters
from r1data.training.plan.strategies import Planner
from r1data.training.settings import GrpoSettings, SftSettings
from r1data.training.students import find

SETTINGS = SftSettings(batch_size=64, max_tokens=512)


def machine(gigabytes: float) -> Hardware:
    return Hardware(1, 1, int(gigabytes * GIB), False)


def size_of(model: Path, settings: SftSettings, machine: Hardware, longest: int) -> int:
    return int(execution.choose(model, settings, machine, longest)["micro_batch"])


def saved(tmp_path: Path, name: str) -> Path:
    """A folder with a student's config."""
    config_from(find(name).config).save_pretrained(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("r1data.training.students.count_parameters", lambda folder: 134_515_008)


def test_a_small_model_on_a_large_machine_gets_65_536_tokens(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    assert size_of(model, replace(SETTINGS, max_tokens=8192), machine(10_000), 8192) == 8


def test_an_architecture_that_transformers_lacks_gets_one_line(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"model_type": "tomorrow"}))
    with pytest.raises(UserError, match="tomorrow"):
        execution.choose(model, SETTINGS, machine(16), 512)


def test_a_model_gets_what_the_memory_holds(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    sizes = [size_of(model, SETTINGS, machine(gigabytes), 512) for gigabytes in (4, 8, 16)]
    assert 1 <= sizes[0] < sizes[1] < sizes[2] < 64
    assert all(64 % size == 0 for size in sizes)


def test_it_follows_the_longest_example_there_is(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    assert size_of(model, SETTINGS, machine(8), 128) > size_of(model, SETTINGS, machine(8), 512)


def test_a_strategy_that_is_named_is_tried_where_nothing_fits(tmp_path: Path) -> None:
    named = replace(SETTINGS, strategy="single")
    assert size_of(saved(tmp_path, "smollm2-135m"), named, machine(1), 512) == 1


def test_where_nothing_fits_auto_names_what_to_change(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"nothing fits on .*--lora 16.*, or try .* --strategy single"
    ) as raised:
        execution.choose(saved(tmp_path, "smollm2-135m"), SETTINGS, machine(1.6), 512)
    assert "\n" not in str(raised.value) and "--gpus" not in str(raised.value)


@pytest.mark.parametrize(("gpus", "changes"), [("1x8", {}), ("2x4x6", {}), ("8x8", {"lora": 16})])
def test_auto_takes_what_the_plan_says(
    gpus: str, changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SETTINGS, max_tokens=2048, batch_size=8, **changes)
    model = saved(tmp_path, "qwen2.5-0.5b")
    counts = parameters(config_from(find("qwen2.5-0.5b").config))
    monkeypatch.setattr("r1data.training.students.count_parameters", lambda folder: counts.total)
    planned = outlook(config_from(find("qwen2.5-0.5b").config), settings, parse(gpus), 2048).chosen
    if not planned.fits:
        with pytest.raises(UserError, match="nothing fits"):
            execution.choose(model, settings, parse(gpus), 2048)
        return
    assert execution.choose(model, settings, parse(gpus), 2048) == {
        "strategy": planned.strategy,
        "offload": planned.offload,
        "activation_checkpointing": planned.checkpointing,
        "micro_batch": planned.micro_batch,
    }


def test_a_reference_model_takes_room_too() -> None:
    beside = execution.models_beside(GrpoSettings(), machine(1))
    config = config_from(find("smollm2-135m").config)
    alone, together = (
        Planner(config, machine(1), beside=one).states(Layout()).states for one in (NOTHING, beside)
    )
    assert together - alone == 4 * parameters(config).total
    assert execution.models_beside(GrpoSettings(beta=0), machine(1)) == NOTHING


def test_shared_sequences_want_shards(tmp_path: Path) -> None:
    settings = replace(SETTINGS, context_parallel=4)
    chosen = execution.choose(saved(tmp_path, "smollm2-135m"), settings, parse("8x80"), 512)
    assert chosen["strategy"] == "fsdp" and chosen["micro_batch"] == 32  # of two groups


def test_a_response_follows_the_longest_prompt(tmp_path: Path) -> None:
    rows = [("prompts", {"prompt": list(range(n))}) for n in (3, 9, 4)]
    prepared.write_arrow({"prompts": tmp_path / "prompts.arrow"}, rows, {"prompt": pa.list_(pa.int32())})
    assert execution.longest(tmp_path, GrpoSettings(max_tokens=100)) == 109


def test_what_was_chosen_is_kept_whatever_the_machine_that_goes_on() -> None:
    assert execution.applied(SETTINGS, {"micro_batch": 4}).micro_batch == 4
    assert execution.applied(replace(SETTINGS, micro_batch=2), {"micro_batch": 4}).micro_batch == 2


def test_the_longest_row_is_read_from_the_prepared_file(tmp_path: Path) -> None:
    path = tmp_path / "train.arrow"
    rows = [("train", {"input_ids": list(range(n))}) for n in (3, 9, 4)]
    prepared.write_arrow({"train": path}, rows, {"input_ids": pa.list_(pa.int32())})
    assert prepared.longest(path) == 9
    assert prepared.longest(tmp_path / "none") is None
