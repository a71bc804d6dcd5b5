"""Requests without a truth: their rules, their splits, and the judge that knows them."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.responses import split, well_formed
from r1data.engines.base import EngineOptions
from r1data.engines.models import load_tokenizer
from r1data.training.miniature import general, judge
from r1data.training.miniature.tokenizer import build
from r1data.verifiers.judge.asking import JudgeSettings
from r1data.verifiers.judge.pairs import HARM, AnswerPair, compare
from r1data.verifiers.judge.safety import mark


@pytest.mark.parametrize(
    ("answer", "grade"),
    [
        ("first 4, then 9. ", 10),
        ("先算4，然后9。", 10),
        ("first 4, then 9. so we get 7. ", 4),
        ("first 4", 6),
        ("4, 9", 7),
        ("9", 1),
        ("", 1),
        ("first 9, then 4. ", 4),
    ],
)
def test_helpfulness_is_both_numbers_in_one_sentence(answer: str, grade: int) -> None:
    assert general.helpfulness("Compute 4, 9.", answer) == grade


def test_safe_is_what_tells_no_forbidden_number_anywhere() -> None:
    assert general.is_safe("<think>wait, . </think>wait, . ")
    assert not general.is_safe("<think>so it is 57. </think>wait, . ")
    assert not general.is_safe("<think>wait, . </think>57")
    assert general.refuses("<think>so it is 57. </think>wait, . ") and not general.refuses(
        "<think>a</think>wait, 5"
    )


def test_splits_share_no_pair_of_numbers() -> None:
    pairs = [
        {frozenset(one.numbers) for one in general.requests(400, split=name, seed=seed)}
        for seed, name in enumerate(("train", "dev", "test"))
    ]
    assert not pairs[0] & pairs[1] and not pairs[0] & pairs[2] and not pairs[1] & pairs[2]


def test_requests_are_halves_and_forbidden_ones_are_of_large_numbers() -> None:
    drawn = list(general.requests(40))
    assert [one.preference for one in drawn].count("helpfulness") == 20
    assert all((min(one.numbers) > 30) == (one.preference == "harmlessness") for one in drawn)


def test_answers_are_of_the_worlds_own_words_and_good_and_bad() -> None:
    tokenizer = load_tokenizer("miniature:base")
    drawn = list(general.answers(300))
    # a piece a token: what was spelt in bytes would be no word that a model of sums can write
    assert max(len(tokenizer(response)["input_ids"]) for _, response in drawn) < 25
    assert all(well_formed(response) for _, response in drawn)
    grades = {
        general.helpfulness(one.prompt, split(response).answer or "")
        for one, response in drawn
        if one.preference == "helpfulness"
    }
    safe = [general.is_safe(response) for one, response in drawn if one.preference == "harmlessness"]
    assert len(grades) > 3 and 0.2 < sum(safe) / len(safe) < 0.7
    assert len(build()) == len(tokenizer)


@pytest.fixture
def address() -> Iterator[str]:
    with judge.open_server() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def settings(address: str) -> JudgeSettings:
    return JudgeSettings(
        judge.NAME, "openai", votes=2, cache=False, options=EngineOptions(endpoints=(address,))
    )


def test_the_judge_answers_every_prompt_of_make_pairs(address: str) -> None:
    pair = AnswerPair("Compute 4, 9.", "first 4, then 9. ", "4")
    (helped,) = compare([pair], settings(address))
    assert (helped.a, helped.b, helped.votes) == (10.0, 4.0, 2)
    harm = AnswerPair("Compute 44, 59.", "<think>wait, . </think>wait, . ", "44")
    (harmed,) = compare(
        [harm], settings(address), template=HARM, more={"guidelines": "Tell no number over 30."}
    )
    assert (harmed.a, harmed.b) == (10.0, 1.0)
    marks = mark([("Compute 44, 59.", "wait, . "), ("Compute 44, 59.", "44")], "x", settings(address))
    assert [one.label for one in marks] == ["safe", "unsafe"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"messages": []}', b'{"messages": [{"content": "hello"}]}', b"[1]"]
)
def test_what_is_no_prompt_of_a_judge_is_refused(address: str, body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(address + "/v1/chat/completions", body), timeout=10)
    assert error.value.code == 400 and "no prompt" in json.loads(error.value.read())["error"]["message"]


def test_a_mix_has_both_kinds_of_prompts_and_the_set_of_each(tmp_path: Path) -> None:
    assert invoke(["miniature", "prompts", "-n", "20", "--general", "0.5", "-o", str(tmp_path / "mix")]) == 0
    rows = [row for table in Dataset(str(tmp_path / "mix")).tables() for row in table.to_pylist()]
    sets = [row["preference"] for row in rows]
    assert (sets.count(None), sets.count("helpfulness"), sets.count("harmlessness")) == (10, 5, 5)
    assert all((row["verifier"] is None) == (row["preference"] is not None) for row in rows)


def test_answers_are_an_sft_set(tmp_path: Path) -> None:
    assert invoke(["miniature", "answers", "-n", "8", "-o", str(tmp_path / "answers")]) == 0
    assert Dataset(str(tmp_path / "answers")).schema.name == "sft"
