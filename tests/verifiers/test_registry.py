"""Names: ours, other packages', and those that nobody knows."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1data.verifiers.registry import VERIFIERS, check, check_all
from r1data.verifiers.table import version_of
from r1data.verifiers.verdict import Case, Verdict, Verifier

PLUGIN = """
from r1data.verifiers.verdict import Verdict, Verifier

def check(case, time_limit):
    return Verdict("correct", 1.0, case.response[:3], "chess")

def players(cases, time_limit):
    return [Verdict("correct", 1.0, case.prompt, f"{len(cases)} at once") for case in cases]

def short(cases, time_limit):
    return []

def broken(case, time_limit):
    raise ZeroDivisionError("no board")

CHESS = Verifier("chess", check, "7", "moves")
PLAYERS = Verifier("players", players, "1", "players", batch=True)
SHORT = Verifier("short", short, "1", "too few", batch=True)
BROKEN = Verifier("broken", broken, "1", "nothing")
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "chess_verifier.py").write_text(PLUGIN)
    info = tmp_path / "chess_verifier-3.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chess-verifier\nVersion: 3.1\n")
    names = ("chess", "broken", "players", "short", "absent", "check")
    points = [f"{name} = chess_verifier:{name.upper()}" for name in names]
    (info / "entry_points.txt").write_text("[r1.verifiers]\n" + "\n".join(points) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    _forget()
    yield
    _forget()
    sys.modules.pop("chess_verifier", None)


def _forget() -> None:
    vars(VERIFIERS).pop("_points", None)
    VERIFIERS._loaded.clear()


def test_an_unknown_verifier_is_an_error_that_names_it() -> None:
    verdict = check("dance", "print(1)", "1")
    assert (verdict.verdict, verdict.cause) == ("error", "no_checker")
    assert "no verifier called dance" in (verdict.reason or "")


@pytest.mark.usefixtures("plugin")
def test_an_entry_point_adds_a_verifier() -> None:
    assert check("chess", "e4 e5", None).reason == "chess"
    assert version_of("chess", {}) == "chess/7"


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(
    ("name", "cause"), [("broken", "crash"), ("short", "crash"), ("absent", "no_checker")]
)
def test_a_verifier_that_fails_is_an_error_never_incorrect(name: str, cause: str) -> None:
    verdict = check(name, "e4", "e5")
    assert (verdict.verdict, verdict.score, verdict.cause) == ("error", None, cause)


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
    def strict(case: Case, time_limit: float) -> Verdict:
        return Verdict("incorrect", 0.0, case.response)

    other = Verifier("math", strict, "9", "nothing is right")
    assert check_all(["math"], ["1"], ["1"], overrides={"math": other})[0].verdict == "incorrect"
    assert version_of("math", {"math": other}) == "math/9"


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


@pytest.mark.parametrize("name", VERIFIERS.built_in)
def test_an_entry_is_found_by_its_own_name_and_says_what_it_is(name: str) -> None:
    entry = VERIFIERS[name]
    assert entry.name == name and entry.summary and entry.version
    assert bool(entry.scores) == (entry.score is not None)
