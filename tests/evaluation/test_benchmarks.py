"""Benchmarks by name: where their questions are, how they are asked, and what the commands do with a name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from r1data.cli import invoke

import r1data
from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.evaluation import benchmarks
from r1data.evaluation.benchmarks import (
    BENCHMARKS,
    Benchmark,
    deviation,
    of_benchmark,
    open_evaluation,
    parse,
    place_of,
)
from tests import tiny

Write = Callable[..., Path]
QUESTIONS = [{"question": f"What is {n} times 6? ", "answer": f"6 * {n}\n#### {6 * n}"} for n in (2, 3, 4)]
GSM8K = BENCHMARKS["gsm8k"]
SHARED = Path(__file__).parents[3] / "shared" / "corpora" / "gsm8k" / "test.jsonl"


@pytest.fixture
def questions(write_jsonl: Write) -> Path:
    return write_jsonl(QUESTIONS, "questions.jsonl")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Benchmark:
    """A benchmark of these three questions, with settings of its own."""
    text = "\n".join(row["question"].strip() for row in QUESTIONS)
    entry = replace(
        GSM8K, name="small", prompt="Q: {prompt}\nA:", template="plain", k=2, temperature=0.25, max_tokens=8,
        questions=3, sha256=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip
    monkeypatch.setitem(BENCHMARKS.built_in, "small", entry)  # type: ignore[arg-type]
    return entry


def table(text: str) -> list[dict[str, Any]]:
    source, _ = open_evaluation(text)
    return pa.concat_tables(shard.table() for shard in source.shards()).to_pylist()  # type: ignore[no-any-return]


def test_a_prompt_needs_a_place_for_the_question() -> None:
    with pytest.raises(ValueError, match=r"needs one \{prompt\}"):
        replace(GSM8K, prompt="Answer.")


def test_a_question_is_asked_in_the_benchmarks_words_and_has_its_verifier(questions: Path) -> None:
    row = table(f"gsm8k={questions}")[0]
    assert (
        row["prompt"]
        == "What is 2 times 6?\nPlease reason step by step, and put your final answer within \\boxed{}."
    )
    assert row["truth"] == QUESTIONS[0]["answer"]
    assert [row[name] for name in ("verifier", "domain", "language", "source", "license")] == [
        "math", "math", "en", "gsm8k", "MIT",
    ]  # fmt: skip


def test_prompts_are_asked_as_they_are(write_jsonl: Write) -> None:
    place = write_jsonl([{"prompt": "2 times 6?", "truth": "12"}])
    assert table(f"gsm8k={place}")[0]["prompt"] == "2 times 6?"


def test_a_path_that_exists_wins_over_a_name(questions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(questions.parent)
    questions.rename("gsm8k")
    assert parse("gsm8k") is None and place_of("gsm8k") == "gsm8k"


@pytest.mark.parametrize("text", ["-", "s3://bucket/gsm8k", "hf:openai/gsm8k", "folder/gsm8k", "new.jsonl"])
def test_a_place_is_no_name(text: str) -> None:
    assert parse(text) is None


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(
        UserError, match=r"aime2.: no such file or dataset, and no benchmark called aime26 \(did you"
    ):
        parse("aime26")


def test_without_the_hub_the_error_says_what_to_give(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for line in (["eval", "gsm8k", "--model", "m"], ["build", str(tmp_path), "--decontaminate", "gsm8k"]):
        assert invoke([*line, "-o", str(tmp_path / "out")]) == 1
        (message,) = capsys.readouterr().err.splitlines()
        assert message.startswith("r1: benchmark gsm8k: hf:openai/gsm8k/main:test@")
        assert message.endswith(
            "give its questions as a file or dataset with the columns question, answer: gsm8k=FILE"
        )


def test_questions_that_differ_are_named(questions: Path, small: Benchmark, write_jsonl: Write) -> None:
    def difference(benchmark: Benchmark, place: Path) -> str | None:
        return deviation(benchmark, benchmarks.open_questions(benchmark, str(place)))

    other = write_jsonl([*QUESTIONS[:2], {"question": "What is 4 times 7?", "answer": "28"}], "other.jsonl")
    assert difference(small, questions) is None
    assert difference(small, other) == "the questions' text is not the benchmark's"
    assert difference(GSM8K, questions) == "3 questions, not 1319"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared corpora are not here")
def test_gsm8k_is_known_by_its_text() -> None:
    assert deviation(GSM8K, benchmarks.open_questions(GSM8K, str(SHARED))) is None


def test_eval_takes_the_benchmarks_settings_and_options_win(
    model: Path, questions: Path, small: Benchmark, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = [
        "eval",
        f"small={questions}",
        "--model",
        str(model),
        "-o",
        str(tmp_path / "scores"),
        "--threads",
        "1",
    ]
    assert invoke([*line, "--temperature", "0.5", "--json"]) == 0
    assert "not compare" not in capsys.readouterr().err
    rows = [row for shard in Dataset(tmp_path / "scores").tables() for row in shard.to_pylist()]
    assert [row["sample_index"] for row in rows] == [0, 1] * 3
    assert rows[0]["prompt"] == "Q: What is 2 times 6?\nA:"
    settings = json.loads(rows[0]["sampling"])
    assert (settings["temperature"], settings["top_p"], settings["max_tokens"]) == (0.5, 0.95, 8)


def test_from_python_a_name_has_the_same_settings(
    model: Path, questions: Path, small: Benchmark, tmp_path: Path
) -> None:
    scores = r1data.evaluate(f"small={questions}", tmp_path / "scores", model=model)
    assert (scores.prompts, scores.samples) == (3, 6)


def test_a_name_keeps_its_questions_out_of_a_set(
    questions: Path, small: Benchmark, write_jsonl: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BENCHMARKS.built_in, "small", replace(small, source=str(questions), revision=""))  # type: ignore[arg-type]
    messages = [
        [{"role": "user", "content": question}, {"role": "assistant", "content": "12"}]
        for question in ("What is 2 times 6?", "Who wrote the play about the Danish prince?")
    ]
    rows = write_jsonl([{"messages": each} for each in messages])
    assert invoke(["build", str(rows), "-o", str(tmp_path / "set"), "--decontaminate", "small"]) == 0
    prompts = [
        row["messages"][0]["content"]
        for shard in Dataset(tmp_path / "set").tables()
        for row in shard.to_pylist()
    ]
    assert prompts == ["Who wrote the play about the Danish prince?"]


def test_a_recipe_takes_a_name_and_an_unknown_one_is_an_error_of_its_line(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_jsonl([{"prompt": "2+2?", "response": "4"}])
    inputs = "name: toy\ninputs:\n  rows: {path: rows.jsonl, holds: rows}\n"
    steps = "steps:\n  - build:\n      input: ${rows}\n      decontaminate: [NAME]\n"
    for name, status in (("aime24", 0), ("aime26", 1)):
        Path("recipe.yaml").write_text(inputs + steps.replace("NAME", name))
        assert invoke(["run", "recipe.yaml", "-o", "out", "--dry-run"]) == status
    assert "no benchmark called aime26" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("new.jsonl", "gsm8k", "gsm8k=new.jsonl"),
        ("gsm8k=new.jsonl", "gsm8k", "gsm8k=new.jsonl"),
        ("aime24", "gsm8k", "aime24"),
        ("new.jsonl", None, "new.jsonl"),
        ("new.jsonl", "no-such-benchmark", "new.jsonl"),
        ("-", "gsm8k", "-"),
    ],
)
def test_a_place_alone_holds_the_questions_of_a_benchmark_that_is_known(
    text: str, name: str | None, expected: str
) -> None:
    assert of_benchmark(text, name) == expected
