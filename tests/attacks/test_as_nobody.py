"""The same attacks as nobody, in a process of its own. Where the tests do not run as root, they ran as a mere user."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from r1data.sandbox.probe import WAYS
from tests.attacks.every import ATTACKS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become nobody; the attacks ran as a mere user"
)


@pytest.fixture(scope="module")
def told() -> Any:
    command = [sys.executable, "-m", "tests.attacks.as_nobody"]
    both = {
        way: subprocess.Popen([*command, way], cwd=ROOT, stdout=subprocess.PIPE, text=True) for way in WAYS
    }
    return {way: json.loads(process.communicate(timeout=300)[0]) for way, process in both.items()}


def test_it_was_nobody_behind_bubblewrap(told: Any) -> None:
    assert {(one["user"], one["isolation"]) for one in told.values()} == {(65534, "bubblewrap")}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_contained(name: str, way: str, told: Any) -> None:
    assert not told[way]["faults"][name]
