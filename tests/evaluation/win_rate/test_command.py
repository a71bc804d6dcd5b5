"""`r1 eval --win-rate` over a server: what it writes, how it goes on after a death, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.evaluation.win_rate.matches import COLUMNS
from tests.evaluation.win_rate.judges import TEXTS, longer, reply
from tests.served import Fake, Reply, completion


def longer_wins(fake: Fake, body: dict[str, Any]) -> Reply:
    first, second = TEXTS.findall(body["messages"][0]["content"])
    return completion(reply(longer(first, second)))


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    a, b = [], []
    for number in range(12):
        row = {"prompt": f"question {number}?", "finish_reason": "stop"}
        a.append({**row, "response": f"<think>hm</think>{'good ' * (number + 1)}"})
        b.append({**row, "response": f"<think>hm</think>{'fine ' * 6}"})
    a[0]["finish_reason"], a[1]["response"] = "length", "<think>only thoughts"
    b.append({"prompt": "B alone?", "response": "yes", "finish_reason": "stop"})
    return written(tmp_path / "a.jsonl", a), written(tmp_path / "b.jsonl", b)


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def words(*more: str, url: str = "http://127.0.0.1:9") -> list[str]:
    return ["eval", "--win-rate", *more, "--judge", "tiny", "--endpoint", url]


def test_two_models_are_compared_and_every_match_is_a_row(
    sources: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "judged")
    with Fake(longer_wins) as fake:
        command = words(*sources, "-o", out, "--json", url=fake.url)
        assert invoke(command) == 0
        asked = len(fake.asked)
        assert invoke(command) == 0 and len(fake.asked) == asked == 20
    first, again = map(json.loads, capfd.readouterr().out.splitlines())
    assert first == again
    assert first["results"] == {"a_cut": 1, "a_no_summary": 1, "loss": 3, "tie": 1, "win": 6}
    assert first["matches"] == 12 and first["judged"] == 10 and first["only_b"] == 1
    assert first["win_rate"]["low"] < first["win_rate"]["value"] < first["win_rate"]["high"]
    rows = [row for table in Dataset(out).tables() for row in table.to_pylist()]
    assert len(rows) == 12 and COLUMNS.keys() <= rows[0].keys()
    assert "hm" not in rows[5]["a"] and rows[0]["result"] == "a_cut" and rows[0]["win"] is None


def test_a_source_of_several_models_is_refused_by_name(
    sources: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"prompt": "question 1?", "response": "yes", "finish_reason": "stop", "model": model}
        for model in ("base", "tuned")
    ]
    mixed = written(tmp_path / "mixed.jsonl", rows)
    for names in ((mixed, sources[1]), (sources[0], mixed)):
        assert invoke(words(*names)) == 1
        (line,) = capfd.readouterr().err.splitlines()
        assert "mixed.jsonl holds 2 models (base, tuned); give" in line


def test_progress_counts_the_judges_votes_to_their_end(
    sources: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ten matches in both orders; again from the judge's cache, which counts too."""
    for out in ("first", "again"):
        with Fake(longer_wins) as fake:
            assert invoke(words(*sources, "-o", str(tmp_path / out), url=fake.url)) == 0
        assert "win-rate: 20/20 votes" in capfd.readouterr().err


def test_after_a_death_nothing_is_asked_again(
    sources: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def dies(fake: Fake, body: dict[str, Any]) -> Reply:
        return longer_wins(fake, body) if len(fake.asked) <= 8 else Reply(status=401)

    more = ("-o", str(tmp_path / "judged"), "--concurrency", "1")
    with Fake(dies) as fake:
        assert invoke(words(*sources, *more, url=fake.url)) == 1
    assert "401" in capfd.readouterr().err
    with Fake(longer_wins) as fake:
        assert invoke(words(*sources, *more, "--json", url=fake.url)) == 0
        assert len(fake.asked) == 20 - 8
    resumed = json.loads(capfd.readouterr().out)
    with Fake(longer_wins) as fake:
        whole = words(*sources, "-o", str(tmp_path / "whole"), "--no-judge-cache", "--json", url=fake.url)
        assert invoke(whole) == 0
    undisturbed = json.loads(capfd.readouterr().out)
    assert {**resumed, "dataset": ""} == {**undisturbed, "dataset": ""}


def test_published_choices_are_compared_with_the_judges(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    rows = [
        {"id": f"Set/{'easy' if n % 2 else 'hard'}/{n}", "prompt": f"p{n}", "response_1": "x" * (n + 1),
         "response_2": "y" * 10, "label": 1 + n % 2}
        for n in range(20)
    ]  # fmt: skip
    with Fake(longer_wins) as fake:
        assert invoke(words(written(tmp_path / "pairs.jsonl", rows), url=fake.url)) == 0
    shown = capfd.readouterr().err
    assert "Set/easy" in shown and "kappa" in shown and "the longer answer wins 100.0%" in shown
    assert "win rate" not in shown


def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(
    sources: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert invoke(words(*sources, "--dry-run", "--json")) == 0
    plan = json.loads(capfd.readouterr().out)
    assert (plan["matches"], plan["judged"], plan["questions"]) == (12, 10, 20)
    assert plan["left_out"] == {"a_cut": 1, "a_no_summary": 1} and plan["only_b"] == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["eval", "--win-rate", "A", "B"], "add --judge MODEL"),
        (words("A", "A"), "hold the same responses"),
        (words("A", "B", "A"), "compares two sources"),
        (words(), "compares two sources"),
        (words("A", "other"), "no prompt is in both"),
        (words("A", "prompts"), "needs sample rows"),
        (words("A", "B", "--votes", "3"), "even number"),
        (words("A", "gone"), "gone"),
    ],
)
def test_what_cannot_be_judged_is_one_line(
    sources: tuple[str, str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    command: list[str],
    message: str,
) -> None:
    other = written(tmp_path / "other.jsonl", [{"prompt": "else?", "response": "yes"}])
    prompts = written(tmp_path / "prompts.jsonl", [{"prompt": "question 1?"}])
    places = {"A": sources[0], "B": sources[1], "other": other, "prompts": prompts}
    assert invoke([places.get(word, word) for word in command]) == 1
    lines = capfd.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and message in lines[0]


def test_a_judge_that_cannot_be_read_is_no_loss(
    sources: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    with Fake(lambda fake, body: completion("the first, I think")) as fake:
        assert invoke(words(*sources, url=fake.url)) == 0
    shown = capfd.readouterr().err
    assert "unreadable" in shown and "loss" not in shown and "no readable reply to 10 of 10" in shown
