"""The dataset card: README.md with the front matter that the hub reads, for readers who do not know this project.

Values from rows and commands (names of domains and models, parameters) are escaped for Markdown, HTML and YAML. The
last line holds a checksum, which shows whether somebody has edited the card since.
"""

import hashlib
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from r1data.data.dataset import Dataset
from r1data.data.markdown import escape_markdown, license_matter, table
from r1data.data.parquet import fits, read_batches
from r1data.data.resources import PACKAGE_VERSION
from r1data.data.secrets import redact
from r1data.lineage.history import history

COUNTED_COLUMNS = ("domain", "language", "verdict", "kind", "split", "license")
README = "README.md"
MAX_VALUES = 20
"""Maximum values listed for a column, the most frequent first; ours."""
MAX_NUMBER = 10**15
"""Larger numbers of a summary are no counts."""
SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)
_MARK = re.compile(r"\n<!-- r1 card ([0-9a-f]{64}) -->\n\Z")

ValueCounts = Mapping[str, Counter[str]]


def card(dataset: Dataset, name: str | None = None) -> str:
    """The card of a dataset; reads its shards.

    Args:
        name: `org/name` on the hub; without it the examples name the folder.

    Raises:
        DamagedShard: a shard is damaged.
    """
    counts, columns = _survey(dataset)
    title = name or posixpath.basename(dataset.uri.rstrip("/"))
    parts = [
        _front_matter(dataset, counts),
        f"# {escape_markdown(title)}\n\n{dataset.schema.name} rows made with `r1` {PACKAGE_VERSION}: "
        f"{dataset.rows:,} of them in {len(dataset.entries)} shards. Digest `{dataset.digest}`."
        + ("" if dataset.complete else "\n\n**Not complete**: the command that writes it had not finished."),
        table("Columns", ("column", "type", "may be null", "meaning"), _column_rows(dataset, columns)),
        _mixture(dataset.summary),
        *(table(f"By {column}", (column, "rows"), _most_common(count)) for column, count in counts.items()),
        "\n".join(["## How it was made", "", "The nearest step first.", "", *history(dataset)]),
        _how_to_load(name or ".", name),
    ]
    text = redact("\n\n".join(part for part in parts if part))
    return f"{text}\n\n<!-- r1 card {_checksum(text)} -->\n"


def keep_card(dataset: Dataset) -> None:
    """Writes the card into the dataset's folder, unless somebody has edited the one that is there."""
    content = card(dataset).encode()
    if dataset.store.create(README, content):
        return
    # `create` refuses where a file is, so that a card that somebody writes at this moment is not replaced unread.
    existing = dataset.store.read(README)
    if existing != content and is_untouched(existing.decode("utf-8", "replace")):
        dataset.store.place(dataset.store.stage(README, content), README)


def is_untouched(text: str) -> bool:
    """Whether a card is as `card` wrote it."""
    mark = _MARK.search(text)
    return mark is not None and mark[1] == _checksum(text[: mark.start()].removesuffix("\n"))


def _survey(dataset: Dataset) -> tuple[ValueCounts, pa.Schema]:
    counted_columns = [name for name in COUNTED_COLUMNS if name in dataset.schema.names]
    counts: dict[str, Counter[str]] = {name: Counter() for name in counted_columns}
    columns = pa.schema([(column.name, column.type) for column in dataset.schema.columns])
    for number, shard in enumerate(dataset.shards()):
        raw = shard.checked_bytes()
        for batch in read_batches(pa.BufferReader(raw), shard.uri, counted_columns):
            fits(batch, dataset.schema, shard.uri, counted_columns)
            for name in counted_columns:
                counts[name].update("none" if v is None else v for v in batch[name].to_pylist())
        if number == 0:
            columns = next(read_batches(pa.BufferReader(raw), shard.uri)).schema
    return counts, columns


def _mixture(summary: Mapping[str, Any]) -> str:
    """The paper's table (App. B.3.3) of a set that `r1 build` made; nothing for other datasets."""
    samples, tokens = _counts(summary.get("samples")), _counts(summary.get("tokens_on_average"))
    if not samples or not tokens:
        return ""
    rows: list[tuple[object, ...]] = [
        (name, f"{count:,}", _average(tokens.get(name))) for name, count in samples.items()
    ]
    rows.append(("total", f"{sum(samples.values()):,}", _average(tokens.get("total"))))
    return table("Mixture", ("domain", "samples", "tokens on average"), iter(rows))


def _counts(values: object) -> dict[str, float]:
    """The numbers by name in a summary, which a commit from elsewhere may fill with anything."""
    if not isinstance(values, Mapping):
        return {}
    return {
        name: number
        for name, number in values.items()
        if isinstance(number, int | float) and not isinstance(number, bool) and abs(number) < MAX_NUMBER
    }


def _average(tokens: float | None) -> str:
    return "–" if tokens is None else f"{tokens:,.1f}"


def _front_matter(dataset: Dataset, counts: ValueCounts) -> str:
    import yaml

    size = next((label for limit, label in SIZES if dataset.rows < limit), "10M<n<100M")
    primary = {tag.lower().split("-")[0] for tag in counts.get("language", ())}
    matter = {
        **license_matter(list(counts.get("license", ()))),
        "language": sorted(tag for tag in primary if re.fullmatch("[a-z]{2,3}", tag)),
        "size_categories": [size],
        "tags": ["r1", dataset.schema.name],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": "data/*.parquet"}]},
        ],
    }
    entries = {key: value for key, value in matter.items() if value}
    return f"---\n{yaml.safe_dump(entries, sort_keys=False, allow_unicode=False)}---"


def _column_rows(dataset: Dataset, columns: pa.Schema) -> Iterator[tuple[object, ...]]:
    schema_columns = {column.name: column for column in dataset.schema.columns}
    for field in columns:
        column = schema_columns.get(field.name)
        if column:
            yield field.name, field.type, "yes" if column.nullable else "no", column.description
        else:
            yield field.name, field.type, "yes", "a column of its own"


def _most_common(count: Counter[str]) -> Iterator[tuple[object, ...]]:
    ranked = sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from ((value, f"{rows:,}") for value, rows in ranked[:MAX_VALUES])
    if rest := ranked[MAX_VALUES:]:
        yield f"{len(rest)} more", f"{sum(rows for _, rows in rest):,}"


def _how_to_load(place: str, name: str | None) -> str:
    files = f"{f'hf://datasets/{name}/' if name else ''}data/*.parquet"
    with_r1 = f"r1 pull {name} -o rows && r1 check rows" if name else "r1 check ."
    return f"""## How to read it

```python
import datasets, duckdb, polars

datasets.load_dataset("{place}", split="train")
polars.scan_parquet("{files}")
duckdb.sql("SELECT * FROM '{files}'")
```

In a copy of the folder, `pyarrow.dataset.dataset("data")`. With every checksum compared: `{with_r1}`."""


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
