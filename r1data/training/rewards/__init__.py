"""Rewards for reinforcement learning, from verdicts and scores (R1 2.2.2, 2.3.2).

`accuracy` is the verdict of a rule, `format` the think tags (`format-r1-zero`: and the answer tags of table 1),
`language` the share of the prompt's language in the thoughts (`rules`). R1-Zero adds accuracy and format with equal
weight, the reasoning stage accuracy and language. `programs` holds what programs can be rewarded for beside their
tests; ours. A response without an answer is known to be worth 0. A prompt with no verifier has no accuracy at all; its
other rewards stand.

A reward is an entry of `REWARDS` (`registry`); another package adds one by an entry point in the group `r1.rewards`.
`scoring` scores a batch.
"""

from r1data.training.rewards.entry import READS, UNKNOWN, Reward, Score, Unknown, Value, each
from r1data.training.rewards.programs import PROGRAMS
from r1data.training.rewards.registry import REWARDS, check_weights, parse_weights
from r1data.training.rewards.rollout import Grade, Rollout, Scored
from r1data.training.rewards.scoring import reward, score
from r1data.training.rewards.verifying import Verification

__all__ = [
    "PROGRAMS",
    "READS",
    "REWARDS",
    "UNKNOWN",
    "Grade",
    "Reward",
    "Rollout",
    "Score",
    "Scored",
    "Unknown",
    "Value",
    "Verification",
    "check_weights",
    "each",
    "parse_weights",
    "reward",
    "score",
]
