"""Parallel texts as translation tasks, each pair both ways (R1 App. B.3.3 names translation; the rest is ours).

A record with a text in each of two languages becomes two samples: a prompt that asks for the translation of one, with
the other as response, and the reverse. What asks is a text of `prompts/texts/translation.*`, in either of the two
languages; language and text are drawn by the seed and the row's id. The row's `language` is that of the response, which
is what a filter looks at. A pair with an empty side or two equal ones is left out and counted.

Not checked: whether one side translates the other.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import yaml

from r1data.data.plain import Columns
from r1data.data.records import Record
from r1data.data.resources import PACKAGE
from r1data.errors import UserError
from r1data.sampling.cold_start import texts
from r1data.sampling.cold_start.prompting import SEPARATOR
from r1data.sampling.cold_start.texts import Texts, fill, primary

KIND = "translation"
DOMAIN = "general"
NESTED = "translation"
"""Column in which sets on the hub hold the texts by language."""
NAMES = PACKAGE / "exchange" / "languages.yaml"
LEFT_OUT = ("empty", "identical")
_COUNTS = b"r1.left_out"


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """Two languages, as BCP 47 tags, with their columns, and the texts that ask."""

    languages: tuple[str, str]
    columns: tuple[str, str]
    asking: Texts
    seed: int = 0

    def parameters(self) -> dict[str, Any]:
        """The parameters that the commit records."""
        pairs = dict(zip(self.languages, self.columns, strict=True))
        return {"translate": pairs, "texts": self.asking.digests(), "seed": self.seed}


@dataclass(frozen=True, slots=True)
class ParallelColumns(Columns):
    """A record of two texts as `prompt` and `response`, the first column's being the prompt."""

    sides: tuple[str, ...] = field(default=())

    def apply(self, record: Record) -> Record:
        """The record under the schema's names. Raises ValueError where a column is missing, or no text."""
        nested = record.get(NESTED)
        flat = {**record, **nested} if isinstance(nested, dict) else dict(record)
        if isinstance(nested, dict):
            del flat[NESTED]
        for side in self.sides:
            if side not in flat:
                raise ValueError(f"no column {side!r} to translate; it has: {', '.join(map(str, flat))}")
            if not isinstance(flat[side], str | None):
                raise ValueError(f"column {side!r} is a {type(flat[side]).__name__}, not a text")
        first, second = (flat.pop(side) or "" for side in self.sides)
        return {**Columns.apply(self, flat), "prompt": first, "response": second}


def pair(texts_of_option: Sequence[str], prompt_files: Sequence[str] = (), seed: int = 0) -> LanguagePair:
    """The pair that `LANGUAGE` or `LANGUAGE=COLUMN`, twice, name.

    Raises UserError: there are not two languages, one has no name here, or a text file will not do.
    """
    split = [text.partition("=") for text in texts_of_option]
    languages = tuple(tag for tag, _, _ in split)
    if len(languages) != 2 or languages[0] == languages[1] or not all(languages):
        raise UserError(
            "--translate: name two languages, each with its column: --translate en=english --translate zh"
        )
    columns = tuple(column or tag for tag, _, column in split)
    for language in languages:
        name_of(language, "en")
    asking = texts.load(KIND, prompt_files, ("{prompt}",))
    return LanguagePair((languages[0], languages[1]), (columns[0], columns[1]), asking, seed)


def name_of(language: str, spoken: str) -> str:
    """A language's name in another language, else in English. Raises UserError without a name."""
    names = _names().get(primary(spoken)) or _names()["en"]
    for tag in (language, primary(language)):
        if tag in names:
            return names[tag]
    raise UserError(
        f"--translate {language}: no name is known for that language; choose one of {', '.join(names)}"
    )


def both_ways(table: pa.Table, pair: LanguagePair) -> pa.Table:
    """Two samples for each row of `prompt` and `response`, all other columns as they are; metadata counts the rest.

    Raises UserError where a column `meta` is there and no JSON object.
    """
    rows: list[Record] = []
    left_out: Counter[str] = Counter()
    for row in table.to_pylist():
        first, second = sides = row["prompt"].strip(), row["response"].strip()
        if not first or not second:
            left_out["empty"] += 1
        elif first.split() == second.split():
            left_out["identical"] += 1
        else:
            rows += [_task(row, sides, pair, 0), _task(row, sides, pair, 1)]
    # A stage gives back a table and nothing else, so its counts travel in the table's metadata.
    counts = json.dumps({reason: left_out[reason] for reason in LEFT_OUT}).encode()
    return pa.Table.from_pylist(rows, table.schema).replace_schema_metadata({_COUNTS: counts})


def count_left_out(table: pa.Table) -> Mapping[str, float]:
    """Pairs of a shard that were left out, by reason."""
    counts: dict[str, float] = json.loads((table.schema.metadata or {}).get(_COUNTS, b"{}"))
    return {f"left_out_{reason}": count for reason, count in counts.items()}


def _task(row: Record, sides: tuple[str, str], pair: LanguagePair, start: int) -> Record:
    """The task of translating one side, which `start` counts, into the other."""
    source, target = pair.languages[start], pair.languages[1 - start]
    identity = f"{row['prompt_id']}-{row['sample_index']}-{target}"
    # The lowest bit chooses the language that asks, the others the text, so that the two choices are independent.
    draw = int.from_bytes(hashlib.sha256(f"{pair.seed}\0{identity}".encode()).digest()[:8])
    spoken = pair.languages[draw % 2]
    forms = pair.asking.of(spoken).split(SEPARATOR)
    form = forms[(draw >> 1) % len(forms)]
    values = {"prompt": sides[start], "language": name_of(target, spoken)}
    response = sides[1 - start]
    return {
        **row,
        "prompt_id": identity,
        "sample_index": 0,
        "prompt": fill(form, values),
        "response": response,
        "reasoning": None,
        "answer": response,
        "domain": DOMAIN if row["domain"] == "unknown" else row["domain"],
        "language": target,
        "meta": json.dumps({**_meta(row), "kind": KIND, "from": source, "to": target}, ensure_ascii=False),
    }


def _meta(row: Record) -> dict[str, Any]:
    if row.get("meta") is None:
        return {}
    try:
        meta = json.loads(row["meta"])
    except ValueError:
        meta = None
    if not isinstance(meta, dict):
        raise UserError(f"row {row['prompt_id']}: column 'meta' is no JSON object; rename it with --map")
    return meta


@cache
def _names() -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = yaml.load(NAMES.read_text(encoding="utf-8"), yaml.BaseLoader)
    return names
