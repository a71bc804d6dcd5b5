"""Which rows of a table a judge gets, what becomes of them, and `r1 verify --judge` against servers."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.engines.base import EngineOptions
from r1data.verifiers.judge.agreement import Agreement
from r1data.verifiers.judge.asking import JudgeSettings
from r1data.verifiers.judge.judge import Judge
from r1data.verifiers.judge.probes import PROBES, wrong_answers
from r1data.verifiers.judge.review import Judging
from r1data.verifiers.table import VerifyPlan, count, verify_table
from r1data.verifiers.verdict import Case, VerdictColumns
from tests.served import Fake, Reply, Served, completion
from tests.verifiers.judge.fakes import Scripted, judge, said

T = "<think>so</think>"
ROWS = [
    {"prompt": "a", "truth": "twelve", "response": T + "12", "verifier": "judge"},
    {"prompt": "b", "truth": "it rains", "response": T + "rain falls", "verifier": "math"},
    {"prompt": "c", "truth": "1", "response": T + "1", "verifier": "math"},
    {"prompt": "d", "truth": "1", "response": T + "2", "verifier": "math"},
    {"prompt": "e", "truth": "1", "response": "<think>1", "verifier": "math"},
    {"prompt": "f", "truth": None, "response": T + "1", "verifier": "judge"},
    {"prompt": "g", "truth": "1", "response": None, "verifier": "judge"},
    {"prompt": "h", "truth": "def f(): pass", "response": T + "1", "verifier": "json-schema"},
]


def verified(rows: list[dict[str, Any]] = ROWS, **which: bool) -> list[dict[str, Any]]:
    engine = Scripted(lambda number, prompt: said("correct"))
    table = pa.Table.from_pylist(rows)
    made: list[dict[str, Any]] = verify_table(
        table, VerifyPlan(judging=Judging(judge(engine), **which))
    ).to_pylist()
    return made


def words(rows: list[dict[str, Any]]) -> list[str]:
    return [row["verdict"][0] for row in rows]


def test_rows_that_name_the_judge_are_judged_and_no_others() -> None:
    rows = verified()
    assert words(rows) == ["c", "u", "c", "i", "u", "u", "u", "u"]
    assert rows[0]["verifier_version"] == "judge/1 fake" and rows[0]["score"] == 1.0
    assert rows[2]["verifier_version"].startswith("math/")


def test_what_a_rule_could_not_decide_goes_to_the_judge_if_asked_for_with_the_rule_s_words() -> None:
    rows = verified(undecided=True)
    assert words(rows) == ["c", "c", "c", "i", "u", "u", "u", "u"]
    assert rows[1]["verifier_version"] == "judge/1 fake"
    rule, judged = rows[1]["verdict_reason"].split("; ")
    assert rule.startswith("math: the ") and judged.startswith("judge: 1 of 1 votes")


def test_a_verdict_that_was_there_counts_as_the_rule_s() -> None:
    rows = verified(verified(), undecided=True)
    assert words(rows) == ["c", "c", "c", "i", "u", "u", "u", "u"]


def test_agreement_asks_about_what_rules_decided_and_changes_nothing() -> None:
    rows = verified(agreement=True)
    assert words(rows) == words(verified())
    assert [row["judge_verdict"] for row in rows] == [None, None, "correct", "correct", *[None] * 4]
    found = count(pa.Table.from_pylist(rows))
    assert (found["rule_correct_judge_correct"], found["rule_incorrect_judge_correct"]) == (1, 1)


def fair(fake: Fake, body: dict[str, Any]) -> Reply:
    """A judge that compares the texts."""
    prompt = body["messages"][0]["content"].splitlines()
    names = [line.split()[1] for line in prompt if line.startswith("--- ") and " end of " not in line]
    texts = {n: prompt[prompt.index(next(x for x in prompt if x.startswith(f"--- {n} "))) + 1] for n in names}
    return completion(said("correct" if texts["reference"] == texts["answer"] else "incorrect"))


@pytest.fixture
def rows(write_jsonl: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    made = [{"prompt": f"{i}?", "truth": str(i), "response": f"{T}{i + i % 2}"} for i in range(8)]
    made += [{**row, "verifier": "judge", "prompt": f"{row['prompt']}?"} for row in made]
    return str(write_jsonl(made))


def read(folder: Path) -> list[dict[str, Any]]:
    return [row for table in Dataset(folder).tables() for row in table.to_pylist()]


def test_the_command_asks_a_server_and_says_how_far_it_agrees(
    rows: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Fake(fair) as fake:
        line = [
            "verify",
            rows,
            "--judge",
            "tiny",
            "--endpoint",
            fake.url,
            "--votes",
            "2",
            "--measure-agreement",
        ]
        assert invoke([*line, "-o", str(tmp_path / "a"), "--json"]) == 0
        told = json.loads(capfd.readouterr().out)
        assert (
            32 < len(fake.asked) <= 48
        )  # 8 rows that are compared are probed; a probe may be a row's own answer
        asked = len(fake.asked)
        assert invoke([*line, "-o", str(tmp_path / "b")]) == 0
        assert len(fake.asked) == asked  # the cache
    said = capfd.readouterr().err
    assert "agreement 100.0%" in said
    assert "of 8 answers known to be wrong the judge called 8 incorrect, 0 correct" in said
    assert told["agreement"]["kappa"] == 1.0 and told["agreement"]["both_decided"] == 8
    assert (told["correct"], told["incorrect"]) == (8, 8)
    made = read(tmp_path / "a")
    assert [row["verdict"] for row in made[:8]] == [row["verdict"] for row in made[8:]]
    record = json.dumps(dict(Dataset(tmp_path / "a").command))
    assert '"votes": 2' in record and fake.url not in record


def test_a_server_that_fails_now_and_then_gives_errors_and_no_wrong_verdict(
    rows: str, tmp_path: Path
) -> None:
    def answer(fake: Fake, body: dict[str, Any]) -> Reply:
        return Reply(status=400) if "3?" in body["messages"][0]["content"] else fair(fake, body)

    with Fake(answer) as fake:
        assert (
            invoke(["verify", rows, "-o", str(tmp_path / "a"), "--judge", "tiny", "--endpoint", fake.url])
            == 0
        )
    verdicts = [row["verdict"] for row in read(tmp_path / "a")[8:]]
    assert verdicts == ["correct", "incorrect", "correct", "error", *["correct", "incorrect"] * 2]


def test_a_server_that_is_not_there_ends_the_run_in_one_line(
    rows: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    line = ["verify", rows, "-o", str(tmp_path / "a"), "--judge", "tiny", "--endpoint", "http://127.0.0.1:1"]
    assert invoke([*line, "--max-retry-time", "0"]) == 1
    assert "127.0.0.1:1" in capfd.readouterr().err.splitlines()[-1]
    assert not list((tmp_path / "a").rglob("*.parquet"))


@pytest.mark.parametrize(
    "words",
    [
        ["--measure-agreement"],
        ["--judge-unverifiable"],
        ["--endpoint", "http://h"],
        ["--judge", "m", "--workers", "2"],
    ],
)
def test_options_that_do_not_go_together_are_refused(rows: str, tmp_path: Path, words: list[str]) -> None:
    assert invoke(["verify", rows, "-o", str(tmp_path / "a"), *words]) == 1
    assert not (tmp_path / "a").exists()


@pytest.mark.vllm
@pytest.mark.slow
@pytest.mark.parametrize("way", ["tokens", "chat"])
def test_a_real_server_is_held_to_the_schema(served: Served, way: str) -> None:
    tokenizer = str(served.folder) if way == "tokens" else None
    options = EngineOptions(endpoints=(served.url,), tokenizer=tokenizer)
    random = JudgeSettings("tiny", votes=3, temperature=1.0, max_tokens=6000, cache=False, options=options)
    made = Judge(random)([Case("8", "8", "1+7?"), Case("9", "8", "1+7?")], 5.0)
    assert {one.verdict for one in made} <= {"correct", "incorrect"}
    assert all("of 3 votes for correct" in str(one.reason) for one in made)


@pytest.mark.slow
def test_a_judge_in_this_process_that_writes_no_json_decides_nothing(
    write_jsonl: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.served import build_bytes

    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    folder = build_bytes(tmp_path / "model", hidden_size=32, intermediate_size=32)
    rows = write_jsonl([{"prompt": "1?", "truth": "1", "response": "1", "verifier": "judge"}] * 3)
    line = [
        "verify",
        str(rows),
        "-o",
        str(tmp_path / "a"),
        "--judge",
        str(folder),
        "--judge-engine",
        "transformers",
    ]
    assert invoke([*line, "--judge-max-tokens", "32", "--threads", "1"]) == 0
    assert {row["verdict"] for row in read(tmp_path / "a")} == {"unverifiable"}
    assert not list((tmp_path / "a").rglob("*.tmp")) and list((tmp_path / "cache").rglob("*.json"))


def yes(fake: Fake, body: dict[str, Any]) -> Reply:
    return completion(said("correct"))


@pytest.mark.parametrize("n", [3, 40])
def test_a_judge_that_calls_everything_correct_is_not_trusted_for_its_agreement(
    n: int,
    write_jsonl: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    towns = ["Paris", "Lyon", "Rome", "Oslo"]
    made = [
        {"prompt": f"Town {i}?", "truth": towns[i % 4], "response": f"{T}{towns[i % 4]}", "verifier": "exact"}
        for i in range(n)
    ]
    rows = write_jsonl(made)
    with Fake(yes) as fake:
        line = ["verify", str(rows), "-o", str(tmp_path / "a"), "--judge", "tiny", "--endpoint", fake.url]
        assert invoke([*line, "--measure-agreement", "--json"]) == 0
        told = json.loads(capfd.readouterr().out)["agreement"]
        assert len(fake.asked) <= n + PROBES
    assert told["agreement"] == 1.0
    assert told["probes"] == {"correct": min(n, PROBES)}
    warnings = "\n".join(told["warnings"])
    assert f"0 of the {n} compared rows incorrect" in warnings
    assert "called no answer incorrect" in warnings and "do not trust it" in warnings


def test_a_judge_that_finds_wrong_answers_is_told_without_warnings() -> None:
    table = {"correct": Counter(correct=40, incorrect=1), "incorrect": Counter(correct=1, incorrect=9)}
    agreement = Agreement(table, {"incorrect": 20})
    assert agreement.warnings() == []
    assert (
        agreement.probe_line() == "of 20 answers known to be wrong the judge called 20 incorrect, 0 correct"
    )


def test_wrong_answers_are_those_that_the_rule_calls_wrong() -> None:
    cases = [Case(f"{T}12", "12", "6+6?"), Case(f"{T}12.0", "12.0", "24/2?"), Case("A", "A", "which?")]
    columns = [VerdictColumns("correct", 1.0, case.truth, None, None, "v/1") for case in cases]
    made = wrong_answers([0, 1, 2], ["math", "math", "choice"], cases, columns)
    # 12.0 is no wrong answer to 6 + 6; the number after 12 is.
    assert made[0].response == "13" and 2 not in made


def test_what_no_rule_compares_as_a_judge_does_is_not_probed() -> None:
    case = Case("x", "{}", "which?")
    columns = [VerdictColumns("correct", 1.0, "x", None, None, "v/1")]
    assert wrong_answers([0], ["json-schema"], [case], columns) == {}
