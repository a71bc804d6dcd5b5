"""`r1 plan`: what is known is forecast, what is not is named, and nothing is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from tests.recipe.forecast import pilots


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a recipe and a pilot, and the recipe's inputs but for the evaluation."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(pilots.RECIPE)
    pilots.write(tmp_path / "pilot.jsonl", pilots.pilot(judged=True))
    asked = [{"prompt": f"Which number of math comes right after {n}?", "domain": "math"} for n in range(200)]
    pilots.write(tmp_path / "prompts.jsonl", asked)
    turns = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]
    pilots.write(tmp_path / "talk.jsonl", [{"messages": turns, "domain": "general"}] * 20)
    return tmp_path


def planned(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert invoke(["plan", "small.yaml", "--pilot", "pilot.jsonl", "--json", *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("place")
def test_each_figure_lies_in_an_interval_and_follows_from_the_one_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    math = planned(capsys)["domains"]["math"]
    whole = math["whole"]
    assert whole["samples"]["value"] == pytest.approx(1_600) and math["pilot"] == {
        "prompts": 40,
        "samples": 160,
    }
    order = [whole[name]["value"] for name in ("samples", "correct", "kept", "selected", "in_set")]
    assert order == sorted(order, reverse=True)
    assert all(w["low"] <= w["value"] <= w["high"] for w in whole.values())
    assert whole["missing"]["value"] == pytest.approx(900 - whole["in_set"]["value"])
    assert whole["selected"]["high"] <= 600


@pytest.mark.usefixtures("place")
def test_a_domain_without_a_pilot_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    found = planned(capsys)
    assert found["domains"]["code"]["unknown"] and not found["domains"]["code"]["whole"]
    assert any(line.startswith("code: not known") for line in found["missing"])


@pytest.mark.usefixtures("place")
def test_rows_that_are_not_sampled_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    general = planned(capsys)["domains"]["general"]["whole"]
    assert (general["in_set"]["value"], general["missing"]["value"]) == (20, 10)


@pytest.mark.usefixtures("place")
def test_the_steps_and_inputs_that_are_not_in_it_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = planned(capsys)
    assert found["not_forecast"] == ["actor (train-sft)"]
    assert any("aime.jsonl: not there" in note for note in found["notes"])


def test_nothing_is_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(place.rglob("*"))
    planned(capsys)
    assert sorted(place.rglob("*")) == before


@pytest.mark.usefixtures("place")
def test_the_same_pilot_gives_the_same_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(capsys) == planned(capsys)


def test_without_prompts_it_says_how_many_are_needed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "prompts.jsonl").unlink()
    math = planned(capsys)["domains"]["math"]
    assert math["whole"] == {} and 300 < math["to_fill"]["prompts"]["value"] < 900
    given = planned(capsys, "--prompts", "math=200")["domains"]["math"]
    assert given["whole"]["samples"]["value"] == pytest.approx(1_600)


@pytest.mark.usefixtures("place")
def test_as_many_prompts_as_it_says_leave_nothing_missing(capsys: pytest.CaptureFixture[str]) -> None:
    needed = planned(capsys)["domains"]["math"]["to_fill"]["prompts"]
    for end, lacks in (("high", 0), ("value", 40)):
        count = f"math={round(needed[end])}"
        missing = planned(capsys, "--prompts", count)["domains"]["math"]["whole"]["missing"]
        assert missing["value"] <= lacks


@pytest.mark.usefixtures("place")
def test_hours_and_cost_follow_from_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    found = planned(capsys, "--tokens-per-second", "10", "--price-per-gpu-hour", "3")
    whole = found["domains"]["math"]["whole"]
    hours = whole["response_tokens"]["value"] / 36_000
    assert whole["gpu_hours"]["value"] == pytest.approx(hours)
    assert whole["hours"]["high"] == pytest.approx(whole["gpu_hours"]["high"] / 4)
    assert found["total"]["whole"]["cost"]["value"] == pytest.approx(3 * hours)


@pytest.mark.usefixtures("place")
def test_tokens_are_paid_as_sampling_pays_them(capsys: pytest.CaptureFixture[str]) -> None:
    whole = planned(capsys, "--output-token-price", "2", "--input-token-price", "1")["domains"]["math"][
        "whole"
    ]
    tokens = whole["response_tokens"]["value"], whole["prompt_tokens"]["value"]
    assert whole["prompt_tokens"]["value"] == pytest.approx(12 * 1_600)
    assert whole["cost"]["value"] == pytest.approx((2 * tokens[0] + tokens[1]) / 1e6)


@pytest.mark.usefixtures("place")
def test_stopping_early_takes_fewer_samples(capsys: pytest.CaptureFixture[str]) -> None:
    whole = planned(capsys, "--set", "samples.until=3", "--set", "samples.round=2")["domains"]["math"][
        "whole"
    ]
    assert whole["samples"]["high"] < 1_500 and whole["samples"]["low"] < whole["samples"]["value"]


def test_a_pilot_sampled_otherwise_is_told_of(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = {"model": "other", "sampling": json.dumps({"temperature": 1.0})}
    pilots.write(place / "pilot.jsonl", [{**row, **drawn} for row in pilots.pilot(prompts=5, judged=True)])
    notes = "\n".join(planned(capsys)["notes"])
    assert "model other, the recipe says miniature:base" in notes
    assert "temperature 1.0, the recipe says 0.6" in notes


@pytest.mark.usefixtures("place")
def test_people_get_tables_and_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["plan", "small.yaml", "--pilot", "pilot.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert not out
    for words in ("in the set", "To fill the quotas", "examples will be missing", "not forecast: actor"):
        assert words in err


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--prompts", "math"], "--prompts math: write DOMAIN=COUNT"),
        (["--build", "kept"], "--build kept: no such build step; choose one of set"),
        (["--price-per-gpu-hour", "1", "--output-token-price", "1"], "two ways to pay"),
        (["--confidence", "1"], "--confidence 1: give a share from 0.5 to less than 1"),
        (["--pilot", "nowhere"], "nowhere: no such dataset"),
    ],
)
def test_a_mistake_gets_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["plan", "small.yaml", "--pilot", "pilot.jsonl", *words]) == 1
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_a_recipe_without_a_set_cannot_be_planned(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "small.yaml").write_text("steps:\n  - filter: {as: kept, input: pilot.jsonl}\n")
    assert invoke(["plan", "small.yaml", "--pilot", "pilot.jsonl"]) == 1
    assert "no build step" in capsys.readouterr().err


@pytest.mark.parametrize("recipe", ["r1-800k", "3-rejection-sampling", "miniature"])
def test_shipped_recipes_can_be_planned(place: Path, recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["plan", recipe, "--pilot", str(place / "pilot.jsonl"), "--json"]) == 0
    assert "math" in json.loads(capsys.readouterr().out)["domains"]
