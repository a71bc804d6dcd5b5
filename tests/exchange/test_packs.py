"""Packs that ship: their rows, the names filled in, the draw, and the one line that a mistake gets."""

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.dataset import Dataset
from r1data.errors import UserError
from r1data.exchange.ingest import GeneratedRows, ingest
from r1data.exchange.packs import PREFIX, SELF_COGNITION, PackSource, pack_names
from r1data.verifiers.registry import VERIFIERS

ITSELF = PREFIX + SELF_COGNITION
WHO = {"name": "R1-mini", "maker": "Example Lab"}
PROMPTS = [name for name in pack_names() if name != SELF_COGNITION]


def rows(uri: str, **more: object) -> list[dict[str, object]]:
    source = PackSource(uri, **more)  # type: ignore[arg-type]
    found: list[dict[str, object]] = pa.concat_tables(
        [shard.table() for shard in source.shards()]
    ).to_pylist()
    return found


def test_self_cognition_asks_each_question_once_with_the_names_filled_in() -> None:
    made = rows(ITSELF, **WHO)
    assert len(made) == len({row["prompt"] for row in made}) >= 60
    assert Counter(row["language"] for row in made) == {"en": 39, "zh": 39}
    assert all("{" not in str(row["response"]) and row["response"] == row["answer"] for row in made)
    named = [row for row in made if json.loads(str(row["meta"]))["intent"] in ("name", "maker", "others")]
    assert all("R1-mini" in str(row["response"]) for row in named)


def test_the_seed_decides_which_answer_comes_first_and_rows_how_many_come() -> None:
    first, other = rows(ITSELF, **WHO, seed=1), rows(ITSELF, **WHO, seed=2)
    assert first == rows(ITSELF, **WHO, seed=1)
    assert [row["prompt"] for row in first] == [row["prompt"] for row in other]
    assert [row["response"] for row in first] != [row["response"] for row in other]
    more = rows(ITSELF, **WHO, seed=1, rows=len(first) + 50)
    assert more[: len(first)] == first
    assert len({(row["prompt_id"], row["sample_index"]) for row in more}) == len(first) + 50
    assert len({(row["prompt"], row["response"]) for row in more}) == len(first) + 50


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_names_stay_as_they_are_given(name: str, maker: str) -> None:
    try:
        made = rows(ITSELF, name=name, maker=maker, rows=4)
    except UserError as error:
        assert "in a line each" in str(error)
        return
    assert all(name.strip() in str(row["response"]) for row in made)


@pytest.mark.parametrize("pack", PROMPTS)
def test_packs_of_prompts_have_twenty_in_each_language(pack: str) -> None:
    made = rows(PREFIX + pack)
    assert Counter(row["language"] for row in made) == {"en": 20, "zh": 20}
    assert len({row["prompt_id"] for row in made}) == 40
    assert all(str(row["prompt"]).strip() == row["prompt"] and row["domain"] == "general" for row in made)
    assert all((row["truth"] is None) == (row["verifier"] is None) for row in made)


def test_facts_have_truths_for_a_judge() -> None:
    made = rows("pack:factual-qa")
    assert all(row["truth"] and row["verifier"] in VERIFIERS for row in made)


def test_packs_come_in_with_licence_and_source_and_what_is_set(tmp_path: Path) -> None:
    wanted = GeneratedRows(name="R1-mini", maker="Example Lab")
    ingest(ITSELF, str(tmp_path / "out"), generated=wanted, constant={"source": "ours"}, workers=1)
    made = Dataset(tmp_path / "out")
    assert made.schema.name == "sample" and made.command["parameters"]["name"] == "R1-mini"
    (table,) = made.tables()
    assert set(table["license"].to_pylist()) == {"Apache-2.0"} and set(table["source"].to_pylist()) == {
        "ours"
    }


@pytest.mark.parametrize(
    ("uri", "more", "said"),
    [
        ("pack:poems", {}, "no such pack; choose one of factual-qa, role-play, self-cognition"),
        ("pack:", {}, "no such pack"),
        (
            ITSELF,
            {"maker": "Example Lab"},
            "needs the model's name and maker, in a line each; add --model-name R1-mini",
        ),
        (ITSELF, {"name": "R1-mini", "maker": " "}, "in a line each; add --model-author"),
        (ITSELF, {"name": "R1\nmini", "maker": "Example Lab"}, "in a line each; add --model-name"),
        (ITSELF, {**WHO, "rows": 9_999}, "--rows 9999, and there are 222 pairs"),
        (f"{ITSELF},writing", WHO, "ingest it apart"),
        ("pack:writing", WHO, "--model-name, --model-author and --rows are for pack:self-cognition"),
        ("pack:writing", {"config": {"a": 1}}, "--config is for reasoning-gym:TASK"),
    ],
)
def test_a_mistake_gets_one_line(uri: str, more: dict[str, object], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        ingest(uri, str(tmp_path / "out"), generated=GeneratedRows(**more))  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_names_are_for_packs_alone(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "Hello!"}\n')
    with pytest.raises(UserError, match="--model-name and --model-author for pack:self-cognition"):
        ingest(str(tmp_path / "p.jsonl"), str(tmp_path / "out"), generated=GeneratedRows(**WHO))
