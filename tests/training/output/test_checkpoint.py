"""Checkpoint folders: finished, begun, or somebody else's."""

import json
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.training.output import checkpoint
from r1data.training.settings import SftSettings
from r1data.training.settings.recorded import as_parameters


def asked(lr: float = 0.1, digest: str = "d", command: str = "train-sft") -> dict[str, object]:
    return checkpoint.run_request(command, {"lr": lr}, [{"uri": "data", "digest": digest}])


def write(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"weights")


def test_a_finished_run_is_left_alone(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    assert run is not None
    checkpoint.publish(run, write, {"seconds": 1.0})
    assert checkpoint.begin(tmp_path / "out", asked()) is None
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["model.safetensors", "r1.json"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (asked(lr=0.2), "lr=0.1, not 0.2"),
        (asked(digest="e"), "inputs"),
        (asked(command="distill"), "train-sft"),
    ],
)
@pytest.mark.parametrize("finish", [True, False])
def test_other_arguments_are_refused(
    other: dict[str, object], said: str, finish: bool, tmp_path: Path
) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    assert run is not None
    if finish:
        checkpoint.publish(run, write, {})
    with pytest.raises(UserError, match=said):
        checkpoint.begin(tmp_path / "out", other)


@pytest.mark.parametrize(
    ("model", "message"), [("qwen", "from the model llama, not qwen"), ("llama", "another version of llama")]
)
def test_a_checkpoint_of_another_student_is_named_before_its_settings(
    model: str, message: str, tmp_path: Path
) -> None:
    def request(name: str, digest: str, lr: float) -> dict[str, object]:
        parents = [{"uri": "data", "digest": "d"}, {"uri": name, "digest": digest}]
        return checkpoint.run_request("distill", {"lr": lr, "model": name}, parents)

    assert checkpoint.begin(tmp_path / "out", request("llama", "l", 0.1)) is not None
    with pytest.raises(UserError, match=message):
        checkpoint.begin(tmp_path / "out", request(model, "q", 0.2))
    assert checkpoint.begin(tmp_path / "out", request("moved/llama", "l", 0.1)) is not None


def test_what_an_earlier_release_did_not_record_counts_as_the_default(tmp_path: Path) -> None:
    settings = as_parameters(SftSettings(lr=0.1))
    before = {name: settings[name] for name in ("lr", "epochs", "seed")} | {"fsdp": False}
    assert checkpoint.begin(tmp_path / "out", checkpoint.run_request("train-sft", before, [])) is not None
    assert checkpoint.begin(tmp_path / "out", checkpoint.run_request("train-sft", settings, [], "sft"))
    other = checkpoint.run_request("train-sft", settings | {"turns": "all"}, [], "sft")
    with pytest.raises(UserError, match="begun with turns=last, not all"):
        checkpoint.begin(tmp_path / "out", other)


def test_the_same_data_in_another_place_is_the_same(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    moved = asked() | {"parents": [{"uri": "elsewhere/data", "digest": "d"}]}
    assert run is not None and checkpoint.begin(tmp_path / "out", moved) is not None


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("all of it")
    with pytest.raises(UserError, match="other files"):
        checkpoint.begin(tmp_path / "out", asked())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_a_publication_cut_short_is_not_finished_and_can_be_made_again(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    assert run is not None

    def half(folder: Path) -> None:
        write(folder)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        checkpoint.publish(run, half, {})
    (tmp_path / "out/model.safetensors").write_bytes(b"moved before the kill")
    assert checkpoint.finished(tmp_path / "out") is None
    again = checkpoint.begin(tmp_path / "out", asked())
    assert again is not None
    checkpoint.publish(again, write, {})
    assert (tmp_path / "out/model.safetensors").read_bytes() == b"weights"


def test_two_trainers_do_not_share_a_folder(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    assert run is not None
    with (
        checkpoint.run_lock(run),
        pytest.raises(UserError, match="another process"),
        checkpoint.run_lock(run),
    ):
        pass


def test_a_trainer_that_is_refused_leaves_the_request_of_the_other_one(tmp_path: Path) -> None:
    first, second = (
        checkpoint.begin(tmp_path / "out", checkpoint.run_request("train-sft", {"save_steps": steps}, []))
        for steps in (1, 9)
    )
    assert first is not None and second is not None
    with checkpoint.run_lock(first):
        with pytest.raises(UserError, match="another process"), checkpoint.run_lock(second):
            pass
        assert json.loads((first.work / "run.json").read_text()) == first.request
    with checkpoint.run_lock(second):
        assert json.loads((first.work / "run.json").read_text()) == second.request


def test_only_whole_checkpoints_count(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    assert run is not None
    for step in (9, 10, 11):
        (run.trainer / f"checkpoint-{step}").mkdir()
    checkpoint.mark_complete(run.trainer / "checkpoint-10")
    assert checkpoint.last_complete(run) == run.trainer / "checkpoint-10"
    checkpoint.remove_incomplete(run)
    assert (run.trainer / "checkpoint-10").exists()
    assert not (run.trainer / "checkpoint-11").exists()


def test_the_digest_of_a_model_is_that_of_its_weights(qwen: Path, llama: Path, tmp_path: Path) -> None:
    before = checkpoint.digest_of_model(qwen)
    assert before == checkpoint.digest_of_model(qwen) != checkpoint.digest_of_model(llama)


def test_a_torn_manifest_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "r1.json").write_text(json.dumps({"finished": True})[:-3])
    with pytest.raises(UserError, match=r"r1\.json"):
        checkpoint.finished(tmp_path)


def test_a_run_waits_for_the_processes_of_a_killed_one(tmp_path: Path) -> None:
    run = checkpoint.begin(tmp_path / "out", asked())
    assert run is not None
    with (
        checkpoint.worker_lock(run),
        checkpoint.worker_lock(run),
        pytest.raises(UserError, match="killed run"),
    ):
        checkpoint.wait_for_orphans(run, seconds=0)
    checkpoint.wait_for_orphans(run, seconds=0)


@pytest.mark.parametrize("link", [".r1", ".r1/trainer"])
def test_a_link_where_a_run_works_is_refused(tmp_path: Path, link: str) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "out" / link).parent.mkdir(parents=True)
    (tmp_path / "out" / link).symlink_to(tmp_path / "theirs")
    with pytest.raises(UserError, match="symbolic link"):
        checkpoint.begin(tmp_path / "out", asked())
    assert not list((tmp_path / "theirs").iterdir())
