"""A dataset made once, copied by each test that damages one."""

from pathlib import Path

import pytest

from tests.lineage import datasets


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `rows.jsonl`, `samples` and `verified`; not to be changed."""
    return datasets.make(tmp_path_factory.mktemp("pristine")).parent


@pytest.fixture
def work(pristine: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return datasets.copy(pristine, tmp_path / "work")


@pytest.fixture
def dataset(work: Path) -> Path:
    """The copy's `verified`: six shards of five rows, seven commits."""
    return work / "verified"
