r"""One spelling for many: what TeX and Unicode add to the look of an answer is no part of it; what hides one is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.math.dressing import STRUCTURED
from r1data.verifiers.math.glyphs import plain
from r1data.verifiers.math.spelling import normal
from r1data.verifiers.registry import check


def verdict(answer: str, truth: str = "12") -> str:
    return check("math", f"<think>so</think>\\boxed{{{answer}}}", truth).verdict


AROUND = (
    r"%s\;", r"\;%s\;", r"%s\ ", r"%s\,", r"{\bf %s}", r"\bf %s", r"\mathbf{%s}", r"\color{red}{%s}",
    r"{\color{blue}%s}",
    r"\textcolor{blue}{%s}", r"\textcolor[rgb]{1,0,0}{%s}", r"\colorbox{yellow}{%s}", r"\fcolorbox{red}{white}{%s}",
    r"\textsf{%s}", r"\mathtt{%s}", r"\emph{%s}", r"\huge{%s}", r"\small %s", r"\underbrace{%s}_{\text{answer}}",
    r"\overbrace{%s}^{n}", r"%s\label{a}", r"%s\tag{1}", r"%s\tag*{(2)}", r"\phantom{00}%s", r"\hspace{2pt}%s",
    r"\hspace*{1em}%s", r"%s\hfill", r"%s\space", r"\bbox[yellow]{%s}", r"\underline{%s}", r"\num{%s}",
    r"\ensuremath{%s}",
    r"\left.%s\right.", r"\begin{array}{c}%s\end{array}", r"\begin{aligned}%s\end{aligned}",
    r"\begin{align*}&%s\end{align*}",
    r"\begin{gathered}%s\\\end{gathered}", r"\mbox{\large\bf %s}", r"\raisebox{2pt}{%s}",
    r"\parbox{3cm}{\centering %s}",
    r"\text{$%s$}", r"$\displaystyle %s$", r"\kern 2pt %s", r"\mskip3mu%s", r"\class{big}{%s}",
    r"\style{color:red}{%s}",
    r"\href{https://example.org}{%s}", r"\foreignlanguage{german}{%s}", r"\strut %s\relax", r"**%s**", r"__%s__",
    r"`%s`",
    r'"%s"', r"\(%s\)", r"\begin{equation*}%s\nonumber\end{equation*}", r"\smash{\uline{%s}}",
    r"\mathrm{\mathbf{%s}}",
)  # fmt: skip


@pytest.mark.parametrize("around", AROUND)
def test_dressing_is_no_part_of_an_answer(around: str) -> None:
    assert verdict(around % "12") == "correct"
    assert verdict(around % "13") == "incorrect"
    assert verdict(around % r"x+\frac{1}{2}", r"x+\frac{1}{2}") == "correct"


INSIDE = [
    around for around in AROUND if around[0] in "\\{%" and not any(x in around for x in ("$", "begin", "\\("))
]
"""Dressing that may stand within other dressing."""


@given(
    st.lists(st.sampled_from(INSIDE), min_size=1, max_size=4), st.integers(-999, 999), st.integers(-999, 999)
)
@settings(max_examples=60)
def test_layers_of_dressing_never_change_a_verdict(layers: list[str], value: int, other: int) -> None:
    answer = str(value)
    for around in layers:
        answer = around % answer
    assert normal(answer) == str(value)
    assert verdict(answer, str(other)) == ("correct" if value == other else "incorrect")


@pytest.mark.parametrize(
    "answer",
    [
        r"\phantom{12}", r"\color{white}12", r"\textcolor{white}{12}", r"\textcolor{#ffffff}{12}", r"\cancel{12}",
        r"\sout{12}", r"\rotatebox{180}{12}", r"\reflectbox{12}", r"\rlap{1}12", r"\newcommand{\x}{12}\x",
        r"\def\x{12}\x",
        "1\u200b2", "1\u20602", "1\u00ad2", "1\ufe0f2", "1\u31642", "\u202e12\u202c", "1\u202e2", "\u202b1-2\u202c",
        r"1\phantom{0}2", r"1\hspace{2cm}2", r"1\label{x}2", "1{}2", r"\vphantom{12}", r"12\cancel{3}", r"1\-2", "⑫",
    ],
)  # fmt: skip
def test_what_does_not_show_as_the_answer_is_not_correct(answer: str) -> None:
    assert verdict(answer) != "correct"


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("½", "1/2"), ("1½", "1.5"), ("⅞", "7/8"), ("3×10⁸", "300000000"), ("2⁻³", "1/8"), ("a₁", "a_1"),
        ("x₁₂", "x_{12}"),
        ("5⁄7", "5/7"), ("1³⁄₄", "7/4"), ("θ", r"\theta"), ("2π", r"2\pi"), ("αβ", r"\alpha\beta"), ("Δ", r"\Delta"),
        ("—5", "-5"), ("−5", "-5"), ("－５", "-5"), ("𝟏𝟐", "12"), ("𝑥+1", "x+1"), ("১২", "12"), ("१२", "12"),
        ("๑๒", "12"),
        ("١٢٫٥", "12.5"), ("۱۲", "12"), ("１２", "12"), ("\u202a12\u202c", "12"), ("\u206612\u2069", "12"),
        ("12\u200b", "12"),
        ("∛8", "2"), ("√2", r"\sqrt{2}"), ("6÷4", "1.5"), ("3⋅4", "12"), ("“12”", "12"), ("x≦2", r"x \le 2"),
        ("٪50", "%50"),
        ("∠A", "∠A"), ("12\u00a0345", "12345"), ("12\u202f345", "12345"), ("3{,}5", "3.5"), ("12{,}345", "12345"),
        ("0{,}125", "1/8"), (r"1{.}234{,}5", "1{.}234{,}5"), (r"{1 \over 2}", "0.5"), (r"1 \over 2", "0.5"),
        (r"\nicefrac{3}{7}", "3/7"), (r"\sfrac37", "3/7"), (r"\SI{5}{\kilo\meter}", "5 km"),
        (r"\ang{30}", r"30^\circ"),
        (r"\{2,4,6,\dots\}", r"\{2,4,6,\ldots\}"), (r"x^\text{2}", "x^2"), (r"x\textsuperscript{2}", "x^2"),
        ("$12$ apples", "12 apples"), (r"$x=2$ and $y=3$", "x=2, y=3"), ("$5", r"\$5"), ("12\ufe0f", "12"),
        (r"\begin{aligned}x &= 3\cdot 4\\&= 12\end{aligned}", "12"), ("2 kΩ", r"2 k\Omega"),
    ],
)  # fmt: skip
def test_other_spellings_are_the_same(answer: str, truth: str) -> None:
    assert verdict(answer, truth) == "correct"


@given(st.text(alphabet=st.characters(), max_size=30))
def test_any_text_has_a_normal_spelling(text: str) -> None:
    assert isinstance(plain(text), str)
    assert normal(normal(text)) is not None


@given(
    st.lists(
        st.sampled_from([*sorted(STRUCTURED), "{", "}", "[", "]", "12", "\\", "^", "$", " "]), max_size=12
    )
)
@settings(max_examples=300)
def test_any_row_of_commands_has_a_normal_spelling(pieces: list[str]) -> None:
    normal("".join(f"\\{piece}" if piece in STRUCTURED else piece for piece in pieces))


def test_nested_commands_take_linear_time() -> None:
    import time

    for around in (r"\textbf{", r"\color{red}{", r"\underbrace{", r"{\over ", r"\begin{aligned}"):
        start = time.perf_counter()
        normal(around * 60 + "12" + "}" * 60)
        assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        (r"\sqrt{3}", "根号3"),
        ("2根号3", r"2\sqrt{3}"),
        ("3分之2", r"\frac23"),
        ("负2", "-2"),
    ],
)
def test_numbers_said_in_words_are_the_numbers(answer: str, truth: str) -> None:
    assert check("math", rf"<think>so</think>\boxed{{{answer}}}", truth).verdict == "correct"
    assert check("math", rf"<think>so</think>\boxed{{{answer}}}", "3").verdict == "incorrect"
