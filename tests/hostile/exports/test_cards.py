"""No row and no commit gets markup of its own into a dataset's card, nor a key into its front matter."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from r1data.data.dataset import Dataset
from r1data.errors import R1Error
from r1data.exchange.card import card
from tests.exchange.conftest import write
from tests.hostile.pages.markup import (
    ALL_AT_ONCE,
    PAYLOADS,
    STORABLE,
    Page,
    faults,
    renamed_keys,
    replaced_leaves,
    sampled,
)

NUMBERS = (-1, 10**400, 1e308, float("nan"), True, None, [], {}, "text")
MATTER = {"license", "license_name", "language", "size_categories", "tags", "configs"}
SUMMARY = {"samples": {"math": 3}, "tokens_on_average": {"math": 2.5, "total": 2.5}}


def rendered(text: str) -> Page:
    """A card as Markdown that may hold HTML shows it; its front matter is read as YAML and must be ours."""
    _, matter, body = text.split("---\n", 2)
    assert set(yaml.safe_load(matter)) <= MATTER
    return Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(body))


def in_commit(folder: Path, change: Callable[[Any], Any]) -> None:
    """Rewrites the dataset's first commit, as one of the releases that did not seal them."""
    path = folder / ".r1/commits/00000000.json"
    body = json.loads(path.read_text())
    body.pop("sha256", None)
    path.write_text(json.dumps(change({**body, "version": 1})))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = write(tmp_path / "set", shards=1)
    in_commit(
        folder,
        lambda body: body | {"summary": SUMMARY, "command": {"name": "build", "parameters": {"a": "b"}}},
    )
    return folder


@pytest.fixture
def honest(dataset: Path) -> Page:
    return rendered(card(Dataset(dataset)))


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
@pytest.mark.parametrize("column", ["domain", "language", "license", "source"])
def test_markup_in_a_column_stays_text(column: str, payload: str, honest: Page, tmp_path: Path) -> None:
    shown = payload.encode("utf-8", "replace").decode()
    text = card(Dataset(write(tmp_path / "other", shards=1, **{column: shown})))
    assert not faults(text, rendered(text))  # no character that does not show
    assert not rendered(text).elements - honest.elements


def test_markup_in_any_field_of_a_commit_stays_text(dataset: Path, honest: Page) -> None:
    path = dataset / ".r1/commits/00000000.json"
    body = json.loads(path.read_text())
    variants = [
        *(each for payload in (ALL_AT_ONCE, STORABLE, *NUMBERS) for each in replaced_leaves(body, payload)),
        *renamed_keys(body, STORABLE),
    ]
    strange = {}
    for place, variant in sampled(variants, 120):
        path.write_text(json.dumps(variant))
        try:
            text = card(Dataset(dataset))
        except R1Error as error:
            strange |= {place: "an error of several lines"} if "\n" in str(error) else {}
            continue
        if elements := rendered(text).elements - honest.elements:
            strange[place] = str(elements)
    assert not strange


def test_a_folders_name_stays_text(honest: Page, tmp_path: Path) -> None:
    folder = write(tmp_path / "<script>alert(1)<script> [x](javascript:alert(1))", shards=1)
    assert not rendered(card(Dataset(folder))).elements - honest.elements
