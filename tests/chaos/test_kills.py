"""Killed at a random moment and run again, every command makes what it makes undisturbed, byte for byte.

`KILLS` says how many times (30; `make chaos`: 200). A seed decides what is killed, how and when, as a share of the
undisturbed run's time: a failure is repeated with `pytest tests/chaos -k verify-7`.
"""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.commands import COMMANDS, OUTPUTS, Lines, commits, contents
from tests.chaos.conftest import Undisturbed
from tests.chaos.processes import Pipe, Server, finish

KILLS = int(os.environ.get("KILLS", "30"))
NAMES = list(COMMANDS)
CASES = [(NAMES[seed % len(NAMES)], seed) for seed in range(KILLS)]
ALONE = {name: ["--workers", "1"] for name in ("ingest", "verify", "filter")}
"""The rerun has another number of workers, which must not matter."""
ORPHANS = 15.0
"""Seconds in which workers must have noticed that their parent is gone, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Blow:
    """What is done to a running command: which signal, to its workers too, to which members, and when."""

    number: int
    group: bool
    victim: int | None
    late: bool
    moment: float
    """Share of the undisturbed run's time; of that from the first commit on, if `late`."""

    def strike(self, pipe: Pipe, run: Undisturbed, attempt: int = 0) -> bool:
        """Waits for the moment and kills; False where the victim had ended by then."""
        victims = pipe.members if self.victim is None else [pipe.members[self.victim % len(pipe.members)]]
        start = run.first if self.late else 0.0
        time.sleep((start + (run.seconds - start) * self.moment) * 0.8**attempt)
        if not any(member.running() for member in victims):
            return False
        for member in victims:
            if member.running():
                member.kill(self.number, group=self.group)
        return True


def blow(seed: int, draw: random.Random) -> Blow:
    turn = seed // len(NAMES)
    number = (signal.SIGKILL, signal.SIGTERM)[turn % 2]
    group, late = turn // 2 % 2 == 0, draw.random() < 0.5
    return Blow(number, group, draw.choice((None, 0, 1, 2)), late, draw.random())


@pytest.mark.parametrize(("name", "seed"), CASES, ids=[f"{name}-{seed}" for name, seed in CASES])
def test_a_killed_command_run_again_makes_the_same(
    name: str,
    seed: int,
    inputs: Path,
    undisturbed: dict[str, Undisturbed],
    server: Server,
    tmp_path: Path,
    tally: Counter[tuple[str, str]],
) -> None:
    draw, expected = random.Random(seed), undisturbed[name]
    lines, outputs = COMMANDS[name](inputs), OUTPUTS[name]
    folder = struck(lines, blow(seed, draw), expected, server, tmp_path)
    tally[name, "kills"] += 1
    tally[name, _place(commits(folder, outputs), expected)] += 1
    if draw.random() < 0.25:
        again = Pipe(lines, folder, server)
        blow(seed + len(NAMES), draw).strike(again, expected)
        ended(again)
    tally[name, "differing"] += 1
    finish([[*line, *ALONE.get(line[0], [])] for line in lines], folder, server)
    assert contents(folder, outputs) == expected.made
    tally[name, "differing"] -= 1
    tally[name, "equal"] += 1


def struck(lines: Lines, blow: Blow, expected: Undisturbed, server: Server, parent: Path) -> Path:
    """A folder in which the command was killed; a blow that came too late is tried again in another folder."""
    for attempt in range(10):
        folder = parent / str(attempt)
        folder.mkdir()
        pipe = Pipe(lines, folder, server)
        hit = blow.strike(pipe, expected, attempt)
        ended(pipe)
        if hit:
            return folder
    raise AssertionError("the command always ends before it can be killed")


def ended(pipe: Pipe) -> None:
    """A killed command leaves no process behind, and a terminated one no traceback."""
    for member in pipe.members:
        member.end()
    left = pipe.survivors(ORPHANS)
    codes = pipe.end()
    assert not left, f"live on after {codes}"
    assert "Traceback" not in pipe.said(), pipe.said()


def _place(made: int, expected: Undisturbed) -> str:
    if made == 0:
        return "before a commit"
    all = sum(len(shards) + 1 for shards in expected.made.values())
    return "among commits" if made < all else "after the last"
