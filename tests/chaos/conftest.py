"""The inputs of the chaos suite, the undisturbed runs, and the table of what was killed."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from tests.chaos.commands import COMMANDS, OUTPUTS, Digests, commits, contents
from tests.chaos.processes import Pipe, Server, finish

TALLY: Counter[tuple[str, str]] = Counter()


@dataclass(slots=True)
class Undisturbed:
    """What a command makes when nobody disturbs it, and how long it takes."""

    first: float
    """Seconds until its first commit."""
    seconds: float
    made: Digests


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    """A folder with prompts, samples, conversations, a model and the datasets made of them."""
    folder = tmp_path_factory.mktemp("inputs")
    prompts = [{"prompt": f"What is {n}+{n}?", "truth": str(2 * n)} for n in range(48)]
    answer = "<think>\nAdd {0} and {0}, carefully {1}.\n</think>\nIt is \\boxed{{{2}}}."
    samples = [
        {**row, "response": answer.format(n, k, 2 * n + (k if n % 3 else 0))}
        for n, row in enumerate(prompts)
        for k in range(2)
    ]
    talks = [
        {"messages": [{"role": role, "content": f"{role} {n}"} for role in ("user", "assistant")]}
        for n in range(13_000)
    ]
    for name, rows in (("prompts", prompts), ("samples", samples), ("talks", talks)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    from tests import tiny

    tiny.build(folder / "model", hidden_size=32, intermediate_size=32)
    for made, rows in (("p", "prompts.jsonl"), ("s", "samples.jsonl")):
        line = ["ingest", rows, "-o", made, "--shard-rows", "4", "--workers", "1"]
        finish([line], folder, server)
    finish([["verify", "s", "-o", "v", "--workers", "1"]], folder, server)
    (folder / "results.json").write_text(json.dumps(list(reviewed(folder / "v"))))
    return folder


def reviewed(dataset: Path) -> Iterator[dict[str, object]]:
    """What a reviewer of its rows sends back: every third one is accepted, edited and rejected."""
    for number, row in enumerate(Dataset(dataset).table(["prompt_id", "sample_index"]).to_pylist()):
        said = {"decision": ("accept", "edit", "reject")[number % 3], "answer": "It is \\boxed{1}."}
        responses = {name: [{"value": value, "user_id": "ann"}] for name, value in said.items()}
        yield {"id": f"{row['prompt_id']}/{row['sample_index']}", "fields": {}, "responses": responses}


@pytest.fixture(scope="session")
def undisturbed(
    inputs: Path, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Undisturbed]]:
    """By command, made when first asked for."""

    class Runs(dict[str, Undisturbed]):
        def __missing__(self, name: str) -> Undisturbed:
            folder = tmp_path_factory.mktemp(name)
            start = time.monotonic()
            pipe = Pipe(COMMANDS[name](inputs), folder, server)
            while pipe.running() and not commits(folder, OUTPUTS[name]):
                time.sleep(0.01)
            first = time.monotonic() - start
            assert not any(pipe.end()), pipe.said()
            seconds = time.monotonic() - start
            self[name] = Undisturbed(first, seconds, contents(folder, OUTPUTS[name]))
            return self[name]

    yield Runs()


@pytest.fixture
def tally() -> Counter[tuple[str, str]]:
    """Counts by command, for the table."""
    return TALLY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not TALLY:
        return
    columns = ("kills", "before a commit", "among commits", "after the last", "equal", "differing")
    terminalreporter.write_line("")
    terminalreporter.write_line(f"{'command':<8}" + "".join(f"{title:>17}" for title in columns))
    for name in (*COMMANDS, "all"):
        rows = {
            title: sum(n for (c, t), n in TALLY.items() if t == title and name in (c, "all"))
            for title in columns
        }
        terminalreporter.write_line(f"{name:<8}" + "".join(f"{rows[title]:>17}" for title in columns))
