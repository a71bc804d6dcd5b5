"""Text from strangers can be stored and shown."""

import json
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.text import json_line, one_line, printable, storable, without_controls

ANY_TEXT = st.text(st.characters())
"""Of all characters, lone surrogates among them."""
HARMFUL = [
    "\x1b[2J",
    "\x9b1A",
    "\x07",
    "\u202e",
    "\u2066",
    "\u200b",
    "\U000e0041",
    "\u2028",
    "\ud800",
    "\x00",
    "\r",
]


@given(ANY_TEXT)
def test_what_is_storable_goes_into_arrow_and_back(text: str) -> None:
    column = pa.array([storable(text)], pa.string())
    assert column[0].as_py() == storable(text)
    assert len(storable(text)) == len(text)


@given(st.text())
def test_text_without_nul_is_stored_as_it_came(text: str) -> None:
    assert storable(text) == text.replace("\0", "\ufffd")


@given(ANY_TEXT)
def test_nothing_printable_drives_a_terminal(text: str) -> None:
    unsafe = {
        char for char in printable(text) if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert unsafe <= set("\n\t\u200c\u200d")


@pytest.mark.parametrize("text", HARMFUL)
def test_harmful_characters_become_visible(text: str) -> None:
    assert one_line(f"a{text}b") == f"a{printable(text) if text.strip() else ' '}b"
    assert text not in one_line(f"a{text}b")


@pytest.mark.parametrize(
    "text",
    [
        "x² ≤ 4", "漢字 と かな", "a\u00a0b", "é", "🙂", "\\boxed{4}", "[bold]x[/bold]", "می\u200cخواهم",
        "क्\u200dष", "ന്\u200d", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👩🏽\u200d💻",
    ],
)  # fmt: skip
def test_what_people_read_stays(text: str) -> None:
    assert printable(text) == text
    assert json_line([text]) == f'["{text}"]'.replace("\\", "\\\\")


@pytest.mark.parametrize(
    "text",
    [
        "pay\u200dpal",
        "a\u200cb",
        "\u200dم",
        "م\u200c",
        "م\u200c\u200cم",
        "🙂\u200d",
        "🙂\u200c🙂",
        "م\u200da",
    ],
)
def test_a_joiner_that_no_spelling_has_is_written_out(text: str) -> None:
    assert printable(text).isprintable()
    assert json_line(text).isprintable()


@given(ANY_TEXT, st.integers(1, 40))
def test_a_line_keeps_to_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line


@given(ANY_TEXT)
def test_an_answers_controls_are_written_out_and_its_letters_stay(text: str) -> None:
    cleaned = without_controls(text)
    cleaned.encode()
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in cleaned)
    assert cleaned == text or not text.isprintable()


@pytest.mark.parametrize("text", ["می‌خواهم", "👨‍👩‍👧‍👦", "a\tb\nc", "\u200fשלום", "é\u0301"])
def test_joiners_and_marks_of_an_answer_are_kept(text: str) -> None:
    assert without_controls(text) == text


@given(st.dictionaries(st.text(), st.text()))
def test_a_line_of_json_shows_all_that_it_holds_and_loses_nothing(value: dict[str, str]) -> None:
    line = json_line(value)
    assert json.loads(line) == value
    assert line == printable(line) and "\n" not in line


def test_a_line_of_json_keeps_what_shows() -> None:
    assert json_line({"a": "é 中\u00a0😀"}) == '{"a": "é 中\u00a0😀"}'
