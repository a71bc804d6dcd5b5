"""`text_html`: nothing of a text is markup, everything of it shows, and nothing is lost."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.text import printable
from r1data.window.text import Mark, text_html
from r1data.window.text.maths import formulae

TAG = re.compile(r"<(?:/?mark|/?span)(?: [a-z-]+(?:=\"[^\"<>]*\")?)*>")
HOSTILE = st.text(
    st.one_of(st.sampled_from("$\\()[]`<>&\"'\n\t \0\x1b\u202e\u200d\u0301a5{}"), st.characters()),
    max_size=60,
)


def shown(page: str) -> str:
    return html.unescape(TAG.sub("", page))


@given(HOSTILE, st.booleans())
def test_only_marks_and_spans_are_markup(text: str, maths: bool) -> None:
    page = text_html(text, [Mark(2, 9, "x", text), Mark(5, 30, text, "y")], maths=maths)
    rest = TAG.sub("", page)
    assert "<" not in rest and ">" not in rest
    assert printable(shown(page)) == shown(page)


@given(
    st.text(st.sampled_from("$\\()[]`<>&ab5{}\n é中"), max_size=60),
    st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70))),
)
def test_the_text_stays_the_same(text: str, places: list[tuple[int, int]]) -> None:
    assert shown(text_html(text, [Mark(start, end, "k") for start, end in places])) == text


def test_what_does_not_show_is_a_mark() -> None:
    assert text_html("a\u202eb") == 'a<span class="unseen" title="U+202E">\\u202e</span>b'
    assert 'title="U+0000"' in text_html("\0") and 'title="U+001B"' in text_html("\x1b[31m")
    assert 'title="U+D800"' in text_html("\ud800")
    assert text_html("\u200b" * 1000).count("unseen") == 1


def test_joiners_stay_where_spelling_has_them() -> None:
    for text in ("می\u200cخواهم", "क्\u200dष", "👩\u200d🔬", "שלום"):
        assert text_html(text) == text


def test_a_heap_of_combining_marks_is_counted() -> None:
    assert "+96" in text_html("a" + "\u0301" * 100)


def test_marks_that_overlap() -> None:
    page = text_html("abcdef", [Mark(0, 4, "one", "1"), Mark(2, 6, "two", "<2>")])
    assert page == (
        '<mark class="one" title="1">ab</mark><mark class="one two" title="1; &lt;2&gt;">cd</mark>'
        '<mark class="two" title="&lt;2&gt;">ef</mark>'
    )


def test_a_formula_is_whole_or_text() -> None:
    assert text_html("a $x^2$ b", [Mark(2, 7, "k")]) == (
        'a <mark class="k" title="k"><span class="maths">$x^2$</span></mark> b'
    )
    assert "maths" not in text_html("a $x^2$ b", [Mark(4, 9, "k")])


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("so $x$ and $$y\n+1$$", ["x", "y\n+1"]),
        (r"\(a\) and \[b\]", ["a", "b"]),
        (r"\(a \(b\)", ["b"]),
        (r"\(\text{if $x$}\)", [r"\text{if $x$}"]),
        (r"\[a \\[2pt] b\]", [r"a \\[2pt] b"]),
        ("$ x = 1 $", [" x = 1 "]),
        ("between $5 and $6", []),
        ("US$5, HK$6 or $5-$6, $5/$6", []),
        ("it costs $ 5 and $ 6 then", []),
        ("$5, then the price rises to $x$ now", ["x"]),
        (r"costs \$5 and \$6", []),
        ("`echo $A $B`", []),
        ("```\n$a$\n```\n$b$", ["b"]),
        ("```\n$a$", []),
        ("$中文$", []),
        ("$x\u202e$", []),
        ("$" + "x" * 5_000 + "$", []),
    ],
)
def test_formulae(text: str, sources: list[str]) -> None:
    assert [formula.source for formula in formulae(text)] == sources


@pytest.mark.parametrize(
    "unit",
    ["$", "\\(", "\\[", "\\\\", "`", "\u202e", "\u202ea", "<", "$$", "\u0301", "$a", "\\)", "\n```", "x"],
)
def test_a_long_text_of_one_thing_ends(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    assert len(text_html(text, [Mark(0, len(text), "k")])) > 0
