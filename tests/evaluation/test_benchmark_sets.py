"""Each benchmark's rows become prompts with a truth, and right answers to them are correct, wrong ones are not."""

import base64
import json
import pickle
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r1data.errors import UserError
from r1data.evaluation.benchmarks import (
    BENCHMARKS,
    compared_questions,
    deviation,
    open_evaluation,
    open_questions,
)
from r1data.evaluation.truths import survey_truths
from r1data.selection.evaluations import records
from r1data.verifiers.registry import VERIFIERS, check, check_all

Write = Callable[..., Path]
FIXTURES = Path(__file__).parents[1] / "fixtures" / "benchmarks"
"""A few rows of our own in the shape of each set."""
PROGRAMS = Path(__file__).parents[3] / "shared" / "corpora" / "programs"
RIGHT = {
    "aime24": (r"\boxed{30}", r"\boxed{9}"),
    "aime25": (r"\boxed{9}", r"\boxed{78}"),
    "math500": (r"\boxed{0.5}", r"\boxed{3}"),
    "cmath": (r"\boxed{17}", r"\boxed{48}"),
    "humaneval": (
        "```python\ndef largest(numbers):\n    return max(numbers)\n```",
        "```python\ndef quarter(n):\n    return half(half(n))\n```",
    ),
    "mbpp": (
        "```python\ndef double(n):\n    return n + n\n```",
        "```python\ndef mirrored(word):\n    return word == word[::-1]\n```",
    ),
    "livecodebench": (
        "```python\nprint(sum(map(int, input().split())))\n```",
        "```python\nclass Solution:\n    def countValue(self, values, value):\n        return values.count(value)\n```",
    ),
    "ifeval": ("The sea is wide and blue.", "Blue, as the sky is."),
}
WRONG = {
    "code": "```python\nprint(7)\n```",
    "math": r"\boxed{7}",
    "ifeval": "No, no.",
    "choice": r"\boxed{E}",
}


def rows(text: str) -> list[dict[str, Any]]:
    source, _ = open_evaluation(text)
    return [row for shard in source.shards() for row in shard.table().to_pylist()]


def verdict(row: dict[str, Any], answer: str) -> str:
    response = f"<think>\nI think.\n</think>\n\n{answer}"
    return check(row["verifier"], response, row["truth"], prompt=row["prompt"]).verdict


@pytest.mark.parametrize("name", BENCHMARKS.built_in)
def test_an_entry_says_where_it_is_from_and_how_it_is_asked(name: str) -> None:
    entry = BENCHMARKS[name]
    assert (len(entry.revision) == 40 and entry.uri.endswith(entry.revision)) or name == "cmath"
    assert entry.summary and entry.questions and entry.verifier in VERIFIERS
    assert entry.paper or not entry.published
    assert entry.temperature == 0.6 and entry.top_p == 0.95 and entry.max_tokens == 32_768


@pytest.mark.parametrize("name", RIGHT)
def test_rows_in_the_sets_shape_are_verified(name: str) -> None:
    prompts = rows(f"{name}={FIXTURES / name}.jsonl")
    for row, answer in zip(prompts, RIGHT[name], strict=True):
        assert row["source"] == name and row["verifier"] == BENCHMARKS[name].verifier
        assert verdict(row, answer) == "correct"
        assert verdict(row, WRONG[row["verifier"]]) == "incorrect"


@pytest.mark.parametrize("name", BENCHMARKS.built_in)
def test_prompts_of_a_benchmark_are_read_as_the_set_is(name: str, write_jsonl: Write) -> None:
    fixture = FIXTURES / f"{name}.jsonl"
    if not fixture.exists():
        pytest.skip("its shape is a file of its own")
    prompts = rows(f"{name}={fixture}")
    place = write_jsonl([{key: row[key] for key in ("prompt", "truth", "language")} for row in prompts])
    again = rows(f"{name}={place}")
    assert [(row["prompt"], row["truth"], row["verifier"]) for row in again] == [
        (row["prompt"], row["truth"], row["verifier"]) for row in prompts
    ]


def test_options_of_gpqa_are_shuffled_by_the_rows_id_alone(write_jsonl: Write) -> None:
    records = [json.loads(line) for line in (FIXTURES / "gpqa-diamond.jsonl").read_text().splitlines()]
    prompts = rows(f"gpqa-diamond={FIXTURES / 'gpqa-diamond.jsonl'}")
    for record, row in zip(records, prompts, strict=True):
        assert f"{row['truth']}) {record['Correct Answer']}\n" in row["prompt"]
        others = set("ABCD") - {row["truth"]}
        assert verdict(row, rf"\boxed{{{row['truth']}}}") == "correct"
        assert {verdict(row, rf"\boxed{{{letter}}}") for letter in others} == {"incorrect"}
    reversed_rows = rows(f"gpqa-diamond={write_jsonl(records[::-1])}")
    assert {row["prompt"] for row in reversed_rows} == {row["prompt"] for row in prompts}


def test_each_letter_of_gpqa_is_right_about_as_often(write_jsonl: Write) -> None:
    record = json.loads((FIXTURES / "gpqa-diamond.jsonl").read_text().splitlines()[0])
    place = write_jsonl([{**record, "Record ID": f"rec{n}", "Question": f"{n}?"} for n in range(400)])
    counts = Counter(row["truth"] for row in rows(f"gpqa-diamond={place}"))
    assert set(counts) == set("ABCD") and min(counts.values()) > 70


def test_mgsm_asks_in_eleven_languages_and_reads_the_same_answers() -> None:
    prompts = rows(f"mgsm={FIXTURES / 'mgsm.jsonl'}")
    by_language = Counter(row["language"] for row in prompts)
    assert by_language == dict.fromkeys("bn de en es fr ja ru sw te th zh".split(), 12)  # noqa: SIM905
    answers = [[row["truth"] for row in prompts if row["language"] == language] for language in by_language]
    assert all(each == answers[0] for each in answers)
    instructions = {row["prompt"].rpartition("\n")[2] for row in prompts}
    assert len(instructions) == 11 and all(r"\boxed{}" in each for each in instructions)
    assert {verdict(row, rf"\boxed{{{row['truth']}}}") for row in prompts} == {"correct"}
    assert {verdict(row, r"\boxed{11}") for row in prompts} == {"incorrect"}


def test_a_question_of_mgsm_is_one_cluster_in_all_languages(write_jsonl: Write) -> None:
    record = {"question": "1 + 1?", "answer_number": 2}
    place = write_jsonl([{**record, "language": language, "cluster": 7} for language in ("de", "en")])
    assert [row["cluster"] for row in rows(f"mgsm={place}")] == [7, 7]


def test_mgsm_without_a_language_is_refused(write_jsonl: Write) -> None:
    place = write_jsonl([{"question": "1 + 1?", "answer_number": 2}])
    with pytest.raises(UserError, match="MGSM needs a column 'language' with one of bn, de, en"):
        rows(f"mgsm={place}")


def test_the_private_tests_of_livecodebench_count(write_jsonl: Write) -> None:
    (row, _) = rows(f"livecodebench={FIXTURES / 'livecodebench.jsonl'}")
    assert verdict(row, "```python\ninput(); print(3)\n```") == "incorrect"  # right by the public test


@pytest.mark.parametrize(
    "packed",
    [
        pickle.dumps(print),  # a pickle that would run something
        b"\x80\x04.",
        pickle.dumps({1, 2}),
        b"no pickle",
    ],
)
def test_what_is_no_packed_json_is_a_bad_truth_and_never_run(packed: bytes, write_jsonl: Write) -> None:
    record = json.loads((FIXTURES / "livecodebench.jsonl").read_text().splitlines()[0])
    text = base64.b64encode(zlib.compress(packed)).decode()
    (row,) = rows(f"livecodebench={write_jsonl([{**record, 'private_test_cases': text}])}")
    result = check("code", f"<think>a</think>\n{RIGHT['livecodebench'][0]}", row["truth"])
    assert (result.verdict, result.cause) == ("unverifiable", "bad_truth")


def test_kwargs_that_do_not_match_the_instructions_are_refused(write_jsonl: Write) -> None:
    place = write_jsonl([{"prompt": "Hi", "instruction_id_list": ["punctuation:no_comma"], "kwargs": []}])
    with pytest.raises(UserError, match="1 instructions with 0 kwargs"):
        rows(f"ifeval={place}")


@pytest.mark.parametrize("name", BENCHMARKS.built_in)
def test_a_column_that_is_missing_is_named_with_those_that_it_needs(name: str, write_jsonl: Write) -> None:
    entry = BENCHMARKS[name]
    place = write_jsonl([{"something": "else"}])
    with pytest.raises(UserError, match="no column") as error:
        rows(f"{name}={place}")
    assert ", ".join(entry.source_columns) in str(error.value) and "something" in str(error.value)


@pytest.mark.parametrize("name", BENCHMARKS.built_in)
def test_questions_without_truth_are_refused(name: str, write_jsonl: Write) -> None:
    place = write_jsonl([{"prompt": "What is it?", "language": "en"}])
    source, _ = open_evaluation(f"{name}={place}")
    with pytest.raises(UserError, match="none of its 1 rows has a truth"):
        survey_truths(source)


def test_an_answer_column_beside_prompts_is_their_truth(write_jsonl: Write) -> None:
    assert rows(f"aime24={write_jsonl([{'prompt': '2 + 2?', 'answer': 4}])}")[0]["truth"] == "4"


@pytest.mark.parametrize("name", BENCHMARKS.built_in)
def test_without_the_hub_one_line_says_how_to_give_a_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError) as error:
        open_questions(BENCHMARKS[name], BENCHMARKS[name].uri)
    message = str(error.value)
    assert "\n" not in message and message.startswith(f"benchmark {name}: hf:")
    assert message.endswith(f"columns {', '.join(BENCHMARKS[name].source_columns)}: {name}=FILE")
    assert (
        "accept its licence (CC-BY-4.0) at https://huggingface.co/datasets/Idavidrein/gpqa" in message
    ) == (name == "gpqa-diamond")


@pytest.mark.parametrize("name", ["humaneval", "livecodebench", "gpqa-diamond", "ifeval", "mgsm", "mbpp"])
def test_only_a_benchmarks_questions_are_kept_out_of_a_set(name: str) -> None:
    evaluation = compared_questions(f"{name}={FIXTURES / name}.jsonl")
    (column,) = BENCHMARKS[name].compared
    first = read_jsonl(FIXTURES / f"{name}.jsonl")[0]
    assert next(records(evaluation)) == (1, {column: first[column]})


def test_of_prompts_of_a_benchmark_the_prompt_is_kept_out_of_a_set(write_jsonl: Write) -> None:
    place = write_jsonl([{"prompt": "What is it?", "truth": "[]"}])
    assert list(records(compared_questions(f"livecodebench={place}"))) == [(1, {"prompt": "What is it?"})]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.skipif(not PROGRAMS.exists(), reason="the shared corpora are not here")
@pytest.mark.parametrize("kind", ["canonical", "buggy"])
def test_solutions_of_humaneval_are_told_apart(kind: str) -> None:
    source, entry = open_evaluation(f"humaneval={PROGRAMS / 'humaneval.jsonl'}")
    assert entry and deviation(entry, source) is None
    prompts = [row for shard in source.shards() for row in shard.table().to_pylist()][:20]
    solutions = (
        [row["prompt"] + row["canonical_solution"] for row in read_jsonl(PROGRAMS / "humaneval.jsonl")]
        if kind == "canonical"
        else [
            row["prompt"] + row["buggy_solution"]
            for row in read_jsonl(PROGRAMS / "humanevalpack_python.jsonl")
        ]
    )
    numbers = [n for n in range(20) if n != 10]  # the buggy one of 10 never ends
    verdicts = check_all(
        ["code"] * len(numbers),
        [f"<think>a</think>\n```python\n{solutions[n]}\n```" for n in numbers],
        [prompts[n]["truth"] for n in numbers],
        [prompts[n]["prompt"] for n in numbers],
    )
    expected = "correct" if kind == "canonical" else "incorrect"
    assert {each.verdict for each in verdicts} == {expected}
