"""Prompts and responses within a model's positions: refused, clipped, or left to a server."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.data.source import open_source
from r1data.engines.base import EngineOptions, Sampling
from r1data.errors import RowsLost, UserError
from r1data.sampling import lengths
from r1data.sampling.plan import SamplingPlan
from r1data.sampling.sample import preview, refuse_failed, sample
from tests import tiny
from tests.sampling.conftest import rows

OPTIONS = EngineOptions(threads=1, device="cpu")
POSITIONS = 64
LONG = "1+" * 20 + "1="  # 42 tokens
PROMPTS: list[dict[str, Any]] = [{"prompt": "1+1="}, {"prompt": LONG}, {"prompt": "2+2="}]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("short"), context=POSITIONS)


def plan(model: Path, tokens: int, **other: Any) -> SamplingPlan:
    given = {"n": 2, "template": "plain", "length_given": True, "part_rows": 2, **other}
    return SamplingPlan(str(model), sampling=Sampling(max_tokens=tokens), **given)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [(64, "leaves none for a prompt"), (32_768, "64 positions"), (23, "needs 65; give at most 22, or leave")],
)
def test_a_length_that_some_prompt_leaves_no_room_for_is_refused_before_the_model_loads(
    tokens: int,
    said: str,
    short: Path,
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("r1data.sampling.sample.load_engine", lambda *_: pytest.fail("a model was loaded"))
    source = open_source(str(write_jsonl(PROMPTS)))
    with pytest.raises(UserError, match=said):
        sample(source, str(tmp_path / "out"), plan(short, tokens), OPTIONS)
    assert not (tmp_path / "out").exists(), "a corrected command may use the folder"
    if tokens >= POSITIONS:
        with pytest.raises(UserError, match=said):
            preview(source, plan(short, tokens))


def test_a_length_that_fits_all_prompts_is_sampled(
    short: Path, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    source = open_source(str(write_jsonl(PROMPTS)))
    sample(source, str(tmp_path / "out"), plan(short, 22), OPTIONS)
    assert {row["finish_reason"] for row in rows(tmp_path / "out")} <= {"stop", "length"}


def test_without_a_length_a_response_gets_what_its_prompt_leaves(
    short: Path, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    asked = plan(short, 32_768, length_given=False)
    sample(open_source(str(write_jsonl(PROMPTS))), str(tmp_path / "out"), asked, OPTIONS)
    for row in rows(tmp_path / "out"):
        assert row["finish_reason"] == "stop" or row["prompt_tokens"] + row["response_tokens"] == POSITIONS  # type: ignore[operator]
    assert f"{POSITIONS} positions" in str(lengths.shortened(asked))
    assert lengths.shortened(plan(short, 12, length_given=False)) is None


def test_the_length_that_was_named_is_no_part_of_a_runs_identity(short: Path) -> None:
    asked = plan(short, 12)
    assert asked.parameters() == replace(asked, length_given=False).parameters()


def test_of_a_pipe_a_prompt_that_is_too_long_is_told_in_its_rows(
    short: Path, write_jsonl: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(str(write_jsonl(PROMPTS)))
    monkeypatch.setattr(source, "rows", None)  # as of a pipe, whose end has not come
    summary = sample(source, str(tmp_path / "out"), plan(short, 30), OPTIONS)
    reasons = [row["finish_reason"] for row in rows(tmp_path / "out")]
    assert reasons[2:4] == ["error", "error"] and "error" not in (*reasons[:2], *reasons[4:])
    assert "leaves no room for --max-tokens" in str(rows(tmp_path / "out")[2]["sampling"])
    with pytest.raises(RowsLost):
        refuse_failed(summary)


def test_a_server_answers_for_itself(short: Path) -> None:
    served = plan(short, 10_000, engine="openai")
    assert served.positions() is None
    lengths.check_length(served)


@pytest.mark.parametrize("command", ["sample", "eval"])
def test_commands_refuse_a_named_length_and_say_once_what_is_left_without(
    command: str,
    short: Path,
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    problems = write_jsonl([{**row, "truth": "2", "verifier": "math"} for row in PROMPTS])
    common = [command, str(problems), "--model", str(short), "--template", "plain", "--threads", "1"]
    sizes = ["-n", "1"] if command == "sample" else ["-k", "1"]
    assert invoke([*common, *sizes, "-o", str(tmp_path / "a"), "--max-tokens", "60"]) == 1
    assert "give at most 22" in capsys.readouterr().err
    assert invoke([*common, *sizes, "-o", str(tmp_path / "b"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.count("64 positions") == 1
    assert json.loads(out.splitlines()[-1])
