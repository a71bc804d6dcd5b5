"""Tiny models, made once; and torch as a test found it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.tiny import build_model


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    """A training sets torch's threads, on whose number the order of sums depends, and so the last bits of results."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "qwen2")


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "llama", "llama")
