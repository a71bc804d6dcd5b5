"""Estimates how many more samples a domain needs: missing examples ÷ kept examples per sample drawn so far (R1 2.3.3).

The number of samples drawn is found by following the inputs' commits back to `r1 sample`, or to samples from
elsewhere, and counting there by domain. From files, only the column `domain` is read. The rule is this project's.

Not covered: more samples of the same prompts yield less than the first ones did, if a prompt may only give so many
examples or its samples repeat each other; so the number holds for new prompts like the previous ones, sampled as
often. And it is a point estimate: `r1 plan` gives intervals.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from r1data.data import parquet
from r1data.data.commits import Parent
from r1data.data.dataset import Dataset, Shard
from r1data.data.locations import absolute
from r1data.data.parents import why_unopened
from r1data.data.plain import is_plain
from r1data.data.schema import includes
from r1data.data.source import Source, open_source
from r1data.data.stores import open_binary, open_store
from r1data.data.stores.layout import LOG
from r1data.errors import UserError

DRAWN = ("sample", "verified")
"""Schemas whose rows stand for all that was drawn; in a wider one somebody has chosen already."""
CHOOSING = ("cold-start", "general")
"""Commands that draw samples and keep some."""
DRAWING = ("sample", "eval")
"""Commands that draw samples and keep them all."""


@dataclass(slots=True)
class Ends:
    """Where a lineage leads: datasets of samples by their place, and why a branch leads nowhere."""

    samples: dict[str, Source] = field(default_factory=dict)
    others: bool = False
    broken: list[str] = field(default_factory=list)


def draw_more(
    sources: Sequence[Source], kept: Mapping[str, int], quotas: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """How many more samples each domain needs that lacks examples; domains that lack none are left out.

    Args:
        sources: what the set was built from; read to their ends, where they are pipes.
        kept: examples in the set, by domain.
        quotas: examples wanted, by domain.

    Returns:
        By domain, as plain data: `missing` examples; `drawn` samples so far, with `rate`, kept examples for each of
        them, and `samples_to_draw`, rounded up. Where there is no such figure it is None and `why` says what is in
        the way. Conversations that were not sampled count as kept, so that among samples the rate is rather too low.

    Raises:
        DamagedShard: a file of a source, or of the samples behind it, cannot be read.
    """
    shortfalls = {
        name: count - kept.get(name, 0) for name, count in quotas.items() if count > kept.get(name, 0)
    }
    if not shortfalls:
        return {}
    samples: dict[str, Source] = {}
    unsampled: Counter[str] = Counter()
    unknown: dict[str, str] = {}
    for source in sources:
        ends = origins(source)
        samples |= ends.samples
        if ends.others or ends.broken:
            rows = by_domain(source)
            unsampled += rows if ends.others else Counter()
            unknown |= dict.fromkeys(rows, ends.broken[0]) if ends.broken else {}
    drawn_by_domain = sum(map(by_domain, samples.values()), Counter())
    return {
        name: {
            "missing": shortfall,
            **_count_to_draw(
                shortfall, kept.get(name, 0), drawn_by_domain[name], unsampled[name], unknown.get(name)
            ),
        }
        for name, shortfall in shortfalls.items()
    }


def _count_to_draw(missing: int, kept: int, drawn: int, unsampled: int, broken: str | None) -> dict[str, Any]:
    if broken:
        return _unknown(None, broken)
    if not drawn:
        return _unknown(0, "no sample of this domain was drawn")
    of_samples = kept - unsampled
    if of_samples <= 0:
        beside = f" beside {unsampled:,} conversations" if kept else ""
        return _unknown(drawn, f"none of the {drawn:,} samples drawn is known to be kept{beside}")
    # rounded up in whole numbers: a quotient of floats is off by one where the product has over 53 bits
    to_draw = -(-missing * drawn // of_samples)
    return {"drawn": drawn, "rate": of_samples / drawn, "samples_to_draw": to_draw}


def _unknown(drawn: int | None, why: str) -> dict[str, Any]:
    return {"drawn": drawn, "rate": None, "samples_to_draw": None, "why": why}


def origins(source: Source) -> Ends:
    """What a source goes back to: samples that were drawn, rows that were not, and where no more can be told."""
    ends = Ends()
    if is_plain(source.uri):
        _note_end(source, ends)
        return ends
    # a stack of its own: a chain of parents may be as long as a stranger likes, and Python's stack is not
    pending: list[Dataset | Parent] = [Dataset(source.uri)]
    seen: set[str] = set()
    while pending:
        member = pending.pop()
        dataset = _open_parent(member, source, ends) if isinstance(member, Parent) else member
        if dataset is not None and absolute(dataset.uri) not in seen:
            seen.add(absolute(dataset.uri))
            pending += reversed(_climb(dataset, source, ends))
    return ends


def _climb(dataset: Dataset, source: Source, ends: Ends) -> list[Parent]:
    """Notes a dataset whose rows were drawn; of another one, the parents to go on with."""
    parents = dataset.parents()
    ours = (
        not why_unopened(parent.uri, [source.uri])
        and not is_plain(parent.uri)
        and bool(open_store(parent.uri).files(LOG))
        for parent in parents
    )
    from_elsewhere = dataset.command["name"] == "ingest" and not any(ours)
    if dataset.command["name"] in DRAWING or from_elsewhere:
        _note_end(open_source(dataset.uri), ends)
    elif dataset.command["name"] in CHOOSING:
        ends.broken.append(
            f"{dataset.uri}: made by `r1 {dataset.command['name']}`, which does not keep all that it draws"
        )
    elif not parents:
        ends.broken.append(
            f"{dataset.uri}: made by `r1 {dataset.command['name']}` from nothing that it names"
        )
    else:
        return parents
    return []


def _open_parent(parent: Parent, source: Source, ends: Ends) -> Dataset | None:
    """A parent to go on with, if it is a dataset, may be opened, is there and still what it was."""
    if why := why_unopened(parent.uri, [source.uri]):
        ends.broken.append(f"{parent.uri}: the set goes back to it, and it {why}")
        return None
    try:
        if is_plain(parent.uri):
            _note_end(open_source(parent.uri), ends)
            return None
        dataset = Dataset(parent.uri) if open_store(parent.uri).files(LOG) else None
    except (UserError, OSError) as error:
        ends.broken.append(f"what the set goes back to cannot be read: {error}")
        return None
    if dataset is None:
        ends.broken.append(f"{parent.uri}: not there, and the set goes back to it")
    elif parent.digest not in (None, dataset.digest):
        ends.broken.append(f"{parent.uri}: holds other rows now than when it was used")
        return None
    return dataset


def _note_end(source: Source, ends: Ends) -> None:
    """Notes a source that goes back no further."""
    if source.schema.name in DRAWN:
        ends.samples[absolute(source.uri)] = source
    elif includes(source.schema.name, "sample"):
        ends.broken.append(f"{source.uri}: somebody has chosen among its samples already")
    else:
        ends.others = True


def by_domain(source: Source) -> "Counter[str]":
    """Rows of a source by domain."""
    again = source if is_plain(source.uri) else open_source(source.uri)
    counts: Counter[str] = Counter()
    for shard in again.shards():
        if not isinstance(shard, Shard):
            counts.update(shard.table()["domain"].to_pylist())
            continue
        with open_binary(shard.uri) as file:
            # this column alone: the texts beside it are nearly all of a file
            for batch in parquet.read_batches(file, shard.uri, ["domain"]):
                counts.update(batch["domain"].to_pylist())
    return counts
