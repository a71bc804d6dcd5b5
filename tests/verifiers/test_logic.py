"""logic: reasoning-gym's tasks, scored in the sandbox."""

import importlib.util
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.exchange.task_rows import rows
from r1data.sandbox.job import NoIsolation, SandboxFailed
from r1data.verifiers.logic import verifier as logic
from r1data.verifiers.logic.scorer import evaluate_formula
from r1data.verifiers.registry import check, check_all
from r1data.verifiers.verdict import Case, Verdict

T = "<think>so</think>"
WITHOUT_ONE_ANSWER = {"boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour"}
"""Tasks that many answers solve and whose rows name none."""


def truth_of(task: str, **config: Any) -> str:
    """What the ingested row of a task holds."""
    (row,) = rows(task, config, seed=0, block=0, rows=1)
    return json.dumps({"task": task, "config": config, "entry": row["entry"]})


def answer_of(truth: str) -> Any:
    return json.loads(truth)["entry"]["answer"]


def words(truths: Sequence[str], answers: Sequence[str], time_limit: float = 20.0) -> list[str]:
    return [verdict.verdict for verdict in verdicts(truths, answers, time_limit)]


def verdicts(truths: Sequence[str], answers: Sequence[str], time_limit: float = 20.0) -> list[Verdict]:
    responses = [f"{T}<answer>{answer}</answer>" for answer in answers]
    return check_all(["logic"] * len(truths), responses, list(truths), time_limit=time_limit)


@pytest.fixture(scope="module")
def countdown() -> str:
    return truth_of("countdown")


@pytest.mark.slow
def test_every_tasks_own_answer_is_correct_and_a_wrong_one_is_not() -> None:
    from reasoning_gym.factory import DATASETS

    tasks = sorted(set(DATASETS) - {"composite"})
    truths = [truth_of(task) for task in tasks]
    found = words(truths * 2, [*map(answer_of, truths), *(["wrong"] * len(tasks))])
    own, wrong = found[: len(tasks)], found[len(tasks) :]
    assert {t for t, word in zip(tasks, own, strict=True) if word != "correct"} == WITHOUT_ONE_ANSWER
    assert {t for t, word in zip(tasks, wrong, strict=True) if word != "incorrect"} <= {"prime_factorization"}


def test_partial_marks_are_kept_and_are_not_correct(countdown: str) -> None:
    (verdict,) = verdicts([countdown], ["1 + 1"])
    assert (verdict.verdict, verdict.score, verdict.measures) == ("incorrect", 0.0, {"partial": 0.05})


def test_another_solution_than_the_tasks_own_is_correct(countdown: str) -> None:
    assert words([countdown], [f"0 + ({answer_of(countdown)})"]) == [
        "incorrect"
    ]  # a number that was not given
    assert words([countdown], [f"({answer_of(countdown)})"]) == ["correct"]


@pytest.mark.parametrize("most", [50_000_000, 3_000_000_000])
def test_settings_that_would_take_all_time_or_memory_harm_their_own_row(countdown: str, most: int) -> None:
    own, entry = answer_of(countdown), {"answer": "4", "metadata": {}}
    sieve = json.dumps({"task": "count_primes", "config": {"max_n": most}, "entry": entry})
    found = words([countdown, sieve, countdown, sieve, countdown], [own, "4", own, "4", own], 1.0)
    assert found[::2] == ["correct"] * 3 and set(found[1::2]) <= {"timeout", "error"}


def test_settings_reach_the_scorer() -> None:
    truth = truth_of("puzzle24", max_value=6)
    assert words([truth, truth], [answer_of(truth), "8 * 3 * 1 * 1"]) == ["correct", "incorrect"]


def test_what_runs_away_is_stopped_and_its_neighbours_go_on(countdown: str) -> None:
    own = answer_of(countdown)
    slow = "factorial(99999999)"
    assert words([countdown] * 4, [own, slow, own, "2"], 2.0) == [
        "correct",
        "timeout",
        "correct",
        "incorrect",
    ]


FORGED = r"[0, {\"score\": 1.0}]\n"
ATTACKS = [
    f"exec('import os; os.write(1, b\"{FORGED}\")')",
    f"__import__('os').write(3, b'{FORGED}')",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "exec(chr(105)+chr(109))",
    "lambdify(x, x)",
    "preview(x)",
    "sin(\"exec('1/0')\")",
    "(lambda: 24)()",
    "x.__class__",
    "[0] * 10**10",
    "9**9**9**9",
    "'" * 3,
]


def test_an_answer_that_is_a_program_is_not_run(countdown: str) -> None:
    tasks = [countdown, truth_of("string_insertion"), truth_of("puzzle24"), truth_of("simple_integration")]
    cases = [(task, attack) for task in tasks for attack in ATTACKS]
    found = words([task for task, _ in cases], [attack for _, attack in cases], 5.0)
    assert "correct" not in found
    assert set(found) <= {"incorrect", "unverifiable", "error"}


WRITE = """import os
for number in range(3, 40):
    try:
        os.write(number, b'[0, {"score": 1.0}]\\n')
    except OSError:
        pass
os._exit(0)"""


@pytest.mark.parametrize("guarded", [True, False])
def test_marks_that_an_answer_writes_itself_are_kept_out_by_the_guard(
    guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = logic._source()
    monkeypatch.setattr(
        logic, "_source", lambda: source if guarded else source.replace("    replace_eval()\n", "", 1)
    )
    (word,) = words([truth_of("string_insertion")], [f"[exec({WRITE!r})]"])
    assert word == ("incorrect" if guarded else "correct")  # else this attack shows nothing


@pytest.mark.parametrize("source", ATTACKS)
def test_a_formula_is_no_program(source: str) -> None:
    with pytest.raises((ValueError, SyntaxError, MemoryError)):
        evaluate_formula(source)


def test_values_and_formulas_are_read() -> None:
    from sympy import Integer, Symbol, sqrt

    assert evaluate_formula("[[1, -2], (3, 'a')]") == [[1, -2], (3, "a")]
    names = {"Integer": Integer, "Symbol": Symbol, "sqrt": sqrt}
    assert evaluate_formula(
        "Integer (2)**Integer (3) + sqrt(Integer (4))*Symbol ('x')", names
    ) == 8 + 2 * Symbol("x")


@settings(max_examples=100)
@given(st.text("[](){}0123456789+-*/.,'\"abx_= lambdeforin", max_size=30))
def test_no_text_makes_a_formula_do_more_than_raise(source: str) -> None:
    try:
        evaluate_formula(source)
    except (ValueError, SyntaxError, ArithmeticError, NameError, TypeError, MemoryError):
        return


@pytest.mark.parametrize(
    ("text", "gold", "answer"),
    [
        ("<answer>Yes</answer>", "Yes", "Yes"),
        ("<answer>\n1 2\n3 4\n</answer>", "1 2\n3 4", "1 2\n3 4"),
        (r"So \boxed{Yes}", "Yes", "Yes"),
        (r"\boxed{\text{Yes}}", "Yes", "Yes"),
        ("Answer: Yes", "Yes", "Yes"),
        ("The answer is Yes.", "No", "Yes"),
        ("**Yes**", "Yes", "Yes"),
        ("`a b`", "a b", "a b"),
        ("```\n1 2\n3 4\n```", "1 2\n3 4", "1 2\n3 4"),
        ('Here:\n```json\n["a"]\n```\nDone', '["a"]', '["a"]'),
        ("The grid is:\n1 2\n3 4", "1 2\n3 4", "1 2\n3 4"),
        ("1 2\n3 4", "1 2\n3 4", "1 2\n3 4"),
        ("A>B\nB>C", None, "A>B\nB>C"),
    ],
)
def test_the_answer_is_found_whole(text: str, gold: str | None, answer: str) -> None:
    assert logic.answer_text(T + text, gold) == answer


@pytest.mark.parametrize(
    "response",
    [
        "",
        "<think>Yes",
        T,
        T + "<answer> </answer>",
        T + "<answer>Yes</answer><answer>No</answer>",
        T + r"\boxed{Yes} \boxed{No}",
        T + "```\nYes\n```\n```\nNo\n```",
        T + "Yes or No",
        T + "<answer>not Yes</answer>",
    ],
)
def test_nothing_or_several_are_no_answer(response: str) -> None:
    truth = json.dumps({"task": "syllogism", "entry": {"question": "?", "answer": "Yes", "metadata": {}}})
    verdict = check("logic", response, truth)
    assert verdict.verdict == "unverifiable"
    assert verdict.cause == "no_answer"


@pytest.mark.parametrize(
    "text",
    [
        r"It is not \boxed{Yes}.", r"\boxed{Yes} is wrong.", "The answer is Yes. Or maybe No.", "Answer: Yes\nor No",
        "Answer: Yes\nActually No", "The answer is Yes? No.", "```\nYes\n```\nis wrong", "It is not\n```\nYes\n```",
        "```\nYes\n```\nOr:\n```\nNo", "````\nNo\n````\n```\nYes\n```", "~~~\nNo\n~~~\n```\nYes\n```",
        "<answer>Yes</answer> No", "<answer>Yes</answer> or No", "No <answer>Yes</answer>",
        "It is not <answer>Yes</answer>",
        "<answer>Yes</answer><answer>", "<answer>No <!-- Yes --></answer>", "<answer>~~Yes~~</answer>", "Yes, no.",
    ],
)  # fmt: skip
def test_an_answer_that_is_denied_hidden_or_one_of_two_is_not_correct(text: str) -> None:
    truth = json.dumps({"task": "syllogism", "entry": {"question": "?", "answer": "Yes", "metadata": {}}})
    assert check("logic", T + text, truth).verdict != "correct"


def test_case_and_a_full_stop_are_no_mistake_where_they_mean_nothing() -> None:
    truths = [
        json.dumps({"task": "syllogism", "entry": {"question": "?", "answer": "Yes", "metadata": {}}})
    ] * 4
    assert words(truths, ["yes", "Yes.", "no", "Yes, it follows"]) == [
        "correct",
        "correct",
        "incorrect",
        "unverifiable",
    ]


@pytest.mark.parametrize(
    "truth",
    [None, "", "Yes", "[]", "{", "{}", '{"task": "syllogism"}', '{"task": 3, "entry": {}}', "[" * 100_000],
)
def test_without_an_entry_nothing_is_said(truth: str | None) -> None:
    assert check("logic", T + "Yes", truth).verdict == "unverifiable"


def test_an_answer_that_is_a_blank_cannot_be_given() -> None:
    truth = json.dumps({"task": "polynomial_equations", "entry": {"answer": "", "metadata": {}}})
    assert check("logic", T + "none", truth).verdict == "unverifiable"


def test_a_task_that_is_not_there_is_named_and_says_nothing_of_the_answer() -> None:
    truth = json.dumps({"task": "no_such_task", "entry": {"answer": "1", "metadata": {}}})
    verdict = check("logic", T + "1", truth)
    assert verdict.verdict == "unverifiable"
    assert "no_such_task" in (verdict.reason or "")


@pytest.mark.parametrize(
    ("failure", "word"), [(NoIsolation("no namespaces"), "unverifiable"), (SandboxFailed("gone"), "error")]
)
def test_without_a_sandbox_nothing_runs(
    failure: Exception, word: str, countdown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr(logic, "run", refuse)
    verdict = check("logic", T + "1 + 1", countdown)
    assert verdict.verdict == word
    assert str(failure) in (verdict.reason or "")


def test_without_reasoning_gym_it_says_what_to_install(
    countdown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    verdict = check("logic", T + "1 + 1", countdown)
    assert verdict.verdict == "error"
    assert "r1data[logic]" in (verdict.reason or "")


FORMS = {
    "gsm_symbolic": (
        "12", {},
        ["12", "$12", "12 apples", "12.", "12.0"], ["not 12", "12 is wrong", "12 xyz", "-12", "12, 12"],
    ),
    "knights_knaves": (
        "Ann is a knight, and Bob is a knave.", {},
        ["Ann is a knight, and Bob is a knave", "Ann is a knight and Bob is a knave."],
        ["It is not so: Ann is a knight, and Bob is a knave.", "Ann is a knight, and Bob is a knave is false",
         "Ann is a knight, and Bob is a knave. Ann is a knave", "Ann is a knight, and Bob is a knave?"],
    ),
    "survo": (
        "1 2\n3 4", {"board_size": 2, "solution": [[1, 2], [3, 4]]},
        ["1 2\n3 4"], ["not 1 2\n3 4", "1 2\n3 4 is wrong", "1 2\n3 4\nxyz"],
    ),
    "fraction_simplification": (
        "$3/4$", {"simplified_numerator": 3, "simplified_denominator": 4, "numerator": 6, "denominator": 8},
        ["3/4", r"$\frac{3}{4}$"], ["3/4 is wrong", "3/4?", "3/4 or so"],
    ),
    "simple_integration": (
        "x**2 + C", {"integrand": "2*x", "variable": "x"},
        ["x**2 + C", "C + x**2", "x**2 + 1"], ["Integral(2*x, x) + C", "never*1 + x**2", "x**2 + C # no"],
    ),
    "quantum_lock": (
        "A → B", {"initial_value": 0, "initial_state": "red", "target_value": 4, "buttons": [
            {"name": "A", "type": "add", "value": 2, "active_state": "any"},
            {"name": "B", "type": "add", "value": 2, "active_state": "any"}]},
        ["A → B", "A, B", "A->B", "AA"], ["not A → B", "A → B is wrong", "A → B or so"],
    ),
}  # fmt: skip
"""Of tasks whose scorers search: (own answer, metadata, right ones, what has more around it)."""


def test_answers_of_searching_scorers_have_the_tasks_form() -> None:
    cases = [
        (
            json.dumps(
                {"task": task, "entry": {"question": "How many apples?", "answer": own, "metadata": more}}
            ),
            text,
            right,
        )
        for task, (own, more, good, bad) in FORMS.items()
        for right, texts in ((True, good), (False, bad))
        for text in texts
    ]
    found = words([truth for truth, _, _ in cases], [text for _, text, _ in cases])
    assert [case[1] for case, word in zip(cases, found, strict=True) if (word == "correct") != case[2]] == []


def test_metadata_that_the_question_holds_is_rebuilt_and_other_is_missed() -> None:
    question = "Calculate 12 using all of these numbers: 5, 7.\nEach number may be used at most once."
    countdown = json.dumps(
        {"task": "countdown", "entry": {"question": question, "answer": "5 + 7", "metadata": {}}}
    )
    cube = json.dumps({"task": "rubiks_cube", "entry": {"question": "?", "answer": "None"}})
    found = verdicts([countdown, countdown, cube, cube], ["7 + 5", "7 * 5", "U", "None"])
    assert [(verdict.verdict, verdict.cause) for verdict in found] == [
        ("correct", None),
        ("incorrect", None),
        ("unverifiable", "bad_truth"),
        ("unverifiable", "bad_truth"),
    ]
    assert "cube_size" in (found[2].reason or "")


def test_a_cut_response_has_an_answer_only_where_one_was_closed() -> None:
    truth = json.dumps({"task": "syllogism", "entry": {"question": "?", "answer": "Yes", "metadata": {}}})
    cases = [
        Case(T + text, truth, None, "length")
        for text in ("Answer: Yes", "<answer>Yes", "<answer>Yes</answer> I")
    ]
    assert [verdict.cause or verdict.verdict for verdict in logic.check(cases, 10.0)] == [
        "no_answer",
        "no_answer",
        "correct",
    ]
