"""Rewards of responses that were cut at the limit of tokens."""

from typing import Any

from r1data.training.rollouts import measures


class Batch:
    """What TRL hands to a reward function, for responses to one prompt."""

    def __init__(self, *responses: str, ids: list[list[int]]) -> None:
        self.logged: dict[str, float] = {}
        n = len(responses)
        same = {"question": "2+2=", "prefill": "", "truth": "4", "verifier": "math", "language": "en"}
        self.columns: dict[str, Any] = {name: [value] * n for name, value in same.items()}
        self.columns |= {"completions": list(responses), "completion_ids": ids}
        self.columns["log_metric"] = self.logged.__setitem__


def test_a_response_that_was_cut_is_worth_nothing_unless_its_answer_had_ended() -> None:
    scorer = measures.Scorer(["accuracy"], 5.0, lambda counts: counts)
    scorer.ends = {0}
    said = "<think>a</think>So 2+2 = 4", "<think>a</think>So 2+2 = 4", r"<think>a</think>\boxed{4} since"
    batch = Batch(*said, ids=[[5, 6, 0], [5, 6, 7], [5, 6, 7]])
    (function,) = scorer.functions()
    assert function(**batch.columns) == [1.0, 0.0, 1.0]
    assert batch.logged["r1/unrewarded"] == 0
