"""Two sets of responses paired by prompt: the figures and the page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from r1data.exchange.ingest import ingest
from r1data.window.library import Library, OpenDataset
from r1data.window.sides.pairs import Group, Side, pair, pairs
from tests.window.lineages import client, library, run

__all__ = ["client", "library"]


def rows(model: str, verdicts: dict[str, str]) -> list[dict[str, Any]]:
    """Samples by prompt: a letter each, `c`orrect, `i`ncorrect, `t`imeout or `n`o answer."""
    names = {"c": "correct", "i": "incorrect", "t": "timeout", "n": "unverifiable"}
    return [
        {
            "prompt_id": prompt, "prompt": f"Question {prompt}?", "truth": "4", "sample_index": index, "model": model,
            "response": f"{model} says {names[letter]} <b>bold</b>", "verdict": names[letter],
            "extracted": "4" if letter == "c" else None, "verifier_version": "math/4",
            "verdict_cause": {"n": "no_answer", "t": "limit"}.get(letter),
        }
        for prompt, letters in verdicts.items()
        for index, letter in enumerate(letters)
    ]  # fmt: skip


def opened(library: Library, place: Path, *groups: list[dict[str, Any]]) -> OpenDataset:
    file = place.with_suffix(".jsonl")
    file.write_text("".join(json.dumps(each) + "\n" for group in groups for each in group))
    ingest(str(file), str(place), workers=1)
    return library.open_dataset(str(place))


ONE = {"up": "ii", "down": "cc", "part": "ci", "unknown": "tt", "both": "c", "never": "i", "left": "c"}
OTHER = {"up": "ci", "down": "ct", "part": "ci", "unknown": "cc", "both": "cct", "never": "ii", "right": "c"}


@pytest.fixture
def sides(tmp_path: Path, library: Library) -> tuple[OpenDataset, OpenDataset]:
    other = {**OTHER, "down": "ic"}
    return (
        opened(library, tmp_path / "one", rows("m-1", ONE)),
        opened(library, tmp_path / "other", rows("m-2", other)),
    )


def test_prompts_are_grouped_by_what_changed(sides: tuple[OpenDataset, OpenDataset]) -> None:
    pairing = pair(*(Side(each.table) for each in sides))
    assert list(pairing.groups) == [
        Group("better", 1, 0.0, 0.5),
        Group("worse", 1, 1.0, 0.5),
        Group("right", 1, 1.0, 1.0),
        Group("wrong", 1, 0.0, 0.0),
        Group("mixed", 1, 0.5, 0.5),
        Group("unknown", 1, None, 1.0),
        Group("only_a", 1, 1.0, None),
        Group("only_b", 1, None, 1.0),
    ]
    assert (pairing.shared, pairing.rated) == (6, 5)
    assert (pairing.first, pairing.second) == (0.5, 0.5)
    assert pairing.difference is not None and pairing.difference.value == 0


def test_a_response_without_an_answer_is_wrong_as_in_rewards(tmp_path: Path, library: Library) -> None:
    one = opened(library, tmp_path / "one", rows("m-1", {"p": "n"}))
    other = opened(library, tmp_path / "other", rows("m-2", {"p": "c"}))
    assert pair(Side(one.table), Side(other.table)).groups == (Group("better", 1, 0.0, 1.0),)


def test_a_page_has_the_largest_changes_first(sides: tuple[OpenDataset, OpenDataset]) -> None:
    shown = pairs(Side(sides[0].table), Side(sides[1].table), None, 0, 3)
    assert {each.prompt_id for each in shown[:2]} == {"up", "down"}
    assert shown[0].first is not None and shown[0].first[0] == 2


def test_both_responses_stand_beside_each_other(
    sides: tuple[OpenDataset, OpenDataset], client: TestClient
) -> None:
    one, other = sides
    text = client.get(f"/compare?a={one.key}&b={other.key}&change=worse").text
    assert "m-1 says correct" in text and "m-2 says incorrect" in text and "<b>bold" not in text
    assert "Question down?" in text and "Question up?" not in text


def test_models_of_one_dataset_are_never_mixed(tmp_path: Path, library: Library, client: TestClient) -> None:
    both = opened(library, tmp_path / "both", rows("m-1", {"p": "c"}), rows("m-2", {"p": "i"}))
    text = client.get(f"/compare?a={both.key}&b={both.key}").text
    assert re.search(r'<option value="m-1" selected>', text) and re.search(
        r'<option value="m-2" selected>', text
    )
    assert "B is right less often</span> <b>1</b>" in text
    swapped = client.get(f"/compare?a={both.key}&b={both.key}&model_a=m-2&model_b=m-1").text
    assert "B is right more often</span> <b>1</b>" in swapped


@pytest.mark.parametrize("query", ["&b=none", "&b={b}&change=no", "&b={b}&page=x", "&b={b}&model_b=no"])
def test_what_cannot_be_compared_is_a_plain_page(
    sides: tuple[OpenDataset, OpenDataset], client: TestClient, query: str
) -> None:
    answer = client.get(f"/compare?a={sides[0].key}{query.format(b=sides[1].key)}")
    assert answer.status_code in (400, 404) and "Traceback" not in answer.text


def test_rows_without_verdicts_are_shown_without_rates(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    plain = [
        [{"prompt_id": "p", "prompt": "Q?", "response": f"from {name}", "model": name}] for name in ("x", "y")
    ]
    one, other = (opened(library, tmp_path / name, each) for name, each in zip("xy", plain, strict=True))
    text = client.get(f"/compare?a={one.key}&b={other.key}").text
    assert "from x" in text and "from y" in text and "no known verdict in one or both" in text


def test_a_set_alone_stands_beside_another_that_is_open(
    sides: tuple[OpenDataset, OpenDataset], client: TestClient
) -> None:
    text = client.get(f"/compare?a={sides[1].key}").text
    assert (
        f'<option value="{sides[1].key}" selected>' in text
        and f'<option value="{sides[0].key}" selected>' in text
    )


def test_conversations_without_a_model_stand_side_by_side(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    opened(library, tmp_path / "one", rows("m", {"p": "c", "q": "c"}))
    run("filter", tmp_path / "one", "-o", tmp_path / "kept", "--workers", 1, "--skip", "bad_format")
    run("build", tmp_path / "kept", "-o", tmp_path / "sft")
    sft = library.open_dataset(str(tmp_path / "sft"))
    text = client.get(f"/compare?a={sft.key}").text
    assert "m says correct" in text and "not named" in text
