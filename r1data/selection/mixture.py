"""The mixture: of all examples, which make the set (R1 2.3.3, App. B.3.3).

Decided over the whole set at once, from identities and lengths alone. Whatever is drawn is drawn by a hash of
(seed, id), so that the same examples are chosen in whatever order and pieces they come. The paper fixes
"several samples a prompt, only correct ones" and the rows in each domain; the policies, and who goes when a
domain has too many, are ours.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from r1data.errors import UserError

POLICIES = ("shortest", "random", "all")


@dataclass(frozen=True)
class Mixture:
    """What the set is to be.

    `max_per_prompt`: samples of one prompt, by `policy`: the shortest, or drawn. `quotas`: rows by domain; a
    domain without one keeps all. `validation`: share of the prompts, 0 to 1.
    """

    max_per_prompt: int | None = None
    policy: str = "random"
    quotas: Mapping[str, int] = field(default_factory=dict)
    validation: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UserError(f"--policy {self.policy}: no such policy; known: {', '.join(POLICIES)}")
        if not 0 <= self.validation < 1:
            raise UserError(f"--validation {self.validation}: a share from 0 to less than 1")


def draw(seed: int, *ids: str) -> int:
    """A number from 0 to 2^63 - 1 that follows from a seed and ids alone."""
    text = "\x1f".join([str(seed), *ids])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]) >> 1


def decide(rows: pl.DataFrame, mixture: Mixture) -> pl.DataFrame:
    """Reasons and split of each example.

    Args:
        rows: `example_id`, `prompt_key`, `prompt_id`, `sample_index`, `source`, `domain`, `length`, `contaminated`.
        mixture: what the set is to be.

    Returns:
        `drop_reasons` (empty where the example is in the set) and `split`, in the order of `rows`.
    """
    rows = rows.with_row_index("number").with_columns(prompt=one_name(rows), duplicate=duplicates(rows))
    rows = rows.with_columns(
        _drawn(rows["example_id"], mixture.seed, "sample").alias("drawn"),
        _split(rows["prompt"], mixture).alias("split"),
    )
    left = rows.filter(~pl.col("contaminated") & ~pl.col("duplicate"))
    chosen = fill_quotas(best_of_prompt(left, mixture), mixture)
    free = ~pl.col("contaminated") & ~pl.col("duplicate")
    reasons = pl.concat_list(
        pl.when("duplicate").then(pl.lit("duplicate")),
        pl.when("contaminated").then(pl.lit("contaminated")),
        pl.when(free & ~pl.col("number").is_in(chosen["number"].implode())).then(pl.lit("not_selected")),
    ).list.drop_nulls()
    return rows.select(reasons.alias("drop_reasons"), "split")


def duplicates(rows: pl.DataFrame) -> pl.Series:
    """True for all but one of the examples with the same messages: the smallest prompt id, sample and source
    stay."""
    order = (
        pl.struct("contaminated", "prompt_id", "sample_index", "source").rank("ordinal").over("example_id")
    )
    return rows.select(order > 1).to_series()


def one_name(rows: pl.DataFrame) -> pl.Series:
    """One name for each prompt: the smallest id among all rows that share a text, or an id, with it."""
    named = rows.select("prompt_key", "prompt_id", name=pl.col("prompt_id"))
    while True:
        merged = named.with_columns(pl.col("name").min().over("prompt_key")).with_columns(
            pl.col("name").min().over("prompt_id")
        )
        if merged["name"].equals(named["name"]):
            return merged["name"]
        named = merged


def best_of_prompt(rows: pl.DataFrame, mixture: Mixture) -> pl.DataFrame:
    """At most `max_per_prompt` examples of each prompt, by the policy; ties go by the draw."""
    if mixture.max_per_prompt is None or mixture.policy == "all":
        return rows
    first = ["length", "drawn"] if mixture.policy == "shortest" else ["drawn"]
    order = pl.struct(*first, "example_id").rank("ordinal").over("prompt")
    return rows.filter(order <= mixture.max_per_prompt)


def fill_quotas(rows: pl.DataFrame, mixture: Mixture) -> pl.DataFrame:
    """At most a quota's number of examples of each domain that has one, drawn."""
    if not mixture.quotas:
        return rows
    quota = pl.col("domain").replace_strict(dict(mixture.quotas), default=None, return_dtype=pl.Int64)
    order = pl.struct("drawn", "example_id").rank("ordinal").over("domain")
    return rows.filter(quota.is_null() | (order <= quota))


def _drawn(ids: pl.Series, seed: int, purpose: str) -> pl.Series:
    return pl.Series([draw(seed, purpose, each) for each in ids], dtype=pl.Int64)


def _split(prompts: pl.Series, mixture: Mixture) -> pl.Series:
    """`validation` for the share of prompts that the seed draws, else `train`."""
    below = int(mixture.validation * 2**63)
    names = prompts.unique()
    drawn = {name: draw(mixture.seed, "split", name) < below for name in names}
    return pl.Series(["validation" if drawn[name] else "train" for name in prompts], dtype=pl.String)
