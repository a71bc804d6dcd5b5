"""Whatever strangers write, in rows, names of files, columns, datasets, models, errors, shows as visible characters."""

import ast
import json
import os
from pathlib import Path

import pytest
from r1data.cli import COMMANDS

from tests.hostile.sampled import sampled
from tests.hostile.servers.server import Server, reply
from tests.hostile.watch import HOOK, Watched, assert_harmless, unshown, watch

ROOT = Path(__file__).parents[3]
NAME = (
    "a\x1b[38;5;199m\x1b]0;title\x07[red]b[blue]\x1b]8;;http:x\x1b\\c\x9b2J\x85\u202ed\u2066\u200b\U000e0041\rover"
    "\nr1: fine\udc9b\udcff"
)
"""What a name of a file can hold, the last two bytes being no UTF-8."""
TEXT = NAME.replace("\udc9b\udcff", "\x00[/][link=http://x]e[/link]{0}%s\tend")
"""What JSON can hold."""
COLUMN = TEXT.replace("\x00", "")
PAYLOADS = [b"\x1b[38;5;199m", b"\x1b]0;", b"\x1b]8;", b"\x9b", "\u202e".encode(), b"\nr1: fine"]
"""The first is a colour that nothing here has: those of Rich are let through."""


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
    make_runs(folder)
    return folder


def make_runs(folder: Path) -> None:
    """A training, finished and under way, a supervised one, a recipe's run and a model, with such texts all over."""
    step = {"reward": 1.0, "loss": 2.0, f"rewards/{TEXT}/mean": 0.5, f"r1/reflective/{TEXT}": 0.1, TEXT: 3.0}
    alarm = {"step": 1, "alarm": TEXT, "state": "begins", "text": TEXT}
    for name, command in ((f"grpo{NAME}", "train-grpo"), ("going", "train-grpo"), ("sft-run", "train-sft")):
        request = {"command": command, "kind": command, "parameters": {"steps": 9, TEXT: TEXT, "model": TEXT}}
        is_over = name != "going"
        place = folder / name if is_over else folder / name / ".r1"
        place.mkdir(parents=True)
        (place / ("r1.json" if is_over else "run.json")).write_text(
            json.dumps({**request, "finished": is_over})
        )
        (place / "metrics.jsonl").write_text(
            "".join(json.dumps({"step": n, **step}) + "\n" for n in (1, 2, 3))
        )
        (place / "alarms.jsonl").write_text(json.dumps(alarm) + "\n")
    for name, exit_code in ((f"recipe{NAME}", 0), ("failed", 3)):
        entry = {
            "command": TEXT, "arguments": [TEXT], "output": None, "inputs": {TEXT: TEXT}, "started": TEXT,
            "seconds": 1.0, "attempts": 1, "exit": exit_code,
        }  # fmt: skip
        recipe = {
            "name": TEXT,
            "description": TEXT,
            "path": TEXT,
            "order": [TEXT],
            "trainings": {TEXT: [TEXT]},
        }
        record = {
            "recipe": recipe, "seed": 1, "report": {TEXT: [TEXT]}, "versions": {TEXT: TEXT}, "machine": {TEXT: TEXT},
            "steps": {TEXT: entry},
        }  # fmt: skip
        (folder / name).mkdir()
        (folder / name / "run.json").write_text(json.dumps(record))
    model = folder / f"model{NAME}"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"model_type": TEXT, "architectures": [TEXT], TEXT: TEXT}))
    (model / "chat_template.jinja").write_text(f"{{{{ raise_exception({TEXT!r}) }}}}{TEXT}")
    (folder / f"{NAME}.yaml").write_text(
        json.dumps({"name": TEXT, "steps": {TEXT: {"command": TEXT, TEXT: TEXT}}})
    )
    (folder / "card.json").write_text(json.dumps({"version": 1, TEXT: TEXT}))


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
    if command in ("doctor", "serve-verdicts") and case == "no words":
        pytest.skip("no mistake: it asks this machine about itself, or serves until it is ended")
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
    "cat --pretty": ["cat", NAME, "--pretty"],
    "cat --pretty dropped": ["cat", f"dropped{NAME}", "--pretty"],
    "cat --pretty messages": ["cat", "sft", "--pretty"],
    "inspect --watch": ["inspect", NAME, "--watch"],
    "inspect --watch dropped": ["inspect", f"dropped{NAME}", "--watch"],
    "inspect --watch --json": ["inspect", NAME, "--watch", "--json"],
    "inspect --watch a training": ["inspect", f"grpo{NAME}", "--watch"],
    "inspect --watch a supervised one": ["inspect", "sft-run", "--watch"],
    "inspect --watch a recipe": ["inspect", f"recipe{NAME}", "--watch"],
    "inspect --watch a failed recipe": ["inspect", "failed", "--watch", "--json"],
    "report": ["report", f"grpo{NAME}", "-o", "page.html"],
    "report of what goes on": ["report", "going", "-o", "page2.html"],
    "report --json": ["report", f"grpo{NAME}", "-o", "page3.html", "--json"],
    "report --follow": ["report", f"grpo{NAME}", "--follow"],
    "report of a recipe": ["report", f"recipe{NAME}", "-o", "page4.html"],
    "plan": ["plan", f"{NAME}.yaml"],
    "ablate": ["ablate", f"{NAME}.yaml", "--filters"],
    "eval of responses": ["eval", "verified"],
    "eval of responses, graders": ["eval", "verified", "--graders"],
    "eval --verify-card": ["eval", "verified", "--verify-card", "card.json"],
    "eval --compare": ["eval", "--compare", NAME, "verified"],
    "template": ["template", "show", f"model{NAME}"],
    "template check": ["template", "check", f"model{NAME}"],
    "export-model": ["export-model", f"model{NAME}", "--to", "gguf", "-o", "gguf"],
    "train-sft": ["train-sft", "sft", "--model", f"model{NAME}", "-o", "trained", "--dry-run"],
    "train-grpo": ["train-grpo", "prompts.jsonl", "--model", f"model{NAME}", "-o", "trained", "--dry-run"],
    "train-rm": ["train-rm", "rows.jsonl", "--model", f"model{NAME}", "-o", "trained"],
    "distill": ["distill", "sft", "--student", f"model{NAME}", "-o", "trained", "--dry-run"],
    "cold-start": ["cold-start", "prompts.jsonl", "-o", "c", "--model", f"model{NAME}", "--dry-run"],
    "general": ["general", "prompts.jsonl", "-o", "g", "--model", f"model{NAME}", "--dry-run"],
    "verify": ["verify", NAME, "-o", f"v{NAME}", "--workers", 1],
    "make-tests": ["make-tests", NAME, "-o", "m"],
    "make-pairs": ["make-pairs", "verified", "-o", "pairs", "--judge", NAME],
    "miniature": ["miniature", "prompts", "-o", f"mini{NAME}", "--count", NAME],
    "serve-verdicts": ["serve-verdicts", "--host", NAME],
    "view": ["view", NAME, "--host", NAME],
    "review": ["review", NAME, "-o", f"r{NAME}", "--reviewer", NAME, "--host", NAME],
}
SHOWN_ELSEWHERE = {
    "doctor": "asks this machine about itself: `test_doctor_shows_the_names_of_packages_visibly`",
}


def test_every_command_is_looked_at() -> None:
    assert {str(words[0]) for words in LOOKS.values()} | SHOWN_ELSEWHERE.keys() >= COMMANDS.keys()


@pytest.mark.parametrize("name", sampled(LOOKS, 14))
@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_a_command_that_shows_it_shows_it_visibly(name: str, terminal: bool, folder: Path) -> None:
    check(watch(LOOKS[name], folder, limit=30.0, terminal=terminal), complains=False)


ON_A_SCREEN = [name for name in LOOKS if name.startswith(("cat", "inspect", "why", "diff", "report"))]


@pytest.mark.parametrize("name", sampled(ON_A_SCREEN, 6))
def test_a_terminal_that_shows_stdout_too_shows_it_visibly(name: str, folder: Path) -> None:
    check(watch(LOOKS[name], folder, limit=30.0, screen=True), complains=False)


FILTER = f"""
import sys, warnings
from r1data.filters.entry import Filter

def rule(row, limits):
    print({TEXT!r})
    print({TEXT!r}, file=sys.stderr)
    warnings.warn({TEXT!r})
    raise RuntimeError({TEXT!r})

OWN = Filter(reason="own", rule=rule, summary={TEXT!r})
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_package_of_others_prints_and_raises_shows_visibly(
    workers: int, folder: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    info = site / "own_filter-1.dist-info"
    info.mkdir(parents=True)
    (site / "own_filter.py").write_text(FILTER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own_filter\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[r1.filters]\nown = own_filter:OWN\n")
    words = ["filter", "verified", "-o", tmp_path / "kept", "--verdict", "any", "--workers", workers]
    environment = {"PYTHONPATH": f"{HOOK}{os.pathsep}{site}"}
    for terminal in (False, True):
        watched = watch(words, folder, fresh=True, terminal=terminal, environment=environment, limit=60.0)
        assert not unshown(watched.stdout) and not unshown(watched.stderr, terminal=terminal)
        # a package may print lines of its own
        shown = [payload for payload in PAYLOADS if not payload.startswith(b"\n")]
        assert not [payload for payload in shown if payload in watched.stdout + watched.stderr]
        assert b"\\x1b[38;5;199m" in watched.stderr


def test_doctor_shows_the_names_of_packages_visibly(tmp_path: Path) -> None:
    info = tmp_path / "own-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: own\nVersion: 1\nSummary: {NAME[:9]}\n")
    (info / "entry_points.txt").write_text("[r1.filters]\no\x1b]0;x\x07wn = own:OWN\n")
    environment = {"PYTHONPATH": f"{HOOK}{os.pathsep}{tmp_path}", "R1_SANDBOX": NAME[:12]}
    check(watch(["doctor"], tmp_path, fresh=True, environment=environment, limit=120.0), complains=False)


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
    assert row["prompt"].startswith("a\x1b[38;5;199m\x1b]0;title\x07[red]b[blue]")
    assert "\u202ed\u2066\u200b\U000e0041\rover\nr1: fine" in row["truth"]


def test_only_one_place_makes_consoles() -> None:
    """And nothing prints by itself: the filter, the console of Rich and the JSON writer are passed by all."""
    found = []
    for file in (*(ROOT / "r1data").rglob("*.py"), *(ROOT / "cli").rglob("*.py")):
        if file.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module in ("rich", "rich.console"):
                drawn = {"Group", "RenderableType"}  # what is printed, not what prints
                found += [f"{file.name}: {each.name}" for each in node.names if each.name not in drawn]
            if isinstance(node, ast.Attribute) and node.attr in ("from_markup", "from_ansi"):
                found.append(f"{file.name}: {node.attr}")
    assert not found
