"""What messages for users promise, read out of the source: each says what to do, with options that commands have."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from r1data.cli import app, invoke

from r1data.data.option_names import RENAMED

ROOT = Path(__file__).parents[1]
ERRORS = {"UserError", "DamagedShard", "RowsLost", "fail"}
ACTIONS = (
    "add",
    "answer",
    "ask",
    "change",
    "check",
    "choose",
    "compare",
    "convert",
    "copy",
    "describe",
    "download",
    "drop",
    "end",
    "export",
    "fill",
    "filter",
    "flatten",
    "free",
    "give",
    "go",
    "ingest",
    "install",
    "leave",
    "let",
    "load",
    "look",
    "lower",
    "make",
    "map",
    "mend",
    "merge",
    "move",
    "name",
    "open",
    "order",
    "pass",
    "pick",
    "pipe",
    "put",
    "raise",
    "read",
    "remove",
    "rename",
    "repair",
    "restore",
    "review",
    "run",
    "sample",
    "save",
    "say",
    "search",
    "see",
    "select",
    "send",
    "serve",
    "set",
    "shorten",
    "sort",
    "split",
    "start",
    "stop",
    "take",
    "train",
    "try",
    "uninstall",
    "unset",
    "update",
    "use",
    "wait",
    "widen",
    "write",
)
"""Verbs that open a clause which tells the user what to do."""
ACTION = re.compile(
    rf"(?:^|[;:,(?]|\bor|\band|\belse|\bso) *(?:or |and |then |to )?(?:{'|'.join(ACTIONS)})\b", re.I
)
RECORDED = {"sandbox/languages.py", "verifiers/code/compare.py"}
"""Messages that end up in `verdict_reason` of rows: they are data, and stay what they are."""
ELSEWHERE = {"--reset", "--force-reinstall", "--n", "--logprobs-mode"}
"""Options that are no command's of ours."""


def _messages() -> Iterator[tuple[str, str]]:
    """File and line, and the text of each error for users with `{}` for what is filled in; computed ones excluded."""
    for folder in ("r1data", "cli"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args:
                    text = _text(node.args[-1])
                    if text.strip("{}: "):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) if isinstance(value, ast.Constant) else "{}" for value in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "{}"


def _says_what_to_do(text: str) -> bool:
    """Whether a clause opens with a verb or names a command; one that ends in what is filled in may hold it there."""
    return bool(ACTION.search(text)) or "`r1 " in text or text.rstrip().endswith("{}")


def _commands() -> dict[str, set[str]]:
    """Command → its options, those of groups under "group command"."""
    root = typer.main.get_command(app)
    options: dict[str, set[str]] = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        for inner, leaf in getattr(command, "commands", {"": command}).items():
            flags = {
                flag for parameter in leaf.params for flag in (*parameter.opts, *parameter.secondary_opts)
            }
            options[f"{name} {inner}".strip()] = flags | {"--help"}
    return options


def test_every_error_says_what_to_do() -> None:
    silent = [
        f"{place}: {text}"
        for place, text in _messages()
        if not _says_what_to_do(text) and not any(path in place for path in RECORDED)
    ]
    assert not silent


def test_every_option_that_an_error_names_is_one_that_a_command_has() -> None:
    known = set().union(*_commands().values())
    unknown = {
        f"{place}: {option}"
        for place, text in _messages()
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)
        if option not in known | ELSEWHERE
    }
    assert not unknown
    assert not any(option in text.split() for _, text in _messages() for option in RENAMED)


def test_every_command_that_an_error_names_has_the_options_named_with_it() -> None:
    commands = _commands()
    for place, text in _messages():
        for line in re.findall(r"`r1 ([^`]+)`", text):
            words = line.replace("{}", "X").split()
            name = next((n for n in (" ".join(words[:2]), words[0]) if n in commands), None)
            assert name or words[0] == "X", f"{place}: no command r1 {line}"
            for option in (word for word in words if word.startswith("-") and name):
                assert option in commands[name], f"{place}: r1 {name} has no {option}"  # type: ignore[index]


OF_PLAIN_FILES = {
    "no prompt": '{"question": "1+1", "answer": "2"}\n',
    "prompts where samples are needed": '{"prompt": "1+1", "truth": "2"}\n',
    "samples under another name": '{"prompt": "1+1", "completion": "2"}\n',
    "not JSON": '{"prompt": "1+1"\n',
    "a list": "[1, 2]\n",
    "empty": "",
    "null": '{"prompt": null}\n',
}
COMMANDS = {
    "sample": ["--model", "miniature:base"],
    "general": ["--model", "miniature:base"],
    "make-tests": ["--model", "miniature:base"],
    "verify": [],
    "filter": [],
    "build": [],
    "select": [],
    "export": ["--to", "trl"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("content", OF_PLAIN_FILES)
def test_an_error_about_a_file_names_options_of_the_command_or_a_whole_other_command(
    command: str, content: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(OF_PLAIN_FILES[content])
    if invoke([command, f"{path}", "-o", f"{tmp_path / 'o'}", *COMMANDS[command]]) != 1:
        return
    line = capfd.readouterr().err.splitlines()[-1]
    outside = re.sub(r"`r1 [^`]+`", "", line)
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", outside))
    assert options <= _commands()[command], line
    assert ACTION.search(line) or "`r1 " in line, line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["verify", "nowhere", "-o", "o"],
            "nowhere: no such dataset; check the path, or make one with `r1 ingest FILE -o",
        ),
        (["filter", "/dev/null", "-o", "o"], "datasets are folders: check the path"),
        (
            ["general", "p", "-o", "o", "-m", "m", "--thoughts", "foo"],
            "choose from 'yes', 'no', 'auto'; see r1 general --help",
        ),
        (["sample", "p", "-o", "o", "-m", "m", "-n", "0"], "give 1 or more; see r1 sample --help"),
        (["sample", "p", "-o", "o", "-m", "m", "-n", "x"], "give a whole number; see r1 sample --help"),
        (["verify", "p", "-o", "o", "--map", "a=b"], "No such option: --map"),
    ],
)
def test_typical_mistakes_end_with_what_to_do(
    words: list[str],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke(words) in (1, 2)
    assert line in capfd.readouterr().err.splitlines()[-1]


def test_version_is_one_line(r1: object) -> None:
    ended = r1("--version")  # type: ignore[operator]
    assert isinstance(ended, subprocess.CompletedProcess)
    assert re.fullmatch(r"r1 \d+\.\d+\.\d+\S*\n", ended.stdout)
