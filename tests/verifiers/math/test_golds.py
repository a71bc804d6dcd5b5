"""Truths: what several right answers mean, golds of every form that competitions have, and real responses."""

import json
from pathlib import Path

import pytest

from benchmarks.olympiad import FORMS, pairs
from r1data.verifiers.math.truths import alternatives
from r1data.verifiers.registry import check, check_all

GSM8K = Path(__file__).parents[2] / "fixtures" / "gsm8k" / "model_solutions.jsonl"
"""Real responses of real models, with labels by the authors of GSM8K (data/gsm8k, MIT)."""


def verdict(truth: str, answer: str) -> str:
    return check("math", rf"<think>so</think>\boxed{{{answer}}}", truth, time_limit=20.0).verdict


def test_the_olympiad_mix_has_the_verdicts_of_its_labels() -> None:
    mix = pairs(20 * len(FORMS), seed=11)
    answers = [rf"<think>so</think>The answer is $\boxed{{{pair.answer}}}$." for pair in mix]
    verdicts = check_all(["math"] * len(mix), answers, [pair.truth for pair in mix])
    for pair, found in zip(mix, verdicts, strict=True):
        assert found.verdict == ("correct" if pair.right else "incorrect"), (pair, found)
        assert found.reason != "by algebra", pair


@pytest.mark.parametrize(
    ("golds", "answer", "wanted"),
    [
        (["12", "12.0 cm"], "12", "correct"),
        (["3", "5"], "5", "correct"),
        (["3", "5"], "3, 5", "incorrect"),
        (["3", "5"], "4", "incorrect"),
        ([r"\sqrt{8}", r"2\sqrt{2}"], r"2\sqrt 2", "correct"),
        (["3", "see the figure"], "3", "correct"),
        (["3", "see the figure"], "4", "unverifiable"),
    ],
)
def test_any_of_several_golds_will_do(golds: list[str], answer: str, wanted: str) -> None:
    assert verdict(json.dumps(golds), answer) == wanted


@pytest.mark.parametrize(
    "truth", ["[1, 2]", "[[1, 2]]", '["a", 1]', "[]", '[""]', '["a"', '["' + "a" * 100_000]
)
def test_what_is_no_list_of_strings_is_one_truth(truth: str) -> None:
    assert alternatives(truth) == [truth]


@pytest.mark.parametrize(
    ("truth", "answer", "wanted"),
    [
        (r"so $\boxed{1}$ and $\boxed{-2}$", "-2, 1", "correct"),
        ("12", r"3 \cdot 4 = 12", "correct"),
        ("12", "11 = 12", "unverifiable"),
        ("12", "x = 13 = 12", "unverifiable"),
        (r"\frac{1}{3}", r"\frac{1}{3} \approx 0.33", "correct"),
        (r"\frac{1}{3}", r"\frac{1}{3} \approx 0.5", "unverifiable"),
        ("x + y = 5", "5", "unverifiable"),
        ("y = 2x + 3", "2x - y + 3 = 0", "correct"),
        ("2x + 3", "2y + 3", "unverifiable"),
        ("x < 1", "-x > -1", "correct"),
        ("102,201", "201, 102", "unverifiable"),
        ("1.22", "1,22", "unverifiable"),
        ("1,22", "1.22", "unverifiable"),
        ("p=5,q=2;p=7,q=2", "(5,2),(7,2)", "correct"),
        (r"[0,1) \cup [1,2]", "[0,2]", "correct"),
        (r"\mathbb{R} \setminus \{1\}", r"(-\infty,1) \cup (1,\infty)", "correct"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "(1, 2)", "unverifiable"),
        (r"\{1 \pm \sqrt5, -2\}", r"-2, 1-\sqrt{5}, 1+\sqrt{5}", "correct"),
        ("1234567", r"1,\!234,\!567", "correct"),
        (r"(1-8x)^{3/2}", r"\sqrt{(1-8x)^3}", "unverifiable"),
        ("(x+1)^{3/2}", r"(x+1)\sqrt{x+1}", "correct"),
        (r"\sinh x", r"\cosh x", "incorrect"),
        ("12:30", "12:30", "correct"),
        ("21", "\u202e12\u202c", "unverifiable"),
        (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1", "unverifiable"),
    ],
)
def test_rules(truth: str, answer: str, wanted: str) -> None:
    assert verdict(truth, answer) == wanted


def test_verdicts_on_gsm8k_equal_the_labels() -> None:
    rows = [json.loads(line) for line in GSM8K.read_text().splitlines()]
    verdicts = check_all(["math"] * len(rows), [r["response"] for r in rows], [r["answer"] for r in rows])
    labels = ["correct" if row["is_correct"] else "incorrect" for row in rows]
    assert [v.verdict for v in verdicts] == labels
    assert 10 < labels.count("correct") < 30
