"""Several sets of questions in one command, and questions that cannot be scored."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.evaluation.evaluate import outputs
from r1data.evaluation.truths import survey_truths
from r1data.sampling import sample as sampling
from tests import tiny

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("model"))


def sums(first: int) -> list[dict[str, object]]:
    return [{"prompt": f"What is {n}+1?", "truth": str(n + 1)} for n in range(first, first + 2)]


def test_each_set_has_its_dataset_and_the_model_is_loaded_once(
    model: Path,
    write_jsonl: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []
    load = sampling.load
    monkeypatch.setattr(
        "r1data.evaluation.evaluate.load",
        lambda plan, options: loaded.append(plan.model) or load(plan, options),
    )
    files = [write_jsonl(sums(0), "first.jsonl"), write_jsonl(sums(5), "second.jsonl")]
    settings = ["-k", "2", "--max-tokens", "8", "--template", "plain", "--threads", "1", "--json"]
    line = ["eval", *files, "--model", model, "-o", tmp_path / "scores", *settings]
    assert invoke(list(map(str, line))) == 0
    report = json.loads(capsys.readouterr().out)
    assert [report[str(file)]["samples"] for file in files] == [4, 4]
    assert [Dataset(tmp_path / "scores" / name).rows for name in ("first", "second")] == [4, 4]
    assert loaded == [str(model)]


def test_two_sets_of_one_name_are_refused(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl(sums(0))
    assert invoke(["eval", str(file), str(file), "--model", "m", "-o", str(tmp_path / "scores")]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert "names two of the sources" in message


def test_a_single_set_is_written_where_the_user_says() -> None:
    assert outputs(["aime24"], "scores") == ["scores"]
    assert outputs(["aime24", "gsm8k=a/test.jsonl", "b/sums.jsonl"], "s/") == [
        "s/aime24",
        "s/gsm8k",
        "s/sums",
    ]


def test_questions_without_truth_are_one_line(
    model: Path, write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl([{"prompt": "What is 1+1?"}, {"prompt": "What is 2+1?"}])
    assert invoke(["eval", str(file), "--model", str(model), "-o", str(tmp_path / "scores")]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert "none of its 2 rows has a truth" in message


def test_questions_of_which_some_have_no_truth_are_counted(
    model: Path, write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl([*sums(0), {"prompt": "What is 2+2?", "truth": None}])
    line = ["eval", file, "--model", model, "-o", tmp_path / "scores", "--dry-run", "-k", 1]
    assert invoke(list(map(str, line))) == 0
    assert "1 of 3 questions have no truth" in capsys.readouterr().err


def test_a_verifier_that_is_not_there_is_refused_before_the_model_is_asked(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl([*sums(0), {"prompt": "What is 2+2?", "truth": "4", "verifier": "mathz"}])
    assert invoke(["eval", str(file), "--model", "m", "-o", str(tmp_path / "scores")]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert "the verifier of 1 of its 3 rows" in message and "choose one of math, choice" in message


def test_truths_that_their_verifier_cannot_read_are_counted(write_jsonl: Write) -> None:
    file = write_jsonl([*sums(0), {"prompt": "Is it so?", "truth": "see the picture"}])
    truths = survey_truths(open_source(str(file)), probe=True)
    assert (truths.missing, truths.unreadable) == (0, 1)


def test_a_verdict_that_is_there_needs_no_verifier(write_jsonl: Write) -> None:
    row = {"prompt": "1+1?", "truth": "2", "response": "2", "verifier": "gone", "verdict": "correct"}
    assert survey_truths(open_source(str(write_jsonl([row])))).rows == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--compare a b --model m", "--model says nothing to --compare; leave it out"),
        ("--graders a --temperature 1", "--temperature says nothing to --graders; leave it out"),
        ("a --model m --lm-eval python", "--lm-eval says nothing to --model; leave it out"),
        (
            "a --seed 1",
            "--seed says nothing to scoring responses that are there (without --model); leave it out",
        ),
        ("--compare --graders a b", "--compare and --graders are different things to do; give one of them"),
        ("a -k 4", "-k says nothing to scoring responses that are there (without --model); leave it out"),
        (
            "a b -o scores",
            "without --model, the responses of one source are scored at a time; give one, or add --model MODEL",
        ),
        (
            "a -o scores --card nowhere/card.json",
            "--card nowhere/card.json: there is no folder nowhere; make it, or choose another file",
        ),
        (
            "a --model m -o scores --card nowhere/card.json",
            "--card nowhere/card.json: there is no folder nowhere; make it, or choose another file",
        ),
        ("--model m -o scores", "nothing to evaluate on is named; give datasets, files or benchmarks"),
        ("a --model m", "no dataset to write is named; add -o DS"),
    ],
)
def test_an_option_that_means_nothing_here_is_one_line(
    line: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["eval", *line.split()]) == 1
    assert capsys.readouterr().err == f"r1: {message}\n"
