"""The miniature's parallel texts: sentences of its world, in its own alphabet, about chains of the train split."""

import csv
import re
from pathlib import Path

import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.resources import resource
from r1data.exchange.ingest import ingest
from r1data.exchange.translation import pair
from r1data.training.miniature import world
from r1data.training.miniature.tokenizer import build

PAIRS = resource("recipes") / "miniature" / "parallel.csv"


def texts() -> list[dict[str, str]]:
    with PAIRS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_pair_tells_the_same_chain_and_none_is_held_out() -> None:
    for each in texts():
        chains = [re.findall(r"\d[\d+-]*", each[language]) for language in world.LANGUAGES]
        assert chains[0] == chains[1] and chains[0]
        assert len({sum(map(int, re.findall(r"[+-]?\d+", chain))) for chain in chains[0]}) == 1
        problems = [chain for chain in chains[0] if len(re.findall("[+-]", chain)) >= min(world.OPERATIONS)]
        assert all(world.split_of(chain) == "train" for chain in problems)


def test_words_of_the_world_and_the_marks_that_prompts_have_are_all_that_is_said() -> None:
    tokenizer = build()
    ids = tokenizer.get_vocab()
    known = {ids[piece] for piece in world.vocabulary()} | {ids[mark] for mark in "+-."}
    for each in texts():
        for text in each.values():
            assert known.issuperset(tokenizer(text)["input_ids"]), text


def test_they_become_tasks_without_another_word(tmp_path: Path) -> None:
    asked = pair(["en", "zh"], ["miniature:translation.txt"])
    summary = ingest("miniature:parallel.csv", str(tmp_path / "out"), translate=asked, workers=1)
    table = pa.concat_tables(Dataset(tmp_path / "out").tables())
    assert summary.rows == 200 and set(summary.details.values()) == {0}
    sides = {(row["en"], row["zh"]) for row in texts()} | {(row["zh"], row["en"]) for row in texts()}
    assert set(zip(table["prompt"].to_pylist(), table["response"].to_pylist(), strict=True)) == sides
