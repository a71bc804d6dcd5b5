r"""What a reader does not see of an answer, boxes that are denied or taken back, texts that run on."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.verifiers.extraction.boxes import find
from r1data.verifiers.extraction.endings import first_answer, without_courtesy
from r1data.verifiers.extraction.hidden import visible
from r1data.verifiers.registry import check

T = "<think>so</think>"
HIDING = {
    "an HTML comment": "<!-- {} -->", "an unclosed comment": "<!-- {}", "a phantom": "$\\phantom{{{}}}$",
    "a horizontal phantom": "$\\hphantom{{{}}}$", "white": "$\\textcolor{{white}}{{{}}}$",
    "white by number": "\\textcolor{{#FFFFFF}}{{{}}}",
    "white in RGB": "\\textcolor[rgb]{{1,1,1}}{{{}}}", "a switch to white": "{{\\color{{white}} {}}}",
    "a colour's argument": "\\color{{white}}{{{}}}", "a macro": "\\newcommand{{\\x}}{{{}}}",
    "a definition": "\\def\\x{{{}}}",
    "struck out": "~~{}~~", "deleted": "<del>{}</del>", "cancelled": "$\\cancel{{{}}}$",
    "crossed out": "\\xcancel{{{}}}",
    "a TeX comment": "%{}\n", "a TeX comment behind text": "so % {}\n",
    "no display": '<span style="display:none">{}</span>',
    "a white font": '<font color="white">{}</font>', "a block comment": "\\iffalse {} \\fi",
    "a Markdown comment": "\n[//]: # ({})\n",
}  # fmt: skip


@pytest.mark.parametrize("hiding", HIDING.values(), ids=HIDING)
@pytest.mark.parametrize(("verifier", "truth"), [("math", "12"), ("exact", "12"), ("regex", r"\d2")])
def test_a_hidden_box_is_no_answer(verifier: str, truth: str, hiding: str) -> None:
    hidden = hiding.format(r"\boxed{12}")
    assert check(verifier, f"{T}The answer is 13. {hidden}", truth).verdict == "incorrect"
    assert check(verifier, f"{T}{hidden}", truth).verdict != "correct"


def test_what_only_looks_like_hiding_hides_nothing() -> None:
    for text in (
        r"50% of 24 is \boxed{12}",
        "a 50% share: $\\boxed{12}$",
        r"\textcolor{red}{\boxed{12}}",
        "<b>\\boxed{12}</b>",
    ):
        assert check("math", T + text, "12").verdict == "correct", text


@given(
    st.lists(
        st.sampled_from(
            [
                "\\phantom{",
                "}",
                "{",
                "<!--",
                "-->",
                "~~",
                "%",
                "\n",
                "\\color{white}",
                "12",
                "\\boxed{",
                "<s>",
                "</s>",
            ]
        )
    )
)
def test_hiding_never_raises_and_adds_nothing(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert len(visible(text)) <= len(text) + text.count("<") + text.count("~")


@pytest.mark.parametrize(
    "text",
    [
        r"It is not \boxed{12}.", r"certainly not $\boxed{12}$", r"\boxed{12} is wrong.",
        r"\boxed{12} is not the answer",
        r"\boxed{12} is what a fool would say; I say 13.", r"x \neq \boxed{12}", r"rather than \boxed{12}, 13",
        r"答案不是\boxed{12}", r"Die Antwort ist nicht \boxed{12}.",
        r"I first get \boxed{12}, but no, that is wrong. It is \boxed{",
        r"\boxed{12} Hmm, \boxed{}", r"\boxed{12}. No, it is 13.", r"\boxed{12} or 13", "\\boxed{12}\nOr maybe 13.",
        "The answer is 12? No. It is 13.", "The answer is 12. Or maybe it is 13.",
        "Answer: 12\nor 13", "答案是12。或者13。",
        r"\boxed{12}. That is wrong.", "**12** **13** **12**", r"\boxed{12}; I say 13",
        r"\boxed{12}. Scratch that, 13.",
    ],
)  # fmt: skip
def test_an_answer_that_is_denied_taken_back_or_hedged_is_none(text: str) -> None:
    verdict = check("math", T + text, "12")
    assert (verdict.verdict, verdict.cause) == ("unverifiable", "no_answer")


@pytest.mark.parametrize(
    "text",
    [
        r"The number that is not divisible by 5 is \boxed{12}, which is not a prime.", r"\boxed{12} \boxed{",
        r"\boxed{12} or 12.0",
        r"I put my answer in \boxed{}: \boxed{12}", r"Put it in \boxed{your answer}. \boxed{12}",
        r"\boxed{12} of the apples",
        "\\boxed{12}\n\nI hope this helps! Let me know if you have questions.",
        r"\boxed{12}. Wait, let me check: yes, it is correct.",
        r"\fbox{12}", r"\framebox[2cm]{12}", r"No other value works, so \boxed{12}.",
        r"\boxed{12}\n\nNo other solutions exist.",
        r"\boxed{12}. Alternatively, we can solve it by adding 5 to 7 in steps.",
    ],
)  # fmt: skip
def test_an_answer_that_stands_is_not_taken_for_a_denied_one(text: str) -> None:
    assert check("math", T + text, "12").verdict == "correct"


@pytest.mark.parametrize(
    "content",
    [r"\text{your answer}", "answer", "...", r"\ldots", "?", "your final answer here", "答案", "___"],
)
def test_a_placeholder_is_no_answer(content: str) -> None:
    assert find(rf"\boxed{{{content}}}").contents == []
    assert (
        check("math", rf"{T}I give it as \boxed{{{content}}}. The answer is 12.", "12").verdict == "correct"
    )


def test_a_box_copied_from_the_prompt_is_no_answer() -> None:
    prompt = r"Write \boxed{OptionLetter} at the end."
    assert check("math", T + r"\boxed{OptionLetter}", "12", prompt=prompt).cause == "no_answer"
    assert check("math", T + r"\boxed{12}", "12", prompt=r"As in \boxed{12}.").verdict == "correct"


@pytest.mark.parametrize(
    "rest",
    [
        "\n\nQuestion: How many legs?\nAnswer: 8\n#### 8",
        "\n\nQ: x?\nA: 8",
        "<|im_end|>\n<|im_start|>user\nThe answer is 8.",
        "\n\n问题：？\n答案：8",
    ],
)
def test_a_text_that_runs_on_ends_where_the_first_answer_ended(rest: str) -> None:
    text = f"He had 18 left.\n#### 18{rest}"
    assert first_answer(text).endswith("#### 18")
    assert check("math", text, "18").verdict == "correct"
    assert check("math", text, "8").verdict == "incorrect"


def test_a_question_that_is_repeated_first_cuts_nothing() -> None:
    text = "Question: 3 times 4?\nAnswer: 12"
    assert first_answer(text) == text
    assert first_answer("Reasons. <eoe>\n【答案】12<eoa>").endswith("【答案】12")


def test_courtesies_at_the_end_are_no_part_of_an_answer() -> None:
    assert without_courtesy("**12**\n\nI hope this helps!") == "**12**"
    assert without_courtesy("I hope this helps!") == "I hope this helps!"


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{a} ",
        r"\boxed{",
        "}",
        r"\phantom{",
        "<!--",
        "~~a",
        "%\\boxed",
        "Question: ",
        "answer is ",
        '{"answer": ',
        "or ",
        "not ",
    ],
)
def test_hostile_repetitions_take_no_time(text: str) -> None:
    start = time.process_time()
    assert check("math", T + text * (200_000 // len(text)), "12", time_limit=1.0).verdict != "correct"
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize("filler", [" ", "\t", ", ", "- ", "( ", "since ", "12 "])
def test_what_follows_an_announced_answer_takes_no_time(filler: str) -> None:
    start = time.process_time()
    for verifier, truth in (("math", "13"), ("exact", "13")):
        check(verifier, f"{T}Answer: 12{filler * (380 // len(filler))}!", truth, time_limit=1.0)
    assert time.process_time() - start < 1.0
