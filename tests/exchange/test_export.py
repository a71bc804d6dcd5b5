"""`r1 export`: each format as its tool reads it, whole or not at all, the same bytes each time."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from r1data.cli import invoke

from r1data.errors import UserError
from r1data.exchange.export.run import EXPORTS, export
from r1data.exchange.ingest import ingest
from r1data.exchange.review.questions import DECISIONS

Write = Callable[..., Path]
HOSTILE = '<b>&"]]>\u2028\x85\x1b[31m {{7*7}} =HYPERLINK("x")'
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def talk(n: int, split: str = "train", **more: Any) -> dict[str, Any]:
    turns = [
        {"role": "user", "content": f"{n}?"},
        {"role": "assistant", "content": f"<think>{n}</think>\n\n{n}"},
    ]
    return {"messages": turns, "split": split, "domain": "math", "prompt_id": f"p{n}", **more}


def sample(n: int, **more: Any) -> dict[str, Any]:
    response = f"<think>\nIt is {n}.\n</think>\n\n{n}"
    same = {"prompt_id": f"p{n}", "prompt": f"{n}?", "truth": str(n), "domain": "math", "source": "sums"}
    return {**same, "response": response, "model": "tiny", **more}


ROWS = {
    "sft": [talk(0), talk(1, "validation"), talk(2)],
    "prompt": [{"prompt": "1?", "truth": "1", "system": "Be brief."}, {"prompt": "Why?"}],
    "preference": [
        {
            "preference_id": "a",
            "prompt": "q",
            "chosen": "y",
            "rejected": "n",
            "aspect": "helpfulness",
            "source": "s",
        }
    ],
    "sample": [sample(0), sample(1)],
}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("to", EXPORTS.built_in)
def test_the_same_rows_give_the_same_bytes_and_a_rerun_leaves_them(
    to: str, kind: str, write_jsonl: Write, tmp_path: Path
) -> None:
    source = write_jsonl(ROWS[kind])
    if kind not in EXPORTS[to].shapes and not (kind == "sample" and "sft" in EXPORTS[to].shapes):
        with pytest.raises(UserError, match=f"holds {kind} rows"):
            export(str(source), to, str(tmp_path / "out"))
        return
    said = export(str(source), to, str(tmp_path / "out"))
    assert said["rows"] == len(ROWS[kind]) and not said["left_out"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert export(str(source), to, str(tmp_path / "out"))["unchanged"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    export(str(source), to, str(tmp_path / "again"))
    assert bytes_of(tmp_path / "out") == bytes_of(tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "out", "rows.jsonl"]


def test_splits_are_files_that_datasets_reads_as_splits(write_jsonl: Write, tmp_path: Path) -> None:
    source = str(write_jsonl(ROWS["sft"]))
    for name, more in (("lines", {}), ("parquet", {"parquet": True}), ("parts", {"rows_per_file": 1})):
        export(source, "trl", str(tmp_path / name), **more)
        read = datasets.load_dataset(str(tmp_path / name), cache_dir=str(tmp_path / "cache"))
        assert {split: rows["prompt_id"][:] for split, rows in read.items()} == {
            "train": ["p0", "p2"],
            "validation": ["p1"],
        }
        assert read["train"][0]["messages"] == ROWS["sft"][0]["messages"]


def test_trl_takes_prompts_and_pairs_as_conversations(write_jsonl: Write, tmp_path: Path) -> None:
    export(str(write_jsonl(ROWS["prompt"])), "trl", str(tmp_path / "p"))
    first, second = lines(tmp_path / "p/train.jsonl")
    assert [turn["role"] for turn in first["prompt"]] == ["system", "user"] and first["truth"] == "1"
    assert second["prompt"] == [{"role": "user", "content": "Why?"}] and second["truth"] is None
    export(str(write_jsonl(ROWS["preference"])), "trl", str(tmp_path / "d"))
    (pair,) = lines(tmp_path / "d/train.jsonl")
    assert pair["chosen"] == [{"role": "assistant", "content": "y"}]


def test_verl_gets_what_its_rewards_read(write_jsonl: Write, tmp_path: Path) -> None:
    export(str(write_jsonl(ROWS["prompt"])), "verl", str(tmp_path / "out"))
    first, second = pq.read_table(tmp_path / "out/train.parquet").to_pylist()
    assert list(first) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert first["reward_model"] == {"style": "rule", "ground_truth": "1"}
    assert second["reward_model"] == {"style": "model", "ground_truth": None}
    assert [row["extra_info"]["index"] for row in (first, second)] == [0, 1]


def test_llama_factory_is_told_of_its_files_and_of_what_it_cannot_hold(
    write_jsonl: Write, tmp_path: Path
) -> None:
    odd = {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
    unanswered = {"messages": [{"role": "user", "content": "a"}]}
    rows = [talk(0), {**odd, "split": "train"}, {**unanswered, "split": "train"}, talk(1, "test")]
    said = export(str(write_jsonl(rows)), "llama-factory", str(tmp_path / "out"), rows_per_file=1)
    assert said["left_out"] == {
        "the assistant does not speak last": 1,
        "user and assistant do not take turns": 1,
    }
    info = json.loads((tmp_path / "out/dataset_info.json").read_text())
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "r1_test": "test",
        "r1_train": "train",
    }
    (row,) = json.loads((tmp_path / "out/train/00000.json").read_text())
    assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]


def test_samples_become_conversations_without_those_that_a_filter_dropped(
    write_jsonl: Write, tmp_path: Path
) -> None:
    verdict = {"verdict": "correct", "verifier_version": "1"}
    rows = [
        {**sample(0), **verdict, "drop_reasons": []},
        {**sample(1), **verdict, "drop_reasons": ["repetition"]},
    ]
    said = export(str(write_jsonl(rows)), "openai", str(tmp_path / "out"))
    assert said["left_out"] == {"dropped by a filter": 1}
    assert "verdict" in said["not_held"] and "response" not in said["not_held"]
    (row,) = lines(tmp_path / "out/train.jsonl")
    assert row["messages"][1]["content"] == rows[0]["response"]


def test_label_studio_s_interface_asks_for_what_its_tasks_have(write_jsonl: Write, tmp_path: Path) -> None:
    export(str(write_jsonl(ROWS["sample"])), "label-studio", str(tmp_path / "out"))
    tasks = json.loads((tmp_path / "out/tasks.json").read_text())
    view = ElementTree.fromstring((tmp_path / "out/config.xml").read_text())
    wanted = {tag.get("value", "")[1:] for tag in view.iter("Text")}
    assert all(isinstance(task["data"][name], str) for task in tasks for name in wanted)
    assert [choice.get("value") for choice in view.iter("Choice")] == list(DECISIONS)
    areas = {tag.get("name") for tag in view.iter("TextArea")}
    results = [result for task in tasks for result in task["predictions"][0]["result"]]
    assert {result["from_name"] for result in results} == {"reasoning", "answer"} <= areas
    assert not any(result["type"] == "choices" for result in results)
    assert {tag.tag for tag in view.iter()} == {"View", "Header", "Text", "TextArea", "Choices", "Choice"}


def test_argilla_s_settings_hold_what_its_records_have(write_jsonl: Write, tmp_path: Path) -> None:
    export(str(write_jsonl(ROWS["sample"])), "argilla", str(tmp_path / "out"))
    records = json.loads((tmp_path / "out/records.json").read_text())
    told = json.loads((tmp_path / "out/.argilla/settings.json").read_text())
    fields = {field["name"]: field for field in told["fields"]}
    questions = {question["name"]: question for question in told["questions"]}
    for record in records:
        assert set(record["fields"]) <= set(fields) and set(record["suggestions"]) <= set(questions)
    assert not any(each["settings"].get("use_markdown") for each in [*fields.values(), *questions.values()])
    assert [option["value"] for option in questions["decision"]["settings"]["options"]] == list(DECISIONS)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT.filter(str.strip), min_size=1, max_size=4), limit=st.sampled_from([None, 1, 3]))
def test_every_text_arrives_as_it_was(
    texts: list[str], limit: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("export")
    texts = [*texts, HOSTILE]
    rows = [{**sample(0, sample_index=n), "response": text} for n, text in enumerate(texts)]
    source = folder / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for to in ("openai", "trl", "label-studio", "argilla", "llama-factory"):
        said = export(str(source), to, str(folder / to), rows_per_file=limit)
        read: list[Any] = []
        for name in said["files"]:
            text = (folder / to / name).read_text()
            assert "\x85" not in text and "\u2028" not in text
            read += (
                [json.loads(line) for line in text.splitlines()] if name.endswith("l") else json.loads(text)
            )
        assert len(read) == len(texts)
        for record, response in zip(read, texts, strict=True):
            assert json.dumps(response.strip())[1:-1] in json.dumps(record)


def test_what_lies_there_is_never_written_over(write_jsonl: Write, tmp_path: Path) -> None:
    source = str(write_jsonl(ROWS["sft"]))
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("Dear")
    with pytest.raises(UserError, match=r"holds other files .*choose another -o"):
        export(source, "openai", str(out))
    assert bytes_of(out) == {"letter.txt": b"Dear"}
    export(source, "openai", str(tmp_path / "mine"))
    before = bytes_of(tmp_path / "mine")
    with pytest.raises(UserError, match="choose another -o"):
        export(str(write_jsonl(ROWS["sft"][:2])), "openai", str(tmp_path / "mine"))
    assert bytes_of(tmp_path / "mine") == before
    for place in (str(out / "letter.txt"), "/"):
        with pytest.raises(UserError, match="no folder that can be made"):
            export(source, "openai", place)


@pytest.mark.parametrize("name", ["out.jsonl", "out.json", "out.parquet"])
def test_a_file_s_name_is_no_folder_s(name: str, write_jsonl: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"an export is a folder .*: -o .*out$"):
        export(str(write_jsonl(ROWS["sft"])), "trl", str(tmp_path / name))
    assert not (tmp_path / name).exists()


def test_what_a_killed_export_left_is_swept_and_a_running_one_is_left_alone(
    write_jsonl: Write, tmp_path: Path
) -> None:
    source, left = str(write_jsonl(ROWS["sft"])), tmp_path / ".out.unfinished"
    (left / "train").mkdir(parents=True)
    (left / "train.jsonl").write_text("half")
    handle = os.open(left, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(UserError, match="another `r1 export`"):
        export(source, "openai", str(tmp_path / "out"))
    assert (left / "train.jsonl").exists()
    os.close(handle)
    export(source, "openai", str(tmp_path / "out"))
    assert sorted(bytes_of(tmp_path / "out")) == ["train.jsonl", "validation.jsonl"] and not left.exists()


def test_a_failure_in_the_middle_leaves_nothing(write_jsonl: Write, tmp_path: Path) -> None:
    source = write_jsonl([talk(n, f"split{n}") for n in range(101)])
    with pytest.raises(UserError, match="more than 100 splits"):
        export(str(source), "trl", str(tmp_path / "out"))
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_damaged_or_unfinished_dataset_is_refused(tmp_path: Path, write_jsonl: Write) -> None:
    ingest(str(write_jsonl(ROWS["sft"])), str(tmp_path / "sft"), shard_rows=1, workers=1)
    last = max((tmp_path / "sft/.r1/commits").iterdir())
    content = last.read_bytes()
    last.unlink()
    with pytest.raises(UserError, match="--incomplete"):
        export(str(tmp_path / "sft"), "trl", str(tmp_path / "out"))
    assert export(str(tmp_path / "sft"), "trl", str(tmp_path / "part"), incomplete=True)["rows"] == 3
    last.write_bytes(content)
    shard = tmp_path / "sft/data/part-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    with pytest.raises(UserError, match="part-00001"):
        export(str(tmp_path / "sft"), "trl", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_the_command_tells_what_it_leaves_behind(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["export", str(write_jsonl(ROWS["sft"])), "--to", "openai", "-o", str(tmp_path / "out"), "--json"]
    assert invoke([*line, "--dry-run"]) == 0
    assert not (tmp_path / "out").exists()
    assert "domain" in json.loads(capsys.readouterr().out)["not_held"]
    assert invoke(line) == 0
    assert json.loads(capsys.readouterr().out)["files"] == {"train.jsonl": 2, "validation.jsonl": 1}
    assert invoke([*line, "--parquet"]) == 1
    assert "no Parquet form" in capsys.readouterr().err


def test_parquet_is_the_same_whatever_the_shards(write_jsonl: Write, tmp_path: Path) -> None:
    source = write_jsonl([talk(n) for n in range(7)])
    for rows in (2, 5):
        ingest(str(source), str(tmp_path / f"d{rows}"), shard_rows=rows, workers=1)
        export(str(tmp_path / f"d{rows}"), "trl", str(tmp_path / f"o{rows}"), parquet=True)
    assert bytes_of(tmp_path / "o2") == bytes_of(tmp_path / "o5")
    assert pl.read_parquet(tmp_path / "o2/train.parquet").height == 7
