"""`r1 general` from end to end on a real engine, and the one line that a mistake gets."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from r1data.cli import invoke

from tests import tiny
from tests.sampling.cold_start.scripted import rows, write

Said = tuple[int, str]
PROMPTS = [{"prompt": "Hello!"}, {"prompt": "Why is the sky blue?"}, {"prompt": "Write.", "thoughts": "no"}]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("small"), context=512)


@pytest.fixture
def prompts(tmp_path: Path) -> str:
    return write(tmp_path / "prompts.jsonl", PROMPTS)


@pytest.fixture
def general(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs the command into `out`; its exit code and its last line, on stdout or stderr."""

    def run(source: str, *more: object) -> Said:
        line = ["general", source, "-o", tmp_path / "out", "--model", small, "--json", "--template", "plain"]
        line += ["--max-tokens", 8, "--threads", 1, "--engine", "transformers", *more]
        code = invoke([str(word) for word in line])
        said = capsys.readouterr()
        return code, (said.err if code else said.out).splitlines()[-1]

    return run


def test_no_response_is_lost_on_a_real_engine(
    general: Callable[..., Said], prompts: str, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("think: {prompt}")
    more = ("--prompt-file", tmp_path / "text", "--dropped", tmp_path / "dropped", "-n", 2)
    first, again = general(prompts, *more), general(prompts, *more)
    told = json.loads(first[1])
    kept, dropped = rows(tmp_path / "out"), rows(tmp_path / "dropped")
    assert first[0] == 0 and again == first
    assert len(kept) + len(dropped) == 6 and (told["asked_for_thoughts"], told["simple"]) == (2, 4)
    assert told["kept"] == len(kept) == told["rows"]
    assert all(row["general_reason"] for row in dropped)
    assert sum(
        told[f"dropped_{row}"] for row in ("truncated", "no_thoughts", "no_answer", "bad_layout")
    ) == len(dropped)


def test_without_thoughts_a_model_of_any_size_can_answer(
    general: Callable[..., Said], prompts: str, tmp_path: Path
) -> None:
    code, said = general(prompts, "--thoughts", "no", "--max-tokens", 40, "--seed", 3, "-n", 4)
    told = json.loads(said)
    assert code == 0 and told["simple"] == 12 and told["asked_for_thoughts"] == 0
    for row in rows(tmp_path / "out"):
        assert row["reasoning"] is None and "think>" not in str(row["response"])
        note = json.loads(str(row["sampling"]))
        assert note["because"] in ("--thoughts no", "the row's column 'thoughts'")


def test_a_prompt_too_long_is_dropped_and_said(
    general: Callable[..., Said], prompts: str, tmp_path: Path
) -> None:
    code, said = general(prompts, "--max-model-len", 40, "--dropped", tmp_path / "dropped")
    reasons = {row["prompt"]: row["general_reason"] for row in rows(tmp_path / "dropped")}
    assert code == 1 and "1 rows failed" in said
    assert reasons["Why is the sky blue?"] == "failed"


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--thoughts", "perhaps"], 2, "'perhaps' is not one of"),
        (["--prompt-file", "nowhere"], 1, "nowhere: cannot be read"),
        (["--prompt-file", "bad"], 1, "bad: lacks {prompt}"),
        (["--dropped", "out"], 1, "two outputs cannot share a folder"),
    ],
)
def test_a_mistake_gets_one_line_and_writes_nothing(
    more: list[str], code: int, said: str, prompts: str, tmp_path: Path, general: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("bad").write_text("Think.")
    found = general(prompts, *more)
    assert found[0] == code and said in found[1] and found[1].startswith("r1: ")
    assert not (tmp_path / "out").exists()


def test_a_dry_run_writes_nothing_and_tells_what_is_asked(
    general: Callable[..., Said], prompts: str, tmp_path: Path
) -> None:
    code, said = general(prompts, "--dry-run")
    told = json.loads(said)
    assert code == 0 and not (tmp_path / "out").exists()
    assert told["thoughts"] == "auto" and told["rows"] == 3 and set(told["texts"]) == {"en", "zh", "others"}
