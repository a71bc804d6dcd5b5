"""What `r1 ingest` says of a plain file's columns: how each was read, and which --map reads it otherwise."""

import json
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data import read

GSM8K = {"question": "How many?", "answer": "9+9 is 18.\n#### 18"}


@pytest.fixture
def ingest(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Ingests one record; the exit code and the lines on stderr that speak of columns."""
    monkeypatch.chdir(tmp_path)

    def run(record: dict[str, object], *words: str) -> tuple[int, list[str]]:
        Path("file.jsonl").write_text(json.dumps(record) + "\n")
        code = invoke(["ingest", "file.jsonl", "-o", "out", *words])
        return code, [line for line in capfd.readouterr().err.splitlines() if "column" in line]

    return run


def test_a_file_without_a_prompt_is_told_which_columns_look_like_one_and_like_a_truth(ingest) -> None:  # type: ignore[no-untyped-def]
    code, lines = ingest(GSM8K)
    assert code == 1
    assert lines == [
        "r1: file.jsonl: line 1: no column 'prompt' among: question, answer; say which is, such as "
        "--map prompt=question --map truth=answer (answer ends in '#### 18', as GSM8K's expected answers do; "
        "to read it as the response: --map response=answer)"
    ]


def test_what_is_suggested_is_what_ingest_takes(ingest) -> None:  # type: ignore[no-untyped-def]
    code, lines = ingest(GSM8K, "--map", "prompt=question", "--map", "truth=answer")
    assert (code, lines) == (0, ["columns: question -> prompt, answer -> truth"])


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        (
            {"prompt": "1+1", "answer": "2"},
            [
                "columns: prompt, answer stay as they are",
                "columns: answer is short, as expected answers are; read it as the expected answer with "
                "--map truth=answer, or as the response with --map response=answer",
            ],
        ),
        (
            {"prompt": "1+1", "solution": "<think>so</think>2", "truth": "2"},
            [
                "columns: prompt, solution, truth stay as they are",
                "columns: solution holds thoughts between tags, as responses do; read it as the response with "
                "--map response=solution",
            ],
        ),
        ({"prompt": "1+1", "completion": "2"}, ["columns: completion -> response; prompt stays as it is"]),
        (
            {"instruction": "Add", "input": "1 and 1", "output": "2"},
            ["columns: instruction -> prompt, input -> prompt, output -> response"],
        ),
        (
            {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], "id": 7},
            ["columns: conversations -> messages; id stays as it is"],
        ),
        ({"prompt": "1+1", "response": "2", "truth": "2"}, []),
    ],
)
def test_columns_are_explained_and_none_is_read_otherwise(ingest, record, lines) -> None:  # type: ignore[no-untyped-def]
    assert ingest(record) == (0, lines)
    row = next(iter(read("out")))
    stay = [name for name in record if any(f"{name} stay" in line or f"{name}, " in line for line in lines)]
    assert all(str(row.get(name, record[name])) == str(record[name]) for name in stay)


def test_a_dry_run_explains_them_too(ingest) -> None:  # type: ignore[no-untyped-def]
    assert ingest({"prompt": "1+1", "completion": "2"}, "--dry-run")[1]
    assert not Path("out").exists()


@pytest.mark.parametrize("command", ["sample", "verify", "filter", "build", "general", "export"])
def test_other_commands_name_the_ingest_that_maps_the_columns(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(json.dumps(GSM8K) + "\n")
    words = {"sample": ["--model", "m"], "general": ["--model", "m"], "export": ["--to", "trl"]}.get(
        command, []
    )
    assert invoke([command, f"{path}", "-o", f"{tmp_path / 'o'}", *words]) == 1
    line = capfd.readouterr().err.splitlines()[-1]
    assert f"run `r1 ingest {path} -o DS --map prompt=question --map truth=answer` first" in line
