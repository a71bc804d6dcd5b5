"""`r1 build`: the set depends on the rows alone, and no row leaves it without a reason."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from r1data.cli import invoke

from r1data.data.responses import split
from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.exchange.ingest import ingest
from r1data.selection import build, contamination
from r1data.selection.examples import assistant, undropped
from r1data.selection.features import draw
from r1data.selection.mixture import Mixture

Write = Callable[..., Path]
QUESTION = "How many of the twelve red apples that Ann bought on Monday are left after lunch?"


def sample(n: int, k: int = 0, **more: Any) -> dict[str, Any]:
    thoughts = f"Add {n} and {k} to see." + " More." * k
    return {"prompt": f"{n} + {k} is what?", "response": f"<think>{thoughts}</think>\n\n{n + k}", **more}


def built(sources: list[Path], out: Path, dropped: Path | None = None, **options: Any) -> dict[str, Any]:
    """Builds, and returns the rows of the set and the summary."""
    files = options.pop("decontaminate", ())
    opened = [open_source(str(source), "sample", "sft") for source in sources]
    summary = build.run(
        opened,
        str(out),
        mixture=Mixture(**options),
        decontaminate=files,
        dropped=str(dropped) if dropped else None,
    )
    return {"rows": pl.read_parquet(out / "data").to_dicts(), "digest": summary.digest, **summary.details}


def test_rows_become_conversations(write_jsonl: Write, tmp_path: Path) -> None:
    source = write_jsonl([{**sample(3, 4), "system": "Be brief.", "domain": "math", "response_tokens": 9}])
    (row,) = built([source], tmp_path / "out")["rows"]
    assert [turn["role"] for turn in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][-1]["content"].startswith("<think>Add 3 and 4")
    assert (row["kind"], row["domain"], row["tokens"], row["sample_index"]) == ("reasoning", "math", 9, 0)


def test_an_opening_tag_that_the_prompt_had_is_put_back() -> None:
    response = "Add them.\n</think>\n\n7"
    reasoning, answer = split(response)
    row = {"response": response, "reasoning": reasoning, "answer": answer}
    assert split(assistant(row)) == (reasoning, answer) and assistant(row).startswith("<think>")


def test_conversations_from_elsewhere_join(write_jsonl: Write, tmp_path: Path) -> None:
    talk = {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hello!"}]}
    plain = write_jsonl([{**talk, "domain": "general"}], "talk.jsonl")
    found = built([write_jsonl([sample(1, 2)]), plain], tmp_path / "out")
    assert found["by_kind"] == {"non_reasoning": 1, "reasoning": 1}


def test_the_same_rows_in_any_order_and_pieces_make_the_same_set(write_jsonl: Write, tmp_path: Path) -> None:
    rows = [
        sample(n, k, prompt=f"What of {n}?", prompt_id=f"p{n}", sample_index=k, domain="math")
        for n in range(30)
        for k in range(4)
    ]
    digests = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        cut = 20 + 30 * seed
        parts = [write_jsonl(rows[:cut], f"a{seed}.jsonl"), write_jsonl(rows[cut:], f"b{seed}.jsonl")]
        options = {"max_per_prompt": 2, "quotas": {"math": 40}, "validation": 0.3}
        digests.append(built(parts, tmp_path / f"out{seed}", **options)["digest"])
    assert len(set(digests)) == 1


def test_one_id_for_prompts_of_two_files_is_refused(write_jsonl: Write, tmp_path: Path) -> None:
    files = [write_jsonl([sample(n, prompt_id=str(n % 5))], f"{n}.jsonl") for n in range(12)]
    with pytest.raises(UserError, match="prompt_id '0' stands for different prompts, and so do 4 more"):
        built(files, tmp_path / "out")


def test_conversations_may_share_an_id(write_jsonl: Write, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    rows = [{"messages": turns * times, "prompt_id": "p", "kind": "non_reasoning"} for times in (1, 2)]
    assert len(built([write_jsonl(rows)], tmp_path / "out")["rows"]) == 2


def test_an_assistant_s_turn_that_only_closes_its_thoughts_gets_the_opening_tag(
    write_jsonl: Write, tmp_path: Path
) -> None:
    contents = ["so\n</think>\n\nyes", "<think>so</think>yes", "yes"]
    rows = [
        {
            "messages": [
                {"role": "user", "content": f"</think> {text}"},
                {"role": "assistant", "content": text},
            ]
        }
        for text in contents
    ]
    turns = [row["messages"] for row in built([write_jsonl(rows)], tmp_path / "out")["rows"]]
    assert {turn[0]["content"]: turn[1]["content"] for turn in turns} == {
        f"</think> {contents[0]}": f"<think>\n{contents[0]}",
        f"</think> {contents[1]}": contents[1],
        f"</think> {contents[2]}": contents[2],
    }


def test_copies_stay_once(write_jsonl: Write, tmp_path: Path) -> None:
    rows = [sample(1, 2, prompt_id="a"), sample(1, 2, prompt_id="b"), sample(2, 2)]
    found = built([write_jsonl(rows)], tmp_path / "out", tmp_path / "dropped")
    dropped = pl.read_parquet(tmp_path / "dropped" / "data")
    assert len(found["rows"]) == 2 and dropped["drop_reasons"].to_list() == [["duplicate"]]


@pytest.mark.parametrize(("policy", "kept"), [("shortest", [0, 1]), ("all", [0, 1, 2, 3])])
def test_at_most_so_many_of_a_prompt(
    policy: str, kept: list[int], write_jsonl: Write, tmp_path: Path
) -> None:
    rows = [{**sample(1, k), "prompt": "same", "prompt_id": "p", "sample_index": k} for k in range(4)]
    found = built([write_jsonl(rows)], tmp_path / "out", max_per_prompt=2, policy=policy)
    assert sorted(row["sample_index"] for row in found["rows"]) == kept


def test_a_quota_is_met_or_its_lack_is_told(write_jsonl: Write, tmp_path: Path) -> None:
    rows = [sample(n, domain="math" if n % 2 else "code") for n in range(20)]
    found = built([write_jsonl(rows)], tmp_path / "out", quotas={"math": 4, "code": 12, "stem": 1})
    assert found["samples"] == {"code": 10, "math": 4}
    assert {name: lack["missing"] for name, lack in found["missing"].items()} == {
        "code": 2,
        "stem": 1,
    } and found["dropped"] == {"not_selected": 6}


def test_a_prompt_lies_in_one_split(write_jsonl: Write, tmp_path: Path) -> None:
    rows = [
        {**sample(n, k), "prompt": f"question {n}", "prompt_id": f"{n}-{k % 2}"}
        for n in range(60)
        for k in range(4)
    ]
    found = built([write_jsonl(rows)], tmp_path / "out", validation=0.3)
    splits = {(row["messages"][0]["content"], row["split"]) for row in found["rows"]}
    assert len(splits) == 60
    assert 5 < Counter(split for _, split in splits)["validation"] < 30


@pytest.mark.parametrize("kind", ["file", "dataset"])
def test_what_shares_ten_words_with_the_evaluation_goes(
    write_jsonl: Write, tmp_path: Path, kind: str
) -> None:
    evaluation = write_jsonl([{"prompt": QUESTION, "truth": "3"}], "eval.jsonl")
    if kind == "dataset":
        ingest(str(evaluation), str(tmp_path / "eval"))
        evaluation = tmp_path / "eval"
    rows = [
        sample(1),
        {**sample(2), "prompt": "Say, how many of the twelve RED apples that Ann bought on Tuesday?"},
        {**sample(3), "prompt": "How many of the twelve red pears that Ann bought are left?"},
    ]
    dropped = tmp_path / "dropped"
    found = built([write_jsonl(rows)], tmp_path / "out", dropped, decontaminate=[str(evaluation)])
    assert len(found["rows"]) == 2 and found["dropped"] == {"contaminated": 1}
    assert pl.read_parquet(dropped / "data")["contaminated_by"].to_list() == [f"{evaluation.name}:1"]


def test_what_a_solution_has_for_a_calculator_hides_no_run(write_jsonl: Write, tmp_path: Path) -> None:
    solution = "Ann sold 48/2 = <<48/2=24>>24 clips in May, so 48+24 = <<48+24=72>>72 clips in all."
    evaluation = write_jsonl([{"prompt": QUESTION, "solution": solution}], "eval.jsonl")
    plain = "Ann sold 48/2 = 24 clips in May, so 48+24 = 72 clips in all."
    rows = [
        sample(n, response=f"<think>{text}</think>\n\n72") for n, text in enumerate([solution, plain, "No."])
    ]
    found = built([write_jsonl(rows)], tmp_path / "out", decontaminate=[str(evaluation)])
    assert len(found["rows"]) == 1 and found["dropped"] == {"contaminated": 2}


def test_rows_that_a_filter_dropped_stay_out(tmp_path: Path) -> None:
    table = pa.table({"drop_reasons": pa.array([[], ["incorrect"]], pa.list_(pa.string())), "n": [1, 2]})
    assert undropped(table)["n"].to_pylist() == [1]


def test_nothing_left_is_an_error_and_writes_nothing(write_jsonl: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none of 1 examples is left"):
        built([write_jsonl([sample(1, domain="math")])], tmp_path / "out", quotas={"math": 0})
    assert not (tmp_path / "out").exists()


def test_prompts_alone_are_refused(write_jsonl: Write, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds prompt rows"):
        built([write_jsonl([{"prompt": "q"}])], tmp_path / "out")


def test_an_evaluation_file_without_text_is_refused(write_jsonl: Write) -> None:
    with pytest.raises(UserError, match="no text of 10 words"):
        contamination.read_evaluation([str(write_jsonl([{"prompt": "too short"}]))])


def test_an_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(UserError, match="shortest, random, diverse, all"):
        Mixture(policy="best")


def test_draws_differ_by_seed_and_id() -> None:
    assert draw(0, "a") != draw(1, "a") != draw(1, "b") and draw(0, "a") == draw(0, "a")


def test_the_command_and_its_rerun(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(write_jsonl([sample(n, domain="math") for n in range(5)]))
    arguments = ["build", source, "-o", str(tmp_path / "sft"), "--quota", "math=3", "--validation", "0"]
    assert invoke(arguments) == 0
    before = sorted(path.name for path in tmp_path.rglob("*"))
    assert invoke(arguments) == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert len(pl.read_parquet(tmp_path / "sft" / "data")) == 3
    assert invoke(["build", source, "-o", str(tmp_path / "other"), "--quota", "math"]) == 1
    assert "DOMAIN=COUNT" in capsys.readouterr().err
