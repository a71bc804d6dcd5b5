"""`r1 filter`: every dropped row has its reasons, and no unknown becomes a wrong answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from r1data.cli import invoke

from r1data.data.writer import Summary
from r1data.errors import UserError
from r1data.filters.registry import FILTERS, parse_limits
from r1data.selection.filtering import (
    advice_where_one_reason_drops_most,
    check_skipped,
    count_kept,
    filter_table,
)

GOOD = "<think>Add the two numbers and get the sum.</think>\\boxed{7}"
Write = Callable[..., Path]


def samples(*rows: dict[str, Any]) -> pa.Table:
    from r1data.data.responses import split

    filled = []
    for index, row in enumerate(rows):
        parts = split(row.get("response", GOOD))
        filled.append(
            {
                "prompt_id": "p",
                "prompt": "3 + 4?",
                "language": "en",
                "truth": "7",
                "verifier": "math",
                "sample_index": index,
                "response": GOOD,
                "reasoning": parts.reasoning,
                "answer": parts.answer,
                "finish_reason": "stop",
                **row,
            }
        )
    return pa.Table.from_pylist(filled)


def reasons(table: pa.Table, **options: Any) -> list[list[str]]:
    """Reasons by row, in the order of the rows."""
    parts = filter_table(table, **options)
    rows = [row for part in parts.values() for row in part.to_pylist()]
    return [row["drop_reasons"] for row in sorted(rows, key=lambda row: row["sample_index"])]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, []),
        ({"response": GOOD.replace("7", "8")}, ["incorrect"]),
        ({"truth": "see the figure"}, ["unverifiable"]),
        ({"verdict": "error"}, ["unverifiable"]),
        ({"verdict": "timeout"}, ["unverifiable"]),
        ({"response": "\\boxed{7}", "verdict": "correct"}, ["bad_format"]),
        ({"response": "<think>Add them", "verdict": "correct"}, ["bad_format", "truncated"]),
        ({"finish_reason": "length", "verdict": "correct"}, ["truncated"]),
        ({"response": GOOD.replace("sum", "和"), "verdict": "correct"}, ["mixed_language"]),
    ],
)
def test_reasons(row: dict[str, Any], expected: list[str]) -> None:
    assert reasons(samples(row)) == [expected]


def test_all_reasons_are_given() -> None:
    bad = "<think>\n```\nprint(3)\n```\n所以 " + "a b " * 600
    (found,) = reasons(samples({"response": bad, "verdict": "incorrect"}))
    assert found == [
        *("incorrect", "bad_format", "truncated", "mixed_language"),
        *("long_paragraph", "code_block", "repetition"),
    ]


def test_a_verdict_that_is_there_stays_and_a_missing_one_is_made() -> None:
    table = samples({"verdict": "incorrect"}, {"verdict": None})
    parts = filter_table(table)
    assert parts["dropped"]["verdict"].to_pylist() == ["incorrect"]
    assert parts["kept"]["verdict"].to_pylist() == ["correct"]


def test_whatever_the_verdict() -> None:
    assert reasons(samples({"verdict": "incorrect"}), keep="any") == [[]]


def test_only_what_can_be_checked_must_be_correct() -> None:
    """A row without a verifier but with a truth is maths, by default."""
    rows: list[dict[str, Any]] = [
        {"verdict": "incorrect"},
        {"verdict": "unverifiable"},
        {"verdict": "incorrect", "verifier": None},
        {"verdict": "unverifiable", "truth": None},
        {"verdict": "unverifiable", "verifier": None, "truth": None},
    ]
    found = reasons(samples(*rows), keep="checkable", skip=("duplicate",))
    assert found == [["incorrect"], ["unverifiable"], ["incorrect"], ["unverifiable"], []]


def test_one_copy_of_a_response_is_kept_for_each_prompt() -> None:
    table = samples({}, {}, {"prompt_id": "other"}, {"response": GOOD + " "})
    assert reasons(table) == [[], ["duplicate"], [], []]


def test_a_copy_with_another_fault_is_not_the_one_that_is_kept() -> None:
    assert reasons(samples({"finish_reason": "length"}, {})) == [["truncated", "duplicate"], []]


def test_a_copy_names_the_row_that_it_lost_to() -> None:
    table = samples({"finish_reason": "length"}, {}, {}, {"prompt_id": "other"}, {"response": GOOD + " "})
    parts = filter_table(table)
    assert parts["dropped"]["lost_to"].to_pylist() == ["p/1", "p/1"]
    assert parts["kept"]["lost_to"].to_pylist() == [None, None, None]


def test_of_copies_that_all_have_a_fault_the_first_lost_to_none() -> None:
    parts = filter_table(samples(*[{"finish_reason": "length"}] * 3))
    assert parts["dropped"]["lost_to"].to_pylist() == [None, "p/0", "p/0"]
    assert parts["dropped"]["drop_reasons"].to_pylist()[0] == ["truncated"]


def test_any_layout_takes_the_response_for_thoughts() -> None:
    table = samples({"response": "因此 the answer is 7.\nA: 7"}, {"response": "So it is 7.\nA: 7"})
    assert reasons(table, limits=parse_limits([], "any")) == [["mixed_language"], []]


OPENED = ["I add them.\n</think>\n\n\\boxed{7}", "I add th", GOOD]


def test_a_prompt_that_ends_in_the_tag_opened_the_thoughts() -> None:
    rows = [{"response": text, "prompt": "<|user|>3 + 4?<think>\n", "verdict": "correct"} for text in OPENED]
    assert reasons(samples(*rows)) == [[], ["bad_format", "truncated"], []]
    assert filter_table(samples(*rows))["kept"]["response"].to_pylist() == [OPENED[0], OPENED[2]]


@pytest.mark.parametrize("layout", ["r1", "r1-zero"])
def test_so_did_all_where_the_user_says_so(layout: str) -> None:
    opened = [text.replace("\\boxed{7}", "<answer>7</answer>") for text in OPENED]
    rows = [{"response": text, "verdict": "correct"} for text in (OPENED if layout == "r1" else opened)]
    limits = parse_limits([], layout, think_opened=True)
    assert reasons(samples(*rows), limits=limits) == [[], ["bad_format", "truncated"], []]
    assert reasons(samples(*rows))[0] == ["bad_format"]


def test_where_no_tags_are_asked_for_none_is_opened() -> None:
    with pytest.raises(UserError, match="--format any asks for none"):
        parse_limits([], "any", think_opened=True)


def test_a_copy_under_the_same_id_is_none_where_the_prompt_is_another() -> None:
    assert reasons(samples({}, {"prompt": "4 + 3?"}, {})) == [[], [], ["duplicate"]]


def test_skipped_filters_say_nothing() -> None:
    table = samples({"response": GOOD.replace("sum", "和")}, {})
    assert reasons(table, skip=("mixed_language", "duplicate")) == [[], []]


def test_the_consistency_score_comes_along() -> None:
    parts = filter_table(samples({}, {"response": "<think>因此</think>\\boxed{7}"}))
    assert parts["kept"]["language_consistency"].to_pylist() == [1.0]
    assert parts["dropped"]["language_consistency"].to_pylist() == [0.0]


def test_dropped_rows_are_counted_by_reason() -> None:
    kept = filter_table(samples({}, {}, {"response": "\\boxed{8}"}))["kept"]
    assert count_kept(kept) == {"dropped_incorrect": 1, "dropped_bad_format": 1, "dropped_duplicate": 1}


def test_no_rows() -> None:
    parts = filter_table(samples({}).slice(0, 0))
    assert len(parts["kept"]) == len(parts["dropped"]) == 0


def test_the_command_keeps_drops_and_finishes(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"prompt": f"{n} + 1?", "truth": str(n + 1), "response": GOOD} for n in range(8)]
    kept, dropped = str(tmp_path / "kept"), str(tmp_path / "dropped")
    arguments = ["filter", str(write_jsonl(rows)), "-o", kept, "--dropped", dropped, "--json"]
    assert invoke(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == 1 and said["dropped_incorrect"] == 7
    assert ds.dataset(f"{dropped}/data").to_table()["drop_reasons"].to_pylist() == [["incorrect"]] * 7
    assert invoke(arguments) == 0
    assert invoke([*arguments, "--verdict", "any"]) == 1


def advice(capsys: pytest.CaptureFixture[str], rows: Path, *options: str) -> list[str]:
    """The lines of a run that say how to go on."""
    assert invoke(["filter", str(rows), "-o", str(rows.with_name("kept")), *options]) == 0
    return [line for line in capsys.readouterr().err.splitlines() if " rows are dropped as " in line]


def test_where_nearly_all_rows_lack_the_tags_it_says_how_to_go_on(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    untagged = [
        {"prompt": f"{n} + 1?", "truth": str(n + 1), "response": f"It is {n + 1}."} for n in range(19)
    ]
    rows = write_jsonl([*untagged, {"prompt": "3 + 4?", "truth": "7", "response": GOOD}])
    (line,) = advice(capsys, rows)
    assert line.startswith("r1: 19 of 20 rows are dropped as bad_format: ") and "`--format any`" in line


def test_where_rows_go_on_it_gives_no_advice(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_jsonl(
        [{"prompt": f"{n} + 4?", "truth": "7", "response": GOOD.replace("7", str(n))} for n in range(8)]
    )
    assert advice(capsys, rows) == []


def test_advice_comes_before_the_summary(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads the summary off a pipe reads stderr's last line."""
    rows = write_jsonl([{"prompt": "3 + 4?", "truth": "7", "response": GOOD.replace("7", "8")}])
    assert invoke(["filter", str(rows), "-o", str(rows.with_name("kept"))]) == 0
    lines = capsys.readouterr().err.splitlines()
    (place,) = (number for number, line in enumerate(lines) if "dropped as incorrect" in line)
    assert "`--verdict any`" in lines[place] and "dropped incorrect" in lines[-1]


def test_an_empty_run_gives_no_advice() -> None:
    assert advice_where_one_reason_drops_most(Summary("kept", 0, 0, ""), 0) == []


def test_rows_of_a_pipe_count_as_far_as_they_are_seen() -> None:
    summary = Summary("kept", 1, 1, "", {"dropped_truncated": 99, "dropped_incorrect": 40})
    (line,) = advice_where_one_reason_drops_most(summary, None)
    assert line.startswith("99 rows are dropped as truncated: ") and "--max-tokens" in line


def test_help_lists_filters_and_limits_with_their_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["filter", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, one in FILTERS.built_in.items():
        assert f"│ {name} " in text
        assert all(f"│ {limit.name}={limit.default} " in text for limit in one.limits if limit.is_number)


@pytest.mark.parametrize("wrong", ["spelling", "incorrect"])
def test_an_unknown_filter_names_the_known_ones(wrong: str) -> None:
    with pytest.raises(UserError, match=r"mixed_language, .*duplicate"):
        check_skipped((wrong,))
