"""Reward models: what each is shown, and that what it cannot tell is unknown."""

import threading
from collections.abc import Sequence

import pytest

from r1data.errors import UserError
from r1data.training.rewards import Grade, Rollout, reward, score
from r1data.training.rewards.graders import ByRewardModel, Grader

RESPONSE = "<think>first aside</think>the summary"


class Model:
    """A reward model that scores by length, and notes what it was shown."""

    def __init__(self, scores: float | None = None) -> None:
        self.shown: list[tuple[str, str]] = []

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        self.shown += pairs
        return [float(len(response)) for _, response in pairs]


def general(response: str, preference: str) -> Rollout:
    return Rollout("q", response, language="en", preference=preference)


def graded(rollouts: Sequence[Rollout], graders: dict[str, Grader], seconds: float | None = None) -> object:
    names = ["format", *graders]
    return dict(reward(score(rollouts, rewards=names, graders=graders, seconds=seconds), names))


@pytest.mark.parametrize(("name", "shown"), [("helpfulness", "the summary"), ("harmlessness", RESPONSE)])
def test_helpfulness_sees_the_summary_alone_and_harmlessness_the_whole_response(
    name: str, shown: str
) -> None:
    model = Model()
    assert graded([general(RESPONSE, name)], {name: ByRewardModel(name, model)}) == {
        "format": [1.0],
        name: [float(len(shown))],
    }
    assert model.shown == [("q", shown)]


def test_a_response_without_a_summary_is_shown_as_an_empty_one() -> None:
    model = Model()
    graded([general("<think>and so on", "helpfulness")], {"helpfulness": ByRewardModel("helpfulness", model)})
    assert model.shown == [("q", "")]


def test_each_general_prompt_is_scored_by_the_model_of_its_own_set_and_equal_responses_once() -> None:
    models = {name: Model() for name in ("helpfulness", "harmlessness")}
    graders: dict[str, Grader] = {name: ByRewardModel(name, model) for name, model in models.items()}
    rollouts = [
        general("<think>a</think>b", "helpfulness"),
        general("<think>a</think>b", "helpfulness"),
        general("<think>a</think>b", "harmlessness"),
        Rollout("1+1", "<think>a</think>2", "2", "exact", "en"),
    ]
    assert graded(rollouts, graders) == {
        "format": [1.0] * 4,
        "helpfulness": [1.0, 1.0, None, None],
        "harmlessness": [None, None, 17.0, None],
    }
    assert [len(model.shown) for model in models.values()] == [1, 1]


def test_what_a_model_cannot_tell_is_no_reward_of_any_kind() -> None:
    def some(rollouts: Sequence[Rollout]) -> list[Grade]:
        return [Grade(None), Grade(0.0)]

    responses = [general("<think>a</think>b", "helpfulness"), general("<think>a</think>c", "helpfulness")]
    assert graded(responses, {"helpfulness": some}) == {"format": [None, 1.0], "helpfulness": [None, 0.0]}


def test_a_model_that_fails_or_hangs_leaves_its_own_responses_without_rewards(
    capsys: pytest.CaptureFixture[str],
) -> None:
    over = threading.Event()

    def hangs(rollouts: Sequence[Rollout]) -> list[Grade]:
        over.wait()
        return []

    def fails(rollouts: Sequence[Rollout]) -> list[Grade]:
        raise RuntimeError("broken")

    rollouts = [general("<think>a</think>b", name) for name in ("helpfulness", "harmlessness")]
    rollouts.append(Rollout("q", "<think>a</think>b"))
    assert graded(rollouts, {"helpfulness": hangs, "harmlessness": fails}, seconds=0.3) == {
        "format": [None, None, 1.0],
        "helpfulness": [None] * 3,
        "harmlessness": [None] * 3,
    }
    over.set()
    assert "reward harmlessness failed with RuntimeError: broken" in capsys.readouterr().err


def test_a_server_that_is_gone_for_good_is_an_error() -> None:
    def gone(rollouts: Sequence[Rollout]) -> list[Grade]:
        raise UserError("no server answers")

    with pytest.raises(UserError, match="no server answers"):
        graded([general("<think>a</think>b", "helpfulness")], {"helpfulness": gone})
