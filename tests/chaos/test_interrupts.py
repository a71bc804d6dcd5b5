"""Ctrl-C and SIGTERM: one line, exit 130 or 143, no process left, and the same command goes on from there."""

import signal
import time
from pathlib import Path

import pytest

from tests.chaos.commands import COMMANDS, OUTPUTS, commits, contents
from tests.chaos.conftest import Undisturbed
from tests.chaos.processes import Pipe, Server, finish

NAMES = ["verify", "filter", "sample"]


@pytest.mark.parametrize("group", [True, False], ids=["with-workers", "alone"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_command_ends_in_one_line(
    name: str, number: int, code: int, group: bool, inputs: Path, server: Server, tmp_path: Path
) -> None:
    pipe = Pipe(COMMANDS[name](inputs), tmp_path, server, forked=True)
    while pipe.running() and not commits(tmp_path, OUTPUTS[name]):
        time.sleep(0.01)
    pipe.members[0].kill(number, group=group)
    pipe.members[0].end()
    left, said = pipe.survivors(10.0), pipe.said()
    assert pipe.end() == [code], said
    assert not left
    lines = [line for line in said.splitlines() if line.startswith("r1: ")]
    assert len(lines) == 1 and "goes on from there" in lines[0], said
    assert "Traceback" not in said


def test_what_was_interrupted_is_finished_by_the_same_command(
    inputs: Path, undisturbed: dict[str, Undisturbed], server: Server, tmp_path: Path
) -> None:
    pipe = Pipe(COMMANDS["verify"](inputs), tmp_path, server, forked=True)
    while pipe.running() and not commits(tmp_path, OUTPUTS["verify"]):
        time.sleep(0.01)
    pipe.members[0].kill(signal.SIGTERM, group=True)
    pipe.end()
    finish(COMMANDS["verify"](inputs), tmp_path, server)
    assert contents(tmp_path, OUTPUTS["verify"]) == undisturbed["verify"].made
