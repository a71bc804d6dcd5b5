"""Control groups on an imitated hierarchy: which group is taken, what is made and removed.

What the kernel does with them needs cgroup v2 with memory and pids delegated: tests/attacks/limits.py says so where it
is there.
"""

import os
from pathlib import Path

import pytest

from r1data.sandbox import groups

GONE = 2**22 + 1
"""More than any process's number."""


def hierarchy(folder: Path, children: dict[str, str]) -> Path:
    """A hierarchy whose groups give these controllers to their children."""
    for name, controllers in {"": "", **children}.items():
        group = folder / name
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.subtree_control").write_text(controllers)
        (group / "cgroup.procs").write_text("")
    (folder / "cgroup.controllers").write_text("cpu memory pids")
    return folder


def own(folder: Path, place: str) -> Path:
    file = folder / "own"
    file.write_text(f"4:memory:/elsewhere\n0::{place}\n")
    return file


def test_the_nearest_group_that_gives_both_controllers_is_taken(tmp_path: Path) -> None:
    root = hierarchy(
        tmp_path / "root", {"a": "cpu memory pids", "a/b": "memory pids", "a/b/c": "cpu", "a/b/c/d": ""}
    )
    assert groups.parent(root, own(tmp_path, "/a/b/c/d")) == root / "a/b"
    assert groups.parent(root, own(tmp_path, "/a")) == root / "a"
    assert groups.parent(root, own(tmp_path, "/")) is None


@pytest.mark.parametrize("place", ["/../outside", "/gone"])
def test_a_place_out_of_sight_gives_none(tmp_path: Path, place: str) -> None:
    assert groups.parent(hierarchy(tmp_path / "root", {"a": "memory pids"}), own(tmp_path, place)) is None


def test_version_1_gives_none(tmp_path: Path) -> None:
    root = hierarchy(tmp_path / "root", {"a": "memory pids"})
    file = tmp_path / "v1"
    file.write_text("4:memory:/a\n")
    assert groups.parent(root, file) is None
    (root / "cgroup.controllers").unlink()
    assert groups.parent(root, own(tmp_path, "/a")) is None


def test_a_group_that_cannot_be_made_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = hierarchy(tmp_path / "root", {"a": "memory pids"})
    monkeypatch.setattr(groups, "ROOT", root)
    monkeypatch.setattr(groups, "OWN", own(tmp_path, "/a"))
    # an imitation has no cgroup.procs in what is made there
    assert groups.create() is None


def test_groups_of_processes_that_are_gone_are_removed_and_no_others(tmp_path: Path) -> None:
    names = [f"r1-sandbox-{GONE}-0", f"r1-sandbox-{os.getpid()}-0", "r1-sandbox-text", "other"]
    for name in names:
        for child in ("server", "program"):
            (tmp_path / name / child).mkdir(parents=True)
    groups._sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])
