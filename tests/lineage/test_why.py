"""The history of a row, over datasets that the commands made."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.exchange.ingest import ingest
from r1data.lineage.scanning import by_columns, every_shard
from r1data.lineage.why import History, why


def response(answer: int, *, more: str = "", thoughts: str = "We add the two numbers and look again.") -> str:
    return f"<think>\n{thoughts}\n</think>\n\nIt is \\boxed{{{answer}}}.{more}"


def samples(prompt: int) -> list[str]:
    """Right, right and longer, wrong, right in mixed languages, a copy of the first, right in one long line."""
    return [
        response(prompt + 1),
        response(prompt + 1, more=" Indeed."),
        response(prompt + 9),
        response(prompt + 1, thoughts="We add 数字 and 这个 and look again."),
        response(prompt + 1),
        response(prompt + 1, thoughts="word and more " * 300),
    ]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project: prompts, samples, verified, kept and rejected, sft and left-out."""
    folder = tmp_path_factory.mktemp("project")
    prompts = [
        {"prompt_id": f"sums-{n:03d}", "prompt": f"What is {n} + 1?", "truth": str(n + 1), "license": "MIT"}
        for n in range(8)
    ]
    write(folder / "prompts.jsonl", prompts)
    rows = [{**prompt, "response": text} for n, prompt in enumerate(prompts) for text in samples(n)]
    write(folder / "rows.jsonl", [{**row, "model": "tiny \x1b[31m"} for row in rows])
    ingest(str(folder / "rows.jsonl"), str(folder / "samples"), shard_rows=24, workers=1)
    run("verify", folder / "samples", "-o", folder / "verified", "--workers", 1)
    run(
        "filter", folder / "verified", "-o", folder / "kept", "--dropped", folder / "rejected", "--workers", 1
    )
    build = ["build", folder / "kept", "-o", folder / "sft", "--dropped", folder / "left-out"]
    run(*build, "--max-per-prompt", 1, "--selection", "shortest")
    return folder


@pytest.fixture
def project(pipeline: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pipeline, tmp_path / "project"))


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def run(*arguments: object) -> None:
    assert invoke([str(each) for each in arguments]) == 0


def names(history: History) -> list[str]:
    return [Path(chapter.uri).name for chapter in history.chapters]


def test_a_kept_row_is_followed_into_the_set(pipeline: Path) -> None:
    history = why("sums-003/1", search_folder=str(pipeline))
    assert names(history) == ["samples", "verified", "kept", "left-out"]
    assert history.losses == ()
    assert names(why("sums-003/0", search_folder=str(pipeline))) == ["samples", "verified", "kept", "sft"]


def test_each_dataset_tells_what_is_new_in_it(pipeline: Path) -> None:
    chapters = why("sums-003/0", search_folder=str(pipeline)).chapters
    new = {Path(chapter.uri).name: set(chapter.rows[0].new) for chapter in chapters}
    assert {"prompt", "truth", "license", "response", "model"} <= new["samples"]
    assert new["verified"] == {"verdict", "score", "extracted", "verifier_version"}
    assert new["kept"] == {"language_consistency", "drop_reasons"}
    assert {"messages", "split", "kind", "example_id"} <= new["sft"]


@pytest.mark.parametrize(
    ("sample", "reason", "measure"),
    [(3, "mixed_language", "language consistency"), (5, "long_paragraph", "longest paragraph, characters")],
)
def test_a_dropped_row_has_its_reasons_and_measures(
    pipeline: Path, sample: int, reason: str, measure: str
) -> None:
    last = why(f"sums-002/{sample}", search_folder=str(pipeline)).chapters[-1]
    assert Path(last.uri).name == "rejected"
    assert reason in last.rows[0].row["drop_reasons"]
    told = {each["what"]: each for each in last.rows[0].measures if each["drops"]}
    assert told[measure]["filter"] == reason


def test_the_measures_agree_with_the_recorded_reasons(pipeline: Path) -> None:
    for sample in range(6):
        for chapter in why(f"sums-001/{sample}", search_folder=str(pipeline)).chapters:
            for seen in (row for row in chapter.rows if row.measures):
                drops = {each["filter"] for each in seen.measures if each["drops"]}
                assert drops == set(seen.row.get("drop_reasons") or ()) - {"incorrect", "duplicate"}


@pytest.mark.parametrize(
    ("sample", "reasons"),
    [(2, ["incorrect"]), (3, ["mixed_language"]), (4, ["duplicate"]), (5, ["long_paragraph", "repetition"])],
)
def test_without_the_dropped_rows_the_filters_decide_again(
    project: Path, sample: int, reasons: list[str]
) -> None:
    shutil.rmtree(project / "rejected")
    (loss,) = why(f"sums-004/{sample}", search_folder=str(project)).losses
    assert (list(loss.reasons), loss.certain, loss.command) == (reasons, True, "filter")


def test_what_build_left_out_is_told_with_all_that_it_can_be(project: Path) -> None:
    shutil.rmtree(project / "left-out")
    (loss,) = why("sums-004/1", search_folder=str(project)).losses
    assert not loss.certain
    assert loss.reasons == ("not_selected", "duplicate")
    assert "--dropped" in loss.why


def test_what_build_left_out_names_what_it_lost_to(pipeline: Path) -> None:
    (seen,) = why("sums-003/1", search_folder=str(pipeline)).chapters[-1].rows
    assert seen.lost_to is not None and not seen.lost_to.reasons
    assert (seen.lost_to.row, Path(seen.lost_to.dataset).name) == ("sums-003/0", "sft")
    assert seen.lost_to.beginning == response(4)[: len(seen.lost_to.beginning)]
    assert seen.lost_to.characters == len(response(4))
    assert seen.won is None and seen.placement is None


def test_what_is_in_the_set_says_what_it_won_against_and_where_it_stands(pipeline: Path) -> None:
    (seen,) = why("sums-003/0", search_folder=str(pipeline)).chapters[-1].rows
    dropped = Dataset(pipeline / "left-out").table(["prompt_id", "drop_reasons", "lost_to"]).to_pylist()
    mine = [row["drop_reasons"] for row in dropped if row["lost_to"] == seen.row["example_id"]]
    assert mine and seen.won is not None
    assert seen.won.copies + seen.won.of_prompt == len(mine)
    assert seen.placement is not None and seen.lost_to is None
    assert (seen.placement.split, seen.placement.quota) == (seen.row["split"], None)
    assert seen.placement.rows == Dataset(pipeline / "sft").rows


def test_without_the_dropped_rows_nothing_is_said_of_what_was_won(project: Path) -> None:
    shutil.rmtree(project / "left-out")
    (seen,) = why("sums-003/0", search_folder=str(project)).chapters[-1].rows
    assert seen.won is None and seen.placement is not None


def test_a_copy_that_a_filter_dropped_names_the_one_that_stayed(pipeline: Path) -> None:
    (seen,) = why("sums-003/4", search_folder=str(pipeline)).chapters[-1].rows
    assert seen.lost_to is not None
    assert (seen.lost_to.row, Path(seen.lost_to.dataset).name) == ("sums-003/0", "kept")


def test_a_contaminated_row_says_with_what_it_shares_which_words(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "how many ways are there to cut a square cake"
    write(project / "exam.jsonl", [{"question": f"Say {words} in two."}])
    write(project / "more.jsonl", [{"prompt_id": "more-1", "prompt": f"Well, {words}?", "response": "Many."}])
    out = ["-o", project / "clean", "--dropped", project / "unclean"]
    run("build", project / "kept", project / "more.jsonl", *out, "--decontaminate", project / "exam.jsonl")
    capsys.readouterr()
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", "200")
    assert invoke(["why", "more-1/0", "unclean"]) == 0
    told = capsys.readouterr().err
    assert words in told and "exam.jsonl:1" in told


def test_a_quota_is_told_with_its_rows(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    build = ["build", project / "kept", "-o", project / "few", "--dropped", project / "too-many"]
    run(*build, "--quota", "unknown=3")
    row = Dataset(project / "few").table(["prompt_id", "sample_index"]).to_pylist()[0]
    (seen,) = why(f"{row['prompt_id']}/{row['sample_index']}", [str(project / "few")]).chapters[-1].rows
    assert seen.placement is not None
    assert (seen.placement.domain, seen.placement.rows, seen.placement.quota) == ("unknown", 3, 3)
    monkeypatch.chdir(project)
    assert invoke(["why", seen.name, "few"]) == 0
    assert "3 rows of a quota of 3" in capsys.readouterr().err


def test_a_duplicate_names_the_example_that_is_in_the_set(project: Path) -> None:
    twice = [
        {"prompt_id": name, "prompt": "Why?", "truth": "3", "response": response(3)}
        for name in ("first-one", "other-one")
    ]
    write(project / "twice.jsonl", twice)
    run("ingest", project / "twice.jsonl", "-o", project / "twice")
    run("build", project / "twice", "-o", project / "one")
    (loss,) = why("other-one/0", search_folder=str(project)).losses
    assert loss.reasons == ("duplicate",)
    assert "first-one/0" in loss.why


def test_a_shard_that_the_command_has_not_come_to_is_no_loss(project: Path) -> None:
    shutil.rmtree(project / "rejected")
    for number in (1, 2):
        (project / f"kept/.r1/commits/{number:08d}.json").unlink()
    (project / "kept/data/part-00001.parquet").unlink()
    (loss,) = (
        each for each in why("sums-006/2", search_folder=str(project)).losses if each.command == "filter"
    )
    assert loss.reasons == () and loss.certain
    assert "has not come to shard part-00001" in loss.why


@pytest.mark.parametrize(
    ("folder", "column"), [("quarantine", "quarantine_reason"), ("aside", "set_aside_reason")]
)
def test_a_row_that_was_quarantined_says_why(project: Path, folder: str, column: str) -> None:
    shutil.rmtree(project / "rejected")
    row = Dataset(project / "verified").table().slice(2, 1)
    reason = pa.array(["it killed three workers"])
    (project / "kept/.r1" / folder).mkdir()
    pq.write_table(row.append_column(column, reason), project / "kept/.r1" / folder / "part-00000.parquet")
    (loss,) = why("sums-000/2", search_folder=str(project)).losses
    assert loss.reasons == ("quarantined",)
    assert "it killed three workers" in loss.why


def test_an_example_is_followed_back_to_its_prompt(pipeline: Path) -> None:
    example = Dataset(pipeline / "sft").table(["example_id", "prompt_id"]).to_pylist()[0]
    history = why(example["example_id"], search_folder=str(pipeline))
    assert names(history)[-1] == "sft"
    assert names(history)[0] == "samples"
    assert (
        why(example["example_id"][:10], search_folder=str(pipeline)).chapters[0].uri
        == history.chapters[0].uri
    )


def test_a_dataset_that_is_named_brings_parents_and_children(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    history = why("sums-003/0", [str(pipeline / "verified")])
    assert names(history) == ["samples", "verified", "kept", "sft"]


def test_an_id_that_fits_several_lists_them(pipeline: Path) -> None:
    with pytest.raises(UserError, match=r"8 ids begin so: sums-000, .*write one of them in full"):
        why("sums-00", search_folder=str(pipeline))


@pytest.mark.parametrize(("row", "told"), [("nowhere", "no row has that id"), ("sums-001/77", "0 to 5")])
def test_a_row_that_is_not_there_is_one_line(pipeline: Path, row: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        why(row, search_folder=str(pipeline))


def test_a_folder_without_datasets_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no dataset"):
        why("sums-001", search_folder=str(tmp_path))


def test_links_are_not_followed_and_hidden_folders_not_entered(pipeline: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(pipeline)
    shutil.copytree(pipeline, tmp_path / ".hidden")
    with pytest.raises(UserError, match="no dataset"):
        why("sums-001", search_folder=str(tmp_path))


def test_a_damaged_shard_is_told_of_and_gives_no_row(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = project / "kept/data/part-00000.parquet"
    shard.write_bytes(shard.read_bytes()[:-9] + b"x" * 9)
    monkeypatch.chdir(project)
    assert invoke(["why", "sums-003/0", "--json"]) == 1
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert "kept" not in [Path(each["dataset"]).name for each in found["history"]]
    assert found["lost"] == []
    assert "part-00000.parquet" in told.err.splitlines()[-1]


def test_the_text_fits_eighty_columns_and_drives_no_terminal(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.cells import cell_len

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(project)
    for row in ("sums-003", "sums-003/3", "sums-003/5"):
        capsys.readouterr()
        assert invoke(["why", row]) == 0
        told = capsys.readouterr()
        assert told.out == ""
        assert "\x1b" not in told.err
        assert max(map(cell_len, told.err.splitlines())) <= 80


def test_whole_texts_are_shown_when_asked_for(
    pipeline: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pipeline)
    assert invoke(["why", "sums-003/5", "--full"]) == 0
    assert "word and more " * 300 in capsys.readouterr().err


def test_projects_that_have_the_same_ids_are_told_one_after_the_other(pipeline: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(pipeline, tmp_path / name)
    told = [
        Path(chapter.uri).parent.name for chapter in why("sums-003/0", search_folder=str(tmp_path)).chapters
    ]
    assert told == ["one"] * 4 + ["two"] * 4


def test_a_shard_without_rows_is_no_trouble(project: Path) -> None:
    (project / "none").mkdir()
    write(project / "none.jsonl", [{"prompt": f"p{n}?", "truth": "1", "response": "wrong"} for n in range(2)])
    ingest(str(project / "none.jsonl"), str(project / "none"), shard_rows=1, workers=1)
    run("filter", project / "none", "-o", project / "nothing", "--workers", 1)
    assert Dataset(project / "nothing").rows == 0
    assert names(why("sums-003/0", search_folder=str(project)))[-1] == "sft"


def test_a_prompt_that_was_not_selected_says_by_which_range(project: Path) -> None:
    asked = [
        {"prompt_id": f"count-{n}", "prompt": f"{n}?", "truth": "1", "response": response(n)} for n in (1, 2)
    ]
    write(project / "counts.jsonl", asked)
    run("ingest", project / "counts.jsonl", "-o", project / "counts")
    run("verify", project / "counts", "-o", project / "judged", "--workers", 1)
    run("select", project / "judged", "-o", project / "picked", "--pass-rate", "0.9:1")
    assert names(why("count-1/0", search_folder=str(project)))[-1] == "picked"
    (loss,) = why("count-2/0", search_folder=str(project)).losses
    assert loss.reasons == ("not_selected",) and "0.9:1" in loss.why


@pytest.mark.parametrize("row", ["sums-003", "sums-003/0", "sums-003/2", "sums-005/4", "sums-00"])
def test_a_scan_by_columns_tells_the_same_history(pipeline: Path, row: str) -> None:
    places = [str(pipeline / "sft")]
    histories = []
    for scan in (every_shard, by_columns):
        try:
            histories.append(why(row, places, search_folder=str(pipeline), scan=scan).as_json())
        except Exception as error:  # noqa: BLE001 - the same error from both
            histories.append({"error": str(error)})
    assert histories[0] == histories[1]
