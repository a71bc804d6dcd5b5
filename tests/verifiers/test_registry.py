"""Names: ours, other packages', and those that nobody knows."""

import subprocess
import sys
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.verifiers import registry
from r1data.verifiers.registry import VERIFIERS, check, check_all, known, require
from r1data.verifiers.verdict import Verdict

PLUGIN = """
from r1data.verifiers.verdict import Verdict; from r1data.verifiers.verdict import batch

def check(response, truth, time_limit):
    return Verdict("correct", 1.0, response[:3], "chess")

@batch
def players(cases, time_limit):
    return [Verdict("correct", 1.0, case.prompt, f"{len(cases)} at once") for case in cases]

@batch
def short(cases, time_limit):
    return []

def broken(response, truth, time_limit):
    raise ZeroDivisionError("no board")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chess_verifier.py").write_text(PLUGIN)
    info = tmp_path / "chess_verifier-3.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chess-verifier\nVersion: 3.1\n")
    points = [
        "chess = chess_verifier:check",
        "broken = chess_verifier:broken",
        "players = chess_verifier:players",
        "short = chess_verifier:short",
        "absent = chess_verifier:absent",
    ]
    (info / "entry_points.txt").write_text("[r1.verifiers]\n" + "\n".join(points) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    _forget()
    yield  # type: ignore[misc]
    _forget()
    sys.modules.pop("chess_verifier", None)


def _forget() -> None:
    registry._installed.cache_clear()
    registry._load.cache_clear()


def test_an_unknown_verifier_is_an_error_that_names_it() -> None:
    verdict = check("dance", "print(1)", "1")
    assert verdict.verdict == "error"
    assert "no verifier called dance" in (verdict.reason or "")
    with pytest.raises(UserError, match="math"):
        require("x")


@pytest.mark.usefixtures("plugin")
def test_an_entry_point_adds_a_verifier() -> None:
    assert check("chess", "e4 e5", None).reason == "chess"
    assert registry.version("chess") == "chess/3.1"
    assert {"chess", *VERIFIERS} <= set(known())


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("name", ["broken", "absent", "short"])
def test_a_verifier_that_fails_is_an_error_never_incorrect(name: str) -> None:
    verdict = check(name, "e4", "e5")
    assert verdict.verdict == "error"
    assert verdict.score is None


@pytest.mark.usefixtures("plugin")
def test_a_batch_verifier_gets_all_its_rows_at_once_with_their_prompts() -> None:
    verdicts = check_all(
        ["players", "math", "players"], ["e4", "1", "d4"], [None, "1", None], ["a", "b", "c"]
    )
    assert [v.extracted for v in verdicts] == ["a", "1", "c"]
    assert [v.reason for v in verdicts] == ["2 at once", None, "2 at once"]


def test_threads_change_nothing() -> None:
    responses = [str(n) for n in range(50)]
    verdicts = check_all(["math"] * 50, responses, ["7"] * 50, threads=4)
    assert verdicts == check_all(["math"] * 50, responses, ["7"] * 50)


def test_a_verifier_may_stand_in_for_another() -> None:
    def strict(response: str, truth: str | None, time_limit: float) -> Verdict:
        return Verdict("incorrect", 0.0, response)

    assert check_all(["math"], ["1"], ["1"], overrides={"math": strict})[0].verdict == "incorrect"


def test_a_batch_keeps_its_order() -> None:
    verdicts = check_all(["math", "choice", "x"], ["1", "B", ""], ["1", "A", None])
    assert [v.verdict for v in verdicts] == ["correct", "incorrect", "error"]
    with pytest.raises(ValueError, match="shorter"):
        check_all(["math", "math"], ["1"], ["1"])


def test_verifiers_import_what_is_heavy_when_it_is_used() -> None:
    code = "import sys, r1data.verifiers; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "pyarrow",
        "polars",
        "numpy",
        "sympy",
        "math_verify",
        "jsonschema",
        "reasoning_gym",
        "matplotlib",
    }
    assert not heavy & set(loaded)


def test_every_verifier_stands_in_the_docs() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "verify.md").read_text()
    assert [name for name in VERIFIERS if f"| `{name}` |" not in docs] == []
