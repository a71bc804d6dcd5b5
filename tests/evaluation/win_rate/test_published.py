"""Pairs with people's choices: how they are read, and how far a judge agrees with them."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.evaluation.win_rate.agreement import by_subset
from r1data.evaluation.win_rate.asking import judge_matches
from r1data.evaluation.win_rate.published import read_pairs
from r1data.evaluation.win_rate.report import report
from tests.evaluation.win_rate.judges import JUDGE, judging, longer, quality

PAIRS = Path(__file__).parents[4] / "shared" / "corpora" / "pairs"


def written(folder: Path, *records: dict[str, Any]) -> str:
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


@pytest.mark.parametrize(
    ("record", "choice"),
    [
        ({"a": "x", "b": "y", "choice": "b"}, "b"),
        ({"a": "x", "b": "y", "label": 2.0}, "b"),
        ({"response_1": "x", "response_2": "y", "label": 1}, "a"),
        ({"response_a": "x", "response_b": "y", "winner": "model_b"}, "b"),
        ({"response_a": "x", "response_b": "y", "winner": "response_a"}, "a"),
        ({"output_1": "x", "output_2": "y", "preference": "tie"}, "tie"),
        ({"response1": "x", "response2": "y", "annotator1": 1, "annotator2": 2, "annotator3": 2}, "b"),
        ({"response1": "x", "response2": "y", "annotator1": 1, "annotator2": 2, "annotator3": 0}, None),
        ({"a": "x", "b": "y", "choice": None}, None),
    ],
)
def test_choices_are_read_as_sets_write_them(
    tmp_path: Path, record: dict[str, Any], choice: str | None
) -> None:
    sure = {**dict.fromkeys(record, "x"), "prompt": "p", **{k: 1 for k in record if k not in ("a", "b")}}
    sure |= {name: "x" for name in record if name.startswith(("response", "output"))}
    row = read_pairs(written(tmp_path, {"prompt": "p", **record}, {**sure, **_answers(record)}))[0]
    assert (row["a"], row["b"], row["choice"]) == ("x", "y", choice)
    assert row["result"] == (None if choice else "no_choice")


def _answers(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value in ("x", "y")}


def test_an_instruction_with_an_input_is_a_prompt_and_an_id_names_the_subset(tmp_path: Path) -> None:
    record = {
        "instruction": "Add.",
        "input": "1 2",
        "a": "3",
        "b": "<think>4",
        "choice": "a",
        "id": "Hard/x/7",
    }
    (row,) = read_pairs(written(tmp_path, record))
    assert (row["prompt"], row["subset"], row["result"]) == ("Add.\n\n1 2", "Hard/x", "b_no_summary")


def test_the_chosen_one_is_a_or_b_by_its_texts(tmp_path: Path) -> None:
    records = [{"prompt": str(n), "chosen": f"good {n}", "rejected": f"bad {n}"} for n in range(40)]
    rows = read_pairs(written(tmp_path, *records))
    assert all(row[row["choice"]].startswith("good") for row in rows)
    assert {row["choice"] for row in rows} == {"a", "b"}


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"prompt": "p", "response": "x", "choice": "a"}], "no two answers among its columns"),
        ([{"prompt": "p", "a": "x", "b": "y"}], "no row says which answer people chose"),
        ([{"prompt": "p", "a": "x", "b": "y", "label": n} for n in (0, 1)], "choices are 0 and 1"),
        ([{"prompt": "p", "a": "x", "b": "y", "choice": "c\n"}], "'c' is no choice"),
        ([{"prompt": "p", "a": "x", "b": ["y"], "choice": "a"}], "row 1: b is not a text"),
        ([{"question": "p", "a": "x", "b": "y", "choice": "a"}], "no text under prompt"),
    ],
)
def test_a_set_that_cannot_be_read_is_one_line(
    tmp_path: Path, records: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(UserError, match=message) as error:
        read_pairs(written(tmp_path, *records))
    assert "\n" not in str(error.value)


def pairs(*choices: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Judged rows of (people's choice, the judge's, subset)."""
    wins = {"a": 1.0, "b": 0.0, "tie": 0.5}
    return [
        {"choice": people, "win": wins[judge], "subset": subset, "prompt_id": str(n)}
        for n, (people, judge, subset) in enumerate(choices)
    ]


def test_agreement_is_over_what_both_decided_and_kappa_is_what_chance_leaves() -> None:
    rows = pairs(
        *[("a", "a", "")] * 40, *[("b", "b", "")] * 30, *[("a", "b", "")] * 20, *[("b", "a", "")] * 10
    )
    (whole,) = by_subset([*rows, *pairs(("tie", "a", ""), ("a", "tie", ""), ("a", "tie", ""))]).values()
    assert whole.pairs == 103 and whole.share is not None and whole.share.prompts == 100
    assert whole.share.value == pytest.approx(0.7)
    # Wilson's interval of 70 among 100
    assert (whole.share.low, whole.share.high) == (
        pytest.approx(0.604, abs=2e-3),
        pytest.approx(0.781, abs=2e-3),
    )
    assert whole.kappa == pytest.approx((0.7 - 0.5) / 0.5)
    assert whole.accuracy is not None and whole.accuracy.value == pytest.approx(71 / 102)


def test_subsets_are_told_apart_and_joined_under_what_their_names_share() -> None:
    rows = pairs(("a", "a", "Hard/x"), ("a", "b", "Hard/y"), ("a", "a", "Plain"))
    assert {name: each.pairs for name, each in by_subset(rows).items()} == {
        "all": 3, "Hard": 2, "Hard/x": 1, "Hard/y": 1, "Plain": 1,
    }  # fmt: skip


def test_a_set_of_pairs_has_no_win_rate_and_its_biases_hold_peoples_choice_equal(tmp_path: Path) -> None:
    records = [
        {"prompt": str(n), "a": f"{'long ' * (n % 7)}worth {n % 3}", "b": f"{'long ' * (n % 5)}worth 1",
         "choice": ("b", "tie", "a")[(n + n // 50) % 3]}
        for n in range(120)
    ]  # fmt: skip
    rows = read_pairs(written(tmp_path, *records))
    honest = report(judge_matches(rows, JUDGE, judging(quality)))
    assert honest.win_rate is None and "win rate" not in honest.lines()
    assert honest.styled.preferences["length"].more_wins is not None
    whole = honest.agreements["all"].share
    assert whole is not None
    swayed = report(judge_matches(rows, JUDGE, judging(longer)))
    interval = swayed.styled.preferences["length"].interval
    assert interval is not None and interval[0] > 0
    assert 0.3 < whole.value < 1


@pytest.mark.skipif(not PAIRS.exists(), reason="the shared corpora are not here")
@pytest.mark.parametrize(("name", "number", "undecided"), [("llmbar", 419, 0), ("pandalm", 400, None)])
def test_sets_of_the_field_are_read_as_they_are(name: str, number: int, undecided: int | None) -> None:
    rows = read_pairs(str(PAIRS / f"{name}.jsonl"))
    assert len(rows) == number
    if undecided is not None:
        assert sum(row["result"] is not None for row in rows) == undecided
