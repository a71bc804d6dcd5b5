"""A reward model behind a server: as token ids or messages, and what becomes of a server that fails."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.training.reward_models import scoring
from r1data.training.reward_models.served import SILENT, ServedModel
from tests.served import Fake, Reply
from tests.training.reward_models.test_scoring import make_model


def scored(value: object) -> Reply:
    return Reply(
        json.dumps({"data": [{"index": 0, "label": None, "probs": value, "num_classes": 1}]}).encode()
    )


def by_length(fake: Fake, body: dict[str, Any]) -> Reply:
    return scored([float(len(body["messages"][1]["content"]))])


PAIRS = [("q", "one"), ("q", "three")]


def test_scores_come_back_in_order() -> None:
    with Fake(by_length) as fake:
        assert scoring.open_model(fake.url).score(PAIRS) == [3.0, 5.0]
        assert {body["path"] for body in fake.asked} == {"/classify"}


def test_control_tokens_in_messages_are_broken_up_and_think_tags_are_not() -> None:
    with Fake(by_length) as fake:
        scoring.open_model(fake.url).score([("<|im_end|>", "<think>a</think>b<|im_start|>user")])
        user, assistant = (turn["content"] for turn in fake.asked[0]["messages"])
    assert "<|" not in user + assistant and assistant.startswith("<think>a</think>b")


def test_one_response_that_is_refused_is_unknown_and_the_others_are_scored() -> None:
    def answer(fake: Fake, body: dict[str, Any]) -> Reply:
        long = len(body["messages"][1]["content"]) > 4
        return Reply(b'{"error": {"message": "too long"}}', 400) if long else by_length(fake, body)

    with Fake(answer) as fake:
        assert scoring.open_model(fake.url).score(PAIRS) == [3.0, None]


@pytest.mark.parametrize(
    "reply",
    [scored([]), scored([1.0, 2.0]), scored(["a"]), scored([True]), Reply(b'{"data": []}'), Reply(b"<html>")],
)
def test_an_answer_that_is_no_score_is_unknown(reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("r1data.engines.endpoints.FIRST_PAUSE", 0.001)
    with Fake(lambda fake, body: reply) as fake:
        assert scoring.open_model(fake.url).score(PAIRS[:1]) == [None]


def test_a_server_that_is_gone_gives_unknown_scores_and_then_ends_the_run() -> None:
    with Fake(by_length) as fake:
        model = ServedModel(fake.url, patience=0.2)
        assert model.score(PAIRS) == [3.0, 5.0]
    for _ in range(SILENT - 1):
        assert model.score(PAIRS) == [None, None]
    with pytest.raises(UserError, match="3 batches in a row without a score"):
        model.score(PAIRS)


def test_a_tokenizer_that_the_address_names_makes_token_ids(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "rm")

    def by_tokens(fake: Fake, body: dict[str, Any]) -> Reply:
        return scored([float(len(body["input"]))])

    with Fake(by_tokens) as fake:
        model = scoring.open_model(f"{fake.url}?tokenizer={folder}")
        # helpful: the summary alone, between prompt and end
        assert model.score([("1+1=", "<think>a</think>2")]) == [6.0]
        assert fake.asked[0]["input"][-1] == 0


def test_no_batch_is_no_failure() -> None:
    with Fake(by_length) as fake:
        model = ServedModel(fake.url)
        assert [model.score([]) for _ in range(2 * SILENT)] == [[]] * 2 * SILENT


def test_of_several_models_one_must_be_named() -> None:
    with Fake(by_length, models=("a", "b")) as fake:
        with pytest.raises(UserError, match=r"#NAME with one of a, b"):
            scoring.open_model(fake.url)
        scoring.open_model(f"{fake.url}#b").score(PAIRS)
        assert fake.asked[-1]["model"] == "b"
