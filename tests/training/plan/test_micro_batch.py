"""The micro-batch of runs that name none."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.training.examples import prepared
from r1data.training.plan import micro_batch
from r1data.training.plan.hardware import GIB, Hardware
from r1data.training.plan.parameters import config_from
from r1data.training.settings import SftSettings
from r1data.training.students import find

SETTINGS = SftSettings(batch_size=64, max_tokens=512)


def machine(gigabytes: float) -> Hardware:
    return Hardware(1, 1, int(gigabytes * GIB), False)


def saved(tmp_path: Path, name: str) -> Path:
    """A folder with a student's config."""
    config_from(find(name).config).save_pretrained(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("r1data.training.students.count_parameters", lambda folder: 134_515_008)


def test_a_small_model_on_a_large_machine_gets_65_536_tokens(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    assert micro_batch.choose(model, replace(SETTINGS, max_tokens=8192), machine(10_000), 8192) == 8


def test_a_model_gets_what_the_memory_holds(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    sizes = [micro_batch.choose(model, SETTINGS, machine(gigabytes), 512) for gigabytes in (4, 8, 16)]
    assert 1 <= sizes[0] < sizes[1] < sizes[2] < 64
    assert all(64 % size == 0 for size in sizes)


def test_it_follows_the_longest_example_there_is(tmp_path: Path) -> None:
    model = saved(tmp_path, "smollm2-135m")
    assert micro_batch.choose(model, SETTINGS, machine(8), 128) > micro_batch.choose(
        model, SETTINGS, machine(8), 512
    )


def test_one_sequence_is_tried_where_none_fits(tmp_path: Path) -> None:
    assert micro_batch.choose(saved(tmp_path, "smollm2-135m"), SETTINGS, machine(1), 512) == 1


def test_what_was_chosen_is_kept_whatever_the_machine_that_goes_on() -> None:
    assert micro_batch.applied(SETTINGS, {"micro_batch": 4}).micro_batch == 4
    assert micro_batch.applied(replace(SETTINGS, micro_batch=2), {"micro_batch": 4}).micro_batch == 2


def test_the_longest_row_is_read_from_the_prepared_file(tmp_path: Path) -> None:
    path = tmp_path / "train.arrow"
    rows = [("train", {"input_ids": list(range(n))}) for n in (3, 9, 4)]
    prepared.write_arrow({"train": path}, rows, {"input_ids": pa.list_(pa.int32())})
    assert prepared.longest(path) == 9
    assert prepared.longest(tmp_path / "none") is None
