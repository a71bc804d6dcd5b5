"""Whatever strangers write, in rows, names of files, columns, datasets, models, errors, shows as visible characters."""

import ast
import json
from pathlib import Path

import pytest
from r1data.cli import COMMANDS

from tests.hostile.sampled import sampled
from tests.hostile.servers.server import Server, reply
from tests.hostile.watch import Watched, assert_harmless, watch

ROOT = Path(__file__).parents[3]
NAME = (
    "a\x1b]0;title\x07[red]b[blue]\x1b]8;;http:x\x1b\\c\x9b2J\x85\u202ed\u2066\u200b\U000e0041\rover"
    "\nr1: fine\udc9b\udcff"
)
"""What a name of a file can hold, the last two bytes being no UTF-8."""
TEXT = NAME.replace("\udc9b\udcff", "\x00[/][link=http://x]e[/link]{0}%s\tend")
"""What JSON can hold."""
COLUMN = TEXT.replace("\x00", "")
PAYLOADS = [b"\x1b]0;", b"\x1b]8;", b"\x9b", "\u202e".encode(), b"\nr1: fine"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows with such text in every value and in a column's name; datasets of each kind with such names."""
    folder = tmp_path_factory.mktemp("output")
    row = {
        "prompt": TEXT, "truth": TEXT, "response": f"<think>{TEXT}</think>{TEXT} \\boxed{{{TEXT}}}",
        "domain": TEXT, "source": TEXT, "license": TEXT, "system": TEXT, "model": TEXT, COLUMN: TEXT,
        "prompt_id": TEXT, "sample_index": 0, "verifier": "math",
    }  # fmt: skip
    rows = [row, {**row, "prompt_id": "two", "prompt": "two", "verifier": TEXT}]
    (folder / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    (folder / f"{NAME}.jsonl").write_text((folder / "rows.jsonl").read_text())
    prompts = "".join(
        json.dumps({name: row[name] for name in ("prompt", "domain", COLUMN)}) + "\n" for row in rows
    )
    (folder / "prompts.jsonl").write_text(prompts)
    for words in (
        ["ingest", f"{NAME}.jsonl", "-o", NAME],
        ["verify", NAME, "-o", "verified", "--workers", 1],
        [
            "filter",
            "verified",
            "-o",
            "kept",
            "--verdict",
            "any",
            "--dropped",
            f"dropped{NAME}",
            "--workers",
            1,
        ],
        ["build", "kept", "-o", "sft"],
    ):
        assert_harmless(watch(words, folder, limit=60.0), codes=[0], payloads=PAYLOADS)
    return folder


def check(watched: Watched, **more: object) -> None:
    assert_harmless(watched, payloads=PAYLOADS, **more)  # type: ignore[arg-type]


ARGUMENTS = {
    "nothing there": [NAME + "no"],
    "nothing there, with an output": [NAME + "no", "-o", "out" + NAME],
    "an option of its own": ["--" + NAME],
    "too many words": [NAME, NAME, NAME, NAME],
    "no words": [],
}


@pytest.mark.parametrize("case", ARGUMENTS)
@pytest.mark.parametrize("command", sampled(COMMANDS, 8))
def test_a_mistake_of_any_command_shows_what_it_is(command: str, case: str, folder: Path) -> None:
    if command == "doctor" and case in ("no words",):
        pytest.skip("asks this machine about itself")
    check(watch([command, *ARGUMENTS[case]], folder, limit=30.0), complains=False)


LOOKS: dict[str, list[object]] = {
    "cat": ["cat", NAME],
    "cat one": ["cat", "verified", "-c", COLUMN],
    "inspect": ["inspect", NAME],
    "inspect --json": ["inspect", "sft", "--json"],
    "why": ["why", "kept", "two"],
    "why --full": ["why", "kept", "two", "--full"],
    "why --json": ["why", "kept", "two", "--json"],
    "why dropped": ["why", f"dropped{NAME}", "two"],
    "diff": ["diff", NAME, "verified"],
    "diff --rows": ["diff", NAME, "sft", "--rows"],
    "diff --json": ["diff", NAME, "kept", "--json"],
    "check": ["check", NAME],
    "check --json": ["check", NAME, "--json"],
    "gc": ["gc", NAME],
    "select": ["select", "verified", "-o", "selected", "--pass-rate", "0:1"],
    "build --json": ["build", "kept", "-o", "sft2", "--json"],
    "filter --dry-run": ["filter", "verified", "-o", "f2", "--dry-run"],
    "export": ["export", "sft", "--to", "trl", "-o", f"exported{NAME}"],
    "ingest to a pipe": ["ingest", "rows.jsonl", "-o", f"again{NAME}", "--json"],
    "an engine of its own": ["sample", "prompts.jsonl", "-o", "s", "--model", NAME, "--engine", NAME],
    "a model of its own": ["sample", "prompts.jsonl", "-o", "s", "--model", NAME, "--engine", "transformers"],
    "a column of its own": ["cat", NAME, "-c", NAME],
    "a filter of its own": ["filter", "verified", "-o", "f3", "--skip", NAME],
    "a limit of its own": ["filter", "verified", "-o", "f3", "--limit", NAME],
    "a map of its own": ["ingest", "rows.jsonl", "-o", "i", "--map", f"{NAME}={NAME}"],
    "a number of its own": ["cat", NAME, "-n", NAME],
    "a recipe": ["run", f"{NAME}.yaml"],
    "a URL": ["cat", f"s3://{NAME}/x"],
    "a protocol of its own": ["cat", f"{NAME}://x"],
    "a hub's dataset": ["ingest", f"hf:{NAME}", "-o", "h"],
    "push": ["push", NAME, f"hf:{NAME}"],
    "pull": ["pull", f"hf:{NAME}", "-o", "p"],
}


@pytest.mark.parametrize("name", sampled(LOOKS, 14))
@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_a_command_that_shows_it_shows_it_visibly(name: str, terminal: bool, folder: Path) -> None:
    check(watch(LOOKS[name], folder, limit=30.0, terminal=terminal), complains=False)


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_a_progress_bar_and_a_response_show_it_visibly(terminal: bool, folder: Path) -> None:
    out = f"sampled{NAME}{terminal}"
    with Server(good=TEXT + "\ud83d", listing=reply({"data": [{"id": "[red]tiny[/]"}]})) as server:
        words = ["sample", "prompts.jsonl", "-o", out, "--endpoint", server.url, "--template", "server"]
        check(watch([*words, "--model", "[red]tiny[/]"], folder, terminal=terminal), codes=[0])
    check(watch(["cat", out], folder), codes=[0])


def test_what_cat_writes_is_the_same_json(folder: Path) -> None:
    watched = watch(["cat", NAME, "-n", 1], folder)
    row = json.loads(watched.stdout)
    assert row["prompt"].startswith("a\x1b]0;title\x07[red]b[blue]")
    assert "\u202ed\u2066\u200b\U000e0041\rover\nr1: fine" in row["truth"]


def test_only_one_place_makes_consoles() -> None:
    """And nothing prints by itself: the filter, the console of Rich and the JSON writer are passed by all."""
    found = []
    for file in (*(ROOT / "r1data").rglob("*.py"), *(ROOT / "cli").rglob("*.py")):
        if file.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in ("rich", "rich.console"):
                found += [f"{file.name}: {each.name}" for each in node.names]
            if isinstance(node, ast.Attribute) and node.attr in ("from_markup", "from_ansi"):
                found.append(f"{file.name}: {node.attr}")
    assert not found
