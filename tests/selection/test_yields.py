"""How many more samples to draw: followed back to what was drawn, counted there, and never guessed."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.dataset import Shard
from r1data.data.source import open_source
from r1data.exchange.ingest import ingest
from r1data.selection import filtering
from r1data.selection.yields import _count_to_draw, draw_more
from r1data.verifiers import table

Write = Callable[..., Path]


def sample(n: int, domain: str, right: bool = True) -> dict[str, Any]:
    answer = n + 1 if right else n
    response = f"<think>\nOne more than {n}, I count up and see.\n</think>\n\nIt is {answer}."
    prompt = f"What comes after {n}?"
    return {"prompt": prompt, "truth": str(n + 1), "response": response, "domain": domain}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 samples of sums, 15 of them right, and 4 of logic, all wrong: ingested, verified, filtered."""
    folder = tmp_path_factory.mktemp("made")
    rows = [sample(n, "math", n % 4 > 0) for n in range(20)] + [
        sample(n, "logic", False) for n in range(20, 24)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ingest(str(folder / "rows.jsonl"), str(folder / "samples"), shard_rows=7, workers=1)
    table.run(open_source(str(folder / "samples")), str(folder / "verified"), workers=1)
    filtering.run(open_source(str(folder / "verified")), str(folder / "kept"), workers=1)
    return folder


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    """A copy of what the filter kept, with all that it was made from."""
    return Path(shutil.copytree(made, tmp_path / "made")) / "kept"


def asked(paths: Sequence[Path], kept: dict[str, int], **quotas: int) -> dict[str, dict[str, Any]]:
    return draw_more([open_source(str(path)) for path in paths], kept, quotas)


def test_the_rate_is_that_of_all_samples_drawn(kept: Path) -> None:
    found = asked([kept], {"math": 15}, math=40)["math"]
    assert found == {"missing": 25, "drawn": 20, "rate": 0.75, "samples_to_draw": 34}


def test_a_domain_that_lacks_nothing_is_left_out(kept: Path) -> None:
    assert asked([kept], {"math": 15}, math=15) == {}


def test_samples_behind_two_inputs_count_once(kept: Path) -> None:
    assert asked([kept, kept], {"math": 15}, math=40)["math"]["drawn"] == 20


@pytest.mark.parametrize(("domain", "drawn"), [("logic", 4), ("code", 0)])
def test_without_a_rate_it_says_why(kept: Path, domain: str, drawn: int) -> None:
    found = asked([kept], {"math": 15}, **{domain: 5})[domain]
    assert (found["drawn"], found["rate"], found["samples_to_draw"]) == (drawn, None, None)
    assert "sample" in found["why"]


def test_a_parent_that_has_gone_is_named(kept: Path) -> None:
    kept.with_name("samples").rename(kept.with_name("elsewhere"))
    found = asked([kept], {"math": 15}, math=40)["math"]
    assert found["samples_to_draw"] is None and "samples: not there" in found["why"]


def test_a_parent_that_has_other_rows_now_is_not_counted(kept: Path, write_jsonl: Write) -> None:
    (kept.with_name("samples")).rename(kept.with_name("old"))
    ingest(str(write_jsonl([sample(1, "math")])), str(kept.with_name("samples")), workers=1)
    assert "other rows now" in asked([kept], {"math": 15}, math=40)["math"]["why"]


def test_what_was_chosen_elsewhere_gives_no_rate(write_jsonl: Write) -> None:
    chosen = write_jsonl(
        [{**sample(1, "math"), "verdict": "correct", "verifier_version": "x", "drop_reasons": []}]
    )
    found = asked([chosen], {"math": 1}, math=2)["math"]
    assert found["samples_to_draw"] is None and "chosen" in found["why"]


def test_conversations_are_no_samples(kept: Path, write_jsonl: Write) -> None:
    talk = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hi!"}]}
    talks = write_jsonl([{**talk, "domain": "math"}] * 5, "talk.jsonl")
    assert asked([kept, talks], {"math": 20}, math=40)["math"]["rate"] == 0.75


def test_a_plain_file_of_samples_is_what_was_drawn(write_jsonl: Write) -> None:
    rows = write_jsonl([sample(n, "math") for n in range(8)])
    assert asked([rows], {"math": 6}, math=9)["math"]["samples_to_draw"] == 4


def test_no_column_but_the_domain_is_read(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shard, "table", None)
    assert asked([kept], {"math": 15}, math=40)["math"]["drawn"] == 20


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_count_is_the_least_that_fills_the_quota_at_that_rate(
    missing: int, kept: int, drawn: int
) -> None:
    kept = min(kept, drawn)
    count = _count_to_draw(missing, kept, drawn, 0, None)["samples_to_draw"]
    assert (count - 1) * kept < missing * drawn <= count * kept


def test_it_is_plain_data(kept: Path) -> None:
    found = asked([kept], {"math": 15}, math=40, logic=3)
    assert json.loads(json.dumps(found)) == found
