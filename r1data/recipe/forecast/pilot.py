"""Reads the pilot: one line for each sample, verified and filtered as the recipe will do it, then one for each prompt.

Verdicts and reasons that rows have are taken as they are, unless `r1 filter` gave the reasons by other settings than
the recipe's; what is missing is made here with the recipe's own, and written nowhere. Copies and near copies within a
prompt, contamination and licences are seen; copies among different prompts are not.
"""

import functools
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.dataset import Dataset
from r1data.data.plain import is_plain
from r1data.data.source import Source
from r1data.errors import UserError
from r1data.recipe.forecast.pilot_rows import filter_settings, refuse_partial, require_samples, with_verdicts
from r1data.recipe.forecast.steps import BuildPath
from r1data.runtime.progress import track
from r1data.selection.boilerplate import COUNTS
from r1data.selection.contamination import read_evaluation, read_index
from r1data.selection.features import features
from r1data.selection.ignored_runs import fewest_prompts, kinds_with_common
from r1data.selection.sketch import similarity
from r1data.selection.yields import origins

COPY = "duplicate"
"""The drop reason that does not count against a response here."""
SETTINGS = ("temperature", "top_p", "top_k", "max_tokens")


@dataclass(frozen=True, slots=True)
class Pilot:
    """The content of the pilots.

    `prompts`, one a line: `domain`, `drawn`, `correct`, `good` (kept, were it no copy), `different`, and the means
    `prompt_tokens` and `response_tokens`, null where they are not known. `reasons`: samples by what is against them.
    `drawn_with`: models and settings. `tokens_per_second` as the sampling command recorded it, or None.
    """

    prompts: pl.DataFrame
    reasons: Mapping[str, int]
    drawn_with: tuple[Mapping[str, Any], ...]
    tokens_per_second: float | None
    repeated_texts: int
    repeated_rows: int


def read(sources: Sequence[Source], path: BuildPath) -> Pilot:
    """Reads pilots to their ends; ids, counts, hashes and sketches stay in memory.

    Raises:
        UserError: a pilot holds no samples, only what a filter left of them, or rows that only a judge can judge.
    """
    for source in sources:
        require_samples(source)
    parts: list[pl.DataFrame] = []
    filtered: list[pl.DataFrame] = []
    with tempfile.TemporaryDirectory() as folder:
        evaluation = None
        if path.decontaminate:
            evaluation = str(Path(folder) / "evaluation")
            read_evaluation(path.decontaminate, path.ngram, path.boilerplate).save(Path(evaluation))
        with track("plan", total=sum(source.rows or 0 for source in sources)) as bar:
            for source in sources:
                settings = filter_settings(source)
                for shard in source.shards():
                    parts.append(
                        _lines(with_verdicts(shard.table(), path.branch, settings), path, evaluation)
                    )
                    filtered += parts[-1:] if source.schema.name == "filtered" else []
                    bar.advance(shard.rows)
        lines = pl.concat(parts) if parts else pl.DataFrame()
        if evaluation is not None and parts:
            lines = _without_common(lines, evaluation, path.decontaminate)
    if not parts:
        raise UserError(
            f"{', '.join(source.uri for source in sources)}: no rows to plan from; give a pilot "
            "that `r1 sample` made"
        )
    refuse_partial(sources, filtered)
    rows = lines.unique(["prompt_id", "sample_index", "response"], keep="first", maintain_order=True)
    prompts = _prompts(rows, path.near)
    return Pilot(
        prompts,
        dict(rows["reasons"].explode().drop_nulls().value_counts(sort=True).iter_rows()),
        tuple(_drawn_with(rows)),
        _tokens_per_second(sources),
        prompts.height - prompts["text"].n_unique(),
        lines.height - rows.height,
    )


def _lines(table: pa.Table, path: BuildPath, evaluation: str | None) -> pl.DataFrame:
    """A line for each row; `sketch` for rows without a drop reason."""
    if path.licenses:
        has_licenses = "license" in table.column_names
        row_licenses = table["license"].to_pylist() if has_licenses else [None] * len(table)
        unlicensed = np.array([license not in path.licenses for license in row_licenses], bool)
        table = _with_reason(table, "not_selected", unlicensed)
    # `features` looks at rows without a reason alone, so its columns have a value for each of those, not for every row.
    is_good = pc.equal(pc.list_value_length(table["drop_reasons"]), 0)
    row_features = features(table, evaluation=evaluation, seed=0)
    positions = pc.indices_nonzero(is_good.combine_chunks()).to_numpy()
    hit = np.zeros(len(table), bool)
    hit[positions] = pc.is_valid(row_features["contaminated_by"]).to_numpy()
    table = _with_reason(table, "contaminated", hit)
    by_row = {
        name: _at(positions, row_features[name], len(table))
        for name in ("sketch", "shared_runs", "prompt_grams")
    }
    names = ["prompt_id", "sample_index", "domain", "prompt", "response", "verdict", "drop_reasons"]
    rows = pl.DataFrame(table.select([*names, "model", "sampling", "prompt_tokens", "response_tokens"]))
    return rows.select(
        "prompt_id",
        "sample_index",
        "domain",
        "model",
        "sampling",
        "prompt_tokens",
        "response_tokens",
        text=pl.col("prompt").hash(seed=0),
        response=pl.col("response").hash(seed=0),
        correct=(pl.col("verdict") == "correct").fill_null(False),
        reasons="drop_reasons",
        good=pl.col("drop_reasons").list.set_difference([COPY]).list.len() == 0,
        sketch=pl.Series(by_row["sketch"], dtype=pl.Binary),
        shared_runs=pl.Series(by_row["shared_runs"], dtype=pl.List(pl.Int32)),
        prompt_grams=pl.Series(by_row["prompt_grams"], dtype=pl.List(pl.Int32)),
    )


def _at(positions: "np.ndarray[Any, np.dtype[np.uint64]]", values: pa.ChunkedArray, rows: int) -> list[Any]:
    """A list of so many rows with the values at their positions, and None elsewhere."""
    by_row: list[Any] = [None] * rows
    for position, value in zip(positions, values.to_pylist(), strict=True):
        by_row[position] = value
    return by_row


def _without_common(lines: pl.DataFrame, saved: str, files: Sequence[str]) -> pl.DataFrame:
    """The lines without the reason `contaminated` where nothing but instructions common to many prompts is shared."""
    index = read_index(saved)
    counts = (
        lines.select("text", gram="prompt_grams").explode("gram").drop_nulls().unique().group_by("gram").len()
    )
    common = counts.filter(pl.col("len") >= fewest_prompts(lines["text"].n_unique()))
    if common.is_empty():
        return lines
    kinds, _ = kinds_with_common(index, files, dict(common.iter_rows()))
    ignored = [
        runs is not None and all(run >= 0 and kinds[run] != COUNTS for run in runs)
        for runs in lines["shared_runs"].to_list()
    ]
    reasons = pl.when(pl.Series(ignored)).then(
        pl.col("reasons").list.set_difference(["contaminated"])
    ).otherwise(pl.col("reasons"))  # fmt: skip
    good = pl.col("reasons").list.set_difference([COPY]).list.len() == 0
    return lines.with_columns(reasons=reasons).with_columns(good=good)


def _with_reason(table: pa.Table, reason: str, mask: "np.ndarray[Any, np.dtype[np.bool_]]") -> pa.Table:
    if not mask.any():
        return table
    reasons = table["drop_reasons"].to_pylist()
    extended = [
        [*row_reasons, reason] if applies else row_reasons
        for row_reasons, applies in zip(reasons, mask, strict=True)
    ]
    index = table.column_names.index("drop_reasons")
    return table.set_column(index, "drop_reasons", pa.array(extended, pa.list_(pa.string())))


def _prompts(rows: pl.DataFrame, near: float) -> pl.DataFrame:
    mixed = rows.group_by("prompt_id").agg(pl.col("domain").n_unique()).filter(pl.col("domain") > 1)
    if mixed.height:
        raise UserError(f"the pilot's prompt {mixed['prompt_id'][0]!r} is in two domains; give it one")
    # Exact copies go first and cheaply; sketches are compared pairwise.
    good_rows = rows.filter(pl.col("reasons").list.len() == 0).unique(
        ["prompt_id", "response"], maintain_order=True
    )
    distinct = {
        str(prompt): _count_distinct(group["sketch"].to_list(), near)
        for (prompt,), group in good_rows.sort("sample_index").group_by("prompt_id")
    }
    prompts = rows.group_by("prompt_id").agg(
        pl.col("domain", "text").first(),
        drawn=pl.len(),
        correct=pl.col("correct").sum(),
        good=pl.col("good").sum(),
        prompt_tokens=pl.col("prompt_tokens").mean(),
        response_tokens=pl.col("response_tokens").mean(),
    )
    counts = pl.Series([distinct.get(prompt_id, 0) for prompt_id in prompts["prompt_id"]], dtype=pl.Int64)
    return prompts.with_columns(different=counts).sort("domain", "prompt_id")


def _count_distinct(blobs: Sequence[bytes], near: float) -> int:
    """How many of a prompt's responses remain when near copies of earlier ones are removed."""
    if near > 1:
        return len(blobs)
    sketches = np.array([np.frombuffer(blob, np.uint16) for blob in blobs])
    kept_positions: list[int] = []
    for position in range(len(sketches)):
        similarities = (
            similarity(sketches[kept_positions], sketches[[position] * len(kept_positions)])
            if kept_positions
            else np.zeros(0)
        )
        kept_positions += [] if (similarities >= near).any() else [position]
    return len(kept_positions)


def _drawn_with(rows: pl.DataFrame) -> Iterator[Mapping[str, Any]]:
    """Models and settings, each once."""
    unique_settings: dict[str, Mapping[str, Any]] = {}
    for model, text in rows.select("model", "sampling").unique(maintain_order=True).iter_rows():
        sampling = _parsed(text)
        settings = {"model": model, **{name: sampling[name] for name in SETTINGS if name in sampling}}
        unique_settings[json.dumps(settings, sort_keys=True)] = settings
    yield from unique_settings.values()


@functools.lru_cache
def _parsed(text: str | None) -> Mapping[str, Any]:
    try:
        parsed = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _tokens_per_second(sources: Sequence[Source]) -> float | None:
    """Response tokens a second of the commands that drew the pilots."""
    samples = {uri: source for pilot in sources for uri, source in origins(pilot).samples.items()}
    entries = [entry for uri in samples if not is_plain(uri) for entry in Dataset(uri).entries]
    # A commit from elsewhere need not count what ours do.
    counts = [entry.counts for entry in entries if entry.counts.get("seconds", 0) > 0]
    seconds = sum(count["seconds"] for count in counts)
    return sum(count.get("response_tokens", 0) for count in counts) / seconds if seconds else None
