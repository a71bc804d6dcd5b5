"""Prompt texts and layouts of responses.

Texts: ours are whole, another's mistakes get one line, and a name is filled in once. Layouts: both parts of what a
refining model wrote or nothing, in linear time.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.errors import UserError
from r1data.sampling.cold_start import texts
from r1data.sampling.cold_start.prompting import FewShot, Reflect
from r1data.sampling.cold_start.refine import Refine
from r1data.sampling.cold_start.run import STRATEGIES, ColdStartSettings, load_strategy
from r1data.sampling.cold_start.texts import parse, wants_tags


@pytest.mark.parametrize("method", [FewShot, Reflect, Refine])
def test_our_texts_are_whole_in_both_languages(method: type[Reflect]) -> None:
    found = texts.load(method.name, [], method.needs)
    assert set(found.by_language) == {"en", "zh", texts.DEFAULT}
    assert found.of("zh-Hant") != found.of("en") == found.of("fr") == found.of(None)


def test_a_file_stands_in_for_all_languages_or_for_one(tmp_path: Path) -> None:
    (tmp_path / "all").write_text("ask {prompt}")
    (tmp_path / "fr").write_text("demande {prompt}")
    everyone = texts.load("reflect", [str(tmp_path / "all"), f"fr={tmp_path / 'fr'}"], ["{prompt}"])
    assert [everyone.of(tag) for tag in ("en", "zh", "fr-CA")] == [
        "ask {prompt}",
        "ask {prompt}",
        "demande {prompt}",
    ]
    only = texts.load("reflect", [f"fr={tmp_path / 'fr'}"], ["{prompt}"])
    assert only.of("zh") == texts.load("reflect", [], ["{prompt}"]).of("zh")


def test_a_name_in_a_question_is_not_filled_in() -> None:
    filled = texts.fill("{prompt} | {answer} | {x} {", {"prompt": "{answer}", "answer": "{prompt}"})
    assert filled == "{answer} | {prompt} | {x} {"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no place", "lacks {prompt}"),
        (b"\xff", "not UTF-8"),
        (b"x" * 70_000, "over"),
        ("é".encode() * 40_000, "over"),
    ],
)
def test_a_bad_text_gets_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(UserError, match=said):
        texts.load("refine", [str(tmp_path / "t")], ["{prompt}"])


def test_a_missing_text_is_told() -> None:
    with pytest.raises(UserError, match=r"nowhere: cannot be read \(No such file"):
        texts.load("refine", ["nowhere"], ["{prompt}"])


def test_an_unknown_method_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="few-shot, reflect, refine"):
        load_strategy("dream", ColdStartSettings())


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("reflect", ColdStartSettings(shots=3)),
        ("refine", ColdStartSettings(examples="folder")),
        ("few-shot", ColdStartSettings(skip=("repetition",))),
        ("reflect", ColdStartSettings(dropped="rest")),
    ],
)
def test_a_setting_of_another_method_is_refused(method: str, settings: ColdStartSettings) -> None:
    with pytest.raises(UserError, match=f"leave it out of {method}"):
        load_strategy(method, settings)


def test_every_method_can_be_had_by_its_name() -> None:
    assert [load_strategy(name, ColdStartSettings()).parameters()["method"] for name in STRATEGIES] == list(
        STRATEGIES
    )


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
