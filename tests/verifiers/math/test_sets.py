r"""Sets in their notations, systems, general solutions, congruences: many spellings of one meaning."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.registry import check

CORRECT, INCORRECT, OPEN = "correct", "incorrect", "unverifiable"


def verdict(truth: str, answer: str, prompt: str | None = None) -> str:
    response = rf"<think>so</think>\boxed{{{answer}}}"
    return check("math", response, truth, prompt=prompt, time_limit=20.0).verdict


SPELLINGS = {
    r"(-\infty,4)": [
        r"\{x|x<4\}", r"\{x \in \mathbb{R} : x<4\}", r"\left\{ x \mid x < 4 \right\}", r"]-\infty;4[", "4 > x",
        r"x \in (-\infty, 4)", r"\{x \in R | x < 4\}", r"x < 4, x \in \mathbb{R}", r"\mathbb{R} \setminus [4, \infty)",
    ],
    "[2,5)": [
        "[2;5[", "5 > x ≥ 2", r"2 \le x < 5", r"x \ge 2 \text{ and } x < 5", r"x \geqslant 2, x < 5",
        r"x \ge 2 \land x < 5", r"[2,+\infty) \cap (-\infty,5)", r"\{x \mid 2 ≤ x < 5\}",
    ],
    r"(-\infty,-2)\cup(2,\infty)": [
        r"x<-2 \lor x>2", "x<-2 ∨ x>2", r"x<-2 \vee x>2", r"x<-2 \text{ or } x>2", "x<-2 或 x>2", "|x| > 2",
        r"(-\infty,-2) \text{ or } (2,\infty)", r"]-\infty;-2[ \cup ]2;\infty[", r"\mathbb{R} \setminus [-2,2]",
        r"\{x \in \mathbb{R} \mid x<-2 \text{ or } x>2\}",
    ],
    r"(1,2)\cup(2,\infty)": [
        r"k>1 \text{ and } k\neq2", r"x > 1, x \ne 2", r"\{x \mid x>1, x \ne 2\}", r"(1,\infty) \setminus \{2\}",
    ],
    r"\mathbb{R}\setminus\{-1,1\}": [
        r"x \neq \pm 1", r"x \ne 1, -1", r"x \ne 1 \text{ and } x \ne -1", r"x \in \mathbb{R}, x \ne \pm 1",
    ],
    r"\mathbb{R}": [
        r"\text{all real numbers}", r"\text{all reals}", r"(-\infty, \infty)", r"x \in \mathbb{R}", "全体实数", "ℝ",
        "R",
    ],
    r"\mathbb{Z}^+": [r"\text{positive integers}", "正整数", r"\mathbb{N}^*", r"\mathbb{Z}_{>0}"],
    r"\{1,2,3\}": [r"\{x \in \mathbb{Z} \mid 1 \le x \le 3\}", "3, 1, 2", r"0 < n < 4, n \in \mathbb{Z}"],
    r"\emptyset": [r"\{\}", r"\text{the empty set}", r"[0,1] \cap [2,3]"],
    "no solution": [r"\text{There are no solutions}", "无解"],
    r"\{2,4,6,\dots\}": [r"\{2, 4, 6, \ldots\}"],
    "x=1, y=2": [
        r"\begin{cases}x=1\\y=2\end{cases}", r"\begin{aligned}y&=2\\x&=1\end{aligned}", "(x,y)=(1,2)", "(y,x)=(2,1)",
        r"\left\{\begin{array}{l}x=1\\y=2\end{array}\right.", "(1,2)",
    ],
    "(1,2),(3,4)": [
        r"\begin{cases} x=1 \\ y=2 \end{cases} \text{ or } \begin{cases} x=3 \\ y=4 \end{cases}",
        r"(x,y)=(3,4) \text{ or } (1,2)", "x=1,y=2; x=3,y=4", r"\{(3,4),(1,2)\}"],
    r"x = \frac{\pi}{4} + k\pi, k \in \mathbb{Z}": [
        r"x = n\pi + \frac{\pi}{4}, n \in \mathbb{Z}", r"x = k\pi - \frac{3\pi}{4} (k \in Z)", r"\frac{\pi}{4} + k\pi",
        r"\{x \mid x = \frac{\pi}{4} + k\pi, k \in \mathbb{Z}\}", r"\frac{\pi}{4} - n\pi \text{ for any integer } n",
    ],
    r"\left[k\pi, k\pi+\frac{\pi}{2}\right] (k \in Z)": [
        r"k\pi \le x \le k\pi + \frac{\pi}{2}, k \in \mathbb{Z}", r"[n\pi-\pi, n\pi-\frac{\pi}{2}], n \in \mathbb{Z}",
    ],
    r"x\equiv 3 \pmod{7}": [r"x \equiv 10 \pmod 7", "x≡3(mod 7)", r"3 \pmod 7"],
    "3:4": ["6:8", "1.5 : 2", "AB : BC = 6:8"],
    "11:21": ["V_{1}:V_{2}=11:21"],
    r"\{1,2\}": [r"A \cap B = \{1,2\}", r"\complement_U A = \{1,2\}", r"(\complement_U A) \cup B = \{2,1\}"],
    r"\{(1,2)\}": ["(1,2)", "x=1, y=2"],
    "x_1=2, x_2=3": ["3, 2", "x_1=3, x_2=2", r"x=3 \text{ or } x=2"],
    "②③": ["③②", "②、③", "2, 3"],
    r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}": ["[[1,2],[3,4]]"],
    "(3,4)": ["P(3,4)"],
    "(-∞,1)∪(3,∞)": [
        "（−∞，1）∪（3，+∞）", "x＜1或x＞3", "｛x｜x＜1或x＞3｝", "{x|x<1}∪{x|x>3}", r"x < 1 \text{ oder } x > 3",
        r"x < 1 \text{ или } x > 3",
    ],
    "2, 3": [r"2 \text{ und } 3", "2 и 3", "2 和 3"],
    "(2,3),(-2,3)": [r"(\pm 2, 3)"],
    r"(1,2)\cup(3,4)": [r"\{x | x \in (1,2) \cup (3,4)\}", r"\{x | 1<x<2\} \cup \{x|3<x<4\}"],
    r"\mathbb{R}\setminus\{1,2\}": [
        r"\text{all real numbers except } 1 \text{ and } 2", r"\mathbb{R} - \{1,2\}", r"x \ne 1, x \ne 2",
    ],
    r"x \equiv \pm 1 \pmod 8": [r"x \equiv 1, 7 \pmod 8"],
    "10": ["C_5^2", r"\mathrm{C}_{5}^{2}", r"\binom52"],
    "3+4i": ["3+4j"],
    "yes": [r"\text{ja}", "是"],
    r"f(x)=\begin{cases}x & x>0\\-x & x\le 0\end{cases}": [
        r"\begin{cases}-x, & \text{if } x\le 0\\x, & \text{if } x>0\end{cases}",
    ],
    r"\frac{x^2}{4}+y^2=1": ["x^2+4y^2=4"],
    "2x": ["f(x) = 2x"],
    "5": ["f(3) = 5", "AB = 5", r"\angle A = 5", "Area = 5", "a_1 = 5"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("truth", "answer"), [(truth, x) for truth, answers in SPELLINGS.items() for x in answers]
)
def test_spellings_of_one_value_are_equal(truth: str, answer: str) -> None:
    assert verdict(truth, answer) == CORRECT
    if not answer.startswith("f("):  # as a truth, it asks for a function
        assert verdict(answer, truth) == CORRECT


@pytest.mark.parametrize(
    "answer",
    [
        "x(x-1) = 12", r"\ln(x) = 12", "n(n+1) = 12", r"\sin(x) = 12", "NOT = 12", r"\neg = 12", r"x \in 12",
        "f(x) = 12",
        "2x = 12", "x^2 = 12", "|x| = 12", r"\sqrt{x} = 12", r"\frac{x}{2} = 12", r"\log_2 x = 12", "OR = 12",
        "LIE = 12",
        r"x \to 12", r"x \pm 1 = 12", r"12 \pmod 5", r"12k, k \in \mathbb{Z}", "12x", "12T", r"\nexists x = 12",
    ],
)  # fmt: skip
def test_what_does_not_name_a_value_is_not_that_value(answer: str) -> None:
    assert verdict("12", answer) == OPEN


@pytest.mark.parametrize(
    ("truth", "answer", "expected"),
    [
        (r"(-\infty,1)\cup(3,\infty)", r"x<1 \text{ and } x>3", OPEN),
        (r"(-\infty,1)\cup(3,\infty)", "x<1, x>3", OPEN),
        (r"(-\infty,1)\cup(3,\infty)", r"x<1 \text{ or } y>3", OPEN),
        (r"(-\infty,1)\cup(3,\infty)", r"x \ne 1, 3", INCORRECT),
        (r"(3,\infty)", r"x > 3, x > 5", OPEN),
        (r"(3,\infty)", r"x > 3, x \in \mathbb{Z}", OPEN),
        ("(0,1)", r"[-1,1] \cap (0,2)", INCORRECT),
        ("1, 2, 2", r"\{1,1,2\}", OPEN),
        ("1, 1, 2", "1, 2, 2", OPEN),
        (r"\{1,2\}", r"\{1,1,2\}", CORRECT),
        (r"\{2,4,6,\dots\}", r"\{2,4,8,\ldots\}", OPEN),
        (r"\{1,2,3\}", r"\{1,2,3,\ldots\}", OPEN),
        ("x=1, y=2", "(y,x)=(1,2)", INCORRECT),
        ("(a,b)=(1,2)", "(x,y)=(1,2)", OPEN),
        ("A(1,2)", "B(1,2)", OPEN),
        ("3:4", "4:3", INCORRECT),
        ("12", "a:b = 12", OPEN),
        ("(2)(3)", "(1)(2)(3)", OPEN),
        ("(2)(3)", "(3)(2)", CORRECT),
        ("(2)(3)", "(2)(4)", INCORRECT),
        ("6", "(2)(3)", OPEN),
        ("②③", "①②③", INCORRECT),
        ("a_1=2, a_2=3", "a_1=3, a_2=2", INCORRECT),
        ("10", "C(5,2)", OPEN),
        ("1<x<2", "(a,b)=(1,2)", OPEN),
        ("A(1,2)", "y=2, x=1", OPEN),
        ("(2,3),(-2,3)", r"(\pm 2, \pm 3)", OPEN),
        (r"x = k\pi, k \in \mathbb{Z}", r"y = k\pi, k \in \mathbb{Z}", OPEN),
        (
            r"\begin{pmatrix}k\\0\end{pmatrix}, k \in \mathbb{Z}",
            r"\begin{pmatrix}0\\k\end{pmatrix}, k \in \mathbb{Z}",
            OPEN,
        ),
        ("5", r"\text{infinitely many}", INCORRECT),
        ("1:10", "2:20", OPEN),
        (r"x\equiv 3 \pmod{7}", r"x \equiv 4 \pmod 7", INCORRECT),
        (r"x\equiv 3 \pmod{7}", r"x \equiv 3 \pmod{14}", OPEN),
        (r"x = \frac{\pi}{4} + k\pi, k \in \mathbb{Z}", r"x = \frac{\pi}{4} + 2k\pi, k \in \mathbb{Z}", OPEN),
        (r"x = \frac{\pi}{4} + k\pi, k \in \mathbb{Z}", r"x = \frac{\pi}{4} + k\pi, k \in \mathbb{N}", OPEN),
        (r"\mathbb{R}", r"\text{all real numbers except } 0", INCORRECT),
        ("(1,2)", "2i + 3j", OPEN),
        ("12", "12, 13", INCORRECT),
    ],
)
def test_values_that_differ_or_may_differ(truth: str, answer: str, expected: str) -> None:
    assert verdict(truth, answer) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Find all roots.", CORRECT),
        ("In order to win, find all roots.", CORRECT),
        ("Find all roots, in increasing order.", OPEN),
        ("Order the numbers from least to greatest.", OPEN),
        ("Find a, b and c, respectively.", OPEN),
        ("把各数从小到大排列。", OPEN),
        (None, OPEN),
    ],
)
def test_the_question_says_whether_the_order_of_a_list_counts(prompt: str | None, expected: str) -> None:
    assert verdict("1, 2, 3", "3, 2, 1", prompt) == expected
    assert verdict("1, 2, 3", "1, 2, 3", prompt) == CORRECT


ENDS = st.lists(st.fractions(-20, 20, max_denominator=5), min_size=2, max_size=6, unique=True).map(sorted)


def spelled(ends: list[Fraction], closed: list[bool], style: int) -> str:
    """The union of intervals between each two ends, in one of four notations."""
    parts = []
    for place in range(0, len(ends) - 1, 2):
        low, high = ends[place], ends[place + 1]
        below, above = closed[place], closed[place + 1]
        if style < 2:
            left, right = ("[" if below else "("), ("]" if above else ")")
            if style == 1:
                left, right = ("[" if below else "]"), ("]" if above else "[")
            parts.append(f"{left}{low};{high}{right}")
        else:
            parts.append(f"{low} {'<=' if below else '<'} x {'≤' if above else '<'} {high}")
    joined = (r" \cup " if style < 2 else r" \lor ").join(parts)
    return rf"\{{x \in \mathbb{{R}} \mid {joined}\}}" if style == 3 else joined


@settings(max_examples=60)
@given(ENDS, st.lists(st.booleans(), min_size=6, max_size=6), st.integers(0, 3), st.integers(0, 3))
def test_a_set_is_the_same_in_all_notations_and_another_one_in_none(
    ends: list[Fraction], closed: list[bool], style: int, other: int
) -> None:
    assert verdict(spelled(ends, closed, style), spelled(ends, closed, other)) == CORRECT
    moved = [*ends[:-1], ends[-1] + 1] if len(ends) % 2 == 0 else [ends[0] - 1, *ends[1:]]
    assert verdict(spelled(ends, closed, style), spelled(moved, closed, other)) == INCORRECT
    opened = [not closed[0], *closed[1:]]
    assert verdict(spelled(ends, closed, style), spelled(ends, opened, other)) == INCORRECT


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from(r"x12<>=∈ℝ,;:|{}[]() \∧∨∪∩kπ"), max_size=40))
def test_any_text_of_signs_is_decided_or_refused(text: str) -> None:
    assert verdict("(1,2)", text) in (CORRECT, INCORRECT, OPEN)


@pytest.mark.parametrize(
    ("truth", "answer", "expected"),
    [
        ("3 x-y=0", "y=3x", CORRECT),
        ("(x-3)^2+y^2=2", "(x-3)^2+(y-1)^2=1", INCORRECT),
        ("y^2=4x", "x^2=4y", INCORRECT),
        ("x^2=4", "x=2", INCORRECT),
        ("x^2+y^2=1", "a^2+b^2=1", OPEN),
        ("x^2+y^2=0", "x^4+y^4=0", OPEN),
        (r"y=\sqrt{1-x^2}", "x^2+y^2=1", OPEN),
    ],
)
def test_equations_differ_where_a_point_solves_one_of_them(truth: str, answer: str, expected: str) -> None:
    assert verdict(truth, answer) == expected


@pytest.mark.parametrize(
    ("truth", "answer", "expected"),
    [
        ("8", r"\text{no solution}", INCORRECT),
        ("0", r"\text{no solution}", OPEN),
        (r"\emptyset", r"\text{no solution}", OPEN),
        (r"\infty", r"\text{does not exist}", OPEN),
        ("8", "无穷大", INCORRECT),
        (r"(-\frac14,\infty)", r"-\frac14 \le x \le 0 \text{ and } x > \frac12", INCORRECT),
        (r"\emptyset", r"x<1 \land x>3", CORRECT),
        (r"\emptyset", r"x<1 \text{ and } x>3", OPEN),
        (r"90^\circ", r"\pi", INCORRECT),
        (r"90^\circ", r"\frac{\pi}{2}", OPEN),
    ],
)
def test_what_is_wrong_in_all_readings_is_incorrect(truth: str, answer: str, expected: str) -> None:
    assert verdict(truth, answer) == expected
