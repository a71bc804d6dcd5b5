"""The functions of `import r1data`: their examples run, they are typed and described, and share the commands' work."""

import doctest
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import r1data
from r1data.errors import UserError

FUNCTIONS = r1data.__all__
LINE = "<think>2 times 6 is 12.</think>The answer is {}."


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the examples read, in the current folder."""
    question = {"question": "What is 2 times 6?", "answer": "12"}
    questions = [question, {"question": "What is 3 times 5?", "answer": "15"}]
    responses = [
        {"prompt": question["question"], "truth": "12", "response": LINE.format(answer)}
        for answer in (12, 14)
    ]
    for name, rows in {"questions": questions, "responses": responses}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_example_does_what_it_says(name: str, files: Path) -> None:
    example = doctest.DocTestFinder(recurse=False).find(getattr(r1data, name), name, module=r1data)[0]
    assert example.examples
    example.globs = {each: getattr(r1data, each) for each in FUNCTIONS}
    said: list[str] = []
    assert doctest.DocTestRunner().run(example, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_typed_and_describes_every_argument(name: str) -> None:
    function = getattr(r1data, name)
    signature = inspect.signature(function)
    text = inspect.getdoc(function) or ""
    assert all(section in text for section in ("Args:\n", "Returns:\n", "Raises:\n", "Examples:\n"))
    described = text.split("Args:\n")[1].split("Returns:\n")[0]
    for argument in signature.parameters.values():
        assert argument.annotation is not inspect.Parameter.empty
        assert f"\n    {argument.name}: " in "\n" + described
    assert signature.return_annotation is not inspect.Signature.empty


def test_importing_the_package_imports_nothing_heavy() -> None:
    """Neither rows, nor models, nor the commands; a module that a function needs comes with its first call."""
    code = "import sys, r1data; print(*sorted(name.split('.')[0] for name in sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pyarrow", "polars", "duckdb", "torch", "transformers", "typer", "numpy"} & set(loaded)


def test_a_pipe_carries_what_the_program_prints_and_no_references(files: Path) -> None:
    code = "import r1data; print(len(r1data.verify('responses.jsonl', 'verified')))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "2\n"


def test_a_script_needs_no_guard_around_its_calls(files: Path) -> None:
    """Workers do not run the user's script again."""
    (files / "script.py").write_text(
        "import r1data\nprint('once')\nprint(len(r1data.filter('responses.jsonl', 'kept')))\n"
    )
    finished = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=True)
    assert finished.stdout == "once\n1\n"


def test_a_mistake_is_the_error_of_the_command(files: Path) -> None:
    r1data.verify("responses.jsonl", "out")
    with pytest.raises(UserError, match="time_limit"):
        r1data.verify("responses.jsonl", "out", time_limit=1.0)
    with pytest.raises(UserError, match="no column 'answers'"):
        r1data.read("out").table(["answers"])


PAIRS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "verify": (["responses.jsonl"], {"source": "responses.jsonl"}),
    "filter": (["responses.jsonl"], {"source": "responses.jsonl"}),
    "build": (["responses.jsonl"], {"sources": "responses.jsonl"}),
    "ingest": (
        ["questions.jsonl", "--map", "prompt=question", "--map", "truth=answer"],
        {"source": "questions.jsonl", "map": {"prompt": "question", "truth": "answer"}},
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_command_finds_the_functions_result_finished(name: str, files: Path, r1: Any) -> None:
    """Same parameters, same defaults: the command with the same arguments has nothing left to do."""
    arguments, values = PAIRS[name]
    rows = getattr(r1data, name)(**values, out="out")
    before = sorted(path.name for path in (files / "out" / ".r1" / "commits").iterdir())
    finished = r1(name, *arguments, "-o", "out", "--json", cwd=files)
    assert finished.returncode == 0, finished.stderr
    summary = json.loads(finished.stderr.splitlines()[-1])
    assert summary["rows"] == len(rows)
    assert sorted(path.name for path in (files / "out" / ".r1" / "commits").iterdir()) == before


def test_rows_report_what_their_command_prints_as_json(files: Path, r1: Any) -> None:
    rows = r1data.filter("responses.jsonl", "kept")
    printed = r1("filter", "responses.jsonl", "-o", "kept", "--json", cwd=files).stderr.splitlines()[-1]
    assert rows.summary == json.loads(printed)
