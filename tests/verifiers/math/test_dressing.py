"""Random dressing around a random answer takes no `correct` away; damage to the answer never gives it."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from r1data.verifiers.registry import check

T = "<think>I work it out.</think>\n\n"
ANSWERS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.tuples(st.integers(1, 999), st.integers(1, 99)).map(lambda pair: f"{pair[0]}.{pair[1]:02d}"),
    st.tuples(st.integers(1, 99), st.integers(2, 99)).map(lambda pair: rf"\frac{{{pair[0]}}}{{{pair[1]}}}"),
    st.integers(2, 99).map(lambda n: rf"{n}\sqrt{{3}}"),
    st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda pair: f"({pair[0]}, {pair[1]})"),
    st.integers(1, 99).map(lambda n: f"x^2 + {n}x"),
)
FORMULA = ("$", r"\(", r"\[", "$$")
INNER = (
    "{}",
    r"\;{}\;",
    r"\,{}",
    r"{}\,",
    r"{{\bf {}}}",
    r"\mathbf{{{}}}",
    r"\large {}",
    r"{}\hfill",
    r"\color{{red}}{{{}}}",
    " {} ",
)
MARKERS = (
    "Answer: {}", "**Answer:** {}", "**Final Answer**\n\n{}", "### Final Answer\n{}", "The answer is {}.",
    "The final answer is: {}",
    "ANSWER: {}", "So the answer is {}.", "#### {}", "A: {}", "最终答案：{}", "答案是{}。", "【答案】{}<eoa>",
    "Die Antwort ist {}.",
    "La réponse est {}.", "La respuesta es {}.", "A resposta é {}.", "La risposta è {}.", "Ответ: {}", "答えは{}です。",
    "정답은 {}입니다.",
    "الجواب هو {}", "उत्तर: {}", "คำตอบคือ {}", "Đáp án là {}.", "Jibu ni {}.", "উত্তর: {}", "సమాధానం: {}",
    "Jawabannya adalah {}.",
    "Cevap: {}", "Odpowiedź to {}.", "Het antwoord is {}.", "Η απάντηση είναι {}.", "התשובה היא {}", "پاسخ: {}",
    "جواب: {}",
    "Відповідь: {}", "Final answer — {}", "My final answer is:\n\n{}",
)  # fmt: skip
OUTSIDE = (
    "{}", "{}\n\nI hope this helps!", "We add the parts.\n\n{}", "{}<|im_end|>", "<answer>{}</answer>",
    "Step 1: 2 + 2 = 4\n\n{}",
    "{}\n\nQuestion: 2 + 2?\nAnswer: 4",
)  # fmt: skip


@settings(max_examples=150)
@given(ANSWERS, st.sampled_from(INNER), st.sampled_from(("boxed", "fbox")), st.sampled_from(OUTSIDE))
def test_dressing_in_and_around_a_box_changes_no_verdict(
    answer: str, inner: str, box: str, outside: str
) -> None:
    text = outside.format(f"So $\\{box}{{{inner.format(answer)}}}$.")
    assert check("math", T + text, answer).verdict == "correct", text


@settings(max_examples=300)
@given(
    ANSWERS,
    st.sampled_from(MARKERS),
    st.sampled_from(("{}", "**{}**", "${}$", r"\({}\)", "`{}`")),
    st.sampled_from(OUTSIDE),
)
def test_markers_of_all_languages_announce(answer: str, marker: str, around: str, outside: str) -> None:
    assume("\\" not in answer or around in ("${}$", r"\({}\)"))
    text = outside.format(marker.format(around.format(answer)))
    assert check("math", T + text, answer).verdict == "correct", text


@settings(max_examples=60)
@given(
    ANSWERS,
    st.sampled_from(
        ("$${}$$", "\\[\n{}\n\\]", "$$\n{}\n$$", "**{}**", "__{}__", "```\n{}\n```", "=> {}", "Thus ${}$.")
    ),
)
def test_an_answer_that_closes_the_text_is_read(answer: str, closing: str) -> None:
    assume(not (closing.startswith(("**", "__", "```", "=>")) and ("\\" in answer or "_" in answer)))
    assert check("math", T + "We add.\n\n" + closing.format(answer), answer).verdict == "correct"


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """A whole number or decimal, and the same with one digit changed, left out or added in the middle."""
    number = draw(
        st.one_of(
            st.integers(10, 10**9).map(str),
            st.tuples(st.integers(1, 999), st.integers(1, 9)).map(lambda p: f"{p[0]}.{p[1]}"),
        )
    )
    place = draw(st.integers(0, len(number) - 1).filter(lambda n: number[n] != "."))
    digit = draw(st.sampled_from("0123456789"))
    kind = draw(st.sampled_from(("change", "drop", "add", "sign", "hide")))
    if kind == "change":
        return number, number[:place] + digit + number[place + 1 :]
    if kind == "drop":
        return number, number[:place] + number[place + 1 :]
    if kind == "add":
        return number, number[:place] + digit + number[place:]
    return number, f"-{number}" if kind == "sign" else number[:1] + "\u200b" + number[1:]


@settings(max_examples=300)
@given(
    damaged(),
    st.sampled_from((r"\boxed{{{}}}", *MARKERS, "**{}**", "So there are {}.", "Tom has {} apples.")),
)
def test_a_damaged_number_is_never_correct(pair: tuple[str, str], dressing: str) -> None:
    number, broken = pair
    assume(broken not in ("", ".", "-"))
    try:
        assume("\u200b" in broken or float(broken) != float(number))
    except ValueError:
        assume(False)
    assert check("math", T + dressing.format(broken), number).verdict != "correct"


@pytest.mark.parametrize("marker", MARKERS)
def test_every_marker_is_one_for_exact_too(marker: str) -> None:
    assert check("exact", T + marker.format("Paris"), "Paris").verdict == "correct"
    assert check("exact", T + marker.format("Rome"), "Paris").verdict == "incorrect"
