"""Cards of responses that were there, as `r1 eval` writes and verifies them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.errors import UserError
from r1data.evaluation.cards import card as cards
from r1data.evaluation.cards.card import ResponsesCard
from r1data.evaluation.cards.places import responses_places
from r1data.evaluation.given import evaluate_given, open_given

Rows = list[dict[str, Any]]
Write = Callable[..., Path]
MODEL = "org/DeepSeek-R1-Distill-Qwen-7B"
QUESTIONS: Rows = [{"problem": f"What is {n} and one?", "answer": str(n + 1)} for n in range(4)]
RESPONSES: Rows = [
    {
        "prompt": f"What is {n} and one?",
        "response": rf"\boxed{{{n + (1 if n else 0)}}}",
        "model": model,
        "label": n > 0,
        "sampling": json.dumps({"temperature": 0.6, "top_p": top_p}),
    }
    for model, top_p in ((MODEL, 0.95), ("other", 1.0))
    for n in range(4)
]


def write(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Questions, responses to them, their scores, and a copy of the card."""
    folder = tmp_path_factory.mktemp("given")
    questions = write(folder / "questions.jsonl", QUESTIONS)
    responses = write(folder / "responses.jsonl", RESPONSES)
    line = ["eval", f"aime24={questions}", "--responses", responses, "-o", folder / "scores"]
    assert invoke([*map(str, line), "--card", str(folder / "card.json")]) == 0
    return folder


@pytest.fixture(scope="module")
def card(folder: Path) -> ResponsesCard:
    described = cards.read(str(folder / "card.json"))
    assert isinstance(described, ResponsesCard)
    return described


@pytest.fixture
def verified(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Verifies a card with further arguments: the exit code, and the report or the last line."""

    def run(card: Path, *arguments: object) -> tuple[int, Any]:
        code = invoke(list(map(str, ["eval", "--verify-card", card, "--json", *arguments])))
        captured = capsys.readouterr()
        return code, json.loads(captured.out) if captured.out else captured.err.splitlines()[-1]

    return run


Verified = Callable[..., tuple[int, Any]]


def names(report: dict[str, Any]) -> list[str]:
    return [one["name"] for one in report["differences"]]


def test_the_card_holds_what_decides_the_scores(card: ResponsesCard, folder: Path) -> None:
    assert (card.responses["place"], card.responses["number"]) == (str(folder / "responses.jsonl"), 8)
    assert card.questions["place"] == f"aime24={folder / 'questions.jsonl'}"
    assert [card.questions[name] for name in ("benchmark", "number", "unanswered")] == ["aime24", 4, 0]
    assert card.grader.keys() == {"math"} and card.versions.keys() == {"r1data"}
    assert card.models.keys() == {MODEL, "other"}


def test_each_model_has_scores_with_intervals_and_the_labels_share(card: ResponsesCard) -> None:
    for each in card.models.values():
        assert {"value", "error", "low", "high"} <= each["scores"]["pass@1"].keys()
        assert (each["scores"]["pass@1"]["value"], each["label"]["value"], each["k"]) == (0.75, 0.75, 1)


def test_what_the_rows_do_not_state_is_unknown(card: ResponsesCard) -> None:
    assert {model: each["protocol"]["top_p"] for model, each in card.models.items()} == {
        MODEL: 0.95,
        "other": 1.0,
    }
    assert {each["protocol"]["max_tokens"] for each in card.models.values()} == {"unknown"}


def test_published_figures_stand_beside_the_model_that_has_some(card: ResponsesCard) -> None:
    assert card.models["other"]["published"] == []
    figures = {(one["published"], one["inside"]) for one in card.models[MODEL]["published"]}
    assert (55.5, True) in figures
    assert card.models[MODEL]["published"][0]["differences"] == [
        "max_tokens unknown, theirs 32768",
        "k 1, theirs 64",
    ]


def test_the_copy_is_the_datasets_card(card: ResponsesCard, folder: Path) -> None:
    assert cards.read(str(folder / "scores")) == card


def test_the_same_places_reproduce_it_and_leave_nothing(
    folder: Path, verified: Verified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, report = verified(folder / "card.json")
    assert (code, report["reproduced"], report["identical"]) == (0, True, True)
    assert "dataset" not in report and not list(tmp_path.iterdir())


def test_files_elsewhere_in_another_order_reproduce_it(
    folder: Path, verified: Verified, tmp_path: Path
) -> None:
    questions = write(tmp_path / "q.jsonl", QUESTIONS[::-1])
    responses = write(tmp_path / "r.jsonl", RESPONSES[::-1])
    code, report = verified(
        folder / "card.json", questions, "--responses", responses, "-o", tmp_path / "again"
    )
    assert (code, report["differences"]) == (0, [])
    assert cards.read(str(tmp_path / "again")).questions["benchmark"] == "aime24"


def test_a_response_that_differs_is_named_with_the_scores(
    folder: Path, verified: Verified, tmp_path: Path
) -> None:
    changed = [*RESPONSES[:-1], {**RESPONSES[-1], "response": "No idea."}]
    code, report = verified(folder / "card.json", "--responses", write(tmp_path / "r.jsonl", changed))
    assert (code, report["reproduced"], report["identical"]) == (1, False, False)
    assert names(report) == ["responses", "pass@1 of other", "cons@1 of other", "no_answer of other"]


def test_a_truth_that_differs_is_named(folder: Path, verified: Verified, tmp_path: Path) -> None:
    changed = [{**QUESTIONS[0], "answer": "one"}, *QUESTIONS[1:]]
    code, report = verified(folder / "card.json", write(tmp_path / "q.jsonl", changed))
    assert (code, names(report)[0]) == (1, "questions")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "m"], "--model says nothing to --verify-card of a card of responses; leave it out"),
        (["-k", 2], "r1: -k says nothing"),
        (["--temperature", 1], "--temperature says nothing"),
        (["one.jsonl", "two.jsonl"], "name one dataset, file or benchmark"),
    ],
)
def test_what_means_nothing_to_such_a_card_is_refused(
    folder: Path, verified: Verified, options: list[object], message: str
) -> None:
    code, line = verified(folder / "card.json", *options)
    assert code == 1 and message in line


def test_the_dataset_of_the_card_is_not_taken_for_a_new_measurement(folder: Path, verified: Verified) -> None:
    code, line = verified(folder / "card.json", "-o", folder / "scores")
    assert code == 1 and "nothing would be measured" in line


@pytest.mark.parametrize(
    ("section", "option"), [("responses", "--responses FILE"), ("questions", "CARD FILE")]
)
def test_what_is_no_longer_in_its_place_is_said_with_what_to_name(
    folder: Path, verified: Verified, tmp_path: Path, section: str, option: str
) -> None:
    content = json.loads((folder / "card.json").read_text())
    content[section]["place"] = "gone\0.jsonl"
    moved = tmp_path / "card.json"
    moved.write_text(json.dumps(content))
    code, line = verified(moved)
    assert code == 1 and "no longer there" in line and option in line


def test_responses_with_their_own_questions_lie_in_one_place(tmp_path: Path) -> None:
    rows = [{"prompt": "What is one and one?", "truth": "2", "response": "2"}]
    file = write(tmp_path / "rows.jsonl", rows)
    measured = evaluate_given(open_given(str(file))[0], str(tmp_path / "scores"))
    assert measured.card is not None and measured.card.questions["place"] is None
    assert responses_places(measured.card) == (str(file), None)
    assert responses_places(measured.card, "new") == responses_places(measured.card, None, "new")
    with pytest.raises(UserError, match="leave out one of both"):
        responses_places(measured.card, "questions", "responses")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("responses", "digest", 1),
        ("responses", "number", -1),
        ("questions", "place", ["q"]),
        ("grader", "math", 7),
        ("versions", "r1data", None),
        ("models", "other", {"k": 1}),
    ],
)
def test_a_value_that_is_none_is_said_in_one_line(
    card: ResponsesCard, section: str, key: str, value: object
) -> None:
    content = card.as_json()
    content[section][key] = value
    with pytest.raises(UserError, match=rf"the card cannot be used \(\$\.{section}") as refusal:
        cards.parse(json.dumps(content).encode(), "card")
    assert "\n" not in str(refusal.value)


def test_a_number_that_no_float_holds_is_refused(card: ResponsesCard) -> None:
    text = json.dumps(card.as_json()).replace('"value": 0.75', '"value": 1e999')
    with pytest.raises(UserError, match="the card cannot be used"):
        cards.parse(text.encode(), "card")


@pytest.mark.parametrize("kind", ["pictures", ["responses"], None])
def test_a_kind_that_is_none_is_said_in_one_line(card: ResponsesCard, kind: object) -> None:
    content = json.dumps({**card.as_json(), "kind": kind}).encode()
    with pytest.raises(UserError, match=r"a card of kind .*, and this release reads model, responses"):
        cards.parse(content, "card")
