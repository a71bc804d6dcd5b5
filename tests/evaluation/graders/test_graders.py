"""Graders on the same responses: each one's manners, what they disagree on, and a grader that cannot run."""

import json
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

import pytest
from r1data.cli import invoke

from r1data.data import references
from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.evaluation.graders import comparison, math_verify, own, ruling
from r1data.evaluation.graders.comparison import compare, kind_of
from r1data.evaluation.graders.grades import (
    Grade,
    Grader,
    GraderOptions,
    GraderUnavailable,
    Response,
)
from r1data.evaluation.graders.registry import GRADERS
from r1data.evaluation.graders.ruling import Ruling
from r1data.verifiers.verdict import Case

FIXTURE = Path(__file__).parents[2] / "fixtures" / "gsm8k" / "model_solutions.jsonl"
Write = Callable[..., Path]


def response(
    text: str,
    truth: str | None = "18",
    label: bool | None = None,
    prompt_id: str = "q",
    verifier: str = "math",
) -> Response:
    return Response(prompt_id, "a", Case(text, truth), verifier, label)


def graded(name: str, *responses: Response) -> list[bool | None]:
    (column,) = GRADERS[name].grade(responses, GraderOptions()).values()
    return [grade.is_right for grade in column]


@pytest.fixture
def only_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "GRADERS", {"ours": own.OURS, "string": own.STRING})


@pytest.mark.parametrize("name", ["ours", "string", "math-verify"])
def test_right_wrong_and_no_truth(name: str) -> None:
    texts = [r"So \boxed{18}.", r"So \boxed{26}."]
    assert graded(name, *map(response, texts), response(texts[0], None)) == [True, False, None]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{1} and \boxed{18}", "18"),
        ("She has 18.\n#### 18", "18"),
        ("<think>A: 3</think>so\nA: 18 ", "18"),
        ("It is\n18", "18"),
        ("<think>18", "<think>18"),
        ("<think>18</think> ", None),
    ],
)
def test_the_plain_string_is_the_last_answer(text: str, answer: str | None) -> None:
    assert own.plain_answer(text) == answer


def test_math_verify_that_hangs_is_a_timeout_and_no_wrong_answer() -> None:
    hard = response(r"\boxed{10^{10^{10^{9}}}+1}", r"10^{10^{10^{9}}}+1.5")
    (grade,) = math_verify.MATH_VERIFY.grade([hard], GraderOptions(time_limit=1.0))["math-verify"]
    assert grade.is_right is not True


def test_math_verify_that_is_not_installed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(math_verify, "version", absent)
    with pytest.raises(GraderUnavailable, match="pip install math-verify"):
        math_verify.MATH_VERIFY.grade([response("18")], GraderOptions())


@pytest.mark.parametrize(
    ("grade", "right", "kind"),
    [
        (Grade("incorrect", "65960"), True, comparison.AS_TEXT),
        (Grade("incorrect", "12"), True, comparison.OTHER_ANSWER),
        (Grade("correct", "65960"), False, comparison.OTHER_ANSWER),
        (Grade("correct", "65961"), False, comparison.OTHER_VALUE),
        (Grade("unverifiable", None, "no_answer"), True, comparison.NO_ANSWER),
        (Grade("timeout", None, "limit"), True, comparison.NO_VERDICT),
        (Grade("incorrect", "x + 1"), True, comparison.COMPARED),
        (Grade("incorrect", None), True, comparison.NOT_SHOWN),
    ],
)
def test_a_difference_has_a_kind(grade: Grade, right: bool, kind: str) -> None:
    assert kind_of(grade, Ruling(right, "label"), "65,960") == kind
    assert kind in comparison.KINDS


def test_what_graders_agree_on_is_no_disagreement(only_own: None) -> None:
    result = compare([response("A: 18"), response("A: 26")], GraderOptions())
    assert result.disagreements == []
    assert result.agreement()["ours"] == {"ours": 1.0, "string": 1.0}


def test_a_label_that_all_graders_contradict_is_listed(only_own: None) -> None:
    (each,) = compare([response("A: 18", label=False)], GraderOptions()).disagreements
    assert each.ruling == Ruling(False, "label", "though the answer equals the truth exactly")
    assert each.kinds.keys() == {"ours", "string"}


def test_accuracy_is_a_mean_over_questions_and_leaves_open_what_is_open(only_own: None) -> None:
    responses = [
        response("A: 18", prompt_id="one"),
        response("A: 1", prompt_id="one"),
        response("A: 18", prompt_id="two"),
        response("A: 18", truth=None, prompt_id="three"),
    ]
    result = compare(responses, GraderOptions())
    ours = result.accuracies()["a"]["ours"]
    assert (ours.share.value, ours.share.prompts, ours.decided, ours.responses) == (0.75, 2, 3, 4)
    assert result.undecided() == {"ours": 1, "string": 1}


@pytest.mark.parametrize(
    ("verifier", "truth", "deciding"),
    [
        ("math", "18", {"ours", "string", "math-verify"}),
        ("exact", "18", {"ours", "string"}),
        ("choice", "B", {"ours", "string"}),
        ("regex", "[0-9]+", {"ours"}),
        ("ifeval", '[{"id": "punctuation:no_comma"}]', {"ours"}),
    ],
)
def test_a_grader_leaves_rows_open_that_it_is_not_made_for(
    verifier: str, truth: str, deciding: set[str]
) -> None:
    rows = [response(r"\boxed{18}"), response(rf"\boxed{{{truth[:2]}}}", truth, verifier=verifier)]
    result = compare(rows, GraderOptions())
    assert {name for name, column in result.decisions.items() if column[1] is not None} == deciding


def test_an_accuracy_is_over_the_rows_of_a_graders_own_verifiers(only_own: None) -> None:
    rows = [response("A: 18"), response("A: 1"), response("A: 18", "[0-9]+", prompt_id="b", verifier="regex")]
    result = compare(rows, GraderOptions())
    string = result.accuracies()["a"]["string"]
    assert (string.share.value, string.decided, string.responses) == (0.5, 2, 3)
    assert result.accuracies("verifier")["regex"].keys() == {"ours"}


def test_a_row_that_a_grader_is_not_made_for_is_no_disagreement(only_own: None) -> None:
    rows = [response("A: 18"), response("18", "[0-9]+", verifier="regex")]
    assert compare(rows, GraderOptions()).disagreements == []


def test_a_grader_without_a_row_of_its_own_is_a_line(only_own: None) -> None:
    result = compare([response("18", "[0-9]+", verifier="regex")], GraderOptions())
    assert list(result.grades) == ["ours"]
    assert result.unavailable == ["string: grades rows of math, exact and choice alone, and there are none"]


def test_no_truth_at_all_is_refused(only_own: None) -> None:
    with pytest.raises(UserError, match="none of the 1 responses has a truth"):
        compare([response("A: 18", truth=None)], GraderOptions())


def test_a_grader_that_cannot_run_is_a_line_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_responses: Sequence[Response], _options: GraderOptions) -> dict[str, list[Grade]]:
        raise GraderUnavailable("it is not here")

    absent = Grader("absent", "", unavailable, lambda _options: "1")
    monkeypatch.setattr(comparison, "GRADERS", {"absent": absent, "string": own.STRING})
    result = compare([response("A: 18")], GraderOptions())
    assert (list(result.grades), list(result.unavailable)) == (["string"], ["it is not here"])


def test_real_responses_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingest = ["ingest", str(FIXTURE), "-o", str(tmp_path / "rows"), "--map", "prompt=question"]
    assert invoke([*ingest, "--map", "truth=answer"]) == 0
    capsys.readouterr()
    assert invoke(["eval", "--graders", str(tmp_path / "rows"), "-o", str(tmp_path / "out"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["agreement"]["label"]["ours"] == 1.0
    assert [line.split(":")[0] for line in facts["unavailable"]] == ["lm-eval"]
    rows = [row for table in Dataset(tmp_path / "out").tables() for row in table.to_pylist()]
    assert len(rows) == facts["disagreements"]
    for row in rows:
        assert row["right"] == row["is_correct"]
        assert row["right_by"] == "label"
        assert json.loads(row["grades"])["ours"]["kind"] is None


def test_disagreements_are_shown_with_answers_escaped(
    write_jsonl: Write, only_own: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"prompt": "How many?", "response": "A: 1,234\x1b[31m", "truth": "1234", "model": "m\x1b[2J"}]
    assert invoke(["eval", "--graders", str(write_jsonl(rows))]) == 0
    shown = capsys.readouterr().err
    assert "\x1b[31m" not in shown
    assert "\x1b[2J" not in shown


def test_why_it_cannot_be_told_is_said_once_below_the_table(
    write_jsonl: Write, only_own: None, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"prompt": f"{i}?", "response": r"\boxed{1 + x}", "truth": "x+1"} for i in range(3)]
    assert invoke(["eval", "--graders", str(write_jsonl(rows))]) == 0
    shown = capsys.readouterr().err
    assert (shown.count("? no number"), shown.count(ruling.NO_NUMBER)) == (3, 1)


def test_without_a_dataset_to_write_the_json_is_on_stdout_in_a_pipe_too(
    write_jsonl: Write, only_own: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(references, "stdout_is_pipe", lambda: True)
    rows = [{"prompt": "How many?", "response": "A: 18", "truth": "18"}]
    assert invoke(["eval", "--graders", str(write_jsonl(rows)), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["responses"] == 1


def test_it_needs_responses(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["eval", "--graders"]) == 1
    assert capsys.readouterr().err == "r1: --graders: name datasets or files of responses\n"


def test_the_comparison_is_plain_data(only_own: None) -> None:
    result = compare([response("A: 18.0", label=True), response("A: 18", label=True)], GraderOptions())
    assert json.loads(json.dumps(result.as_json()))["kinds"] == [
        {"grader": "string", "kind": comparison.AS_TEXT, "response_is_right": True, "responses": 1}
    ]


def test_every_grader_and_kind_stands_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "eval.md").read_text()
    for name in (*GRADERS, *comparison.KINDS):
        assert f"| `{name}` |" in page or f"| {name} |" in page, name
