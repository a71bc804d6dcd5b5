"""Delays the import of pandas until something needs it; by default pyarrow imports it just to see whether it is there.

The first `pyarrow.array` of a process imports pandas, if it is installed, to tell a Series from a list. That takes
longer than importing pyarrow and polars together, in the command and in each of its workers. This module tells
pyarrow, right after its import, that there is no pandas; if something imports pandas later, pyarrow looks again, so
that it accepts a Series and returns data frames as usual.

Nothing is changed if either package is already imported, nor in programs that import this package: only commands and
the processes that they start call this.
"""

import contextlib
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


def import_pandas_on_demand() -> None:
    """From now on, pyarrow does not import pandas by itself. A second call changes nothing."""
    if "pyarrow" not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds pyarrow and pandas as Python does, and has pyarrow look for pandas after each is imported."""

    def __init__(self) -> None:
        self.looking: int | None = None
        """The thread in which pyarrow looks for pandas, which is not to be seen there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in ("pyarrow", "pandas"):
            return None
        # in this thread only: another one may import pandas in earnest at the same time
        if name == "pandas" and self.looking == threading.get_ident():
            raise ModuleNotFoundError("pandas is imported on demand", name=name)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            _run_after(spec.loader, self._look_in_vain if name == "pyarrow" else _look_again)
        return spec

    def _look_in_vain(self) -> None:
        if "pandas" in sys.modules:  # it imports pyarrow itself
            return
        self.looking = threading.get_ident()
        try:
            sys.modules["pyarrow"].array([])
        finally:
            self.looking = None


def _look_again() -> None:
    if pyarrow := sys.modules.get("pyarrow"):
        # `array` looks for pandas once and remembers; where `to_pandas` needs it, pyarrow looks another time
        with contextlib.suppress(ImportError):  # of a pandas that is too old for pyarrow
            pyarrow.array([]).to_pandas()


def _run_after(loader: Loader, after: Callable[[], None]) -> None:
    """Has `after` called once the loader's module is imported."""
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        after()

    loader.exec_module = exec_module  # type: ignore[method-assign]
