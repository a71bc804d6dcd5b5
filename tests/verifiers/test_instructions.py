"""`ifeval`: each type of instruction is followed or not; a truth that cannot be read is never a wrong answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.instructions.lengths import sentences
from r1data.verifiers.instructions.registry import INSTRUCTIONS, parse
from r1data.verifiers.instructions.verifier import SCORES, score
from r1data.verifiers.instructions.wording import capital_words
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Case, Verdict

SHARED = Path(__file__).parents[3] / "shared" / "corpora" / "questions" / "ifeval.jsonl"
ENGLISH = "the river runs through the old town and then on to the sea"
CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "keywords:existence": ({"keywords": ["sea", "C++"]}, ["The SEA and c++"], ["The sea.", "C++", "sea cxx"]),
    "keywords:frequency": (
        {"keyword": "sea", "relation": "at least", "frequency": 2},
        ["sea Sea", "seasons at sea"],
        ["sea", "see"],
    ),
    "keywords:forbidden_words": (
        {"forbidden_words": ["sea", "a.b"]},
        ["season", "overseas", "axb", "a sea_x"],
        ["The sea.", "SEA", "deep-sea", "a.b"],
    ),
    "keywords:letter_frequency": (
        {"letter": "#", "let_relation": "less than", "let_frequency": 2},
        ["# x", "x"],
        ["# #", "###"],
    ),
    "language:response_language": (
        {"language": "de"},
        ["Der Fluss fließt durch die alte Stadt und dann weiter bis zum Meer."],
        [ENGLISH],
    ),
    "length_constraints:number_sentences": (
        {"num_sentences": 2, "relation": "at least"},
        ["One. Two.", "No! Why?", "Dr. Who came. He left."],
        ["Dr. Who came.", "At 3.50 it costs, e.g. here, much."],
    ),
    "length_constraints:number_paragraphs": (
        {"num_paragraphs": 2},
        ["a\n***\nb", "***\na***b", "a *** b ***"],
        ["a", "a\n\nb", "a***b***c", "a *** *** b"],
    ),
    "length_constraints:number_words": (
        {"num_words": 4, "relation": "less than"},
        ["one two three", "don't go"],
        ["one two three four", "don't go now"],
    ),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Sea"},
        ["a\n\nsea, b", 'a\n\n"SEA" b', "a\n\nsea's b"],
        ["sea\n\nb", "a\n\nb sea", "a\n\nsea\n\nc", "a"],
    ),
    "detectable_content:number_placeholders": (
        {"num_placeholders": 2},
        ["[a] [b c]", "[[a] b]]] []"],
        ["[a] [\n]", "[a", "]["],
    ),
    "detectable_content:postscript": (
        {"postscript_marker": "P.P.S"},
        ["Bye.\nP.P.S I forgot", "p. p. s. so"],
        ["P.S. so", "PPS"],
    ),
    "detectable_format:number_bullet_lists": (
        {"num_bullets": 2},
        ["* a\n* b", "- a\n  * b", "Here:\n-a\n*b"],
        ["* a", "** a\n** b", "* a\n* b\n- c"],
    ),
    "detectable_format:constrained_response": ({}, ["My answer is no."], ["No.", "my answer is no."]),
    "detectable_format:number_highlighted_sections": (
        {"num_highlights": 2},
        ["*a* and *b*", "**a** and *b*"],
        ["*a*", "* *\n*", "*a\nb*"],
    ),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Day", "num_sections": 2},
        ["Day 1\na\nDay 2\nb", "Day1 Day\n2"],
        ["Day 1\na", "day 1 day 2", "Day one Day two"],
    ),
    "detectable_format:json_format": (
        {},
        ['{"a": 1}', "```json\n[1]\n```", "9" * 5000],
        ["a", '{"a": 1', 'So: {"a": 1}'],
    ),
    "detectable_format:title": ({}, ["<<a>>\nb", "so <<<b>>> it is"], ["<a>", "<<>>", "<< >>", "<<a\nb>>"]),
    "combination:two_responses": (
        {},
        ["a ****** b", "******a******b******"],
        ["a", "a******a", "a******b******c", "a************b"],
    ),
    "combination:repeat_prompt": ({"prompt_to_repeat": "Say it."}, ["say it. It."], ["It. Say it."]),
    "startend:end_checker": ({"end_phrase": "Bye now."}, ["So. bye now.", '"Bye now."'], ["Bye now. So"]),
    "startend:quotation": ({}, ['"a"'], ["a", '"a', '"', "“a”"]),
    "change_case:capital_word_frequency": (
        {"capital_frequency": 2, "capital_relation": "at least"},
        ["NASA and (UN)", "I GO"],
        ["NASA and Un", "A-B c"],
    ),
    "change_case:english_capital": (
        {},
        [ENGLISH.upper()],
        [ENGLISH, "LE FLEUVE COULE DANS LA VIEILLE VILLE"],
    ),
    "change_case:english_lowercase": (
        {},
        [ENGLISH],
        [ENGLISH.title(), "le fleuve coule dans la vieille ville"],
    ),
    "punctuation:no_comma": ({}, ["a; b"], ["a, b"]),
}


def truth(*instructions: tuple[str, dict[str, Any]]) -> str:
    return json.dumps([{"id": name, "kwargs": arguments} for name, arguments in instructions])


def verify(answer: str, text: str, finish_reason: str = "stop") -> Verdict:
    return check("ifeval", f"<think>\nSo.\n</think>\n\n{answer}", text, finish_reason=finish_reason)


def test_every_type_has_a_case() -> None:
    assert set(CASES) == set(INSTRUCTIONS) and len(CASES) == 25


@pytest.mark.parametrize("name", CASES)
def test_what_follows_an_instruction_is_correct_and_what_does_not_is_not(name: str) -> None:
    arguments, followed, broken = CASES[name]
    text = truth((name, arguments))
    assert {answer: verify(answer, text).verdict for answer in followed} == dict.fromkeys(followed, "correct")
    assert {answer: verify(answer, text).verdict for answer in broken} == dict.fromkeys(broken, "incorrect")


def test_all_instructions_must_be_followed_and_the_reason_names_those_that_are_not() -> None:
    text = truth(("punctuation:no_comma", {}), ("keywords:existence", {"keywords": ["sea"]}))
    assert verify("the sea", text).verdict == "correct"
    verdict = verify("the, sky", text)
    assert verdict.reason == "not followed: punctuation:no_comma, keywords:existence"


def test_thoughts_are_not_looked_at() -> None:
    text = truth(("punctuation:no_comma", {}))
    assert check("ifeval", "<think>a, b</think>so", text).verdict == "correct"
    for response in ("<think>a b", "<think>a, b", "<think>a</think> "):
        verdict = check("ifeval", response, text, finish_reason="length")
        assert (verdict.verdict, verdict.cause) == ("unverifiable", "no_answer")


def test_an_answer_that_was_cut_is_none() -> None:
    assert verify("so it", truth(("punctuation:no_comma", {})), "length").cause == "no_answer"


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "{}",
        "[]",
        "[1]",
        "[" * 5000,
        truth(("keywords:unheard_of", {})),
        truth(("punctuation:no_comma", {"language": "en"})),
        truth(("keywords:existence", {})),
        truth(("keywords:existence", {"keywords": []})),
        truth(("keywords:existence", {"keywords": "sea"})),
        truth(("keywords:existence", {"keywords": ["x" * 300]})),
        truth(
            ("keywords:letter_frequency", {"letter": "ab", "let_relation": "at least", "let_frequency": 1})
        ),
        truth(("length_constraints:number_words", {"num_words": "5", "relation": "at least"})),
        truth(("length_constraints:number_words", {"num_words": 5, "relation": "at most"})),
        truth(("length_constraints:number_words", {"num_words": -1, "relation": "at least"})),
        truth(("length_constraints:number_words", {"num_words": float("nan"), "relation": "at least"})),
        truth(("length_constraints:number_words", {"num_words": float("inf"), "relation": "at least"})),
        json.dumps([{"id": "punctuation:no_comma", "kwargs": "none"}]),
    ],
)
def test_a_truth_that_cannot_be_read_is_never_incorrect(text: str) -> None:
    verdict = verify("So it is.", text)
    assert (verdict.verdict, verdict.cause) == ("unverifiable", "bad_truth")


def test_what_is_too_long_or_too_deep_is_not_decided() -> None:
    assert verify("a" * 100_001, truth(("punctuation:no_comma", {}))).cause == "too_long"
    assert verify("[" * 90_000, truth(("detectable_format:json_format", {}))).cause == "too_long"


def test_arguments_that_are_null_are_another_instructions() -> None:
    arguments = {"num_words": 2.0, "relation": "at least", "keywords": None}
    assert verify("a b", truth(("length_constraints:number_words", arguments))).verdict == "correct"


def scores(answer: str, text: str) -> dict[str, float | None]:
    case = Case(f"<think>a</think>\n{answer}", text, "Say.")
    return dict(score([case], [verify(answer, text)], ["1"], 1.0)[0])


def test_scores_say_how_much_is_followed_and_what_looser_readings_give() -> None:
    text = truth(("startend:quotation", {}), ("keywords:existence", {"keywords": ["sea"]}))
    assert scores('"the sea"', text) == {"followed": 1.0, "loose": 1.0, "followed_loose": 1.0}
    assert scores('Here it is:\n"the sea"', text) == {"followed": 0.5, "loose": 1.0, "followed_loose": 1.0}
    assert scores("the sky", text) == {"followed": 0.0, "loose": 0.0, "followed_loose": 0.0}
    assert scores(" ", text) == dict.fromkeys(SCORES, 0.0)
    assert scores("the sea", "no JSON") == dict.fromkeys(SCORES)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("No end", 1),
        ("He met Dr. Who. Then he left.", 2),
        ("It is e.g. this. So!", 2),
        ("J. Smith came. I did too.", 2),
        ('"Why?" he asked. (Because.)', 3),
        ("这是一句话。这是另一句！", 2),
        ("यह एक वाक्य है। यह दूसरा है।", 2),
        ("1. Go. 2. Stop.", 4),
    ],
)
def test_sentences_end_where_they_do(text: str, count: int) -> None:
    assert sentences(text) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("NASA's", 1),
        ("DON'T", 2),
        ("U.S.", 1),
        ("A-B", 1),
        ("THE...END", 2),
        ("Q&A", 2),
        ("50%", 0),
        ("Éa ÉTÉ", 1),
    ],
)
def test_words_in_capitals_are_counted(text: str, count: int) -> None:
    assert capital_words(text) == count


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CASES)), st.text(alphabet="ab*[]<>-\"'.,!? \n#1PS{}", max_size=200))
def test_no_text_makes_a_rule_fail(name: str, answer: str) -> None:
    verdict = verify(answer, truth((name, CASES[name][0])))
    assert verdict.verdict in ("correct", "incorrect") or verdict.cause == "no_answer"


@pytest.mark.parametrize(
    "sign", ["[", "<<", "*", "* ", "\n", "-", "a.", "***", ">>", "P.", "aB ", "'s", "Day "]
)
def test_hostile_repetitions_take_no_longer_than_their_length(sign: str) -> None:
    answer = "x" + sign * (99_999 // len(sign))
    for name, (arguments, _, _) in CASES.items():
        if name != "language:response_language":
            INSTRUCTIONS[name].rule(answer, arguments)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared corpora are not here")
def test_all_of_ifevals_instructions_are_read() -> None:
    rows = [json.loads(line) for line in SHARED.read_text().splitlines()]
    texts = [truth(*zip(row["instruction_id_list"], row["kwargs"], strict=True)) for row in rows]
    assert (len(texts), sum(len(parse(text)) for text in texts)) == (541, 834)
