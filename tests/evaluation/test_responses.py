"""Responses that are there: joined to their questions, verified, scored by model; what does not fit is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.evaluation import responses
from r1data.evaluation.benchmarks import BENCHMARKS, open_questions
from r1data.evaluation.responses import Questions
from r1data.evaluation.truths import survey_truths
from tests.conftest import Run

GSM8K = BENCHMARKS["gsm8k"]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "gsm8k" / "model_solutions.jsonl"
SHARED = Path(__file__).parents[3] / "shared" / "corpora" / "gsm8k"
Write = Callable[..., Path]
QUESTIONS = [
    {"question": "What is one and one?", "answer": "2"},
    {"question": "What is two  and two?", "answer": "4"},
]


def response(prompt: str, text: str, **columns: object) -> dict[str, object]:
    return {"prompt": prompt, "response": text, "model": "a", **columns}


@pytest.fixture
def questions(write_jsonl: Write) -> Questions:
    place = write_jsonl(QUESTIONS, "questions.jsonl")
    return Questions.of(open_questions(GSM8K, str(place)), GSM8K)


def verified(source_file: Path, questions: Questions | None = None) -> pa.Table:
    opened = responses.open_responses(str(source_file), questions, GSM8K if questions else None)
    return pa.concat_tables(responses.verify_rows(shard.table(), questions) for shard in opened.shards())


def test_real_responses_are_scored_by_model_as_their_labels_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["eval", f"gsm8k={FIXTURE}", "--responses", str(FIXTURE), "-o", str(tmp_path / "scores"), "--json"]
    rows = [json.loads(text) for text in FIXTURE.read_text().splitlines()]
    assert invoke(line) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert models.keys() == {row["model"] for row in rows}
    for name, each in models.items():
        labels = [row["is_correct"] for row in rows if row["model"] == name]
        assert each["label"]["value"] == pytest.approx(sum(labels) / len(labels))
        assert each["measures"]["pass@1"]["value"] == pytest.approx(sum(labels) / len(labels))
        assert each["unknown"] == 0


@pytest.mark.skipif(not SHARED.exists(), reason="the shared corpora are not here")
def test_gsm8ks_own_accuracy_of_both_models() -> None:
    questions = Questions.of(open_questions(GSM8K, str(SHARED / "test.jsonl")), GSM8K)
    table = verified(SHARED / "model_solutions.jsonl", questions)
    scores = responses.score_models(lambda: [table])
    assert {name: each.scores.verdicts["correct"] for name, each in scores.items()} == {
        "175b_verification": 742,
        "6b_finetuning": 286,
    }
    assert [each.labelled and round(each.labelled.value * 1_319, 6) for each in scores.values()] == [742, 286]


@pytest.mark.parametrize("prompt", ["What is one and one?", " What is\none and one? ", None])
def test_a_response_meets_its_question_by_text(
    questions: Questions, write_jsonl: Write, tmp_path: Path, prompt: str | None
) -> None:
    asked = questions.table["prompt"][0].as_py() if prompt is None else prompt
    (row,) = verified(write_jsonl([response(asked, r"\boxed{2}")]), questions).to_pylist()
    assert (row["truth"], row["verdict"]) == ("2", "correct")
    assert row["prompt"] == questions.table["prompt"][0].as_py()


def test_an_id_alone_is_enough(questions: Questions, write_jsonl: Write, tmp_path: Path) -> None:
    prompt_id = questions.table["prompt_id"][1].as_py()
    file = write_jsonl([{"prompt_id": prompt_id, "response": r"\boxed{4}"}])
    (row,) = verified(file, questions).to_pylist()
    assert (row["truth"], row["verdict"]) == ("4", "correct")


def test_an_id_counts_only_with_its_questions_text(questions: Questions) -> None:
    prompt_id = questions.table["prompt_id"][0].as_py()
    assert questions.find(prompt_id, "Four examples. What is one and one? Think.") == 0
    assert questions.find(prompt_id, "What is one and three?") is None


def test_the_questions_truth_wins_over_what_a_row_says(questions: Questions, write_jsonl: Write) -> None:
    alone = verified(write_jsonl([response("What is one and one?", r"\boxed{3}", truth="3")]))
    joined = responses.verify_rows(alone, questions)
    assert [table["verdict"][0].as_py() for table in (alone, joined)] == ["correct", "incorrect"]


def test_responses_of_another_benchmark_are_one_line(
    questions: Questions, write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl(
        [response(f"What is {n} and one?", "2") for n in ("one", "two", "three")], "other.jsonl"
    )
    line = [
        "eval",
        f"gsm8k={tmp_path / 'questions.jsonl'}",
        "--responses",
        str(file),
        "-o",
        str(tmp_path / "out"),
    ]
    assert invoke(line) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(
        f"r1: {file}: 2 of its 3 questions are none of gsm8k's 2, such as 'What is three and one?'"
    )
    assert not (tmp_path / "out").exists()


def test_questions_without_responses_are_counted(
    questions: Questions, write_jsonl: Write, tmp_path: Path
) -> None:
    source = responses.open_responses(str(write_jsonl([response("What is one and one?", "2")])), questions)
    assert responses.refuse_other_questions(source, questions) == 1


def test_rows_without_any_truth_are_one_line(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_jsonl([response("What is one and one?", "2")])
    assert invoke(["eval", str(file), "-o", str(tmp_path / "out")]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert message == (
        f"r1: {file}: none of its 1 rows has a truth to compare with; name the column that holds it: "
        "r1 ingest --map truth=COLUMN"
    )


def test_a_truth_that_some_rows_lack_is_counted_and_no_wrong_answer(write_jsonl: Write) -> None:
    file = write_jsonl([response("What is one and one?", "2", truth="2"), response("What is life?", "42")])
    assert survey_truths(open_source(str(file))).missing == 1
    table = verified(file)
    (scores,) = responses.score_models(lambda: [table]).values()
    assert table["verdict"].to_pylist() == ["correct", "unverifiable"]
    assert (scores.scores.measures["pass@1"].value, scores.scores.unknown) == (1.0, 1)


def test_a_verifier_that_needs_no_truth_is_not_refused_for_it(write_jsonl: Write) -> None:
    file = write_jsonl([response("Think first.", "<think>so</think>yes", verifier="format")])
    assert survey_truths(open_source(str(file))).missing == 0


def test_responses_without_their_column_are_told_that_one_is_missing(
    questions: Questions, write_jsonl: Write
) -> None:
    file = write_jsonl([{"prompt_id": questions.table["prompt_id"][0].as_py(), "text": "2"}])
    with pytest.raises(UserError, match="no column 'response' among: prompt_id, text; rename the column"):
        responses.open_responses(str(file), questions, GSM8K)


def test_a_name_before_a_file_that_no_benchmark_has_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["eval", "gsm9k=q.jsonl", "--model", "m", "-o", str(tmp_path / "out")]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(
        "r1: gsm9k=q.jsonl: no such file or dataset, and no benchmark called gsm9k (did you mean gsm8k?); "
    )


def test_scores_of_a_model_do_not_go_where_those_of_given_responses_are(
    write_jsonl: Write, tmp_path: Path
) -> None:
    out = str(tmp_path / "out")
    responses.verify(open_source(str(write_jsonl([response("What is one and one?", "2", truth="2")]))), out)
    with pytest.raises(UserError, match="holds scores of responses that were given; choose another -o"):
        responses.refuse_scores_of(out, responses.GIVEN)
    responses.refuse_scores_of(out, responses.MODEL)


@pytest.mark.parametrize("source", ["gsm8k", "prompts", "file"])
def test_questions_without_a_model_or_responses_say_what_is_missing(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    if source == "file":
        source = str(write_jsonl([{"prompt": "What is one and one?", "truth": "2"}]))
    if source == "prompts":
        file = write_jsonl([{"prompt": "What is one and one?", "truth": "2"}])
        assert invoke(["ingest", str(file), "-o", str(tmp_path / "prompts")]) == 0
        source = str(tmp_path / "prompts")
        capsys.readouterr()
    assert invoke(["eval", source, "-o", str(tmp_path / "out")]) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert message.endswith(
        "name the model that answers them with --model MODEL, or give responses with --responses FILE"
    )


def test_each_model_has_its_own_scores(write_jsonl: Write) -> None:
    rows = [
        response("What is one and one?", text, truth="2", model=model)
        for model, texts in {"a": ["2", "3"], "b": ["2", "2"]}.items()
        for text in texts
    ]
    table = verified(write_jsonl(rows))
    scores = responses.score_models(lambda: [table])
    assert {name: each.scores.measures["pass@1"].value for name, each in scores.items()} == {
        "a": 0.5,
        "b": 1.0,
    }


def test_a_pipe_is_read_once_and_not_looked_ahead_into(write_jsonl: Write, r1: Run, tmp_path: Path) -> None:
    file = write_jsonl([response("What is one and one?", "2", truth="2")])
    rows = r1("ingest", file, "-o", tmp_path / "rows").stdout
    done = r1("eval", "-", "-o", tmp_path / "scores", "--json", input=rows)
    assert (
        json.loads(done.stdout.splitlines()[-1] if done.stdout else done.stderr.splitlines()[-1])["rows"] == 1
    )


def test_responses_to_join_are_not_taken_from_a_pipe(questions: Questions) -> None:
    with pytest.raises(UserError, match="a pipe will not do"):
        responses.open_responses("-", questions)
