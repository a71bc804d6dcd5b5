"""A folder of toy packages as pip would leave them, and `r1` as a user runs it beside them."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import R1

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Toys:
    """Packages in a folder that `r1` finds on its path; `work` is the folder where it runs."""

    folder: Path
    work: Path

    def install(
        self, package: str, code: str, group: str, module: str | None = None, **entry_points: str
    ) -> None:
        """Installs a package of one module.

        Args:
            package: its name.
            code: the module.
            group: of its entry points, "r1.filters" say.
            module: the module's name; by default the package's.
            entry_points: by name, the attribute of the module that each stands for.
        """
        module = module or package
        points = [f"{name} = {module}:{attribute}" for name, attribute in entry_points.items()]
        info = self.folder / f"{package}-1.5.dist-info"
        info.mkdir(parents=True)
        (self.folder / f"{module}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *points]) + "\n")

    def r1(self, *arguments: object) -> Done:
        """The finished process of `r1 …`."""
        return self._finished([R1, *map(str, arguments)])

    def bash(self, script: str) -> Done:
        """The finished process of a script that calls `r1`."""
        return self._finished(["bash", "-eo", "pipefail", "-c", script])

    def _finished(self, command: Sequence[str | Path]) -> Done:
        python_path = os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH")]))
        path = f"{R1.parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            command,
            cwd=self.work,
            env={**os.environ, "PYTHONPATH": python_path, "PATH": path},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    """No packages yet, and an empty folder to work in."""
    work = tmp_path / "work"
    work.mkdir()
    return Toys(tmp_path / "site", work)


@pytest.fixture
def write(toys: Toys, write_jsonl: Callable[..., Path]) -> Callable[..., Path]:
    """Writes rows to a JSON Lines file where `r1` runs."""

    def write_there(rows: list[dict[str, object]], name: str = "rows.jsonl") -> Path:
        return write_jsonl(rows, f"work/{name}")

    return write_there
