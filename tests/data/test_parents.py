"""Parents that a commit names are opened beside what the user named, and nowhere else."""

import os
from pathlib import Path

import pytest

from r1data.data.parents import may_be_allowed, why_unopened


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset that the user named, while working in another folder."""
    for folder in ("project/kept", "project/samples", "elsewhere/samples", "work"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "project" / "kept"


@pytest.mark.parametrize(
    "parent",
    ["../samples", "../gone", "../a/b/c.jsonl", ".", "./inside", "../../work/rows.jsonl", "../../work"],
)
def test_what_lies_beside_or_below_is_opened(named: Path, parent: str) -> None:
    assert why_unopened(os.path.normpath(named / parent), [str(named)]) is None


@pytest.mark.parametrize(
    "parent",
    ["/etc/passwd", "../../elsewhere/samples", "../../project-2/x", "/", "../../../../../etc/passwd"],
)
def test_what_lies_elsewhere_is_not(named: Path, parent: str) -> None:
    assert "elsewhere" in (why_unopened(os.path.normpath(named / parent), [str(named)]) or "")


def test_a_link_on_the_way_is_not_followed(named: Path) -> None:
    (named.parent / "link").symlink_to(named.parents[1] / "elsewhere")
    assert "symbolic link" in (why_unopened(str(named.parent / "link/samples"), [str(named)]) or "")


def test_a_link_that_the_user_named_is_followed(named: Path) -> None:
    (named.parents[1] / "mine").symlink_to(named.parent)
    place = named.parents[1] / "mine" / "kept"
    assert why_unopened(str(place.parent / "samples"), [str(place)]) is None


def test_a_pipe_is_never_opened(named: Path) -> None:
    os.mkfifo(named.parent / "rows.jsonl")
    why = why_unopened(str(named.parent / "rows.jsonl"), [str(named)])
    assert why and "named pipe" in why and not may_be_allowed(why)


@pytest.mark.parametrize(
    ("parent", "opened"),
    [
        ("s3://bucket/project/samples", True),
        ("s3://bucket/other/samples", False),
        ("s3://bucket/project/../other", False),
        ("s3://other/project/samples", False),
        ("http://bucket/project/samples", False),
        ("hf:org/name", False),
        ("hf://datasets/org/name", False),
    ],
)
def test_urls_are_opened_in_the_folder_of_the_url_that_was_named(parent: str, opened: bool) -> None:
    assert (why_unopened(parent, ["s3://bucket/project/kept"]) is None) is opened
