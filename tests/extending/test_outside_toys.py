"""A toy of each kind, from a package outside of ours, on the command line: it works, and one that fails is named.

The toys and the commands that use them are the examples of docs/extending.md. A kind is a section there, a `Toy` in
`TOYS`, which says how an entry is asked for by its name, and a function in `CHECKS`, which looks at what the page's
commands wrote.
"""

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from tests.docs.blocks import first_difference
from tests.extending.conftest import Done, Toys

Write = Callable[..., Path]
PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
CODE = dict(re.findall(r"^```\w+\n# r1-toys/(\S+)\n(.*?)^```$", PAGE, re.M | re.S))
PROJECT = tomllib.loads(CODE["pyproject.toml"])["project"]
NUMBERS = tuple(
    {
        "prompt": "an odd number?",
        "truth": truth,
        "response": f"<think>so</think>{answer}",
        "verifier": "parity",
    }
    for truth, answer in (("odd", "3"), ("odd", "4"), ("odd", ""), ("odd", "three"), (None, "3"))
)
LOUD = (
    {"prompt_id": "b", "prompt": "2 + 5?", "truth": "7", "response": "<think>ADD THEM</think>\\boxed{7}"},
)
SUMS = ({"prompt": "3 + 4 =", "truth": "7"},)
CHATS = ({"messages": [{"role": "user", "content": "3 + 4 ="}, {"role": "assistant", "content": "7"}]},)


@dataclass(frozen=True)
class Toy:
    """One kind: its toy, as the page registers it, and a command that asks for an entry by its name.

    Attributes:
        kind: as errors call it.
        ask: the command; `NAME` stands for the entry's name, `ROWS` for a file of `rows`, `OUT` for a new folder.
        rows: what the command reads.
        built_in: an entry of ours.
        status: exit status where the name cannot be had: 2 where it is checked with the options.
        ask_other: what is added for another name, where the command takes all entries without a name.
    """

    kind: str
    ask: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    built_in: str
    status: int = 1
    ask_other: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        return f"r1.{self.kind}s"

    @cached_property
    def point(self) -> tuple[str, str, str]:
        """Name, module and attribute of the page's entry point."""
        ((name, value),) = PROJECT["entry-points"][self.group].items()
        return name, *value.split(":")  # type: ignore[return-value]

    @property
    def name(self) -> str:
        return self.point[0]

    @property
    def code(self) -> str:
        return CODE[f"{self.point[1]}.py"]

    def typed(self, language: str) -> str:
        """The blocks of that language where the page uses the toy: `bash` is typed, `text` is shown below."""
        section = re.split(r"^##", PAGE.partition(f"### Use the {self.kind}\n")[2], flags=re.M)[0]
        return "".join(re.findall(rf"^```{language}\n(.*?)^```$", section, re.M | re.S))

    def install(self, toys: Toys, package: str, code: str | None = None, name: str | None = None) -> None:
        """Installs the toy, or other code or another name, as a package."""
        toys.install(
            package, self.code if code is None else code, self.group, **{name or self.name: self.point[2]}
        )

    def run(self, toys: Toys, write: Write, name: str | None = None) -> Done:
        """Runs the command for the toy, or for another name."""
        places = {"NAME": name or self.name, "ROWS": str(write(list(self.rows))), "OUT": "out"}
        words = self.ask + (self.ask_other if name else ())
        return toys.r1(*(places.get(word, word) for word in words))

    def refused(self, done: Done) -> str:
        """The only line that a refused command leaves."""
        assert done.returncode == self.status, done.stderr
        (line,) = done.stderr.strip().splitlines()
        return line


MODEL = ("--model", "miniature:base")
ALL = (
    Toy("verifier", ("verify", "ROWS", "-o", "OUT", "--verifier", "NAME"), NUMBERS, "math"),
    Toy("filter", ("filter", "ROWS", "-o", "OUT"), LOUD, "repetition", ask_other=("--skip", "NAME")),
    Toy("reward", ("train-grpo", "ROWS", "-o", "OUT", *MODEL, "--reward", "NAME"), SUMS, "accuracy"),
    Toy("engine", ("sample", "ROWS", "-o", "OUT", *MODEL, "--engine", "NAME"), SUMS, "openai", status=2),
    Toy("student", ("distill", "ROWS", "-o", "OUT", "--student", "NAME"), CHATS, "qwen2.5-7b"),
    Toy("export", ("export", "ROWS", "-o", "OUT", "--to", "NAME"), CHATS, "trl", status=2),
    Toy("benchmark", ("eval", "NAME", "-o", "OUT", *MODEL), SUMS, "gsm8k"),
)
TOYS = {toy.kind: toy for toy in ALL}


def rows(dataset: Path, *columns: str) -> list[tuple[Any, ...]]:
    table = ds.dataset(dataset / "data", format="parquet").to_table(columns=list(columns))
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def verdicts(work: Path, output: str) -> None:
    columns = rows(work / "verified", "verdict", "verdict_cause", "verifier_version")
    expected = [
        ("correct", None),
        ("incorrect", None),
        ("unverifiable", "no_answer"),
        ("unverifiable", "undecided"),
    ]
    assert columns == [(*pair, "parity/1") for pair in expected]


def filtered(work: Path, output: str) -> None:
    reasons = ["r1-toys:shouting"]
    assert rows(work / "kept", "prompt_id", "drop_reasons") == [("a", [])]
    assert rows(work / "dropped", "prompt_id", "drop_reasons") == [("b", reasons)]
    assert "capitals, share" in output  # r1 why


def rewarded(work: Path, output: str) -> None:
    assert json.loads((work / "zero" / "r1.json").read_text())["parameters"]["rewards"] == {"shortness": 1.0}
    (step,) = map(json.loads, (work / "zero" / "metrics.jsonl").read_text().splitlines())
    assert 0 < step["rewards/shortness/mean"] == step["reward"] < 1


def sampled(work: Path, output: str) -> None:
    columns = rows(work / "samples", "prompt", "response", "engine")
    assert columns == [(prompt, prompt, "parrot") for prompt in ("3 + 4 =", "2 + 5 =")]


def distilled(work: Path, output: str) -> None:
    parameters = json.loads((work / "student" / "r1.json").read_text())["parameters"]
    assert (parameters["model"], parameters["lr"]) == ("miniature:student", 1e-3)


def exported(work: Path, output: str) -> None:
    (file,) = (work / "cards").glob("*.jsonl")
    assert json.loads(file.read_text().splitlines()[1]) == {"front": "2 + 5 =", "back": "7", "number": 1}


def evaluated(work: Path, output: str) -> None:
    columns = rows(work / "scores", "prompt", "truth", "sample_index", "source", "sampling")
    assert [row[:4] for row in columns] == [
        (f"What is {n} times 12? Answer with a number.", str(12 * n), index, "times")
        for n in (3, 4)
        for index in (0, 1)
    ]
    assert json.loads(columns[0][4])["max_tokens"] == 16
    assert "pass@2" in output


CHECKS = {
    "verifier": verdicts,
    "filter": filtered,
    "reward": rewarded,
    "engine": sampled,
    "student": distilled,
    "export": exported,
    "benchmark": evaluated,
}


@pytest.mark.parametrize("toy", TOYS.values(), ids=TOYS)
def test_the_pages_example_works_on_the_command_line(toy: Toy, toys: Toys, write: Write) -> None:
    name, module, attribute = toy.point
    toys.install("r1-toys", toy.code, toy.group, module, **{name: attribute})
    write([*SUMS, {"prompt": "2 + 5 =", "truth": "7"}], "sums.jsonl")  # of another section
    done = toys.bash(toy.typed("bash"))
    assert done.returncode == 0, done.stderr
    assert first_difference(toy.typed("text"), done.stdout) is None, done.stdout
    CHECKS[toy.kind](toys.work, done.stdout + done.stderr)


def test_every_entry_of_the_page_is_driven() -> None:
    assert {toy.group for toy in ALL} == set(PROJECT["entry-points"])


@pytest.mark.parametrize("toy", TOYS.values(), ids=TOYS)
class TestFailures:
    """An entry that cannot be had: one line that says which package to repair, nothing written."""

    def test_an_unknown_name_lists_the_known(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one")
        line = toy.refused(toy.run(toys, write, f"{toy.name}x"))
        unknown = rf"no (such )?{toy.kind}( called {toy.name}x)? \(did you mean (toy_one:)?{toy.name}\?\)"
        assert re.search(unknown, line) and toy.built_in in line
        assert not (toys.work / "out").exists()

    def test_a_name_registered_twice_names_both_packages(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one")
        toy.install(toys, "toy_two")
        line = toy.refused(toy.run(toys, write))
        assert "toy_one" in line and "toy_two" in line and f"both register a {toy.kind}" in line

    def test_a_name_of_ours_is_not_taken(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one", name=toy.built_in)
        line = toy.refused(toy.run(toys, write))
        assert f"package toy_one registers a {toy.kind} called {toy.built_in}, which r1 has itself" in line

    @pytest.mark.parametrize("code", ["raise RuntimeError('no such board')", ""])
    def test_a_package_that_fails_is_named(self, code: str, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one", code)
        line = toy.refused(toy.run(toys, write))
        assert f"package toy_one: its {toy.kind} {toy.name}" in line
        assert not (toys.work / "out").exists()

    def test_what_is_no_entry_points_to_the_docs(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one", f"def {toy.point[2]}(*arguments): return None")
        line = toy.refused(toy.run(toys, write))
        assert "package toy_one" in line and "is a function, not a" in line and "docs/extending.md" in line


def test_a_check_that_raises_is_an_error_and_no_truth_is_no_wrong_answer(toys: Toys, write: Write) -> None:
    toy = TOYS["verifier"]
    toy.install(toys, "toy_one", toy.code.replace("answer.isdecimal()", "answer"))
    done = toys.r1("verify", write(list(NUMBERS)), "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stderr.splitlines()[-1])
    assert {name: summary[name] for name in ("correct", "no_answer", "crash", "no_truth")} == {
        "correct": 1, "no_answer": 1, "crash": 1, "no_truth": 1,
    }  # fmt: skip


def test_a_row_of_a_verifier_that_is_not_there_is_an_error_and_never_wrong(toys: Toys, write: Write) -> None:
    assert toys.r1("verify", write(list(NUMBERS)), "-o", "out").returncode == 0
    assert set(rows(toys.work / "out", "verdict_cause")) == {("no_checker",)}


def test_a_benchmarks_name_alone_reads_its_own_questions(toys: Toys, write: Write) -> None:
    toy = TOYS["benchmark"]
    code = toy.code.replace('"hf:our-team/times:test"', '"times.jsonl"').replace('"2f1c0de"', '""')
    toy.install(toys, "toy_one", code)
    write([{"task": f"{n} times 12?", "result": str(12 * n)} for n in (3, 4)], "times.jsonl")
    done = toys.r1("eval", "times", *MODEL, "-o", "scores", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stderr.splitlines()[-1])
    assert (plan["prompts"], plan["rows"], plan["template"]) == (2, 4, "plain")
