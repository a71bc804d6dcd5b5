"""No input of the report gets an element, an attribute or a control character of its own onto the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data.commits import Command
from r1data.data.writer import Writer
from r1data.errors import UserError
from r1data.recipe.report import page
from r1data.recipe.report.markup import tag
from r1data.recipe.report.runs import read_run
from r1data.recipe.report.tables import summary
from tests.hostile.pages.markup import (
    ALL_AT_ONCE,
    PAYLOADS,
    STORABLE,
    Page,
    faults,
    renamed_keys,
    replaced_leaves,
    sampled,
    with_every_text,
)
from tests.recipe.report.report_fakes import make_run

NUMBERS = (-1, 10**400, 1e308, float("nan"), float("inf"), True, None, [], {})
EVALUATION = "eval-r1-zero"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one training and two evaluations: small, since it is read some hundred times."""
    folder = make_run(tmp_path_factory.mktemp("runs") / "honest", problems=2, samples=2)
    record = json.loads((folder / "run.json").read_text())
    names = ("eval-base", EVALUATION, "r1-zero")
    record["steps"] = {name: record["steps"][name] for name in names}
    (folder / "run.json").write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def honest_page(honest: Path) -> Page:
    result = Page(page.html([read_run(honest)]))
    result.classes.add("other")  # of a verdict that is neither correct nor incorrect
    return result


@pytest.fixture
def run(honest: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(honest, tmp_path / "run"))


def outcome(folder: Path, honest_page: Page) -> list[str]:
    """What is wrong with the page of a run, or with the error that there is instead of it."""
    try:
        read = read_run(folder)
        text = page.html([read])
        summary([read])
    except UserError as error:
        return ["an error of several lines"] if "\n" in str(error) else []
    text.encode()
    return faults(text, honest_page)


def json_variants(value: Any) -> Iterator[tuple[str, Any]]:
    """A JSON value with markup, and with numbers that are none, in each of its places."""
    yield from replaced_leaves(value, ALL_AT_ONCE)
    yield from renamed_keys(value, ALL_AT_ONCE)
    yield from renamed_keys(value, STORABLE)
    for payload in (STORABLE, *NUMBERS):
        yield from replaced_leaves(value, payload)


def strange(
    path: Path, texts: Iterable[tuple[str, str]], run: Path, honest_page: Page
) -> dict[str, list[str]]:
    """What is wrong with the pages of a run, one for each text of a file in it, by the place that is changed."""
    wrong = {}
    for place, text in texts:
        path.write_text(text)
        wrong[place] = outcome(run, honest_page)
    return {place: found for place, found in wrong.items() if found}


def test_markup_in_any_field_of_run_json_stays_text(run: Path, honest_page: Page) -> None:
    path = run / "run.json"
    variants = sampled(list(json_variants(json.loads(path.read_text()))), 150)
    texts = ((place, json.dumps(variant)) for place, variant in variants)
    assert not strange(path, texts, run, honest_page)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_each_payload_in_all_texts_at_once_stays_text(payload: str, run: Path, honest_page: Page) -> None:
    path = run / "run.json"
    record = json.loads(path.read_text())
    shown = payload.encode("utf-8", "replace").decode()
    hostile = with_every_text(record, shown)
    # The names by which the report looks steps up stay as they are, or it would show little.
    hostile["recipe"]["trainings"], hostile["report"] = record["recipe"]["trainings"], record["report"]
    for name, step in hostile["steps"].items():
        step["output"] = record["steps"][name]["output"]
    record = hostile
    path.write_text(json.dumps(record))
    assert outcome(run, honest_page) == []
    assert "<svg" in page.html([read_run(run)])


def test_markup_in_any_field_of_the_metrics_stays_text(run: Path, honest_page: Page) -> None:
    path = run / "r1-zero/metrics.jsonl"
    lines = path.read_text().splitlines()
    variants = sampled(list(json_variants(json.loads(lines[3]))), 60)
    texts = ((place, "\n".join([*lines[:3], json.dumps(variant), *lines[4:]])) for place, variant in variants)
    assert not strange(path, texts, run, honest_page)


def test_markup_in_any_column_of_an_evaluation_stays_text(run: Path, honest_page: Page) -> None:
    shard = next((run / EVALUATION / "data").glob("*.parquet"))
    rows = pq.read_table(shard)
    wrong = {}
    for column in rows.column_names:
        shutil.rmtree(run / EVALUATION)
        is_text = rows.schema.field(column).type == pa.string()
        values = pa.array([STORABLE if is_text else 2**31 - 1] * len(rows)).cast(
            rows.schema.field(column).type
        )
        table = rows.set_column(rows.column_names.index(column), column, values)
        with Writer.open(str(run / EVALUATION), schema="verified", command=Command("eval", {})) as writer:
            writer.publish("all", table)
            writer.finish()
        wrong[column] = outcome(run, honest_page)
    assert not any(wrong.values())


def test_markup_in_any_field_of_an_evaluations_commit_stays_text(run: Path, honest_page: Page) -> None:
    path = run / EVALUATION / ".r1/commits/00000000.json"
    body = json.loads(path.read_text())
    del body["sha256"]
    # Commits of version 1 may be without the hash that seals them.
    variants = sampled(list(json_variants({**body, "version": 1})), 60)
    texts = ((place, json.dumps(variant)) for place, variant in variants)
    assert not strange(path, texts, run, honest_page)


def test_a_page_allows_no_script_and_only_its_own_style(honest: Path) -> None:
    text = page.html([read_run(honest)])
    policy = Page(text).policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert "base-uri 'none'" in policy and "form-action 'none'" in policy
    # What stands before the policy is not held by it.
    assert text.index("Content-Security-Policy") < text.index("<title>")


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("script", {}),
        ("a", {}),
        ("img", {}),
        ("p", {"onclick": "x"}),
        ("p", {"style": "x"}),
        ("p><script", {}),
    ],
)
def test_an_element_that_can_act_cannot_be_made(name: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not an element of this page"):
        tag(name, **attributes)


def test_a_browser_sees_the_elements_of_an_honest_page(run: Path, honest: Path, tmp_path: Path) -> None:
    """The browser's own parser, which mends and nests markup as html.parser does not."""
    record = json.loads((run / "run.json").read_text())
    record["recipe"]["name"] = record["recipe"]["description"] = STORABLE
    record["versions"][STORABLE] = STORABLE
    for step in record["steps"].values():
        step["command"] += STORABLE
        step["arguments"].append(STORABLE)
    (run / "run.json").write_text(json.dumps(record))
    doms = []
    for folder in (honest, run):
        path = tmp_path / f"{folder.name}.html"
        path.write_text(page.html([read_run(folder)]), encoding="utf-8")
        command = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
            f"--user-data-dir={tmp_path}/u",
        ]
        dump = subprocess.run(
            [*command, path.as_uri()], capture_output=True, text=True, timeout=60, check=True
        )
        doms.append(re.findall(r"<([a-z0-9]+)", dump.stdout))
    first, second = doms
    assert set(first) == set(second) and second
    assert [name for name in second if name not in ("br", "h3", "pre")] == [
        n for n in first if n not in ("br", "h3", "pre")
    ]
