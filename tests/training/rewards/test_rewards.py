"""Rewards by rules: what is known is worth a number, what is not known is worth none."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.training.rewards import PROGRAMS, REWARDS, Rollout, Scored, parse_weights, reward, score
from r1data.training.rewards.lengths import LENGTHS
from r1data.training.rewards.models import OF_MODELS
from r1data.training.rewards.rules import RULES
from r1data.training.rollouts.measures import REFLECTIVE, shares, sums
from r1data.verifiers.verdict import CAUSES, Cause, Verdict, VerdictWord, no_answer

UNKNOWN: tuple[VerdictWord, ...] = ("unverifiable", "timeout", "error")
BY_RULES = [entry.name for entry in (*RULES, *LENGTHS)]
ALL = [*BY_RULES, *(entry.name for entry in OF_MODELS)]


def scored(response: str, verdict: Verdict | None = None, consistency: float | None = None) -> Scored:
    rollout = Rollout("q", response, "1", "math", "en", tokens=len(response), length_target=8)
    return Scored(rollout, verdict, None, consistency)


@given(
    st.text(), st.sampled_from(UNKNOWN), st.sampled_from([None, *CAUSES]), st.text() | st.just("no answer")
)
def test_an_unknown_verdict_is_worth_no_reward_of_any_kind_whatever_its_reason_says(
    response: str, word: VerdictWord, cause: Cause | None, reason: str
) -> None:
    assume(cause != "no_answer")
    rewards = reward([scored(response, Verdict(word, reason=reason, cause=cause))], ALL)
    assert all(values == [None] for values in rewards.values())


@given(st.text(), st.sampled_from(["correct", "incorrect"]))
def test_a_known_verdict_is_worth_a_number_of_every_kind(response: str, word: str) -> None:
    rewards = reward([scored(response, Verdict(word))], ALL)  # type: ignore[arg-type]
    assert rewards["accuracy"] == [float(word == "correct")]
    for name in BY_RULES:
        low, high = REWARDS[name].range
        assert all(value is not None and low <= value <= high for value in rewards[name])


def test_no_answer_is_known_to_be_worth_nothing() -> None:
    cut = scored("<think>so", no_answer("after the thoughts: they were never closed"))
    assert reward([cut], ["accuracy"]) == {"accuracy": [0.0]}


def test_without_a_verifier_accuracy_says_nothing_and_the_rest_stands() -> None:
    rewards = reward([scored("<think>a</think>b")], ["accuracy", "format"])
    assert rewards == {"accuracy": [None], "format": [1.0]}


def test_an_unknown_verdict_does_not_matter_where_accuracy_is_not_rewarded() -> None:
    assert reward([scored("<think>a</think>b", Verdict("timeout"))], ["format"]) == {"format": [1.0]}


@given(st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", " ", "\n", "a", "水"])))
def test_format_is_one_pair_of_tags_around_something(pieces: list[str]) -> None:
    response = "".join(pieces)
    good = REWARDS["format"].score([scored(response)]) == [1.0]
    strict = REWARDS["format-r1-zero"].score([scored(response)]) == [1.0]
    thoughts, _, rest = response.strip().removeprefix("<think>").partition("</think>")
    assert not strict or good
    if good:
        assert response.count("<think>") == response.count("</think>") == 1
        assert response.lstrip().startswith("<think>") and thoughts.strip() and rest.strip()


@pytest.mark.parametrize(
    ("thoughts", "language", "least", "most"),
    [
        ("We add one and two, so the sum is three.", "en", 0.99, 1.0),
        ("我们把一和二相加，所以和是三。", "en", 0.0, 0.01),
        ("我们把一和二相加，所以和是三。", "zh", 0.99, 1.0),
        ("1 + 2 = 3", "en", 0.0, 0.0),
    ],
)
def test_language_is_the_share_of_the_prompts_language(
    thoughts: str, language: str, least: float, most: float
) -> None:
    (one,) = score([Rollout("q", f"<think>{thoughts}</think>3", None, None, language)])
    value = REWARDS["language"].score([one])[0]
    assert value is not None and least <= value <= most


def test_scores_come_from_the_verifiers(gsm8k_response: Path) -> None:
    rows = [json.loads(line) for line in gsm8k_response.read_text().splitlines()]
    scored_rollouts = score([Rollout("q", row["response"], row["truth"], "math", "en") for row in rows])
    assert reward(scored_rollouts, ["accuracy"])["accuracy"] == [row["reward"] for row in rows]


@pytest.fixture
def gsm8k_response(tmp_path: Path) -> Path:
    rows = [
        {"truth": "12", "response": r"<think>six twos</think>\boxed{12}", "reward": 1.0},
        {"truth": "12", "response": r"<think>six twos</think>\boxed{13}", "reward": 0.0},
        {"truth": "12", "response": r"<think>six twos \boxed{12}", "reward": 0.0},
        {"truth": "see the figure", "response": r"<think>a</think>\boxed{12}", "reward": None},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_weights_are_read_by_name() -> None:
    assert parse_weights(["accuracy", "format=0.1"]) == {"accuracy": 1.0, "format": 0.1}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["charm=1"], "accuracy, format"),
        (["accuracy=much"], "no number"),
        (["accuracy="], "no number"),
        (["accuracy=nan"], "cannot weigh nan; give a number"),
        (["accuracy=-inf"], "cannot weigh -inf; give a number"),
        (["accuracy=1e308"], "up to 1,000,000"),
        (["accuracy=1", "accuracy=2"], "has a weight already, 1; leave one out"),
    ],
)
def test_a_wrong_weight_is_refused(texts: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_weights(texts)


@given(st.lists(st.tuples(st.text(max_size=20), st.sampled_from(["correct", "incorrect", "timeout", None]))))
def test_measures_of_parts_add_up_to_those_of_the_whole(rows: list[tuple[str, str | None]]) -> None:
    """What processes rely on that measure a batch together."""
    whole = [scored(text, Verdict(word) if word else None) for text, word in rows]  # type: ignore[arg-type]
    half = len(whole) // 2
    first, second = sums(whole[:half]), sums(whole[half:])
    assert {key: first[key] + second[key] for key in first} == sums(whole)
    if whole:
        metrics = shares(sums(whole))
        assert all(
            0 <= value <= 1 for key, value in metrics.items() if key not in ("r1/n", "r1/reflective_words")
        )
        assert ("r1/accuracy" in metrics) == any(word in ("correct", "incorrect") for _, word in rows)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Wait, let me check. WAIT!", 3),
        ("waiting for buttons", 0),
        ("等等，我再检查一遍，不对。", 3),
        ("", 0),
    ],
)
def test_reflective_words_are_counted_whole(text: str, count: int) -> None:
    assert len(REFLECTIVE.findall(text)) == count


PROGRAM = "<think>so</think>```python\nimport os\nprint(int(input()) + 1)\n```"
TESTS = json.dumps({"tests": [{"stdin": "1", "stdout": "2"}]})


def test_programs_can_be_rewarded_for_more_than_their_tests() -> None:
    wrong = PROGRAM.replace("+ 1", "+ 2")
    rollouts = [Rollout("p", response, TESTS, "code") for response in (PROGRAM, wrong)]
    rewards = reward(score(rollouts, rewards=["lint", "time"]), ["accuracy", "lint", "relative-time", "time"])
    assert rewards["accuracy"] == [1.0, 0.0]
    assert rewards["lint"] == [0.5, 0.5]
    assert rewards["relative-time"] == [1.0, 0.0]
    assert 0 < (rewards["time"][0] or 0) < 1 and rewards["time"][1] == 0.0


def test_what_is_no_program_has_no_reward_for_programs() -> None:
    rewards = reward(score([Rollout("q", "1", "1", "math")], rewards=["lint"]), ["accuracy", *PROGRAMS])
    assert rewards.pop("accuracy") == [1.0]
    assert all(values == [None] for values in rewards.values())


def test_a_response_that_the_rule_of_languages_fails_on_is_left_out_of_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rule(thoughts: str, language: str, prompt: str) -> bool:
        if thoughts == "bad":
            raise ValueError
        return thoughts == "mixed"

    monkeypatch.setattr("r1data.filters.mixed_language.mixed_language", rule)
    scored = [Scored(Rollout("q", "", language="en"), None, text, None) for text in ("bad", "mixed", "plain")]
    assert shares(sums(scored))["r1/mixed_language"] == 0.5
    assert "r1/mixed_language" not in shares(sums(scored[:1]))


SIZES = {"short": 10, "middle": 15, "long": 20}


def of_length(name: str, word: str | None, prompt: str = "q") -> Scored:
    rollout = Rollout(prompt, name, "1", "math", "en", tokens=SIZES[name], length_target=10)
    return Scored(rollout, Verdict(word) if word else None, None, None)  # type: ignore[arg-type]


def test_length_compares_the_responses_to_one_prompt_and_never_rewards_a_wrong_one() -> None:
    batch = [
        of_length("short", "correct"),
        of_length("middle", "correct"),
        of_length("long", "correct"),
        of_length("short", "incorrect"),
        of_length("long", "incorrect"),
        of_length("long", "timeout"),
        of_length("long", "correct", "another"),
    ]
    assert reward(batch, ["length"])["length"] == [0.5, 0.0, -0.5, 0.0, -0.5, None, 0.0]


def test_a_length_budget_is_for_correct_responses() -> None:
    batch = [of_length("short", "correct"), of_length("long", "correct"), of_length("short", "incorrect")]
    assert reward(batch, ["length-budget"])["length-budget"] == [0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("thoughts", "worth"),
    [
        ("We add one and two, so the sum is three.", 1.0),
        ("We add one and two, 所以和是三。", 0.0),
        ("so it is three. " * 200, 0.0),
    ],
)
def test_readable_is_what_the_filters_of_readability_say(thoughts: str, worth: float) -> None:
    (one,) = score([Rollout("1+2?", f"<think>{thoughts}</think>3", None, None, "en")])
    assert reward([one], ["readable"])["readable"] == [worth]


def test_a_program_that_cannot_be_scored_has_no_reward_of_any_kind() -> None:
    rollout = Rollout("p", PROGRAM, TESTS, "code")
    unscored = Scored(rollout, Verdict("correct"), None, None)
    crashed = Scored(rollout, Verdict("error"), None, None, {"lint": 0.5})
    for one in (unscored, crashed):
        assert reward([one], ["format", "lint"]) == {"format": [None], "lint": [None]}
