"""Judges whose bias is planted, behind the real prompt, the real reading of replies and a stand-in for the engine."""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from r1data.evaluation.win_rate.asking import judge_matches
from r1data.evaluation.win_rate.matches import COLUMNS
from r1data.evaluation.win_rate.report import Report, report
from r1data.evaluation.win_rate.style import counts
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings
from tests.verifiers.judge.fakes import Scripted

JUDGE = JudgeSettings("fake", votes=2)
TEXTS = re.compile(r"^--- (?:first|second) answer [0-9a-f]+ ---\n(.*?)\n--- end of", re.M | re.S)
Better = Callable[[str, str], float]
"""How much better the first text is than the second; 0 is a tie."""


def reply(gap: float) -> str:
    first, second = (7, 4) if gap > 0 else (4, 7) if gap < 0 else (5, 5)
    return json.dumps({"analysis": "", "first": first, "second": second})


def judging(better: Better) -> JudgeModel:
    """A judge over messages that compares the two texts in the order in which it is shown them."""

    def says(number: int, prompt: str) -> str:
        first, second = TEXTS.findall(prompt)
        return reply(better(first, second))

    return JudgeModel(Scripted(says), None, "fake")


def first(one: str, other: str) -> float:
    return 1.0


def longer(one: str, other: str) -> float:
    return len(one) - len(other)


def with_heading(one: str, other: str) -> float:
    return (counts(one)["headings"] > 0) - (counts(other)["headings"] > 0)


def quality(one: str, other: str) -> float:
    """An honest judge: each text says how good it is."""
    return float(re.findall(r"worth (\S+)", one)[0]) - float(re.findall(r"worth (\S+)", other)[0])


def noisy(better: Better, noise: float, seed: int) -> Better:
    """A judge that decides by a coin in a share of the questions, and where it sees no difference."""

    def judge(one: str, other: str) -> float:
        draw = random.Random(f"noise {seed} {one} {other}")
        gap = better(one, other)
        return draw.choice((1, -1)) if not gap or draw.random() < noise else gap

    return judge


def either(share: float, one_way: Better, other_way: Better, seed: int) -> Better:
    """A judge that decides one way in a share of the questions, else the other way."""

    def judge(one: str, other: str) -> float:
        draw = random.Random(f"{seed} {one} {other}")
        return one_way(one, other) if draw.random() < share else other_way(one, other)

    return judge


@dataclass(frozen=True)
class Model:
    """A writer of texts: how good they are on average, how much longer, and how often they have a heading."""

    quality: float = 0.0
    stretch: float = 1.0
    headings: float = 0.0

    def text(self, draw: random.Random) -> str:
        heading = "# Answer\n" if draw.random() < self.headings else ""
        words = "so it is " * max(1, int(20 * self.stretch * draw.lognormvariate(0, 0.5)))
        return f"{heading}{words}\nworth {draw.gauss(self.quality, 1):.4f}"


def matches(a: Model, b: Model, prompts: int, seed: int, samples: int = 1) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    rows = []
    for number in range(prompts):
        text = b.text(draw)
        for sample in range(samples):
            row = dict.fromkeys(COLUMNS) | {"prompt_id": str(number), "prompt": f"question {number}?"}
            rows.append(row | {"sample_index": sample, "a": a.text(draw), "b": text})
    return rows


def judged(rows: Sequence[dict[str, Any]], better: Better) -> Report:
    return report(judge_matches(rows, JUDGE, judging(better)))
