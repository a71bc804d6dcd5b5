"""Parallel texts become translation tasks, both ways; what is no pair is counted."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.exchange.ingest import ingest
from r1data.exchange.translation import pair
from r1data.filters.registry import parse_limits
from r1data.selection.filtering import filter_table
from tests.sampling.cold_start.scripted import write

CAT = {"english": "The cat sleeps on the old mat.", "chinese": "猫睡在旧垫子上。", "license": "CC0-1.0"}
BREAD = {"english": "Good bread needs time.", "chinese": "好面包需要时间。", "license": "MIT"}
ASKED = ("en=english", "zh=chinese")


def translated(
    tmp_path: Path,
    *lines: dict[str, Any],
    languages: tuple[str, ...] = ASKED,
    seed: int = 0,
    out: str = "out",
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows and the summary's details of a file of pairs."""
    file = write(tmp_path / "pairs.jsonl", lines)
    summary = ingest(file, str(tmp_path / out), translate=pair(languages, seed=seed), workers=1, shard_rows=3)
    return pa.concat_tables(Dataset(tmp_path / out).tables()).to_pylist(), dict(summary.details)


def test_a_pair_is_asked_both_ways(tmp_path: Path) -> None:
    (there, back), details = translated(tmp_path, CAT)
    assert (there["response"], there["language"]) == (CAT["chinese"], "zh")
    assert (back["response"], back["language"]) == (CAT["english"], "en")
    assert CAT["english"] in there["prompt"] and CAT["chinese"] in back["prompt"]
    assert json.loads(there["meta"]) == {"kind": "translation", "from": "en", "to": "zh"}
    assert {row["license"] for row in (there, back)} == {"CC0-1.0"} and there["domain"] == "general"
    assert there["reasoning"] is None and there["answer"] == there["response"]
    assert details == {"left_out_empty": 0, "left_out_identical": 0}


def test_prompts_name_the_target_in_one_of_the_two_languages(tmp_path: Path) -> None:
    lines = [
        {**CAT, "english": f"{CAT['english']} {n}", "chinese": f"{CAT['chinese']}{n}"} for n in range(40)
    ]
    made, _ = translated(tmp_path, *lines)
    asked = {word for row in made for word in ("Chinese", "English", "中文", "英文") if word in row["prompt"]}
    assert asked == {"Chinese", "English", "中文", "英文"}
    for row in made:
        assert any(
            word in row["prompt"]
            for word in {"zh": ("Chinese", "中文"), "en": ("English", "英文")}[row["language"]]
        )


def test_what_is_drawn_follows_from_the_seed_and_the_row_alone(tmp_path: Path) -> None:
    both, _ = translated(tmp_path, CAT, BREAD, out="a")
    turned, _ = translated(tmp_path, BREAD, CAT, out="b")
    assert sorted(both, key=str) == sorted(turned, key=str)
    lines = [{**CAT, "english": f"{CAT['english']} {n}"} for n in range(10)]
    first, other = (translated(tmp_path, *lines, seed=n, out=f"s{n}")[0] for n in (1, 2))
    assert [row["prompt_id"] for row in first] == [row["prompt_id"] for row in other]
    assert [row["prompt"] for row in first] != [row["prompt"] for row in other]


def test_empty_and_equal_sides_are_counted_and_left_out(tmp_path: Path) -> None:
    bad = [
        {"english": "", "chinese": "空"}, {"english": None, "chinese": "空"}, {"english": "a", "chinese": "  "},
        {"english": "O K", "chinese": "O  K"},
    ]  # fmt: skip
    made, details = translated(tmp_path, *[{**each, "license": None} for each in bad], CAT)
    assert len(made) == 2 and details == {"left_out_empty": 3, "left_out_identical": 1}


def test_a_pair_that_comes_twice_has_ids_of_its_own(tmp_path: Path) -> None:
    made, _ = translated(tmp_path, CAT, CAT, {**CAT, "chinese": "那只猫睡在旧垫子上。"})
    assert len({row["prompt_id"] for row in made}) == 6


def test_texts_nested_by_language_are_found(tmp_path: Path) -> None:
    nested = {"id": 1, "translation": {"en": CAT["english"], "zh": CAT["chinese"]}}
    made, _ = translated(tmp_path, nested, languages=("en", "zh"))
    assert [row["response"] for row in made] == [CAT["chinese"], CAT["english"]] and made[0]["id"] == 1


def test_translations_pass_the_filter(tmp_path: Path) -> None:
    lines = [
        {**CAT, "english": f"{CAT['english']} {n}", "chinese": f"{CAT['chinese']}{n}"} for n in range(20)
    ]
    translated(tmp_path, *lines)
    table = pa.concat_tables(Dataset(tmp_path / "out").tables())
    assert len(filter_table(table, keep="any", limits=parse_limits([], "any"))["kept"]) == 40


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        (("en=english",), "name two languages"),
        (("en=english", "en=chinese"), "name two languages"),
        (("en", "zh", "fr"), "name two languages"),
        (
            ("en=english", "xx=chinese"),
            "--translate xx: no name is known for that language; choose one of English|choose one of en",
        ),
        (("en=english", "zh"), "line 1: no column 'zh' to translate; it has: english, chinese, license"),
    ],
)
def test_a_mistake_gets_one_line(tmp_path: Path, languages: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        translated(tmp_path, CAT, languages=languages)
    assert not (tmp_path / "out").exists()


def test_a_side_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="line 2: column 'english' is a int, not a text"):
        translated(tmp_path, CAT, {**CAT, "english": 7})


def test_a_prompt_is_not_set_by_hand(tmp_path: Path) -> None:
    file = write(tmp_path / "pairs.jsonl", [CAT])
    with pytest.raises(UserError, match="--translate makes the prompt"):
        ingest(file, str(tmp_path / "out"), translate=pair(ASKED), constant={"prompt": "x"})
