"""The wheel: everything a user needs is in it, and nothing of ours lies at the top of site-packages."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "-o", out, ROOT], check=True, capture_output=True
    )
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_nothing_but_the_package_lies_at_the_top(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info" not in name.split("/")[0]} == {"r1data"}


@pytest.mark.parametrize("folder", ["cli", "recipes", "schemas", "r1data"])
def test_every_tracked_file_is_in_the_wheel(names: list[str], folder: str) -> None:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    prefix = "" if folder == "r1data" else "r1data/"
    missing = [name for name in listed.stdout.split() if f"{prefix}{name}" not in names]
    assert not missing
