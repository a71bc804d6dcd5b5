"""Which examples make the set: copies, near copies, contamination, the choice within a prompt, quotas, licences."""

import functools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.selection import build, contamination
from r1data.selection.mixture import Mixture, preset

Write = Callable[..., Path]


def text(seed: int, words: int = 120) -> str:
    draw = random.Random(seed)
    return " ".join(f"w{draw.randrange(5_000)}" for _ in range(words))


def row(prompt: str, answer: str, **more: Any) -> dict[str, Any]:
    return {"prompt": prompt, "response": f"<think>so</think>\n\n{answer}", "domain": "math", **more}


@pytest.fixture
def decided(write_jsonl: Write, tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """Builds from rows; the set's rows and the dropped ones, with `kept`."""

    def run(
        rows: list[dict[str, Any]], evaluation: list[dict[str, Any]] | None = None, **wanted: Any
    ) -> pl.DataFrame:
        files = [str(write_jsonl(evaluation, "evaluation.jsonl"))] if evaluation else []
        source = open_source(str(write_jsonl(rows)), "sample")
        out, dropped = tmp_path / "out", tmp_path / "dropped"
        options = {
            "mixture": Mixture(**wanted),
            "decontaminate": files,
            "dropped": str(dropped),
            "workers": 1,
        }
        build.run([source], str(out), **options)
        left_out = pl.read_parquet(dropped / "data") if list((dropped / "data").glob("*")) else None
        kept = pl.read_parquet(out / "data").with_columns(kept=True)
        return (
            kept if left_out is None else pl.concat([kept, left_out.with_columns(kept=False)], how="diagonal")
        )

    return run


def test_of_near_copies_one_stays_and_the_rest_say_what_they_lost_to(
    decided: Callable[..., pl.DataFrame],
) -> None:
    words = text(1).split()
    changed = " ".join(["another", *words[1:60], "word", *words[61:]])
    found = decided([row("What then?", " ".join(words)), row("How so?", changed), row("And now?", text(2))])
    (lost,) = found.filter(~pl.col("kept")).to_dicts()
    assert lost["drop_reasons"] == ["duplicate"] and lost["lost_to"] in found.filter("kept")["example_id"]
    assert "of all runs of 3 words" in lost["drop_note"]


def test_short_answers_to_other_questions_are_no_copies(decided: Callable[..., pl.DataFrame]) -> None:
    found = decided(
        [row(f"Is {n} a prime number?", "No, it is not a prime number.") for n in range(4, 40, 2)]
    )
    assert found["kept"].all()


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        ("Of 12 apples she ate 5; what is there still?", 1),
        ("Who are you?", 2),
        ("And of 12 apples without 6?", 2),
    ],
)
def test_short_copies_are_found_where_the_questions_have_the_same_numbers(
    decided: Callable[..., pl.DataFrame], other: str, kept: int
) -> None:
    """Fewer than 50 words may rightly answer another question."""
    said = "She had 12 apples and gave 5 of them away, so that 12 - 5 = 7 are left."
    asked = ["Ann had 12 apples. 5 are gone. How many are left?", other]
    assert decided([row(each, said) for each in asked])["kept"].sum() == kept


def test_many_copies_leave_one(decided: Callable[..., pl.DataFrame]) -> None:
    words = text(3, 200).split()
    rows = [row(f"question {n}", " ".join([*words[:n], f"x{n}", *words[n:]])) for n in range(150)]
    assert decided(rows)["kept"].sum() == 1


def test_boilerplate_alone_makes_no_copies(decided: Callable[..., pl.DataFrame]) -> None:
    shared = text(4, 60)
    assert decided([row(f"question {n}", f"{shared} {text(n, 80)}") for n in range(100, 180)])["kept"].all()


def test_nearly_the_same_question_is_one_prompt_but_not_with_other_numbers(
    decided: Callable[..., pl.DataFrame],
) -> None:
    question = f"{text(5, 60)} how many are 12 + 7?"
    asked = [
        question,
        question.replace("how", "so how"),
        question.replace("+", "-"),
        question.replace("12", "13"),
    ]
    found = decided([row(each, text(n)) for n, each in enumerate(asked)], max_per_prompt=1)
    assert found["kept"].sum() == 3


def test_a_template_is_not_one_prompt(decided: Callable[..., pl.DataFrame]) -> None:
    rows = [row(f"{text(6, 200)}: {word}", text(n)) for n, word in enumerate(text(7, 40).split())]
    assert decided(rows, max_per_prompt=1)["kept"].all()


def test_diverse_takes_those_that_are_least_alike(decided: Callable[..., pl.DataFrame]) -> None:
    base = text(8, 100)
    alike = [f"{base} {text(n, 40)}" for n in range(20, 24)]
    found = decided(
        [row("same", each) for each in [*alike, text(9)]], max_per_prompt=2, policy="diverse", near=0.9
    )
    kept = found.filter("kept")["messages"].list.last().struct.field("content").to_list()
    assert any(text(9) in each for each in kept) and len(kept) == 2
    assert found.filter(~pl.col("kept"))["lost_to"].is_in(found.filter("kept")["example_id"].to_list()).all()


def test_a_quota_may_be_of_one_language(decided: Callable[..., pl.DataFrame]) -> None:
    rows = [row(f"q{n}", text(n), language="zh" if n % 2 else "en") for n in range(20)]
    found = decided(rows, quotas={"math": 9, "math:zh": 3}).filter("kept")
    assert found["language"].to_list().count("zh") <= 3 and len(found) == 9


def test_licences_that_are_not_asked_for_stay_out(decided: Callable[..., pl.DataFrame]) -> None:
    licences = ["MIT", "CC-BY-NC-4.0", None]
    rows = [row(f"q{n}", text(n), license=each) for n, each in enumerate(licences)]
    found = decided(rows, licenses=("MIT",))
    assert found.filter("kept")["license"].to_list() == ["MIT"]
    notes = sorted(found.filter(~pl.col("kept"))["drop_note"])
    assert notes == ["licence CC-BY-NC-4.0 is not asked for", "no licence is given"]


def test_a_short_question_of_the_evaluation_is_found_as_a_whole(decided: Callable[..., pl.DataFrame]) -> None:
    rows = [row("what is  7 + 5 - 3", "9"), row("What is 7-5+3?", "5"), row("Say, what is 7+5-3?", "9 it is")]
    found = decided(rows, [{"prompt": "What is 7+5-3?"}])
    (lost,) = found.filter(~pl.col("kept")).to_dicts()
    assert lost["messages"][0]["content"] == "what is  7 + 5 - 3"
    assert (lost["contaminated_by"], lost["shared_words"]) == ("evaluation.jsonl:1", "what is 7 5 3")


@functools.cache
def _plain(words: tuple[str, ...], n: int) -> frozenset[tuple[str, ...]]:
    return frozenset(words[at : at + n] for at in range(len(words) - n + 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=4, max_size=14), min_size=2, max_size=6))
def test_contamination_is_a_common_run_of_n_words(tmp_path: Path, texts: list[list[str]]) -> None:
    import pyarrow as pa

    n, (question, *answers) = 5, texts
    if len(question) < n:
        question = question * 2
    path = tmp_path / "questions.jsonl"
    path.write_text(f'{{"q": "{" ".join(question)}"}}\n')
    saved = tmp_path / f"{abs(hash(tuple(question)))}.npz"
    contamination.read_evaluation([str(path)], n).save(saved)
    contamination.load.cache_clear()
    messages = pa.array([[{"role": "assistant", "content": " ".join(each)}] for each in answers])
    found = contamination.hits(pa.chunked_array([messages]), str(saved))
    expected = [bool(_plain(tuple(question), n) & _plain(tuple(each), n)) for each in answers]
    assert [name is not None for name in found.records.to_pylist()] == expected
    assert all(words is None or len(words.split()) == n for words in found.words.to_pylist())


def test_presets_scale() -> None:
    assert sum(preset("r1-800k").values()) == 804_745 and preset("r1-800k", 0.1)["math"] == 39_528
    with pytest.raises(UserError, match="choose one of r1-800k"):
        preset("r2")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"near": 0.3}, "--dedup-threshold"),
        ({"validation": 0.6, "test": 0.5}, "nothing is left"),
        ({"ngram": 0}, "--ngram"),
    ],
)
def test_a_mixture_that_cannot_be_is_refused(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Mixture(**wanted)


def test_the_number_of_workers_and_the_executor_change_nothing(write_jsonl: Write, tmp_path: Path) -> None:
    rows = [row(f"q{n // 3}", text(n // 2), language="en") for n in range(2_500)]
    source = str(write_jsonl(rows))
    digests = set()
    for number, options in enumerate(({"workers": 1}, {"workers": 4})):
        made = build.run(
            [open_source(source, "sample")],
            str(tmp_path / f"out{number}"),
            mixture=Mixture(
                max_per_prompt=2, policy="diverse", quotas={"math": 500}, validation=0.1, test=0.1
            ),
            dropped=str(tmp_path / f"dropped{number}"),
            **options,
        )
        digests.add((made.digest, str(made.details)))
    assert len(digests) == 1
