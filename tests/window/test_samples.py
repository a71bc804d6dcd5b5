"""A prompt's samples in order: unknown verdicts, equal answers, steps."""

from typing import Any

from r1data.window.sides.samples import Answer, PassRate, answers, pass_rate, sample_of, steps


def row(index: int, **values: Any) -> dict[str, Any]:
    return {"prompt_id": "p/1", "sample_index": index, "verdict": "correct", "extracted": "4", **values}


def rate_of(*verdicts: str | None, cause: str | None = None) -> PassRate:
    return pass_rate(
        sample_of(n, row(n, verdict=each, verdict_cause=cause)) for n, each in enumerate(verdicts)
    )


def test_a_verdict_that_is_not_known_is_in_no_pass_rate() -> None:
    rate = rate_of("correct", "incorrect", "timeout", "unverifiable", "error", None)
    assert (rate, rate.share) == (PassRate(1, 2, 4), 0.5)
    assert rate_of(None).share is None


def test_a_response_without_an_answer_is_wrong_as_in_rewards() -> None:
    assert rate_of("unverifiable", cause="no_answer") == PassRate(0, 1, 0)


def test_equal_answers_are_one_group_for_each_verdict() -> None:
    rows = [
        row(0),
        row(1),
        row(2, extracted="5", verdict="incorrect"),
        row(3, extracted=None, verdict="error"),
    ]
    grouped = answers(sample_of(number, each) for number, each in enumerate(rows))
    assert grouped == [Answer("4", "correct", 2), Answer("5", "incorrect", 1), Answer(None, "error", 1)]


def test_rollouts_are_grouped_by_the_step_of_their_policy() -> None:
    rows = [
        row(7, policy_step=8, reward=1.0),
        row(0, policy_step=0, reward=0.0),
        row(1, policy_step=0, reward=None),
    ]
    grouped = steps([sample_of(number, each) for number, each in enumerate(rows)])
    assert [(each.step, len(each.samples), each.reward) for each in grouped] == [(0, 2, 0.0), (8, 1, 1.0)]


def test_a_card_has_the_rewards_by_name_and_the_id_of_the_row() -> None:
    sample = sample_of(0, row(3, reward_accuracy=1.0, reward_format=None, reward=1.0))
    assert sample.rewards == {"accuracy": 1.0, "format": None}
    assert sample.row_id == "p/1/3"
