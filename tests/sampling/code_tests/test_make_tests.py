"""Tests for code prompts, made in the real sandbox."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.engines import base
from r1data.engines.base import Sampling
from r1data.errors import UserError
from r1data.sampling.code_tests import generators
from r1data.sampling.code_tests.rows import NoTests, read_material
from r1data.sampling.code_tests.stage import MakeTestsSettings, make_table, preview, run
from r1data.sampling.plan import SamplingPlan
from r1data.verifiers.registry import check
from tests import tiny
from tests.sampling.cold_start.scripted import Scripted

GENERATOR = """
import random
def inputs(seed):
    rng = random.Random(seed)
    return [f"{rng.randint(-9, 9)} {rng.randint(-9, 9)}\\n" for _ in range(6)] + ["0 0\\n", "999999 1\\n"]
"""
GOOD = "a, b = map(int, input().split())\nprint(a + b)"
GOOD_TOO = "print(sum(int(x) for x in input().split()))"
NEGATIVE = "a, b = map(int, input().split())\nprint(abs(a) + abs(b))"
"""Wrong, and only a negative number shows it."""
LUCKY = "import random\nrandom.seed()\na, b = map(int, input().split())\nprint(a + b if random.random() < 0.5 else 0)"
CALLS = "def inputs(seed):\n    return [[[3, 1, 2]], [[]], [[seed, -seed]], ([5, 5],)]"
SORT = "def order(xs):\n    return sorted(xs)"
NO_SORT = "def order(xs):\n    return xs"
SMALL = MakeTestsSettings(inputs=16, tests=4)


def row(**more: Any) -> dict[str, Any]:
    same = {"prompt_id": "p", "prompt": "Add.", "language": "en", "domain": "code", "source": "us"}
    return {**same, "truth": None, "verifier": None, **more}


def make_one(settings: MakeTestsSettings = SMALL, **more: Any) -> dict[str, Any]:
    """What becomes of one row."""
    (result,) = make_table(pa.Table.from_pylist([row(**more)]), settings).to_pylist()
    return result


def origin(result: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = json.loads(result["truth"])["origin"]
    return counts


def verdict(result: dict[str, Any], source: str) -> str:
    return check(result["verifier"], f"<think>so</think>```python\n{source}\n```", result["truth"]).verdict


def test_tests_accept_what_is_right_and_expose_what_is_wrong() -> None:
    result = make_one(generator=GENERATOR, solutions=[GOOD, GOOD_TOO], wrong_solutions=[NEGATIVE])
    assert result["tests_reason"] is None and result["verifier"] == "code"
    assert verdict(result, GOOD) == "correct"
    assert verdict(result, NEGATIVE) == "incorrect"
    counts = origin(result)
    assert counts["generated"] == 16 and counts["disagreeing"] == 0 and counts["unexposed"] == 0
    assert 4 <= counts["kept"] <= 8 and counts["exposing"] >= 4


def test_tests_on_which_good_programs_disagree_are_dropped() -> None:
    result = make_one(generator=GENERATOR, solutions=[GOOD, NEGATIVE])
    tests = json.loads(result["truth"])["tests"]
    assert origin(result)["disagreeing"] > 0
    assert all("-" not in test["stdin"] for test in tests)


def test_a_program_that_prints_something_else_each_time_agrees_with_nobody() -> None:
    result = make_one(generator=GENERATOR, solutions=[LUCKY])
    counts = origin(result) if result["truth"] else {"disagreeing": 16}
    assert counts["disagreeing"] > 0


def test_the_smallest_and_the_largest_stay_where_nothing_is_known_to_be_bad() -> None:
    result = make_one(generator=GENERATOR, solutions=[GOOD])
    inputs = [test["stdin"] for test in json.loads(result["truth"])["tests"]]
    assert len(inputs) == 4
    assert "0 0\n" in inputs and "999999 1\n" in inputs


def test_calls_and_what_they_return() -> None:
    result = make_one(generator=CALLS, function="order", solutions=[SORT], wrong_solutions=[NO_SORT])
    truth = json.loads(result["truth"])
    assert truth["function"] == "order"
    assert {"args": [[3, 1, 2]], "returns": [1, 2, 3]} in truth["tests"]
    assert verdict(result, SORT) == "correct" and verdict(result, NO_SORT) == "incorrect"


def test_everything_may_stand_in_meta_and_as_text() -> None:
    meta = {"solutions": [f"```python\n{GOOD}\n```"], "generator": GENERATOR, "seconds": 3, "memory_mb": 64}
    truth = json.loads(make_one(meta=json.dumps(meta), wrong_solutions=json.dumps([NEGATIVE]))["truth"])
    assert (truth["seconds"], truth["memory_mb"]) == (3, 64)
    assert truth["origin"]["bad"] == 1


def test_a_program_in_another_language_is_as_good() -> None:
    js = "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number); console.log(a + b)"
    result = make_one(generator=GENERATOR, solutions=json.dumps([GOOD, {"language": "js", "source": js}]))
    assert origin(result)["disagreeing"] == 0


def test_sampled_programs_vote_only_where_they_may() -> None:
    votes = {"generator": GENERATOR, "sampled_solutions": [GOOD, GOOD_TOO, GOOD, NEGATIVE]}
    assert "none may vote" in make_one(**votes)["tests_reason"]
    result = make_one(MakeTestsSettings(16, 4, agree=3), **votes)
    assert verdict(result, GOOD) == "correct" and verdict(result, NEGATIVE) == "incorrect"
    assert "5 would have to agree" in make_one(MakeTestsSettings(16, 4, agree=5), **votes)["tests_reason"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"truth": "[]"}, "has a truth already"),
        ({"generator": GENERATOR}, "no known-good program"),
        ({"solutions": [GOOD]}, "no generator"),
        ({"solutions": [GOOD], "generator": "def inputs(seed"}, "no generator made inputs: compile"),
        ({"solutions": [GOOD], "generator": "x = 1"}, "no generator made inputs: failed"),
        ({"solutions": [GOOD], "generator": "def inputs(seed): return 5"}, "no list of inputs"),
        ({"solutions": [GOOD], "generator": "def inputs(seed): return [1, 2]"}, "no texts"),
        ({"solutions": [GOOD], "generator": "def inputs(seed): return ['1' * 200_000]"}, "no texts of up to"),
        ({"solutions": [GOOD], "generator": "import os\nos._exit(0)"}, "no generator made inputs"),
        ({"solutions": [GOOD], "generator": "def inputs(seed): return ['x']"}, "agree on none of 1 inputs"),
        ({"solutions": [SORT], "function": "order", "generator": "def inputs(s): return ['x']"}, "no lists of arg"),
        ({"solutions": [1], "generator": GENERATOR}, "a program is a text"),
        ({"solutions": "[1", "generator": GENERATOR}, "solutions is not JSON"),
        ({"solutions": [GOOD], "generator": GENERATOR, "checker": "vibes"}, "no checker"),
        ({"solutions": [GOOD], "generator": GENERATOR, "seconds": "soon"}, "seconds"),
        ({"solutions": [GOOD], "generator": GENERATOR, "function": "a b"}, "function"),
        ({"meta": "{"}, "meta is not JSON"),
    ],
)  # fmt: skip
def test_a_row_without_tests_stays_and_says_why(more: dict[str, Any], says: str) -> None:
    result = make_one(**more)
    assert says in result["tests_reason"]
    assert result["truth"] == more.get("truth")
    assert result["verifier"] is None


def test_generators_that_attack_make_a_reason() -> None:
    for source in ("while True: pass", "import socket\ndef inputs(seed): return [socket.gethostname()]"):
        results = make_table(
            pa.Table.from_pylist([row(solutions=[GOOD], generator=source)]), MakeTestsSettings(2, 1)
        ).to_pylist()
        assert results[0]["truth"] is None or "socket" in source


def test_what_a_row_gives_is_checked() -> None:
    assert read_material({"meta": json.dumps({"function": "Solution.f"})}).function == "Solution.f"
    with pytest.raises(NoTests):
        read_material({"meta": "[1]"})
    with pytest.raises(UserError):
        MakeTestsSettings(agree=1)


def summary(capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the command printed last: on stdout, or on stderr where stdout carries shards."""
    out, err = capfd.readouterr()
    summary: dict[str, Any] = json.loads((out or err).splitlines()[-1])
    return summary


def rows_of(out: Path) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = pa.concat_tables(
        shard.table() for shard in Dataset(str(out)).shards()
    ).to_pylist()
    return results


def test_the_command_counts_and_resumes(
    write_jsonl: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    problems = write_jsonl(
        [
            {"prompt": "Add.", "generator": GENERATOR, "solutions": [GOOD], "wrong_solutions": [NEGATIVE]},
            {"prompt": "Nothing known."},
            {"prompt": "Done.", "truth": "[]", "verifier": "code"},
        ]
    )
    words = [
        "make-tests",
        str(problems),
        "-o",
        str(tmp_path / "out"),
        "--workers",
        "1",
        "--json",
        "--max-inputs",
        "8",
    ]
    assert invoke([*words, "--dry-run"]) == 0
    assert not (tmp_path / "out").exists()
    capfd.readouterr()
    assert invoke(words) == 0
    first = summary(capfd)
    assert (first["generated"], first["without_tests"], first["left_as_they_are"]) == (8, 1, 1)
    assert first["rows"] == 3
    assert invoke(words) == 0
    assert summary(capfd)["digest"] == first["digest"]
    assert [result["truth"] is not None for result in rows_of(tmp_path / "out")] == [True, False, True]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("make-tests"), context=4096)


def written(model: Path, engine: str, n: int = 2, max_tokens: int = 12) -> SamplingPlan:
    return SamplingPlan(
        str(model), n=n, sampling=Sampling(max_tokens=max_tokens), template="plain", engine=engine
    )


def test_a_model_writes_the_generators_that_are_missing(
    model: Path, monkeypatch: pytest.MonkeyPatch, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    says = f"<think>so</think>```python\n{GENERATOR}\n```"
    script = {"a/0": "I cannot.", "a/1": says, "c/0": "No.", "c/1": "no"}
    engine = Scripted(script, broken=["e/0", "e/1"])
    monkeypatch.setitem(base.ENGINES.built_in, "scripted", base.Engine("scripted", lambda model, _: engine))
    same = {"solutions": [GOOD], "wrong_solutions": [NEGATIVE]}
    source = write_jsonl(
        [
            {"prompt_id": "a", "prompt": "Add.", **same},
            {"prompt_id": "b", "prompt": "Add!", "generator": GENERATOR, **same},
            {"prompt_id": "c", "prompt": "Add, please.", **same},
            {"prompt_id": "d", "prompt": "Nothing known."},
            {"prompt_id": "e", "prompt": "Broken.", **same},
        ]
    )
    out = tmp_path / "out"
    summary = generators.run(open_source(str(source)), str(out), written(model, "scripted"), SMALL)
    assert engine.asked == ["a/0", "a/1", "c/0", "c/1", "e/0", "e/1"]
    results = rows_of(out)
    assert [one["prompt_id"] for one in results] == ["a", "b", "c", "d", "e"]
    assert [one["truth"] is not None for one in results] == [True, True, False, False, False]
    assert json.loads(results[0]["generators"]) == [GENERATOR]
    assert "wrote no generator" in results[2]["tests_reason"]
    assert "no known-good program" in results[3]["tests_reason"]
    assert "the engine broke" in results[4]["tests_reason"]
    assert "response" not in results[0] and "_r1_place" not in results[0]
    assert summary.details["without_tests"] == 3 and summary.details["failed"] == 2


def test_garbage_from_a_real_model_is_a_counted_row(
    model: Path, write_jsonl: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = write_jsonl(
        [
            {"prompt": "Add.", "solutions": [GOOD]},
            {"prompt": "Sort.", "solutions": [SORT], "function": "order"},
        ]
    )
    words = [
        "make-tests",
        str(source),
        "-o",
        str(tmp_path / "out"),
        "--model",
        str(model),
        "--template",
        "plain",
    ]
    code = invoke(
        [*words, "--engine", "transformers", "--threads", "1", "--max-tokens", "8", "-n", "1", "--json"]
    )
    assert code == 0
    assert summary(capfd)["without_tests"] == 2
    assert all("wrote no generator" in result["tests_reason"] for result in rows_of(tmp_path / "out"))


def test_the_plan_says_what_would_be_done(write_jsonl: Callable[..., Path], model: Path) -> None:
    source = open_source(str(write_jsonl([{"prompt": "Add."}])))
    assert preview(source, "out", SMALL)["inputs"] == 16
    assert generators.preview(source, written(model, "transformers"), SMALL)["rows"] == 2


def test_no_isolation_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    from r1data.sandbox.job import NoIsolation

    def refuse(*_: object, **__: object) -> None:
        raise NoIsolation("nothing holds here")

    monkeypatch.setattr("r1data.sandbox.running.run", refuse)
    with pytest.raises(NoIsolation):
        make_table(pa.Table.from_pylist([row(solutions=[GOOD], generator=GENERATOR)]), SMALL)


def test_workers_do_not_change_what_is_made(write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    source = write_jsonl(
        [{"prompt": f"Add {n}.", "generator": GENERATOR, "solutions": [GOOD]} for n in range(2)]
    )
    one = run(open_source(str(source)), str(tmp_path / "1"), SMALL, workers=1)
    two = run(open_source(str(source)), str(tmp_path / "2"), SMALL, workers=2)
    assert one.digest == two.digest
