"""Environments of their own for projects that do not install beside this one; kept between runs of the tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def python_with(request: pytest.FixtureRequest, name: str, *packages: str) -> Path:
    """A Python that has `packages`; `name` is new where they change. Skips the test where they cannot be had."""
    folder = request.config.cache.mkdir(name) / "environment"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        uv = [sys.executable, "-m", "uv"]
        sources = ["--find-links", links] if (links := os.environ.get("PIP_FIND_LINKS")) else []
        for words in (
            [*uv, "venv", "-q", "--clear", "--python", sys.executable, folder],
            [*uv, "pip", "install", "-q", "--python", python, *sources, *packages],
        ):
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"{name} cannot be installed: {done.stderr[-500:]}")
        (folder / "ready").touch()
    return python
