"""A tiny model, and a way to put a scripted engine in its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from r1data.engines import base
from tests import tiny
from tests.sampling.cold_start.scripted import Scripted


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.build(tmp_path_factory.mktemp("cold-start"), context=4096)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    """Makes the engine `scripted` one that follows a script, and returns it."""

    def make(*arguments: object, **options: object) -> Scripted:
        engine = Scripted(*arguments, **options)  # type: ignore[arg-type]
        monkeypatch.setitem(
            base.ENGINES.built_in, "scripted", base.Engine("scripted", lambda model, _: engine)
        )
        return engine

    return make
