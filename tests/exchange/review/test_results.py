"""Results of reviews taken back: each row keeps its history, nothing is guessed, wrong files get one line."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.responses import split
from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.exchange.export.run import export
from r1data.exchange.ingest import ingest
from r1data.exchange.review import apply
from r1data.exchange.review.opinions import CONFLICT, UNCLEAR, Opinion, settle
from r1data.exchange.review.questions import edit_response
from r1data.exchange.review.results import read_results
from r1data.lineage.why import why
from r1data.selection import filtering

DATA = Path(__file__).parents[2] / "fixtures/review"
FILES = ["label-studio", "argilla", "argilla-flat"]
Row = dict[str, Any]
Write = Callable[..., Path]
EDIT = "It is \\boxed{2}, as anyone can see."


def tool(name: str) -> str:
    return name.removesuffix("-flat")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset that was sent out, in several shards; not to be changed."""
    out = tmp_path_factory.mktemp("sent") / "rows"
    ingest(str(DATA / "rows.jsonl"), str(out), shard_rows=3, workers=1)
    return out


def taken_back(file: Path, onto: Path, out: Path, **more: Any) -> tuple[dict[str, Any], dict[str, Row]]:
    """The summary, and the rows that go on by prompt."""
    dropped = more.pop("dropped", None)
    plan = apply.ReviewPlan(read_results(str(file)), **more)
    summary = apply.run(open_source(str(onto), "sample"), str(out), plan, dropped=dropped and str(dropped))
    return summary.as_json(), by_prompt(out)


def by_prompt(dataset: Path) -> dict[str, Row]:
    return {row["prompt_id"]: row for row in Dataset(dataset).table().to_pylist()}


def label_studio() -> list[Row]:
    found: list[Row] = json.loads((DATA / "label-studio.json").read_text())
    return found


def written(path: Path, records: Any) -> Path:
    path.write_text(json.dumps(records))
    return path


@pytest.mark.parametrize("name", FILES)
def test_every_row_comes_back_with_its_history(name: str, rows: Path, tmp_path: Path) -> None:
    before = by_prompt(rows)
    summary, kept = taken_back(DATA / f"{name}.json", rows, tmp_path / "out", dropped=tmp_path / "rejected")
    rejected = by_prompt(tmp_path / "rejected")
    assert kept.keys() | rejected.keys() == before.keys() and not kept.keys() & rejected.keys()
    for prompt, row in {**kept, **rejected}.items():
        old = dict(before[prompt])
        if row["review_decision"] == "edit":
            for part in ("response", "reasoning", "answer"):
                assert row[f"original_{part}"] == old.pop(part)
            for part in ("verdict", "score", "extracted", "verdict_reason", "verifier_version"):
                assert row[f"{part}_before"] == old.pop(part) and row[part] is None
            (step,) = json.loads(row["review_history"])
            assert step["before"] == {"response_tokens": old.pop("response_tokens")}
        assert {column: row[column] for column in old} == old
    assert {prompt: row["review_decision"] for prompt, row in {**kept, **rejected}.items()} == {
        "sum-0": "accept",
        "sum-1": "edit",
        "sum-2": "reject",
        "sum-3": "none",
        "sum-4": "none",
        "sum-5": "edit",
        "sum-6": "none",
        "sum-7": "accept",
    }
    counted = {
        "accepted": 2,
        "edited": 2,
        "rejected": 1,
        "conflict": 1,
        "no_decision": 2,
        "not_in_dataset": 0,
    }
    assert counted.items() <= summary.items()


@pytest.mark.parametrize("name", FILES)
def test_who_decided_what_is_kept(name: str, rows: Path, tmp_path: Path) -> None:
    _, kept = taken_back(DATA / f"{name}.json", rows, tmp_path / "out")
    edit, torn = kept["sum-1"], json.loads(kept["sum-6"]["review_history"])[0]
    assert edit["reviewed_by"] in ("1", "00000000-0000-0000-0000-000000000001")
    assert edit["review_note"] == "fixed the sum"
    assert (edit["reviewed_at"] is not None) == (name == "label-studio")
    assert torn["why"] == CONFLICT
    assert [said["decision"] for said in torn["opinions"]] == ["accept", "reject"]
    assert len({said["by"] for said in torn["opinions"]}) == 2
    assert kept["sum-6"]["reviewed_by"] is None and kept["sum-4"]["review_history"] is None


@pytest.mark.parametrize("name", FILES)
def test_an_edited_response_is_what_later_commands_read_and_judge(
    name: str, rows: Path, tmp_path: Path
) -> None:
    _, kept = taken_back(DATA / f"{name}.json", rows, tmp_path / "out")
    assert kept["sum-1"]["response"] == f"<think>\nOne more than 1 is 2.\n</think>\n\n{EDIT}"
    assert (kept["sum-1"]["reasoning"], kept["sum-1"]["answer"]) == ("One more than 1 is 2.", EDIT)
    assert kept["sum-5"]["reasoning"] == "One more than 5 is 6. Indeed."
    again = filtering.filter_table(Dataset(tmp_path / "out").table())["kept"]
    judged = next(row for row in again.to_pylist() if row["prompt_id"] == "sum-1")
    assert (judged["verdict"], judged["extracted"], judged["verdict_before"]) == ("correct", "2", "correct")
    assert judged["verifier_version"] != judged["verifier_version_before"] == "math 1"


def test_rejected_rows_are_not_selected_and_build_leaves_them(rows: Path, tmp_path: Path) -> None:
    taken_back(DATA / "argilla.json", rows, tmp_path / "out", dropped=tmp_path / "rejected")
    (row,) = by_prompt(tmp_path / "rejected").values()
    assert row["drop_reasons"] == ["not_selected"] and row["verdict"] == "correct"


def test_all_shards_have_the_same_columns(rows: Path, tmp_path: Path) -> None:
    taken_back(DATA / "label-studio.json", rows, tmp_path / "out", dropped=tmp_path / "rejected")
    for dataset in ("out", "rejected"):
        schemas = {str(table.schema) for table in Dataset(tmp_path / dataset).tables()}
        assert len(schemas) == 1 and len(Dataset(tmp_path / dataset).entries) == 3


def test_a_rerun_does_nothing_and_other_results_are_refused(rows: Path, tmp_path: Path) -> None:
    first, _ = taken_back(DATA / "label-studio.json", rows, tmp_path / "out", dropped=tmp_path / "rejected")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/data/*")}
    again, _ = taken_back(DATA / "label-studio.json", rows, tmp_path / "out", dropped=tmp_path / "rejected")
    assert again == first
    assert {path: path.stat().st_mtime_ns for path in before} == before
    with pytest.raises(UserError, match="choose another -o"):
        taken_back(written(tmp_path / "less.json", label_studio()[:3]), rows, tmp_path / "out")


def test_a_second_review_loses_nothing_of_the_first(rows: Path, tmp_path: Path) -> None:
    taken_back(DATA / "label-studio.json", rows, tmp_path / "one")
    export(str(tmp_path / "one"), "argilla", str(tmp_path / "sent"))
    records = json.loads((tmp_path / "sent/records.json").read_text())
    record = next(each for each in records if each["metadata"]["prompt_id"] == "sum-1")
    record["responses"] = {
        "decision": [{"value": "edit", "user_id": "cyd"}],
        "answer": [{"value": "2", "user_id": "cyd"}],
    }
    second = written(tmp_path / "second.json", [record])
    summary, kept = taken_back(second, tmp_path / "one", tmp_path / "two")
    row, old = kept["sum-1"], by_prompt(tmp_path / "one")["sum-1"]
    assert row["answer"] == "2" and row["original_answer"] == "It is \\boxed{2}."
    first, last = json.loads(row["review_history"])
    assert [first] == json.loads(old["review_history"])
    assert last["before"]["response"] == old["response"] and last["tool"] == "argilla"
    assert (row["verdict_before"], kept["sum-0"]["review_decision"]) == ("correct", "accept")
    assert (summary["edited"], summary["decided_before"], summary["no_decision"]) == (1, 3, 3)


def test_what_cold_start_kept_of_a_row_stays_where_it_is(
    rows: Path, tmp_path: Path, write_jsonl: Write
) -> None:
    refined = [{**row, "original_response": "what R1-Zero wrote"} for row in by_prompt(rows).values()]
    _, kept = taken_back(DATA / "argilla.json", write_jsonl(refined, "refined.jsonl"), tmp_path / "out")
    row = kept["sum-1"]
    assert row["original_response"] == "what R1-Zero wrote"
    (step,) = json.loads(row["review_history"])
    assert step["before"]["response"] == refined[1]["response"]


def test_a_decision_is_not_applied_to_another_text(rows: Path, tmp_path: Path, write_jsonl: Write) -> None:
    others = [dict(row) for row in by_prompt(rows).values()]
    others[0]["response"] += " Or not."
    summary, kept = taken_back(DATA / "argilla.json", write_jsonl(others, "o.jsonl"), tmp_path / "out")
    assert (summary["other_response"], kept["sum-0"]["review_decision"]) == (1, "none")
    with pytest.raises(UserError, match="not those that were reviewed"):
        changed = [{**row, "response": "else"} for row in others]
        taken_back(DATA / "argilla.json", write_jsonl(changed, "c.jsonl"), tmp_path / "none")


def test_results_of_other_rows_are_counted_or_refused(rows: Path, tmp_path: Path, write_jsonl: Write) -> None:
    some = [row for prompt, row in by_prompt(rows).items() if prompt in ("sum-0", "sum-4")]
    summary, _ = taken_back(DATA / "argilla.json", write_jsonl(some, "some.jsonl"), tmp_path / "out")
    assert (summary["results"], summary["not_in_dataset"]) == (8, 6)
    strange = [{**row, "prompt_id": "else"} for row in some[:1]]
    with pytest.raises(UserError, match="none of its 8 records is of a row"):
        taken_back(DATA / "argilla.json", write_jsonl(strange, "strange.jsonl"), tmp_path / "none")


def test_all_rows_may_be_asked_for(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"3 rows of .* have no decision, the first sum-3/1"):
        taken_back(DATA / "label-studio.json", rows, tmp_path / "out", require_all=True)
    assert not (tmp_path / "out").exists()


def opinion(decision: str, by: str | None = "ann", at: str | None = None, **more: Any) -> Opinion:
    return Opinion(decision, by, at, **more)


ROW = {"response": "<think>a</think>b", "reasoning": "a", "answer": "b"}


@pytest.mark.parametrize(
    ("opinions", "decision"),
    [
        ([opinion("accept")], "accept"),
        ([opinion("accept", at="1"), opinion("reject", at="2")], "reject"),
        ([opinion("reject", at="2"), opinion("accept", at="1")], "reject"),
        ([opinion("accept"), opinion("reject", "ben")], CONFLICT),
        ([opinion("accept", None), opinion("reject", None)], CONFLICT),
        ([opinion("accept"), opinion("reject", "ben", final=True)], "reject"),
        ([opinion("edit")], UNCLEAR),
        ([opinion("edit", texts={"answer": "b\r\n "})], UNCLEAR),
        ([opinion("accept", texts={"answer": " b\r\n"})], "accept"),
        ([opinion("accept", texts={"answer": "c"})], "edit"),
        ([opinion("edit", texts={"answer": "c"}), opinion("edit", "ben", texts={"answer": "c"})], "edit"),
        ([opinion("edit", texts={"answer": "c"}), opinion("edit", "ben", texts={"answer": "d"})], CONFLICT),
        ([opinion("reject", texts={"answer": "c"})], "reject"),
    ],
)
def test_opinions_settle_a_row_or_leave_it_undecided(opinions: list[Opinion], decision: str) -> None:
    outcome = settle(ROW, opinions)
    assert (outcome.decision or outcome.why) == decision


TEXTS = st.text(st.sampled_from("ab<>/ \n"), max_size=12)


@given(
    thoughts=TEXTS,
    answer=TEXTS,
    new=st.fixed_dictionaries({}, optional={"reasoning": TEXTS, "answer": TEXTS}),
)
def test_an_edit_stands_in_the_response_and_leaves_the_rest(
    thoughts: str, answer: str, new: dict[str, str]
) -> None:
    response = f"<think>{thoughts}</think>{answer}"
    parts = split(response)
    row = {"response": response, "reasoning": parts.reasoning, "answer": parts.answer}
    new = {name: text.strip() for name, text in new.items()}
    done = edit_response(row, new)
    wanted = {"reasoning": parts.reasoning, "answer": parts.answer, **new}
    assert {name: done[name] or "" for name in wanted} == {name: text or "" for name, text in wanted.items()}
    assert split(str(done["response"])) == (done["reasoning"], done["answer"])
    if not new:
        assert done["response"] == response


WRITTEN = "<think>\nc\n</think>\n\nb"


@pytest.mark.parametrize(
    ("response", "reasoning", "answer", "new", "expected"),
    [
        ("|s|a|s|b", "a", "b", {"answer": "c"}, "|s|a|s|c"),
        ("b", "a", "b", {"reasoning": "c"}, "b"),
        ("b", None, None, {"answer": "c"}, "c"),
        ("b", None, "b", {"reasoning": "c"}, WRITTEN),
        ("a<think>a</think>b", "a", "b", {"reasoning": "c"}, WRITTEN),
        ("<think>c", "c", None, {"answer": "b"}, WRITTEN),
        (
            "<think>a</think><answer> b </answer>",
            "a",
            "b",
            {"answer": "c"},
            "<think>a</think><answer> c </answer>",
        ),
    ],
)
def test_an_edit_keeps_what_is_around_the_parts(
    response: str, reasoning: str | None, answer: str | None, new: dict[str, str], expected: str
) -> None:
    done = edit_response({"response": response, "reasoning": reasoning, "answer": answer}, new)
    assert done["response"] == expected
    assert {name: done[name] for name in new} == new


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda r: r[1].pop("annotations"), "needs data and annotations"),
        (lambda r: r[0].update(annotations=[3]), "an annotation without a list"),
        (
            lambda r: r[0]["annotations"][0]["result"][2]["value"].update(choices=["maybe"]),
            "'maybe' is none of",
        ),
        (
            lambda r: r[0]["annotations"][0]["result"][2]["value"].update(choices=["accept", "edit"]),
            "more than once",
        ),
        (lambda r: r[0]["annotations"][0]["result"][1].update(value=None), "'answer' has no value"),
        (lambda r: r[0]["annotations"][0]["result"][1]["value"].update(text=[7]), "answer is a int"),
        (lambda r: r[0]["annotations"][0]["result"][1]["value"].update(text=["\ud800"]), "no valid text"),
        (lambda r: r[0]["annotations"][0].update(updated_at="yesterday"), "'yesterday' is no date"),
        (lambda r: r.insert(0, {"annotation_id": 1, "decision": "accept"}), "JSON-MIN"),
        (lambda r: r.insert(0, {"prompt": "x"}), "not a result of label-studio or argilla"),
        (lambda r: r.clear(), "empty"),
    ],
)
def test_a_wrong_file_is_one_line_with_its_record(
    change: Callable[[list[Row]], Any], told: str, tmp_path: Path
) -> None:
    records = copy.deepcopy(label_studio())
    change(records)
    with pytest.raises(UserError, match=told) as error:
        read_results(str(written(tmp_path / "r.json", records)))
    assert "\n" not in str(error.value) and "r.json" in str(error.value)


def test_responses_that_argilla_does_not_write_are_one_line(tmp_path: Path) -> None:
    for responses in (
        {"decision": 3},
        {"decision": [{"value": "accept"}]},
        [{"value": 1}],
        {"decision": ["x"]},
    ):
        record = {"id": "a/0", "fields": {}, "responses": responses}
        with pytest.raises(UserError, match="record 1: its responses are not as Argilla writes them"):
            read_results(str(written(tmp_path / "r.json", [record])))


def test_why_tells_who_decided(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    line = [
        "ingest",
        str(DATA / "label-studio.json"),
        "--from",
        "label-studio",
        "--apply-to",
        str(rows),
        "-o",
        "out",
    ]
    assert invoke(line) == 0
    capsys.readouterr()
    assert invoke(["why", "sum-1/1", "out"]) == 0
    told = capsys.readouterr().err
    assert (
        "review         edit, in label-studio" in told
        and "edit by 1 at 20" in told
        and "fixed the sum" in told
    )
    (loss,) = why("sum-2/0", ["out"]).losses
    assert loss.reasons == ("not_selected",) and "rejected in review" in loss.why


def test_the_command_looks_first_and_refuses_what_does_not_go_together(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["ingest", str(DATA / "argilla.json"), "-o", "out"]
    assert invoke([*line, "--apply-to", str(rows), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["edited"] == 2
    for more in (
        ["--apply-to", str(rows), "--map", "a=b"],
        ["--apply-to", "-"],
        ["--from", "argilla"],
        ["--require-all"],
    ):
        assert invoke([*line, *more]) == 1, more
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert invoke([*line, "--apply-to", str(rows), "--dropped", "out"]) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", FILES)
def test_what_is_sent_out_now_is_what_the_results_answer(name: str, rows: Path, tmp_path: Path) -> None:
    export(str(rows), tool(name), str(tmp_path / "sent"))
    stem = "tasks.json" if name == "label-studio" else "records.json"
    sent = json.loads((tmp_path / "sent" / stem).read_text())
    ids = [(each.get("data") or each["metadata"])["response_id"] for each in sent]
    answered = read_results(str(DATA / f"{name}.json")).by_row.values()
    assert [result.response_id for (result,) in answered] == ids
