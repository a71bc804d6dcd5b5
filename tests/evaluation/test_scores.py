"""What scores count, and what is left out of them."""

import json

import pyarrow as pa
import pytest

from r1data.errors import UserError
from r1data.evaluation.marks import OPTIONAL
from r1data.evaluation.scores import score
from r1data.evaluation.voting import vote

FORM = "<think>one and one make two</think>{}"


def rows(*samples: tuple[str, str, str | None], **other: object) -> pa.Table:
    """Verified rows from (prompt_id, verdict, extracted)."""
    base = {
        "language": "en", "response": FORM.format("2"), "finish_reason": "stop",
        "reasoning": "one and one make two", "response_tokens": 10, "verdict_cause": None,
    }  # fmt: skip
    made = [
        {
            **base,
            "prompt": f"What is one and one, {p}?",
            "prompt_id": p,
            "verdict": v,
            "extracted": e,
            **other,
        }
        for p, v, e in samples
    ]
    text = [
        "prompt_id",
        "prompt",
        "language",
        "response",
        "finish_reason",
        "reasoning",
        "verdict",
        "verdict_cause",
    ]
    text += [name for name in other if name in OPTIONAL]
    schema = pa.schema(
        [*((name, pa.string()) for name in [*text, "extracted"]), ("response_tokens", pa.int32())]
    )
    return pa.Table.from_pylist(made, schema=schema)


@pytest.mark.parametrize(
    ("answers", "correct", "worth"),
    [
        (["2", "2", "3"], [True, True, False], 1.0),
        (["2", "3", "3"], [True, False, False], 0.0),
        (["2", "3"], [True, False], 0.5),
        (["2", "3", "4"], [True, False, False], 1 / 3),
        (["2", "2.0", "3", "3", "3"], [True, True, False, False, False], 0.0),
        (["2", "2.0", "3"], [True, True, False], 1.0),
        ([None, None, "2"], [False, False, True], 1.0),
        ([None, None], [False, False], 0.0),
        ([None, "3", "3"], [True, False, False], 0.0),
    ],
)
def test_a_vote(answers: list[str | None], correct: list[bool], worth: float) -> None:
    assert vote(answers, correct) == pytest.approx(worth)


@pytest.mark.parametrize(
    ("wrong", "worth"),
    [(["b", "c", "d"], 0.25), (["b", "b", "b"], 0.0), (["b", "<think>b", "<think>c"], 0.5)],
)
def test_responses_vote_by_their_text_where_the_verifier_extracts_nothing(
    wrong: list[str], worth: float
) -> None:
    responses = [text if text.startswith("<think>") else FORM.format(text) for text in ("a", *wrong)]
    table = rows(("p", "correct", None), *[("p", "incorrect", None)] * 3, verifier="ifeval")
    table = table.set_column(table.column_names.index("response"), "response", pa.array(responses))
    assert score(table).measures["cons@4"].value == pytest.approx(worth)


def test_pass_at_1_is_the_mean_over_prompts_of_the_mean_over_samples() -> None:
    a = [("a", "correct", "2")] * 3 + [("a", "incorrect", "3")]
    b = [("b", "correct", "2"), ("b", "incorrect", "3")]
    found = score(rows(*a, *b))
    assert found.measures["pass@1"].value == pytest.approx((0.75 + 0.5) / 2)
    assert found.measures["pass@1"].error == pytest.approx(0.125)
    assert found.measures["pass@4"].prompts == 1


def test_shards_and_the_order_of_rows_change_nothing() -> None:
    samples = [(str(i % 5), "correct" if i % 3 else "incorrect", str(i % 3)) for i in range(40)]
    whole, pieces = score(rows(*samples)), score(rows(*part) for part in (samples[25:], samples[:25]))
    assert whole.measures["pass@4"].value == pytest.approx(pieces.measures["pass@4"].value)
    assert whole.verdicts == pieces.verdicts


@pytest.mark.parametrize("unknown", ["timeout", "error", "unverifiable"])
def test_unknown_verdicts_are_left_out_and_counted(unknown: str) -> None:
    found = score(rows(("a", "correct", "2"), ("a", unknown, None), ("b", unknown, "2")))
    assert found.measures["pass@1"].value == 1.0 and found.measures["pass@1"].prompts == 1
    assert found.unknown == 2 and found.verdicts[unknown] == 2


def test_a_response_without_an_answer_is_wrong() -> None:
    silent = rows(("a", "unverifiable", None), verdict_cause="no_answer")
    found = score([rows(("a", "correct", "2")), silent])
    assert found.measures["pass@1"].value == 0.5 and found.unknown == 0


def test_a_failed_row_is_unknown() -> None:
    found = score(rows(("a", "unverifiable", None), verdict_cause="no_answer", finish_reason="error"))
    assert found.unknown == 1 and "pass@1" not in found.measures


def test_form_language_and_length_are_shares_of_samples() -> None:
    mixed = rows(
        ("a", "correct", "2"), reasoning="one 加 one make two 所以", response="2", finish_reason="length"
    )
    found = score([rows(("a", "correct", "2")), mixed]).measures
    shares = {name: found[name].value for name in ("format", "mixed_language", "truncated", "tokens")}
    assert shares == {"format": 0.5, "mixed_language": 0.5, "truncated": 0.5, "tokens": 10.0}


def test_thoughts_without_words_say_nothing_of_language() -> None:
    assert "prompt_language" not in score(rows(("a", "correct", "2"), reasoning="1 + 1 = 2")).measures


def test_nothing_gives_no_measures() -> None:
    assert score([]).measures == {}


def test_an_id_for_two_prompts_is_refused() -> None:
    tables = [rows(("a", "correct", "2")), rows(("a", "incorrect", "3"), prompt="What is two and one?")]
    with pytest.raises(UserError, match="prompt_id 'a' stands for different prompts"):
        score(tables)


def test_questions_that_share_a_text_are_one_cluster() -> None:
    apart = score([rows((p, "correct" if p in "ab" else "incorrect", "2")) for p in "abcd"]).measures[
        "pass@1"
    ]
    shared = score(
        [rows((p, "correct" if p in "ab" else "incorrect", "2"), prompt=f"What? {p in 'ab'}") for p in "abcd"]
    ).measures["pass@1"]
    assert (apart.clusters, shared.clusters) == (4, 2)
    assert shared.error == pytest.approx(0.5) and apart.error == pytest.approx((0.25 / 3) ** 0.5)


@pytest.mark.parametrize("column", [{"cluster": "one"}, {"meta": '{"cluster": "one"}'}])
def test_a_cluster_may_be_a_column_or_stand_in_meta(column: dict[str, str]) -> None:
    table = rows(("a", "correct", "2"), ("b", "correct", "2"), **column)
    assert score(table).measures["pass@1"].clusters == 1


def test_what_failed_is_a_share_with_examples() -> None:
    tables = [
        rows(("a", "correct", "2")),
        rows(
            ("a", "unverifiable", None), verdict_cause="no_answer", finish_reason="length", response="one and"
        ),
        rows(("b", "timeout", None), verdict_cause="limit"),
        rows(("b", "unverifiable", None), verdict_cause="no_truth"),
        rows(("b", "unverifiable", None), verdict_cause=None, finish_reason="error"),
        rows(("b", "correct", "2")),
    ]
    scores = score(tables)
    names = ("truncated", "no_answer", "unverifiable", "timed_out")
    assert [scores.measures[name].value for name in names] == [0.25, 0.25, 0.25, 0.125]
    assert scores.causes == {"failed": 1, "limit": 1, "no_truth": 1}
    assert {name: len(examples) for name, examples in scores.examples.items()} == {
        "truncated": 1,
        "no_answer": 1,
        "unverifiable": 2,
        "timed_out": 1,
    }
    assert scores.examples["truncated"][0].text == "one and"


def test_levels_and_languages_have_scores_of_their_own() -> None:
    tables = [
        rows(("a", "correct", "2"), meta='{"level": 1}'),
        rows(("b", "incorrect", "3"), meta='{"level": 5}'),
        rows(("c", "incorrect", "3"), meta="no JSON"),
    ]
    groups = score(tables).groups
    assert set(groups) == {"level"} and set(groups["level"]) == {"1", "5"}
    assert groups["level"]["1"]["pass@1"].value == 1 and groups["level"]["5"]["pass@1"].value == 0


def test_scores_are_plain_data() -> None:
    scores = score(rows(("a", "correct", "2"), ("b", "timeout", None), meta='{"level": 1}'))
    assert json.loads(json.dumps(scores.as_json())) == scores.as_json()
