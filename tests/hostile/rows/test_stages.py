"""One poisoned row among 1,000: the others are what they would be without it, and it has a reason of its own.

Of all stages but verification (`test_verifiers`). `HOSTILE=all` throws 500 poisons at each.
"""

import itertools
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from r1data.data.commits import Command
from r1data.data.dataset import Dataset
from r1data.data.plain import PlainSource
from r1data.data.schema import load_schema
from r1data.data.source import DatasetSource
from r1data.data.text import storable
from r1data.data.writer import Writer
from r1data.errors import RowsLost, UserError
from r1data.exchange.conversations import Recognised
from r1data.exchange.export.run import export
from r1data.filters import apply, registry
from r1data.filters.apply import explain_filters
from r1data.filters.entry import Filter
from r1data.lineage.describe import describe
from r1data.lineage.why import why
from r1data.runtime.task import REASON
from r1data.selection import build, contamination, select
from r1data.selection.difficulty import Band
from r1data.selection.features import features
from r1data.selection.filtering import filter_table
from r1data.selection.mixture import Mixture
from tests.hostile.rows import poisons
from tests.hostile.rows.poisons import Poison
from tests.hostile.rows.stages import POISONED, ROWS, fate, others, poisoned, row, run, table

SECONDS = 20.0
"""For 1,000 rows with a poison of five megabytes, on a busy machine; a fifth of a second is usual."""
TEXT_COLUMNS = (
    "response",
    "prompt",
    "truth",
    "prompt_id",
    "language",
    "domain",
    "source",
    "finish_reason",
    "verdict",
)
FILTERED = {"kept": "filtered", "dropped": "filtered"}


@pytest.fixture(scope="module")
def clean() -> pa.Table:
    return table([row(number) for number in range(ROWS)])


def cases(
    seed: int, in_ci: int, columns: tuple[str, ...] = TEXT_COLUMNS
) -> Iterator[tuple[Poison, str, int]]:
    """Poisons with the column and the place of each; every other one is in a response."""
    draw = random.Random(f"cases {seed}")
    for number, poison in enumerate(itertools.islice(poisons.responses(seed), poisons.count(in_ci))):
        column = columns[0] if number % 2 else draw.choice(columns)
        yield poison, column, draw.randrange(ROWS)


def check(outputs: Mapping[str, pa.Table], expected: list[dict[str, Any]], place: int) -> None:
    """The other rows are as expected, and the poisoned one is somewhere, once, with a reason where it is not kept."""
    assert others(outputs) == [each for each in expected if each["prompt_id"] != f"p{place}"]
    ((key, each),) = fate(outputs)
    reason = {"quarantine": each.get("quarantine_reason"), "dropped": each.get("drop_reasons")}.get(key, True)
    assert reason
    assert all(
        text is None or text.isprintable() for text in (each.get("quarantine_reason"), each.get("drop_note"))
    )


def test_filter(clean: pa.Table, tmp_path: Path) -> None:
    expected = others(run(lambda rows: filter_table(rows, keep="any"), clean, FILTERED, tmp_path / "clean"))
    for number, (poison, column, place) in enumerate(cases(1, 25)):
        start = time.monotonic()
        outputs = run(
            filter_table, poisoned(clean, place, column, poison.value), FILTERED, tmp_path / str(number)
        )
        assert time.monotonic() - start < SECONDS, poison
        check(outputs, expected, place)


@pytest.fixture
def toy_filter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Installs the filter `toy:mood`, by its rule."""

    def install(rule: Any) -> None:
        entry = Filter(reason="mood", rule=rule, summary="")
        monkeypatch.setattr(apply, "find", lambda name: entry if name == "toy:mood" else registry.find(name))

    return install


def test_a_filter_of_another_package_that_raises_anything(
    clean: pa.Table, tmp_path: Path, toy_filter: Callable[[Any], None]
) -> None:
    outputs = run(lambda rows: filter_table(rows, others=()), clean, FILTERED, tmp_path / "clean")
    expected = others(outputs)
    draw = random.Random(2)
    for number, error in enumerate(itertools.islice(poisons.exceptions(2), poisons.count(15))):

        def rule(each: Mapping[str, Any], limits: object, error: Exception = error) -> bool:
            if "pear" in each["prompt"]:
                raise error
            return False

        toy_filter(rule)
        place = draw.randrange(ROWS)
        rows = poisoned(clean, place, "prompt", "How many pears?")
        outputs = run(
            lambda rows: filter_table(rows, others=("toy:mood",)), rows, FILTERED, tmp_path / str(number)
        )
        check(outputs, expected, place)
        ((key, each),) = fate(outputs)
        assert key == "quarantine" and "package toy: its filter mood failed" in each["quarantine_reason"]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Evaluation questions, one of which is row 7's, with a poison of each kind among them."""
    folder = tmp_path_factory.mktemp("evaluation")
    texts = itertools.islice(poisons.texts(3), poisons.count(len(poisons.TEXTS)))
    lines = [{"question": row(7)["prompt"]}, *({"question": poison.value} for poison in texts)]
    (folder / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    contamination.read_evaluation([str(folder / "questions.jsonl")]).save(folder / "saved.npz")
    return str(folder / "saved.npz")


def test_features_and_decontamination(clean: pa.Table, tmp_path: Path, evaluation: str) -> None:
    def stage(rows: pa.Table) -> pa.Table:
        return features(rows, evaluation=evaluation, seed=0)

    schemas = {"features": "sft"}
    expected = others(run(stage, clean, schemas, tmp_path / "clean"))
    assert [each["prompt_id"] for each in expected if each["contaminated_by"]] == ["p7"]
    for number, (poison, column, place) in enumerate(cases(4, 25)):
        start = time.monotonic()
        rows = poisoned(clean, place, column, poison.value)
        outputs = run(stage, rows, schemas, tmp_path / str(number))
        assert time.monotonic() - start < SECONDS, poison
        check(outputs, expected, place)


def test_nulls_where_the_schema_has_none(clean: pa.Table, tmp_path: Path) -> None:
    expected = others(run(filter_table, clean, FILTERED, tmp_path / "clean"))
    for column in (
        "prompt_id",
        "prompt",
        "domain",
        "language",
        "source",
        "response",
        "sample_index",
        "model",
    ):
        outputs = run(filter_table, poisoned(clean, 500, column, None), FILTERED, tmp_path / column)
        check(outputs, expected, 500)


def written(rows: pa.Table, folder: Path) -> Dataset:
    """A dataset of one shard, as a stranger writes it: with nulls where the schema has none."""
    schema = load_schema("verified")
    lax = replace(schema, columns=tuple(replace(column, nullable=True) for column in schema.columns))
    with Writer(folder, lax, Command("verify"), [], announce=False) as writer:
        writer.publish("part-0", rows)
        writer.finish()
    return Dataset(folder)


def test_select(clean: pa.Table, tmp_path: Path) -> None:
    def selected(rows: pa.Table, folder: Path) -> list[dict[str, Any]]:
        source = DatasetSource(written(rows, folder / "samples").uri)
        select.run(source, str(folder / "prompts"), band=Band())
        chosen: list[dict[str, Any]] = Dataset(folder / "prompts").table().to_pylist()
        return chosen

    expected = selected(clean, tmp_path / "clean")
    assert len(expected) == ROWS
    for number, (poison, column, place) in enumerate(cases(5, 15)):
        prompts = selected(poisoned(clean, place, column, poison.value), tmp_path / str(number))
        assert [each for each in prompts if each["license"] != POISONED] == [
            each for each in expected if each["prompt_id"] != f"p{place}"
        ], poison
        assert len(prompts) == ROWS or column in ("verdict", "finish_reason"), poison


def test_select_leaves_out_rows_that_lack_what_each_prompt_has(clean: pa.Table, tmp_path: Path) -> None:
    for column in ("prompt_id", "prompt", "domain", "language", "source"):
        source = DatasetSource(written(poisoned(clean, 9, column, None), tmp_path / column / "samples").uri)
        with pytest.raises(RowsLost, match=r"1 row lacks one of prompt_id, prompt, domain, language, source"):
            select.run(source, str(tmp_path / column / "prompts"), band=Band())
        assert Dataset(tmp_path / column / "prompts").summary["incomplete"] == 1
        assert Dataset(tmp_path / column / "prompts").rows == ROWS - 1


def test_select_says_of_rows_that_all_lack_something_what_they_lack(tmp_path: Path) -> None:
    source = DatasetSource(written(table([row(1, domain=None)]), tmp_path / "samples").uri)
    with pytest.raises(UserError, match=r"none of 0 prompts is left: .*; 1 row lacks one of prompt_id"):
        select.run(source, str(tmp_path / "prompts"), band=Band())


def test_inspect_shows_short_printable_values(clean: pa.Table, tmp_path: Path) -> None:
    for number, (poison, column, place) in enumerate(
        cases(6, 15, ("domain", "language", "model", "verdict"))
    ):
        rows = poisoned(clean, place, column, poison.value)
        counts = describe(written(rows, tmp_path / str(number)).uri)["counts"]
        assert sum(counts[column].values()) == ROWS
        assert all(
            len(value) <= 100 and value.isprintable() for values in counts.values() for value in values
        )


def test_why_measures_any_row(clean: pa.Table) -> None:
    for poison, column, place in cases(7, 25):
        start = time.monotonic()
        (sample,) = poisoned(clean, place, column, poison.value).slice(place, 1).to_pylist()
        assert explain_filters(sample)
        assert time.monotonic() - start < SECONDS, poison


def test_ingest_takes_a_row_or_names_its_line(tmp_path: Path) -> None:
    """A plain file is taken whole or refused before anything is written: its rows are the user's own to mend."""
    draw = random.Random(8)
    lines = [json.dumps({**row(number), "note": number}) for number in range(ROWS)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines))
    expected = PlainSource(str(path), Recognised()).table()
    columns = (*TEXT_COLUMNS, "sample_index", "score", "meta", "note", "drop_reasons", "another")
    for poison in itertools.islice(poisons.poisons(8), poisons.count(40)):
        place, column = draw.randrange(ROWS), draw.choice(columns)
        try:
            line = json.dumps({**row(place, license=POISONED), "note": place, column: poison.value})
        except (TypeError, ValueError, RecursionError):
            continue  # no JSON
        path.write_text("\n".join([*lines[:place], line, *lines[place + 1 :]]))
        try:
            rows = PlainSource(str(path), Recognised()).table()
        except UserError as error:
            said = str(error).removeprefix(str(path))
            assert said.startswith(f": line {place + 1}: ") and len(said) < 600, poison
        else:
            is_other = pa.array([number != place for number in range(ROWS)])
            kept = rows.filter(is_other).select([name for name in expected.column_names if name != column])
            assert kept.equals(expected.filter(is_other).select(kept.column_names)), poison


def test_unknown_verdicts_are_never_kept(clean: pa.Table, tmp_path: Path) -> None:
    for number, word in enumerate(("Correct", "correct ", "", "yes", "cоrrect")):
        outputs = run(filter_table, poisoned(clean, 3, "verdict", word), FILTERED, tmp_path / str(number))
        ((key, each),) = fate(outputs)
        assert (key, each["drop_reasons"]) == ("dropped", ["unverifiable"])


def test_frames_hold_what_arrow_holds() -> None:
    """Filters see a row's texts as they are, NUL and all."""
    assert pl.DataFrame(table([row(1, response="a\x00b")]))["response"][0] == "a\x00b"


def built(rows: list[dict[str, Any]], folder: Path, **options: Any) -> tuple[dict[str, dict[str, Any]], Any]:
    """The rows of the set that `r1 build` makes, by prompt, and what it said of rows that it lost."""
    source = DatasetSource(written(table(rows), folder / "samples").uri)
    lost = None
    try:
        build.run([source], str(folder / "set"), mixture=Mixture(**options), dropped=str(folder / "dropped"))
    except RowsLost as error:
        lost = str(error)
    sets = Dataset(folder / "set").table().to_pylist() + Dataset(folder / "dropped").table().to_pylist()
    return {each["prompt_id"]: each for each in sets}, lost


def test_build(tmp_path: Path) -> None:
    """Poisons in every tenth of 1,000 rows: each one is in the set, is dropped with a note or is quarantined."""
    draw = random.Random(9)
    clean = [row(number) for number in range(ROWS)]
    hostile = list(clean)
    columns = ("response", "prompt", "system", "domain", "language", "source", "license")
    texts = itertools.islice(poisons.responses(9), min(100, poisons.count(52)))
    for place, poison in zip(range(0, ROWS, 10), texts, strict=False):
        hostile[place] = row(place, **{draw.choice(columns): storable(poison.value)})
    hostile[5] = row(5, domain=None)
    expected, nothing_lost = built(clean, tmp_path / "clean", licenses=("MIT",))
    result, lost = built(hostile, tmp_path / "hostile", licenses=("MIT",))
    assert nothing_lost is None and lost and "1 row could not be processed" in lost
    for number in range(ROWS):
        if hostile[number] is clean[number]:
            assert result[f"p{number}"] == expected[f"p{number}"]
    assert result.keys() == expected.keys() - {"p5"}
    notes = [each.get("drop_note") for each in result.values()]
    assert all(note is None or (note.isprintable() and len(note) <= 1_000) for note in notes)
    quarantine = pq.read_table(tmp_path / "hostile/set/.r1/quarantine/part-0.parquet").to_pylist()
    assert [(each["prompt_id"], "'domain'" in each["quarantine_reason"]) for each in quarantine] == [
        ("p5", True)
    ]


def test_a_build_again_says_again_what_it_lost(tmp_path: Path) -> None:
    rows = [row(number, **({"domain": None} if number == 3 else {})) for number in range(20)]
    source = DatasetSource(written(table(rows), tmp_path / "samples").uri)
    said = []
    for _ in range(2):
        with pytest.raises(RowsLost, match=r"1 row could not be processed and was quarantined") as error:
            build.run([source], str(tmp_path / "set"), mixture=Mixture())
        said.append(str(error.value))
    assert said[0] == said[1] and Dataset(tmp_path / "set").rows == 19
    assert Dataset(tmp_path / "set").summary["quarantined"] == 1


def test_quarantined_rows_of_sources_that_differ_in_a_column(tmp_path: Path) -> None:
    """One has numbers where the other has texts, and a column of the name that the reason gets."""
    rows = table([row(number, **({"domain": None} if number == 3 else {})) for number in range(20)])
    more = {"count": (5, "many"), REASON: ("theirs", "theirs")}
    sources = []
    for number in range(2):
        columns = {name: pa.array([values[number]] * len(rows)) for name, values in more.items()}
        all_columns = {**dict(zip(rows.column_names, rows.columns, strict=True)), **columns}
        sources.append(DatasetSource(written(pa.table(all_columns), tmp_path / f"samples-{number}").uri))
    with pytest.raises(RowsLost, match="2 rows could not be processed"):
        build.run(sources, str(tmp_path / "set"), mixture=Mixture())
    quarantine = pq.read_table(tmp_path / "set/.r1/quarantine/part-0.parquet")
    assert quarantine["count"].to_pylist() == ["5", "many"]
    assert all("'domain'" in reason for reason in quarantine[REASON].to_pylist())


def test_why_tells_of_rows_that_were_left_out_for_what_they_are(tmp_path: Path) -> None:
    lacking = {3: "response", 4: "prompt", 5: "domain"}
    rows = [row(number, **({lacking[number]: None} if number in lacking else {})) for number in range(20)]
    source = DatasetSource(written(table(rows), tmp_path / "samples").uri)
    with pytest.raises(RowsLost):
        build.run([source], str(tmp_path / "set"), mixture=Mixture())
    with pytest.raises(RowsLost):
        select.run(source, str(tmp_path / "prompts"), band=Band())
    for number, column in lacking.items():
        losses = why(f"p{number}", [str(tmp_path / name) for name in ("samples", "set", "prompts")]).losses
        said = {loss.command: loss for loss in losses}
        assert all(loss.certain for loss in losses)
        assert said["build"].reasons == ("quarantined",) and f"'{column}'" in said["build"].why
        assert column == "response" or f"lacks what each prompt has: {column}" in said["select"].why


def test_export_leaves_out_rows_that_no_example_can_be_made_of(tmp_path: Path) -> None:
    rows = [row(number, **({"prompt": None} if number == 3 else {})) for number in range(20)]
    written(table(rows), tmp_path / "samples")
    said = export(str(tmp_path / "samples"), "trl", str(tmp_path / "out"))
    assert said["rows"] == 19 and sum(said["left_out"].values()) == 1
