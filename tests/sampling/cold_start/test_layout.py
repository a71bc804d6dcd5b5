"""What a refining model wrote, taken apart: both parts or nothing, in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.sampling.cold_start.layout import parse, wants_tags

GOOD = "<thoughts>\nfirst\n\nthen\n</thoughts>\n<summary>\nso \\boxed{3}\n</summary>"


def test_both_parts_come_out_stripped() -> None:
    assert parse(GOOD, tags=True) == ("first\n\nthen", "so \\boxed{3}")


def test_what_the_model_thinks_for_itself_is_left_out() -> None:
    assert parse(f"<think>I should rewrite this.</think>\n{GOOD}", tags=True) == parse(GOOD, tags=True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "just an answer",
        "<thoughts>a</thoughts>",
        "<summary>b</summary>",
        "<thoughts> </thoughts><summary>b</summary>",
        "<thoughts>a</thoughts><summary></summary>",
        "<summary>b</summary><thoughts>a</thoughts>",
        "<thoughts>a<summary>b</thoughts></summary>",
        "<thoughts>a</thoughts><thoughts>c</thoughts><summary>b</summary>",
        f"Here you are:\n{GOOD}",
        f"{GOOD}\nI hope this helps!",
        "<think>thoughts</think>answer",
    ],
)
def test_anything_else_is_nothing(written: str) -> None:
    assert parse(written, tags=True) is None


def test_a_text_without_tags_is_answered_in_think_tags() -> None:
    assert not wants_tags("{prompt}") and wants_tags("write <thoughts>")
    assert parse("<think>so</think>\\boxed{3}", tags=False) == ("so", "\\boxed{3}")
    assert parse("so \\boxed{3}", tags=False) is None
    assert parse("<think>so</think> ", tags=False) is None


@given(st.text("<>/thougsmary \n", max_size=200), st.booleans())
def test_parts_are_never_blank(written: str, tags: bool) -> None:
    found = parse(written, tags=tags)
    assert found is None or all(part.strip() == part != "" for part in found)


@pytest.mark.parametrize("tag", ["<thoughts>", "</thoughts>", "<summary>", "</think>", "<think>"])
def test_tags_by_the_hundred_kilobyte_are_read_in_passing(tag: str) -> None:
    assert parse(tag * 100_000, tags=True) is None and parse(tag * 100_000, tags=False) is None
