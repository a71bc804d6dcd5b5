"""The limits on memory and processor time hold, measured from outside: each within a fifth, as root and as nobody.

`make hostile` (HOSTILE=all) runs all of `limits`, else a sample of them runs. `python -m tests.attacks.limits` prints
the table.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1data.sandbox.probe import WAYS
from tests.attacks import meter
from tests.attacks.limits import ALL, faults_of

ROOT = Path(__file__).parents[2]
SAMPLE = 8
NAMES = list(ALL) if os.environ.get("HOSTILE") == "all" else random.Random(12).sample(list(ALL), SAMPLE)


@pytest.fixture(scope="module", autouse=True)
def groups() -> Iterator[None]:
    made = meter.Groups.make()
    yield
    if made:
        made.remove()


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_holds(name: str) -> None:
    way = WAYS[list(ALL).index(name) % len(WAYS)]
    if faults := faults_of(name, way):
        pytest.fail(faults)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become nobody; the limits were tried as a mere user"
)
def test_limits_hold_for_nobody() -> None:
    command = [sys.executable, "-m", "tests.attacks.as_nobody", "limits", json.dumps(NAMES)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=900, check=True)
    told = json.loads(done.stdout)
    assert told["user"] == meter.NOBODY
    assert not [line for line in told["faults"] if line]
