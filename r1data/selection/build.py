"""The set to train on (R1 2.3.3, the 800k set): kept samples and other conversations in, schema `sft` out.

Copies, contamination, the choice within a prompt, quotas and the split look across all inputs, so the set is
decided at once and, for now, held in memory. Rows come out ordered by example id: a shuffle that owes nothing
to the order of the inputs.
"""

import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.errors import UserError
from r1data.progress import track
from r1data.selection.contamination import Grams, digest, hits, read_grams
from r1data.selection.examples import PROMPT_KEY, examples, undropped
from r1data.selection.mixture import Mixture, decide
from r1data.shards import Command, Summary, Writer
from r1data.shards.schema import load_schema
from r1data.shards.source import Source

SHARD_ROWS = 2_000


def run(
    sources: Sequence[Source],
    out: str,
    *,
    mixture: Mixture,
    decontaminate: Sequence[str] = (),
    dropped: str | None = None,
) -> Summary:
    """Builds the set into `out`; what is left out goes to `dropped` if that is given, with `drop_reasons`.

    Raises UserError where no example is left.
    """
    grams = read_grams(decontaminate)
    command = Command("build", {**asdict(mixture), "decontaminate": sorted(map(digest, decontaminate))})
    pool, inputs = gather(sources, grams)
    decided = pool.hstack(decide(_for_decision(pool), mixture).rename({"split": "chosen_split"}))
    decided = decided.with_columns(split=pl.col("chosen_split")).sort(ORDER)
    kept = decided.filter(pl.col("drop_reasons").list.len() == 0)
    parents = [parent for source in sources for parent in source.parents()]
    opened = functools.partial(Writer.open, schema="sft", command=command, parents=parents)
    complete = all(source.complete for source in sources)
    if dropped is not None:
        rest = decided.filter(pl.col("drop_reasons").list.len() > 0)
        names = [*_names(), "drop_reasons", "contaminated_by"]
        writer = opened(dropped, announce=False)
        _write(rest.select(names), writer, inputs)
        writer.finish(complete=complete)
    if kept.is_empty():
        raise UserError(f"{out}: none of {pool.height} examples is left; --dropped DS says why for each")
    writer = opened(out)
    _write(kept.select(_names()), writer, inputs)
    return writer.finish({**statistics(kept, decided), **missing(kept, mixture)}, complete=complete)


ORDER = ["example_id", "prompt_id", "sample_index", "source"]


def plan(
    sources: Sequence[Source], out: str, mixture: Mixture, decontaminate: Sequence[str]
) -> dict[str, Any]:
    """What `run` would read and by which rules it would choose, for `--dry-run`."""
    rows = {source.uri: source.rows for source in sources}
    return {"rows": rows, "out": out, **asdict(mixture), "n_grams": len(read_grams(decontaminate))}


def gather(sources: Sequence[Source], grams: Grams) -> tuple[pl.DataFrame, str]:
    """All examples of all sources, and a digest of the shards they came from, whatever the order of
    either."""
    tables, seen = [], []
    rows = [source.rows for source in sources]
    with track("build", total=sum(n or 0 for n in rows) if None not in rows else None) as bar:
        for shard in (shard for source in sources for shard in source.shards()):
            table = examples(undropped(shard.table()))
            tables.append(table.append_column("contaminated_by", hits(table["messages"], grams)))
            seen.append(shard.sha256)
            bar.advance(shard.rows)
    if not tables:
        raise UserError(f"{', '.join(source.uri for source in sources)}: no rows to build from")
    made_from = hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()
    return pl.DataFrame(pa.concat_tables(tables)), made_from


def _for_decision(pool: pl.DataFrame) -> pl.DataFrame:
    length = pl.coalesce("tokens", pl.col("messages").list.last().struct.field("content").str.len_chars())
    return pool.select(
        "example_id",
        PROMPT_KEY,
        "prompt_id",
        "sample_index",
        "source",
        "domain",
        length=length,
        contaminated=pl.col("contaminated_by").is_not_null(),
    )


def statistics(kept: pl.DataFrame, decided: pl.DataFrame) -> dict[str, Any]:
    """The paper's table (samples and average tokens by domain), and counts by kind, language, split and
    reason."""
    by_domain = kept.group_by("domain").agg(samples=pl.len(), tokens=pl.col("tokens").mean()).sort("domain")
    domains = by_domain["domain"].to_list()
    return {
        "prompts": kept["prompt_id"].n_unique(),
        "samples": dict(zip(domains, by_domain["samples"], strict=True)),
        "tokens_on_average": {
            **dict(zip(domains, by_domain["tokens"], strict=True)),
            "total": kept["tokens"].mean(),
        },
        **{f"by_{name}": _counted(kept[name]) for name in ("kind", "language", "split")},
        "dropped": _counted(decided["drop_reasons"].explode().drop_nulls()),
    }


def missing(kept: pl.DataFrame, mixture: Mixture) -> dict[str, Any]:
    """How many examples each domain lacks of its quota."""
    have = _counted(kept["domain"])
    short = {name: n - have.get(name, 0) for name, n in mixture.quotas.items() if n > have.get(name, 0)}
    return {"missing": short} if short else {}


def _counted(column: pl.Series) -> dict[str, int]:
    counts = column.value_counts(name="n").sort(column.name)
    return dict(zip(counts[column.name], counts["n"], strict=True))


def _write(rows: pl.DataFrame, writer: Writer, digest: str) -> None:
    inputs = (("all", digest),)
    for number, part in enumerate(_parts(rows)):
        name = f"part-{number:05d}"
        if not writer.has(name, inputs):
            writer.publish(name, part, inputs)


def _parts(rows: pl.DataFrame) -> Iterator[pa.Table]:
    for part in rows.iter_slices(SHARD_ROWS):
        yield part.to_arrow(compat_level=pl.CompatLevel.oldest())


@functools.cache
def _names() -> list[str]:
    return list(load_schema("sft").names)
