"""What goes to math-verify, and what is mended in it."""

from itertools import permutations

import pytest

from r1data.verifiers.registry import check


@pytest.mark.parametrize(
    ("truth", "answer", "verdict"),
    [
        (r"2\sqrt{3}", r"\sqrt{12}", "correct"),
        (r"2\sqrt{3}", r"\sqrt{11}", "incorrect"),
        ("x^2+2x+1", "(x+1)^2", "correct"),
        (r"2\pi", "6.283185", "correct"),
        (r"2\pi", "6.28", "incorrect"),
        ("2^{10}", "1024", "correct"),
        ("1/2004!", r"\frac{1}{2006!}", "incorrect"),
        ("1/2004!", r"\frac{1}{2004!}", "correct"),
        (r"\sqrt{2}\cdot 10^{-19}", r"\sqrt{3}\cdot 10^{-19}", "incorrect"),
        (r"(10^{-9}, \sqrt 2)", r"(2\cdot 10^{-9}, \sqrt 2)", "incorrect"),
        (r"(0, \sqrt{2})", "(0, 1.414214)", "correct"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", "correct"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 1 \\ 3 \end{pmatrix}", "incorrect"),
        (r"(-\infty,1)\cup(2,3]", r"(-\infty, 1) \cup (2, 3]", "correct"),
        ("x > 2", r"(2, \infty)", "correct"),
        (r"\sqrt{2}\text{ or }-\sqrt{2}", r"-\sqrt 2, \sqrt 2", "correct"),
        ("y=2x+3", "y = 3 + 2x", "correct"),
        (r"\sqrt{2} \text{ cm}", r"\sqrt{2}", "correct"),
        (r"\sqrt{2} \text{ cm}", r"\sqrt{2}\text{ m}", "incorrect"),
        (r"\sqrt{2} \text{ m}", r"100\sqrt{2}\text{ cm}", "correct"),
        (r"\sqrt{2} \text{ cm}", r"\sqrt{2}\text{ kg}", "incorrect"),
        (r"60^\circ", r"\frac{\pi}{3}", "unverifiable"),
        (r"4\pi\text{ cm}", r"4\pi", "correct"),
        (r"\tan 60^\circ", r"\sqrt{3}", "correct"),
        (r"\infty", r"2\sqrt{3}", "incorrect"),
        (r"e^{-1}", r"\infty", "incorrect"),
        (r"\log_2 3", "2^{2005}", "incorrect"),
        (r"\log_2 3", r"\frac{\ln 3}{\ln 2}", "correct"),
        ("3+2i", "2i+3", "correct"),
        (r"1 \pm \sqrt{19}", r"1+\sqrt{19}, 1-\sqrt{19}", "correct"),
        (r"(-\infty,-2)\cup(2,\infty)", r"x<-2 \text{ or } x>2", "correct"),
        ("C", r"2\sqrt{3}", "unverifiable"),
        ("yes", r"2\sqrt{3}", "unverifiable"),
        (r"2\sqrt{3}", r"\text{I do not know}", "unverifiable"),
    ],
)
def test_verdicts(truth: str, answer: str, verdict: str) -> None:
    assert check("math", rf"<think>so</think>\boxed{{{answer}}}", truth, time_limit=20.0).verdict == verdict


GOLDS = [
    r"\frac{\sqrt{3}}{2}",
    r"\frac{\pi}{4}",
    "3+2i",
    "x^2+1",
    r"(-\infty,-2)\cup(2,\infty)",
    "2^{2005}",
    "5!",
    r"\infty",
    r"\sqrt{51}",
]


def test_different_formulas_are_never_correct() -> None:
    for truth, answer in permutations(GOLDS, 2):
        verdict = check("math", rf"<think>so</think>\boxed{{{answer}}}", truth, time_limit=20.0)
        assert verdict.verdict in ("incorrect", "unverifiable"), (truth, answer, verdict)
