"""Cards as `r1 eval` writes and verifies them, with a real model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.errors import UserError
from r1data.evaluation.cards import card as cards
from tests import tiny

Write = Callable[..., Path]
TEMPLATE = (
    "{% for message in messages %}Q: {{ message['content'] }}\n{% endfor %}A:"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.build(tmp_path_factory.mktemp("model"))
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": TEMPLATE}))
    return folder


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("questions") / "sums.jsonl"
    rows = [{"prompt": f"What is {n}+1?", "truth": str(n + 1)} for n in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def card(model: Path, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The card of an evaluation, in a file."""
    folder = tmp_path_factory.mktemp("scores")
    line = ["eval", questions, "--model", model, "-o", folder / "scores", "-k", 2, "--max-tokens", 8]
    assert invoke([*map(str, line), "--threads", "1", "--card", str(folder / "card.json")]) == 0
    return folder / "card.json"


@pytest.fixture
def verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Verifies a card with further options: the exit code and what was said."""

    def run(card: Path, *options: object) -> tuple[int, dict[str, Any]]:
        line = ["eval", "--verify-card", card, "-o", tmp_path / "again", "--threads", 1, "--json", *options]
        code = invoke(list(map(str, line)))
        captured = capsys.readouterr()
        return code, json.loads(captured.out) if captured.out else {"error": captured.err}

    return run


Verified = Callable[..., tuple[int, dict[str, Any]]]


def names(report: dict[str, Any]) -> list[str]:
    return [one["name"] for one in report["differences"]]


def test_a_card_holds_what_decides_a_score(card: Path) -> None:
    described = cards.read(str(card))
    assert (
        described.protocol["rendered"] == "Q: What is 0+1?\nA:" or "+1?\nA:" in described.protocol["rendered"]
    )
    assert (described.protocol["template"], described.protocol["k"]) == ("chat", 2)
    assert described.model["stop_tokens"] == [{"id": 0, "text": "<|end|>"}]
    assert described.engine["dtype"] == "float32" and "torch" in described.engine["versions"]
    assert described.questions["number"] == 4 and described.grader.keys() == {"math"}
    assert {"value", "error", "low", "high"} <= described.scores["pass@1"].keys()


def test_the_same_model_in_another_folder_reproduces_it(
    card: Path, model: Path, verified: Verified, tmp_path: Path
) -> None:
    elsewhere = shutil.copytree(model, tmp_path / "elsewhere")
    code, report = verified(card, "--model", elsewhere)
    assert (code, report["identical"], report["differences"]) == (0, True, [])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--template", "plain"], ["template"]),
        (["--temperature", 1], ["temperature"]),
        (["-k", 3], ["k"]),
        (["--max-tokens", 9], ["length"]),
        (["--seed", 1], ["seed"]),
        (["--dtype", "bfloat16"], ["dtype"]),
        (["--thinking", "off"], ["thinking"]),
    ],
)
def test_an_option_that_differs_is_named(
    card: Path, verified: Verified, options: list[object], expected: list[str]
) -> None:
    code, report = verified(card, *options)
    assert (code, names(report)) == (1, expected)


@pytest.mark.parametrize(
    ("section", "key", "value", "expected"),
    [("questions", "revision", "0" * 40, "revision"), ("grader", "math", "0", "grader math")],
)
def test_another_revision_or_grader_is_named(
    card: Path, verified: Verified, tmp_path: Path, section: str, key: str, value: str, expected: str
) -> None:
    content = json.loads(card.read_text())
    content[section][key] = value
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content))
    assert names(verified(other)[1]) == [expected]


def test_another_stop_token_is_named(card: Path, model: Path, verified: Verified, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(model, tmp_path / "elsewhere")
    (elsewhere / "generation_config.json").write_text(json.dumps({"eos_token_id": [0, 12]}))
    code, report = verified(card, "--model", elsewhere)
    assert (code, names(report)) == (1, ["stop tokens"])


def test_responses_say_nothing_to_the_card_of_a_model(card: Path, verified: Verified) -> None:
    code, report = verified(card, "--responses", "r.jsonl")
    assert code == 1
    assert "--responses says nothing to --verify-card of a model's card; leave it out" in report["error"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"a": 1}', "no card"),
        ('{"card": 9}', "version 9"),
        ('{"card": 1}', "'model' is a required property"),
        ('{"card": NaN}', "not JSON"),
    ],
)
def test_what_is_no_card_is_said_in_one_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(content)
    with pytest.raises(UserError, match=message) as refusal:
        cards.read(str(path))
    assert "\n" not in str(refusal.value)


def test_a_place_without_a_card_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no card there"):
        cards.read(str(tmp_path))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("protocol", "k", 2.5),
        ("protocol", "temperature", "warm"),
        ("protocol", "template", "../other"),
        ("questions", "place", None),
        ("model", "name", ["m"]),
        ("engine", "versions", [1]),
        ("scores", "pass@1", {"value": "high", "error": None}),
    ],
)
def test_a_value_that_is_none_is_said_in_one_line(
    card: Path, tmp_path: Path, section: str, key: str, value: object
) -> None:
    content = json.loads(card.read_text())
    content[section][key] = value
    path = tmp_path / "card.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=rf"the card cannot be used \(\$\.{section}") as refusal:
        cards.read(str(path))
    assert "\n" not in str(refusal.value)
