"""The desk on real datasets: what is decided outlives kills and becomes a dataset; wrong calls change nothing."""

import itertools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.exchange.ingest import ingest
from r1data.exchange.review import apply, journal
from r1data.exchange.review.desk import DealtRow, ReviewDesk, ReviewSettings
from r1data.exchange.review.entries import ReviewEntry, entry_of
from r1data.exchange.review.results import read_results
from r1data.lineage.why import why

DATA = Path(__file__).parents[2] / "fixtures/review"
Open = Callable[..., ReviewDesk]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset under review, in several shards; not to be changed."""
    out = tmp_path_factory.mktemp("kept") / "rows"
    ingest(str(DATA / "rows.jsonl"), str(out), shard_rows=3, workers=1)
    return out


@pytest.fixture
def open_desk(rows: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens the desk; one that is open is closed before, as if its program had been killed."""
    opened: list[ReviewDesk] = []

    def open_(*reviewers: str, twice: float | None = 0.0, **more: Any) -> ReviewDesk:
        for each in opened:
            each.close()
        settings = ReviewSettings(reviewers, twice, more.pop("seed", 0))
        more.setdefault("dropped", str(tmp_path / "rejected"))
        desk = ReviewDesk.open(more.pop("uri", str(rows)), str(tmp_path / "out"), settings, **more)
        opened.append(desk)
        return desk

    yield open_
    for each in opened:
        each.close()


numbers = itertools.count()


def entry(dealt: DealtRow | None, reviewer: str, decision: str = "accept", **more: Any) -> ReviewEntry:
    assert dealt is not None
    texts = dict(dealt.texts)
    if decision == "edit":
        texts["answer"] = more.pop("answer", "Better.")
    reason = more.pop("reason", "wrong answer" if decision == "reject" else None)
    entry_id = more.pop("entry_id", f"e-{next(numbers)}")
    return ReviewEntry(
        entry_id, reviewer, dealt.key, dealt.response_id, decision, texts, reason=reason, **more
    )


def decide_all(desk: ReviewDesk, *reviewers: str, decisions: str = "accept") -> None:
    """Reviewers in turn decide what they are dealt, with one decision after the other."""
    cycle, waiting = itertools.cycle(decisions.split()), list(reviewers)
    while waiting:
        for reviewer in list(waiting):
            dealt = desk.deal(reviewer)
            if dealt is None:
                waiting.remove(reviewer)
            else:
                desk.record(entry(dealt, reviewer, next(cycle)))


def by_prompt(dataset: Path) -> dict[str, dict[str, Any]]:
    return {row["prompt_id"]: row for row in Dataset(dataset).table().to_pylist()}


def test_all_that_was_entered_is_there_after_a_restart(open_desk: Open) -> None:
    desk = open_desk(twice=1.0)
    decide_all(desk, "ana", "ben", decisions="accept reject edit")
    desk.undo("ana")
    dealt, progress, agreement = desk.deal("ana"), desk.progress(), desk.agreement()
    again = open_desk(twice=1.0)
    assert (again.progress(), again.agreement(), again.deal("ana")) == (progress, agreement, dealt)
    assert dealt is not None and dealt.previous is not None and dealt.previous.key == dealt.key


def test_a_dealt_row_is_the_same_after_a_restart_and_no_one_elses(open_desk: Open) -> None:
    first = open_desk().deal("ana")
    again = open_desk()
    other = again.deal("ben")
    assert first is not None and other is not None and first.key != other.key
    assert again.deal("ana") == first


def test_an_entry_that_is_sent_again_is_one_entry_also_after_a_restart(open_desk: Open) -> None:
    desk = open_desk()
    sent = entry(desk.deal("ana"), "ana")
    desk.record(sent)
    desk.record(sent)
    again = open_desk()
    again.record(sent)
    assert again.progress().by_reviewer["ana"].accept == 1
    assert sum(record["record"] == journal.ENTRY for _, record in again.journal.records()) == 1


def test_an_undo_that_is_sent_again_takes_back_one_entry(open_desk: Open) -> None:
    desk = open_desk()
    for _ in range(2):
        desk.record(entry(desk.deal("ana"), "ana"))
    key = desk.undo("ana", "u-1")
    assert desk.undo("ana", "u-1") == key
    again = open_desk()
    assert again.undo("ana", "u-1") == key
    assert again.progress().by_reviewer["ana"].accept == 1


def test_the_rows_come_out_as_those_of_the_other_tools(open_desk: Open, rows: Path, tmp_path: Path) -> None:
    desk = open_desk()
    decide_all(desk, "ana", decisions="accept edit reject")
    summary = desk.finish().as_json()
    kept, rejected = by_prompt(tmp_path / "out"), by_prompt(tmp_path / "rejected")
    assert {"accepted": 3, "edited": 3, "rejected": 2, "no_decision": 0}.items() <= summary.items()
    assert [kept[f"sum-{n}"]["review_decision"] for n in (0, 1, 3, 4)] == ["accept", "edit", "accept", "edit"]
    assert kept["sum-1"]["answer"] == "Better." and kept["sum-1"]["original_answer"].startswith("It is")
    assert kept["sum-1"]["verdict"] is None and kept["sum-1"]["verdict_before"] == "correct"
    assert rejected["sum-2"]["drop_reasons"] == ["not_selected"]
    assert (rejected["sum-2"]["reviewed_by"], rejected["sum-2"]["review_note"]) == ("ana", "wrong answer")
    (step,) = json.loads(rejected["sum-2"]["review_history"])
    assert step["tool"] == "r1" and step["opinions"][0]["reason"] == "wrong answer"
    assert kept.keys() | rejected.keys() == by_prompt(rows).keys()


def test_the_journal_gives_the_same_rows_by_ingest(open_desk: Open, rows: Path, tmp_path: Path) -> None:
    desk = open_desk()
    decide_all(desk, "ana", "ben", decisions="accept edit reject")
    desk.undo("ben")
    desk.finish()
    plan = apply.ReviewPlan(read_results(str(desk.journal.path)))
    apply.run(open_source(str(rows), "sample"), str(tmp_path / "by-ingest"), plan)
    assert by_prompt(tmp_path / "by-ingest") == by_prompt(tmp_path / "out")


def test_why_tells_who_decided_what_and_who_was_overruled(open_desk: Open, tmp_path: Path) -> None:
    desk = open_desk(twice=1.0)
    for reviewer, decision in (("ana", "accept"), ("ben", "reject")):
        desk.record(entry(desk.deal(reviewer), reviewer, decision))
    dealt = desk.deal("cy")
    assert dealt is not None and dealt.adjudication
    assert [(each.reviewer, each.decision, each.reason) for each in dealt.others] == [
        ("ana", "accept", None),
        ("ben", "reject", "wrong answer"),
    ]
    desk.record(entry(dealt, "cy", "reject", reason="off topic", note="see the rules"))
    desk.finish()
    chapter = why("sum-0/0", [str(tmp_path / "rejected")]).chapters[-1]
    (review,) = chapter.rows[0].reviews
    assert (review["decision"], review["tool"]) == ("reject", "r1")
    assert [(each["by"], each["reason"], each["note"]) for each in review["opinions"]] == [
        ("cy", "off topic", "see the rules")
    ]
    assert [each["by"] for each in review["overruled"]] == ["ana", "ben"]


def test_why_prints_reviewer_and_reason(
    open_desk: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = open_desk()
    decide_all(desk, "ana", decisions="reject")
    desk.finish()
    assert invoke(["why", "sum-0/0", str(tmp_path / "rejected")]) == 0
    text = "".join(capsys.readouterr())
    assert "reject by ana at" in text and "wrong answer" in text


def test_a_finished_review_takes_nothing_more_and_finishes_again(open_desk: Open) -> None:
    desk = open_desk()
    late = entry(desk.deal("ben"), "ben")
    desk.record(entry(desk.deal("ana"), "ana"))
    summary = desk.finish()
    for again in (False, True):
        desk = open_desk() if again else desk
        for call, argument in ((desk.deal, "ana"), (desk.undo, "ana"), (desk.record, late)):
            with pytest.raises(UserError, match="this review is finished"):
                call(argument)  # type: ignore[operator]
        assert desk.finish() == summary


def test_a_kill_while_the_dataset_is_written_is_made_good_by_the_next_finish(
    open_desk: Open, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_desk()
    decide_all(desk, "ana")
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_write", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.finish()
    assert open_desk().finish().rows == len(by_prompt(rows))


def test_a_review_without_a_decision_is_not_finished(open_desk: Open) -> None:
    desk = open_desk()
    desk.record(entry(desk.deal("ana"), "ana", "skip"))
    with pytest.raises(UserError, match="nothing was decided"):
        desk.finish()
    desk.record(entry(desk.deal("ana"), "ana"))
    assert desk.finish().as_json()["accepted"] == 1


def test_require_all_refuses_undecided_rows_and_the_review_goes_on(open_desk: Open) -> None:
    desk = open_desk(require_all=True)
    desk.record(entry(desk.deal("ana"), "ana"))
    with pytest.raises(UserError, match=r"7 rows of .* are not decided"):
        desk.finish()
    decide_all(desk, "ana")
    assert desk.finish().as_json()["accepted"] == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": ("sum-0", 9)}, "no such row"),
        ({"key": ("nowhere", 0)}, "no such row"),
        ({"response_id": "0" * 16}, "another response"),
        ({"decision": "edit"}, "no text was changed"),
        ({"decision": "reject"}, "needs a reason"),
        ({"reviewer": "zoe"}, "not one of ana"),
    ],
)
def test_a_wrong_entry_is_one_line_and_changes_nothing(
    change: dict[str, Any], message: str, open_desk: Open
) -> None:
    desk = open_desk("ana")
    dealt = desk.deal("ana")
    assert dealt is not None
    values = {"entry_id": "e", "reviewer": "ana", "key": dealt.key, "response_id": dealt.response_id}
    with pytest.raises(UserError, match=message):
        desk.record(ReviewEntry(**{**values, "decision": "accept", "texts": dealt.texts, **change}))
    assert desk.progress().decided == 0 and desk.deal("ana") == dealt


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "maybe"},
        {"prompt_id": 5},
        {"sample_index": True},
        {"reviewer": ""},
        {"reviewer": "a\u202eb"},
        {"reviewer": "x" * 65},
        {"texts": {"response": "x"}},
        {"texts": {"answer": "\ud800"}},
        {"texts": ["x"]},
        {"entry_id": ""},
        {"entry_id": "\n"},
        {"entry_id": None},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"note": 5},
        {"reason": "x" * 201},
    ],
)
def test_what_is_no_entry_is_one_line(change: dict[str, Any]) -> None:
    values = {"entry_id": "e", "reviewer": "ana", "prompt_id": "p", "sample_index": 0, "response_id": "r"}
    assert entry_of({**values, "decision": "accept"}).as_json().items() >= values.items()
    with pytest.raises(UserError):
        entry_of({**values, "decision": "accept", **change})


def test_blanks_around_a_text_are_no_edit(open_desk: Open) -> None:
    desk = open_desk()
    dealt = desk.deal("ana")
    assert dealt is not None
    with pytest.raises(UserError, match="no text was changed"):
        desk.record(entry(dealt, "ana", "edit", answer=f"\r\n{dealt.texts['answer']}  "))


def test_a_review_of_other_rows_or_other_settings_is_refused(open_desk: Open, tmp_path: Path) -> None:
    other = tmp_path / "other"
    ingest(str(DATA / "rows.jsonl"), str(other), shard_rows=2, workers=1)
    open_desk(twice=0.5, seed=3)
    with pytest.raises(UserError, match=r"holds a review of .*rows"):
        open_desk(twice=0.5, seed=3, uri=str(other))
    with pytest.raises(UserError, match=r"begun with --twice 0.5, now 0.1"):
        open_desk(twice=0.1, seed=3)
    with pytest.raises(UserError, match="begun with --seed 3, now 0"):
        open_desk(twice=0.5)
    assert open_desk("ana", twice=None, seed=None).deal("ana") is not None


def test_places_that_hold_something_else_are_refused(rows: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("x")
    for out, message in (
        (rows, "holds a dataset already"),
        (tmp_path / "file", "choose another -o"),
        (tmp_path / "folder", "choose another -o"),
        ("s3://bucket/out", "give a local -o, and `r1 push`"),
    ):
        with pytest.raises(UserError, match=message):
            ReviewDesk.open(str(rows), str(out))


def test_what_cannot_be_reviewed_is_one_line(rows: Path, tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "1 + 1?", "truth": "2"}\n')
    ingest(str(tmp_path / "prompts.jsonl"), str(tmp_path / "prompts"), workers=1)
    for uri, message in (
        ("-", "a pipe does not give"),
        (str(DATA / "rows.jsonl"), "r1 ingest"),
        (str(tmp_path / "nowhere"), "no such dataset"),
        (str(tmp_path / "prompts"), "needs sample rows"),
    ):
        with pytest.raises(UserError, match=message):
            ReviewDesk.open(uri, str(tmp_path / "out"))


def test_rows_that_an_earlier_review_decided_are_not_dealt_again(open_desk: Open, tmp_path: Path) -> None:
    desk = open_desk()
    for _ in range(3):
        desk.record(entry(desk.deal("ana"), "ana"))
    desk.finish()
    second = ReviewDesk.open(str(tmp_path / "out"), str(tmp_path / "second"), ReviewSettings(twice_share=0.0))
    decide_all(second, "ben")
    assert (second.progress().rows, second.progress().decided_before) == (5, 3)
    summary = second.finish().as_json()
    second.close()
    assert (summary["accepted"], summary["decided_before"]) == (5, 3)


def test_a_damaged_shard_is_told_when_its_row_is_dealt(open_desk: Open, rows: Path, tmp_path: Path) -> None:
    shutil.copytree(rows, tmp_path / "copy")
    desk = open_desk(uri=str(tmp_path / "copy"))
    shard = sorted((tmp_path / "copy" / "data").iterdir())[0]
    content = shard.read_bytes()
    shard.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(UserError, match="not those that were committed"):
        desk.deal("ana")


@pytest.mark.parametrize(
    "line",
    [
        '{"record": "entry", "at": "2026-01-01T00:00:00+00:00"}',
        '{"record": "deal", "at": "2026-01-01T00:00:00+00:00", "reviewer": "ana", "position": 800}',
        '{"record": "other", "at": "2026-01-01T00:00:00+00:00"}',
        '{"record": "deal", "at": 5, "reviewer": "ana", "position": 0}',
        '{"record": "review", "at": "2026-01-01T00:00:00+00:00"}',
        "{",
    ],
)
def test_a_journal_that_somebody_damaged_is_refused_in_one_line(line: str, open_desk: Open) -> None:
    desk = open_desk()
    desk.record(entry(desk.deal("ana"), "ana"))
    path = desk.journal.path
    desk.close()
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(UserError, match="damaged"):
        open_desk()
