"""What is seen of one verified response: a row of numbers and flags, from which scores and comparisons are made.

Columns that a table need not have: `sample_index`, `verifier`, `domain`, `meta`, `answer` (else read from the
response), and `cluster` and `level`, which may also stand in `meta`. Questions with one `cluster` were drawn together;
without one, those with the same text.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from typing import Any

import polars as pl
import pyarrow as pa

from r1data.data.prompt_ids import describe_shared_ids
from r1data.data.responses import split, well_formed
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.evaluation.voting import vote_text
from r1data.filters.consistency import language_consistency
from r1data.filters.mixed_language import mixed_language
from r1data.selection.difficulty import is_known

IN_LANGUAGE = 0.9
"""From this consistency on, thoughts count as being in the prompt's language: ours, as in training."""
COLUMNS = [
    "prompt_id", "prompt", "language", "response", "reasoning", "finish_reason", "response_tokens", "verdict",
    "verdict_cause", "extracted",
]  # fmt: skip
OPTIONAL = ("sample_index", "verifier", "domain", "meta", "cluster", "level", "verdict_reason", "answer")
SHARES = (
    "format", "mixed_language", "prompt_language", "truncated", "no_answer", "unverifiable", "timed_out",
)  # fmt: skip
"""Measures of responses that are shares; `tokens` is another."""
FAILURES = ("truncated", "no_answer", "unverifiable", "timed_out")
"""Those of which examples are kept."""
VOTES = ("response", "answer", "verdict", "verdict_cause", "extracted")
"""Columns that say what votes for a response."""
GROUPS = ("level", "language", "domain")
EXCERPT = 160
"""Characters of an example. Ours."""


def mark_all(tables: pa.Table | Iterable[pa.Table]) -> pl.DataFrame | None:
    """The marks of several tables; None where there is no row.

    Raises:
        UserError: an id stands for several prompts.
    """
    tables = [tables] if isinstance(tables, pa.Table) else tables
    frames = [mark_samples(table) for table in tables if len(table)]
    if not frames:
        return None
    samples = pl.concat(frames)
    shared = samples.group_by("prompt_id").agg(pl.col("question").n_unique()).filter(pl.col("question") > 1)
    if shared.height:
        raise UserError(describe_shared_ids(shared["prompt_id"].sort().to_list()))
    return samples


def mark_samples(table: pa.Table) -> pl.DataFrame:
    """One row per sample: its correctness, format and language, what failed, and the groups of its question."""
    optional = [name for name in OPTIONAL if name in table.column_names]
    frame = pl.DataFrame(pl.from_arrow(table.select([*COLUMNS, *optional])))
    frame = frame.with_columns(
        pl.lit(None, pl.String).alias(name) for name in OPTIONAL if name not in optional
    )
    thoughts = list(frame.select("reasoning", "language", "prompt").iter_rows())
    mixed = [bool(text) and mixed_language(text, language, prompt) for text, language, prompt in thoughts]
    # None where the thoughts hold no words to tell by; the means leave it out.
    consistencies = [language_consistency(*row) if row[0] else None for row in thoughts]
    in_language = [None if share is None else float(share >= IN_LANGUAGE) for share in consistencies]
    known, cause = is_known(), pl.col("verdict_cause").fill_null("")
    failed = (pl.col("finish_reason") == "error").fill_null(False)
    timed_out = (pl.col("verdict") == "timeout") & ~failed
    return frame.with_columns(_details(frame)).select(
        "prompt_id",
        pl.col("sample_index").cast(pl.Int32),
        "verdict",
        "verifier",
        *(pl.col(name).cast(pl.String) for name in ("cluster", *GROUPS)),
        question=pl.col("prompt").hash(),
        vote=pl.Series(list(map(_vote, *frame.select(*VOTES))), dtype=pl.String),
        known=known,
        correct=pl.col("verdict") == "correct",
        cause=pl.when(failed).then(pl.lit("failed")).when(~known).then(cause),
        format=pl.Series([float(well_formed(text)) for text in frame["response"]]),
        mixed_language=pl.Series([float(each) for each in mixed]),
        prompt_language=pl.Series(in_language, dtype=pl.Float64),
        truncated=(pl.col("finish_reason") == "length").cast(pl.Float64),
        no_answer=((cause == "no_answer") & ~failed).cast(pl.Float64),
        unverifiable=(~known & ~timed_out).cast(pl.Float64),
        timed_out=timed_out.cast(pl.Float64),
        tokens=pl.col("response_tokens").cast(pl.Float64),
        asked=pl.Series([one_line(text, EXCERPT) for text in frame["prompt"]], dtype=pl.String),
        # The end of a response: where it was cut, or gave no answer.
        excerpt=pl.Series([one_line(text[-EXCERPT:]) for text in frame["response"]], dtype=pl.String),
    )


def _vote(
    response: str | None, answer: str | None, verdict: str | None, cause: str | None, extracted: str | None
) -> str | None:
    return vote_text(verdict, cause, extracted, split(response or "").answer if answer is None else answer)


def _details(frame: pl.DataFrame) -> list[pl.Series]:
    """Cluster and level, each of its column, else of `meta`; a cluster also of the question's text."""
    metas = [_object(text) for text in frame["meta"]]
    columns = {
        name: [
            value if value is not None else meta.get(name)
            for value, meta in zip(frame[name], metas, strict=True)
        ]
        for name in ("cluster", "level")
    }
    columns["cluster"] = [
        text_key(prompt) if value is None else f"cluster {value}"
        for value, prompt in zip(columns["cluster"], frame["prompt"], strict=True)
    ]
    return [
        pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
        for name, values in columns.items()
    ]


def text_key(prompt: str) -> str:
    """The same for questions whose text is, but for white space and how Unicode is composed."""
    text = " ".join(unicodedata.normalize("NFC", prompt).split())
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:24]


def _object(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        # A row of another program: what it holds says nothing of levels.
        return {}
    return value if isinstance(value, dict) else {}
