"""What is shared with an evaluation and is no contamination: instructions, named boilerplate, formulas, sequences."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.selection import boilerplate, build
from r1data.selection.ignored_runs import fewest_prompts
from r1data.selection.mixture import Mixture

Write = Callable[..., Path]
INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."
THINGS = """river engine teacher garden window copper silver planet market forest bridge candle dragon kettle
    ladder mirror needle orange pepper quarry rabbit saddle ticket umbrella violin wagon anchor basket"""


def question(seed: int, words: int = 25) -> str:
    draw = random.Random(seed)
    things = THINGS.split()
    return " ".join(draw.choice(things) + str(draw.randrange(10)) for _ in range(words)).capitalize() + "?"


def row(prompt: str, response: str = "<think>so</think>\n\n7") -> dict[str, Any]:
    return {"prompt": prompt, "response": response}


@pytest.fixture
def build_summary(write_jsonl: Write, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Builds from rows and the texts of an evaluation; the summary's details, with `kept`, the prompts of the set."""

    def run(rows: list[dict[str, Any]], evaluation: list[Any], **options: Any) -> dict[str, Any]:
        records = [each if isinstance(each, dict) else {"prompt": each} for each in evaluation]
        files = [str(write_jsonl(records, "evaluation.jsonl"))]
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        source = open_source(str(write_jsonl(rows)), "sample")
        mixture = Mixture(near=2, **options.pop("mixture", {}))
        summary = build.run([source], str(out), mixture=mixture, decontaminate=files, **options)
        return {"rows": summary.rows, "digest": summary.digest, **summary.details}

    return run


def test_an_instruction_that_prompts_and_benchmark_share_is_no_contamination(
    build_summary: Callable[..., dict[str, Any]],
) -> None:
    rows = [row(f"{question(n)} {INSTRUCTION}") for n in range(30)]
    leaked = row(f"{question(100)} {INSTRUCTION}")
    summary = build_summary([*rows, leaked], [f"{question(n)} {INSTRUCTION}" for n in range(100, 106)])
    assert (summary["rows"], summary["dropped"]) == (30, {"contaminated": 1})
    passage, total = summary["ignored"]
    assert passage["words"] == "please reason step by step and put your final answer within boxed"
    assert (passage["prompts"], total["examples"]) == (31, 30)


def test_an_instruction_that_stands_by_itself_is_ignored_too(
    build_summary: Callable[..., dict[str, Any]],
) -> None:
    rows = [row(f"{INSTRUCTION}\n{question(n)}") for n in range(12)]
    records = [{"system": INSTRUCTION, "prompt": question(n)} for n in range(100, 106)]
    records += [{"prompt": f"{INSTRUCTION} {question(n, 4)}"} for n in range(200, 206)]
    assert build_summary(rows, records)["rows"] == 12


@pytest.mark.parametrize("wrapper", ["Solve this ({n}): {q}", "{q}", "{q} Variant {n}."])
def test_a_question_that_many_prompts_repeat_is_found(
    build_summary: Callable[..., dict[str, Any]], wrapper: str
) -> None:
    repeated = [row(wrapper.format(n=n, q=question(1)), f"<think>{n}</think>\n\n7") for n in range(40)]
    evaluation = [f"{question(n)} {INSTRUCTION}" for n in range(1, 41)]
    summary = build_summary([*repeated, row(question(99))], evaluation)
    assert (summary["rows"], summary["dropped"]) == (1, {"contaminated": 40})


def test_a_question_of_a_template_is_found_though_the_template_is_common(
    build_summary: Callable[..., dict[str, Any]],
) -> None:
    form = "Compute the greatest common divisor of the numbers {} and {}."
    rows = [row(form.format(n, n + 7)) for n in range(100, 130)]
    evaluation = [form.format(n, n + 7) for n in range(129, 140)]
    assert build_summary(rows, evaluation)["dropped"] == {"contaminated": 1}


def test_named_boilerplate_is_ignored_and_a_whole_question_cannot_be_named(
    build_summary: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    rows = [row(f"{question(n)} {INSTRUCTION}") for n in range(4)]
    evaluation = [f"{question(100)} {INSTRUCTION}", question(101)]
    with pytest.raises(UserError, match="none of 4 examples is left"):
        build_summary(rows, evaluation)
    named = tmp_path / "boilerplate.txt"
    named.write_text(f"put your final answer within\n\n{INSTRUCTION}\n")
    summary = build_summary(rows, evaluation, boilerplate=[str(named)])
    assert summary["rows"] == 4 and {each["why"] for each in summary["ignored"]} == {"named as boilerplate"}
    named.write_text(question(101))
    with pytest.raises(UserError, match=r"boilerplate.*evaluation\.jsonl:2"):
        build_summary(rows, evaluation, boilerplate=[str(named)])
    with pytest.raises(UserError, match="one instruction a line"):
        build_summary(rows, evaluation, boilerplate=[str(tmp_path / "none.txt")])


def test_the_set_and_the_report_are_the_same_in_any_order_and_with_any_workers(
    build_summary: Callable[..., dict[str, Any]],
) -> None:
    rows = [row(f"{question(n)} {INSTRUCTION}") for n in range(30)]
    rows += [row(question(n), f"<think>{question(100)}</think>\n\n7") for n in range(50, 60)]
    evaluation = [f"{question(n)} {INSTRUCTION}" for n in range(100, 106)]
    first = build_summary(rows, evaluation, workers=1)
    again = build_summary(random.Random(3).sample(rows, len(rows)), evaluation, workers=3)
    assert first == again and first["dropped"] == {"contaminated": 10}


def test_a_question_that_is_a_formula_alone_is_found(build_summary: Callable[..., dict[str, Any]]) -> None:
    formula = "\\int_0^1 x^2 \\sin x \\cos y + y^2 \\sin y \\cos x + xy \\sin xy dx dy"
    rows = [row(f"Find {formula}."), row(question(1))]
    assert build_summary(rows, [f"Evaluate {formula}.", question(2)])["dropped"] == {"contaminated": 1}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("11 10 9 8 7 5 4 3 2 1", boilerplate.SEQUENCE),
        ("2 4 6 8 10 12 14 16 18 20", boilerplate.SEQUENCE),
        ("1 2 4 8 16 32 64 128 256 512", boilerplate.SEQUENCE),
        ("1 1 2 3 5 8 13 21 34 55", boilerplate.SEQUENCE),
        ("1 4 9 16 25 36 49 64 81 100", boilerplate.SEQUENCE),
        ("2 3 5 7 11 13 17 19 23 29", boilerplate.SEQUENCE),
        ("x 3 y 3 z 3 3xyz x y z", boilerplate.FORMULA),
        ("tan a tan b 1 tan a tan b for", boilerplate.FORMULA),
        ("x frac b pm sqrt b 2 4ac 2a", boilerplate.FORMULA),
        ("a b 2 a 2 2ab b 2 and a", boilerplate.FORMULA),
        ("x 2 3x 2 0 y 2 5y 6 0", boilerplate.COUNTS),
        ("48 24 72 48 24 72 clips in all 96", boilerplate.COUNTS),
        ("17 23 4 99 12 6 71 8 54 3", boilerplate.COUNTS),
        ("the sum of the first n odd numbers is n", boilerplate.COUNTS),
        ("how many of the twelve red apples that ann bought", boilerplate.COUNTS),
    ],
)
def test_formulas_and_sequences_that_everybody_writes(words: str, kind: int) -> None:
    assert boilerplate.kind_of(words.split()) == kind


@given(st.integers(0, 2**32))
def test_numbers_at_random_are_no_sequence(seed: int) -> None:
    numbers = random.Random(seed).sample(range(100, 1000), 10)
    assert boilerplate.kind_of(list(map(str, numbers))) == boilerplate.COUNTS


@pytest.mark.parametrize(("prompts", "fewest"), [(1, 4), (8, 4), (12, 6), (20, 10), (200, 10), (1_000, 50)])
def test_of_a_few_prompts_half_share_an_instruction(prompts: int, fewest: float) -> None:
    assert fewest_prompts(prompts) == fewest
