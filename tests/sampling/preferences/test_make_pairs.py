"""Preference pairs and safety marks by a judge: who is compared, what is kept, what is dropped and why."""

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from r1data.cli import invoke

from r1data.data.dataset import Dataset
from r1data.sampling.preferences.candidates import find
from r1data.sampling.preferences.labels import label_table
from r1data.sampling.preferences.lengths import Length, unbalanced
from r1data.sampling.preferences.pairs import REASON, PairSettings, count, make_table
from r1data.verifiers.judge.asking import JudgeModel, JudgeSettings
from tests.served import Fake, Reply, completion
from tests.verifiers.judge.fakes import TOKENIZER, Scripted

JUDGE = JudgeSettings("fake", votes=4)
TEXTS = re.compile(r"^--- (first|second) answer [0-9a-f]+ ---\n(.*?)\n--- end", re.M | re.S)


def samples(*responses: str, prompt: str = "q", **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "prompt_id": prompt,
            "prompt": f"What is {prompt}?",
            "sample_index": number,
            "response": text,
            "finish_reason": "stop",
            "source": "ours",
            **more,
        }
        for number, text in enumerate(responses)
    ]


def grade(text: str) -> int:
    """The judge of these tests: the number of good things, up to 10."""
    return min(10, 1 + 3 * text.count("good"))


def fair(number: int, prompt: str) -> str:
    first, second = (grade(text) for _, text in TEXTS.findall(prompt))
    return json.dumps({"analysis": "", "first": first, "second": second})


def asker(says: Any = fair) -> JudgeModel:
    return JudgeModel(Scripted(says), TOKENIZER, "fake")


def made(
    rows: list[dict[str, Any]], says: Any = fair, **changes: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    tables = make_table(pa.Table.from_pylist(rows), PairSettings(**changes), JUDGE, asker(says))
    return tables["pairs"].to_pylist(), tables["dropped"].to_pylist()


def test_the_better_summary_is_chosen_and_the_thoughts_are_not_shown() -> None:
    shown: list[str] = []

    def says(number: int, prompt: str) -> str:
        shown.append(prompt)
        return fair(number, prompt)

    rows = samples("<think>good good</think>bad one", "<think>x</think>good one")
    (pair,), dropped = made(rows, says, balance=False)
    assert (pair["chosen"], pair["rejected"], pair["aspect"]) == ("good one", "bad one", "helpfulness")
    assert (pair["chosen_score"], pair["rejected_score"], pair["votes"]) == (4.0, 1.0, 4)
    assert (pair["chosen_index"], pair["prompt_id"], pair["source"]) == (1, "q", "ours")
    assert (
        not dropped
        and len(shown) == 4
        and not any("<think>" in each or "good good" in each for each in shown)
    )


def test_each_order_is_asked_twice_and_a_judge_that_likes_the_first_one_makes_no_pair() -> None:
    orders: Counter[str] = Counter()

    def first(number: int, prompt: str) -> str:
        orders[TEXTS.findall(prompt)[0][1]] += 1
        return '{"analysis": "", "first": 10, "second": 1}'

    pairs, dropped = made(samples("aa", "bb"), first)
    assert not pairs and orders == {"aa": 2, "bb": 2}
    assert [row[REASON] for row in dropped] == ["small_gap"] * 2


def test_a_gap_of_exactly_the_limit_is_too_small() -> None:
    def close(number: int, prompt: str) -> str:
        return json.dumps(
            {"analysis": "", **{place: 5 + (text == "aa") for place, text in TEXTS.findall(prompt)}}
        )

    assert not made(samples("aa", "bb"), close)[0]
    assert made(samples("aa", "bb"), close, gap=0.9)[0]


def test_harmlessness_shows_the_whole_response_and_the_guidelines() -> None:
    shown: list[str] = []

    def says(number: int, prompt: str) -> str:
        shown.append(prompt)
        return fair(number, prompt)

    rows = samples("<think>good</think>one", "<think>bad.</think>one")
    (pair,), _ = made(rows, says, aspect="harmlessness", guidelines="No purple prose.", balance=False)
    assert pair["chosen"] == "<think>good</think>one" and pair["aspect"] == "harmlessness"
    assert all("No purple prose." in each for each in shown)


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (lambda number, prompt: "I would rather not say", "judge_unreadable"),
        # one order alone: the judge's liking of a place would be taken for a judgement
        (
            lambda number, prompt: fair(number, prompt) if TEXTS.findall(prompt)[0][1] == "good" else "no",
            "judge_unreadable",
        ),
    ],
)
def test_what_a_judge_did_not_say_is_unknown(says: Any, reason: str) -> None:
    pairs, dropped = made(samples("good", "bad!"), says)
    assert not pairs and [row[REASON] for row in dropped] == [reason] * 2


def test_a_response_in_no_pair_has_a_reason() -> None:
    rows = samples("same", "same", "good same", "<think>never ends")
    rows += samples("alone", prompt="r")
    rows[2]["finish_reason"] = "length"
    _, dropped = made(rows)
    assert {(row["prompt_id"], row["sample_index"]): row[REASON] for row in dropped} == {
        ("q", 0): "single",
        ("q", 1): "copy",
        ("q", 2): "cut",
        ("q", 3): "no_summary",
        ("r", 0): "single",
    }


def test_no_response_is_in_two_pairs_and_neighbours_in_length_meet() -> None:
    rows = samples(*("x" * length for length in (50, 1, 52, 2, 100, 7, 98)))
    candidates = find(rows, "helpfulness", 0, None)
    used = [row for pair in candidates.pairs for row in pair.rows]
    assert len(used) == len(set(used)) == 6 and list(candidates.left_out.values()) == ["left_over"]
    assert len(find(rows, "helpfulness", 0, 1).pairs) == 1


def test_pairs_do_not_depend_on_the_order_of_rows() -> None:
    rows = [
        row
        for n in range(20)
        for row in samples(*(f"{'good' if k % 2 else 'evil'}{'a' * k}{n}" for k in range(6)), prompt=str(n))
    ]
    mixed = random.Random(1).sample(rows, len(rows))

    def names(some: list[dict[str, Any]]) -> set[str]:
        return {pair["preference_id"] for pair in made(some, balance=False)[0]}

    assert names(rows) == names(mixed) and names(rows)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=60),
    st.sampled_from([1.0, 1.5, 2.0, 4.0]),
)
def test_of_what_is_kept_the_longer_one_is_chosen_in_half(pairs: list[tuple[int, int]], ratio: float) -> None:
    lengths = [Length(a, b, str(n)) for n, (a, b) in enumerate(pairs)]
    dropped = unbalanced(lengths, ratio, 0)
    kept = [length for number, length in enumerate(lengths) if number not in dropped]
    assert sum(one.chosen > one.rejected for one in kept) == sum(one.chosen < one.rejected for one in kept)
    assert all(max(one.chosen, one.rejected) <= ratio * min(one.chosen, one.rejected) + 1e-9 for one in kept)
    assert all(number not in dropped for number, (a, b) in enumerate(pairs) if a == b)


def test_counts_say_what_was_dropped_and_how_long_the_two_sides_are() -> None:
    table = pa.Table.from_pylist(samples("good one", "badly so"))
    counts = count(make_table(table, PairSettings(), JUDGE, asker())["pairs"])
    assert counts["chosen_characters"] == counts["rejected_characters"] == 8
    assert counts["longer_is_chosen"] == counts["shorter_is_chosen"] == 0


def test_marks_are_of_the_whole_response_and_a_tie_is_none() -> None:
    def says(number: int, prompt: str) -> str:
        tie = "tie" in prompt.split("--- answer ")[1] and number % 2
        unsafe = "<think>" not in prompt and "‹think>bomb" in prompt
        return json.dumps({"analysis": "so", "safety": "unsafe" if unsafe or tie else "safe"})

    rows = samples("<think>bomb</think>no", "<think>well</think>no", "tie", "")
    tables = label_table(
        pa.Table.from_pylist(rows), PairSettings("harmlessness", guidelines="x"), JUDGE, asker(says)
    )
    assert [row["label"] for row in tables["pairs"].to_pylist()] == ["unsafe", "safe"]
    assert [row[REASON] for row in tables["dropped"].to_pylist()] == ["judge_undecided", "no_summary"]
    assert count(tables["pairs"]) == {
        "dropped_judge_undecided": 1,
        "dropped_no_summary": 1,
        "safe": 1,
        "unsafe": 1,
    }


def served_fair(fake: Fake, body: dict[str, Any]) -> Reply:
    return completion(fair(0, body["messages"][0]["content"]))


def test_the_command_commits_pairs_and_the_rest_and_does_nothing_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R1_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "samples.jsonl"
    rows = [row for n in range(9) for row in samples(f"good {n}", f"evil {n}", f"fine {n}", prompt=f"p{n}")]
    source.write_text("\n".join(map(json.dumps, rows)))
    with Fake(served_fair) as fake:
        words = [
            "make-pairs",
            str(source),
            "-o",
            str(tmp_path / "pairs"),
            "--dropped",
            str(tmp_path / "rest"),
        ]
        words += ["--judge", "tiny", "--endpoint", fake.url, "--json"]
        assert invoke(words) == 0
        asked = len(fake.asked)
        assert invoke(words) == 0 and len(fake.asked) == asked
    summary = json.loads(capfd.readouterr().out.splitlines()[0])
    pairs, rest = Dataset(str(tmp_path / "pairs")), Dataset(str(tmp_path / "rest"))
    kept = [row for table in pairs.tables() for row in table.to_pylist()]
    left = [row for table in rest.tables() for row in table.to_pylist()]
    assert pairs.schema.name == "preference" and 2 * len(kept) + len(left) == 27 and kept
    assert all("good" in row["chosen"] for row in kept)
    assert summary["rows"] == len(kept)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--judge"),
        (["--judge", "j", "--endpoint", "http://127.0.0.1:9", "--votes", "3"], "even number"),
        (["--judge", "j", "--endpoint", "http://127.0.0.1:9", "--pointwise"], "--aspect harmlessness"),
        (["--judge", "j", "--endpoint", "http://127.0.0.1:9", "--guidelines", "x"], "--aspect harmlessness"),
    ],
)
def test_options_that_do_not_fit_are_refused_first(
    words: list[str], message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "samples.jsonl"
    source.write_text(json.dumps(samples("a")[0]))
    assert invoke(["make-pairs", str(source), "-o", str(tmp_path / "pairs"), *words]) == 1
    assert message in capfd.readouterr().err
    assert not (tmp_path / "pairs").exists()
