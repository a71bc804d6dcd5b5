"""Rollouts of GRPO as a dataset beside the run."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training import launch, rewards
from r1data.training.output.checkpoint import TrainingRun
from r1data.training.rollouts import prompt_rows, recorded, recording
from r1data.training.settings import GrpoSettings
from tests.training import harness
from tests.training.tiny import sums

FOUR = replace(harness.GRPO, steps=4, beta=0.0, rewards={"letters": 1.0, "accuracy": 0.5})
"""Two rollouts of two steps, 16 responses each."""
WELL_FORMED = {"format": 1.0}
"""Processes that are started know no reward of a test's."""


def train(model: Path, out: Path, settings: GrpoSettings, rows: Any = None) -> launch.Trained:
    return launch.run(rows or sums(), model=model, out=out, settings=settings, command="train-grpo")


def rows_of(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Dataset(out / "rollouts").table().to_pylist()
    return rows


@pytest.fixture(scope="module")
def run(qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rollouts") / "run"
    train(qwen, out, FOUR, [{**row, "meta": '{"level": 1}'} for row in sums()])
    return out


def test_each_response_is_a_row_with_its_prompt(run: Path) -> None:
    dataset, rows = Dataset(run / "rollouts"), rows_of(run)
    assert dataset.schema.name == "verified" and dataset.complete
    assert [entry.path for entry in dataset.entries] == [
        "data/step-00000000.parquet",
        "data/step-00000002.parquet",
    ]
    assert [row["sample_index"] for row in rows] == list(range(32))
    assert {row["prompt"] for row in rows} == {row["prompt"] for row in sums()}
    assert all(row["truth"] == str(int(row["prompt"].split("+")[0]) + 1) for row in rows)
    assert {row["meta"] for row in rows} == {'{"level": 1}'} and {row["source"] for row in rows} == {
        "unknown"
    }
    summary = json.loads((run / "r1.json").read_text())["summary"]
    assert summary["recorded_rollouts"] == {"rows": 32, "digest": dataset.digest}


def test_rewards_are_there_with_their_sum_and_what_came_of_it(run: Path) -> None:
    rows = rows_of(run)
    for row in rows:
        assert row["reward"] == pytest.approx(row["reward_letters"] + 0.5 * row["reward_accuracy"])
        assert (row["verdict"] == "correct") == (row["reward_accuracy"] == 1.0)
    for start in range(0, 32, FOUR.generations):
        group = rows[start : start + FOUR.generations]
        values = torch.tensor([row["reward"] for row in group])
        expected = (values - values.mean()) / (values.std() + 1e-4)
        assert torch.allclose(torch.tensor([row["advantage"] for row in group]), expected, atol=1e-4)


@pytest.mark.parametrize("steps_per_rollout", [1, 2])
def test_the_log_probability_is_that_of_the_policy_that_wrote_the_response(
    steps_per_rollout: int, qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture, written = recording.Recorder.capture, []

    def noted(self: recording.Recorder, rows: Any, responses: Any, *rest: Any) -> torch.Tensor:
        written.extend((row["prompt"], ids) for row, ids in zip(rows, responses, strict=True))
        return capture(self, rows, responses, *rest)

    monkeypatch.setattr(recording.Recorder, "capture", noted)
    train(qwen, tmp_path / "out", replace(FOUR, steps=2, steps_per_rollout=steps_per_rollout))
    model, rows = load_model(qwen), rows_of(tmp_path / "out")
    assert Counter(row["round"] for row in rows) == ({0: 16} if steps_per_rollout == 2 else {0: 8, 1: 8})
    for row, (prompt, response) in zip(rows[:8], written, strict=False):
        with torch.no_grad():
            scores = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
        chosen = scores.log_softmax(-1).gather(1, torch.tensor(response)[:, None]).sum()
        assert row["trainer_logprob"] == pytest.approx(chosen.item(), abs=1e-3)


def test_a_response_with_an_unknown_verdict_is_a_row_without_a_reward(qwen: Path, tmp_path: Path) -> None:
    prompts = [{**row, "truth": None} for row in sums(4)] + sums(8)[4:]
    train(qwen, tmp_path / "out", replace(FOUR, steps=2), prompts)
    rows = rows_of(tmp_path / "out")
    unknown = [row for row in rows if row["verdict_cause"] not in (None, "no_answer")]
    assert unknown and all(row["reward"] is None and row["reward_letters"] is None for row in unknown)
    assert all(row["advantage"] == 0 for row in unknown)


def test_the_commands_that_look_at_rows_read_rollouts(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rollouts, name = str(run / "rollouts"), rows_of(run)[0]["prompt_id"]
    for words in (
        ["inspect", rollouts],
        ["check", rollouts],
        ["cat", rollouts, "--format", "jsonl"],
        ["why", name, rollouts],
        ["filter", rollouts, "-o", str(tmp_path / "kept"), "--verdict", "any"],
        ["verify", rollouts, "-o", str(tmp_path / "again"), "--reverify"],
        ["diff", rollouts, str(tmp_path / "again")],
    ):
        assert invoke(words) in ((0, 1) if words[0] == "diff" else (0,)), words
        assert name in "".join(capsys.readouterr()) or words[0] not in ("cat", "why")
    again = Dataset(tmp_path / "again").table(["verdict", "verdict_before"]).to_pylist()
    assert all(row["verdict"] == row["verdict_before"] for row in again)


def test_a_prompt_that_no_rollout_drew_is_said_to_be_none(
    qwen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts, out = str(tmp_path / "prompts"), str(tmp_path / "out")
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sums(8)))
    assert invoke(["ingest", str(tmp_path / "prompts.jsonl"), "-o", prompts]) == 0
    words = f"train-grpo {prompts} --model {qwen} -o {out} --steps 1 --prompts-per-step 2 --generations 2"
    words += " --steps-per-rollout 1 --max-tokens 8 --template plain --beta 0 --threads 1 --reward format"
    assert invoke(words.split()) == 0
    drawn = {row["prompt_id"] for row in rows_of(tmp_path / "out")}
    missing = next(
        row["prompt_id"] for row in Dataset(prompts).table().to_pylist() if row["prompt_id"] not in drawn
    )
    capsys.readouterr()
    assert invoke(["why", missing, prompts, f"{out}/rollouts"]) == 0
    assert "no rollout drew it" in " ".join("".join(capsys.readouterr()).split())


@pytest.mark.slow
def test_each_of_two_processes_writes_its_part(qwen: Path, tmp_path: Path) -> None:
    train(qwen, tmp_path / "out", replace(harness.GRPO, steps=4, beta=0.0, processes=2, rewards=WELL_FORMED))
    dataset, rows = Dataset(tmp_path / "out/rollouts"), rows_of(tmp_path / "out")
    assert dataset.complete and [entry.name for entry in dataset.entries] == [
        f"step-{step:08d}-process-{process:04d}" for step in (0, 2) for process in (0, 1)
    ]
    assert sorted(row["sample_index"] for row in rows) == list(range(32))
    groups = Counter((row["round"], row["prompt_id"]) for row in rows)
    assert set(groups.values()) == {harness.GRPO.generations}


@pytest.mark.parametrize(("word", "kept"), [("none", None), ("every=2", 16)])
def test_fewer_rollouts_are_kept_on_request(word: str, kept: int | None, qwen: Path, tmp_path: Path) -> None:
    train(qwen, tmp_path / "out", replace(FOUR, rollouts=word))
    assert (tmp_path / "out/rollouts").exists() == (kept is not None)
    if kept:
        assert len(rows_of(tmp_path / "out")) == kept


def test_another_word_is_refused(qwen: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give keep, none, or every=N"):
        train(qwen, tmp_path / "out", replace(FOUR, rollouts="every=0"))


def test_what_its_checkpoint_lacks_is_removed_and_the_rest_committed(tmp_path: Path) -> None:
    """As after a kill between a checkpoint's mark and the commit, with a rollout begun since."""
    recorder = a_recorder(tmp_path)
    for step in (0, 2, 4):
        record(recorder, step)
    recorder.flush()
    recorder.settle(4)
    assert [entry.name for entry in Dataset(recorder.uri).entries] == ["step-00000000", "step-00000002"]
    assert not list(recorder.pending.iterdir())
    record(recorder, 4)
    recorder.flush()
    recorder.commit(6)
    assert recorder.finish()["recorded_rollouts"]["rows"] == 3


def test_a_rollout_committed_before_is_not_committed_again(tmp_path: Path) -> None:
    for _ in range(2):
        recorder = a_recorder(tmp_path)
        record(recorder, 0)
        recorder.flush()
        recorder.commit(2)
    assert Dataset(recorder.uri).rows == 1


def test_another_rollout_of_a_committed_step_is_refused(tmp_path: Path) -> None:
    for text in ("a", "b"):
        recorder = a_recorder(tmp_path)
        record(recorder, 0, text)
        recorder.flush()
        if text == "a":
            recorder.commit(2)
    with pytest.raises(UserError, match="other rollouts of step 0"):
        recorder.commit(2)


def test_long_rollouts_are_cut_into_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "PART_BYTES", 10)
    recorder = a_recorder(tmp_path)
    record(recorder, 0, "x" * 20, "y" * 20)
    recorder.flush()
    recorder.commit(2)
    names = [entry.name for entry in Dataset(recorder.uri).entries]
    assert names == ["step-00000000-part-0000", "step-00000000-part-0001"]


def a_recorder(folder: Path) -> recording.Recorder:
    request = {"command": "train-grpo", "parameters": {"model": "base", "lr": 1.0}, "parents": []}
    run = TrainingRun(folder / "out", request)
    run.work.mkdir(parents=True, exist_ok=True)
    with prompt_rows.PromptRowWriter(run.work / prompt_rows.FILE) as writer:
        list(writer.rows(sums(2)))
    return recording.Recorder(run, FOUR, {})


def record(recorder: recording.Recorder, step: int, *texts: str) -> None:
    """A rollout at a step, of one response a text."""
    texts = texts or (f"at {step}",)
    scored = [rewards.Scored(rewards.Rollout("0+1=", text), None, None, None) for text in texts]
    prompt = {"row": 1, "prompt": [1, 2]}
    responses = recorder.capture(
        [prompt] * len(texts), [[3]] * len(texts), scored, {"letters": [1.0] * len(texts)}
    )
    recorder.close({"advantages": torch.zeros(len(texts))}, responses, step, step // 2, {})
    recorder.send()
