"""Packs that ship: `pack:writing` and others are prompts, `pack:self-cognition` has answers too (R1 App. B.3.3).

A pack is a YAML file of `packs/`. Self-cognition asks who answers, by whom it was made and the like; the answers are
templates for a model's name and its maker. `rows` draws so many of its pairs of question and answer, each question once
before any comes again; which answer a question gets first follows from the seed and the question. All of it is in
English and Chinese and in our own words; the paper shows no such data.

The packs of prompts are small: enough to try a command, far from the paper's 200k.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from r1data.data.commits import Parent
from r1data.data.plain import TableShard, content_id
from r1data.data.records import Record
from r1data.data.resources import PACKAGE
from r1data.data.schema import Schema, load_schema
from r1data.errors import UserError

PREFIX = "pack:"
PACKS = PACKAGE / "exchange" / "prompt_packs"
SELF_COGNITION = "self-cognition"
LICENSE = "Apache-2.0"
DOMAIN = "general"


class PackSource:
    """Packs as a source: a shard each."""

    complete = True

    def __init__(
        self,
        uri: str,
        *,
        name: str | None = None,
        maker: str | None = None,
        rows: int | None = None,
        seed: int = 0,
    ) -> None:
        """`name` and `maker`: of the model, for self-cognition alone; `rows`: of it, by default each question once.

        Raises UserError on an unknown pack, or where self-cognition is combined with another, lacks a name or a maker,
        or has fewer rows.
        """
        self.uri = uri
        self.packs = _names_in(uri)
        about_itself = self.packs == [SELF_COGNITION]
        if not about_itself and (name or maker or rows):
            raise UserError(
                f"{uri}: --model-name, --model-author and --rows are for {PREFIX}{SELF_COGNITION}; "
                "leave them out"
            )
        self.schema: Schema = load_schema("sample" if about_itself else "prompt")
        self.request = {"name": name, "maker": maker, "rows": rows, "seed": seed} if about_itself else {}
        rows_about_itself = _self_cognition_rows(uri, name, maker, rows, seed) if about_itself else None
        self.tables = {pack: self._table(rows_about_itself or _prompts(pack)) for pack in self.packs}
        self.rows = sum(map(len, self.tables.values()))

    def shards(self) -> Iterator[TableShard]:
        for pack, table in self.tables.items():
            digest = hashlib.sha256(json.dumps(table.to_pylist(), sort_keys=True).encode()).hexdigest()
            yield TableShard(pack, len(table), digest, table)

    def parents(self) -> list[Parent]:
        """None: packs ship with the code."""
        return []

    def parameters(self) -> dict[str, Any]:
        """What the rows depend on, for the command that is recorded."""
        return {"source": self.uri, **self.request}

    def _table(self, rows: Sequence[Record]) -> pa.Table:
        types = pa.schema([(column.name, column.type) for column in self.schema.columns])
        return pa.Table.from_pylist(list(rows), types)


def is_pack(uri: str) -> bool:
    """True for `pack:…`."""
    return uri.startswith(PREFIX)


def pack_names() -> list[str]:
    """The packs that ship."""
    return sorted(path.stem for path in PACKS.glob("*.yaml"))


def _names_in(uri: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in uri.removeprefix(PREFIX).split(",")))
    for name in names:
        if name not in pack_names():
            raise UserError(f"{PREFIX}{name}: no such pack; choose one of {', '.join(pack_names())}")
    if SELF_COGNITION in names and len(names) > 1:
        raise UserError(f"{uri}: {SELF_COGNITION} has answers and the others have none; ingest it apart")
    return names


def _load(pack: str) -> Any:
    import yaml

    # BaseLoader leaves every value the text that was written: "no" is a word and a language here.
    return yaml.load((PACKS / f"{pack}.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)


def _prompts(pack: str) -> list[Record]:
    """The rows of a pack of prompts, in the order of the file."""
    content = _load(pack)
    verifier = content.pop("verifier", None)
    rows = []
    for language, items in content.items():
        for item in items:
            entry = {"prompt": item} if isinstance(item, str) else item
            checked = verifier if "truth" in entry else None
            rows.append(_row(pack, language, {"kind": pack}, {**entry, "verifier": checked}))
    return rows


def _self_cognition_rows(
    uri: str, name: str | None, maker: str | None, rows: int | None, seed: int
) -> list[Record]:
    """Pairs of question and answer about a model of that name."""
    from r1data.sampling.cold_start.texts import fill

    values = {"name": _line(uri, "--model-name", name), "maker": _line(uri, "--model-author", maker)}
    # By turn alone: sorting is stable, so that within a turn pairs keep the order of the file.
    pairs = sorted(_pairs(seed), key=lambda pair: pair[0])
    questions = sum(turn == 0 for turn, *_ in pairs)
    if rows is not None and rows > len(pairs):
        raise UserError(
            f"{uri}: --rows {rows}, and there are {len(pairs)} pairs of question and answer; "
            f"give --rows {len(pairs)} or less"
        )
    answered_rows = []
    for turn, intent, language, question, answer in pairs[: questions if rows is None else rows]:
        text = fill(answer, values)
        columns = {
            "prompt": question, "response": text, "answer": text, "sample_index": turn, "finish_reason": "stop",
            "model": "template",
        }  # fmt: skip
        answered_rows.append(
            _row(SELF_COGNITION, language, {"kind": SELF_COGNITION, "intent": intent}, columns)
        )
    return answered_rows


def _pairs(seed: int) -> Iterator[tuple[int, str, str, str, str]]:
    """Turn, intent, language, question, answer: in turn 0 every question has its first answer, and so on."""
    for intent, by_language in _load(SELF_COGNITION).items():
        for language, content in by_language.items():
            for question in content["prompts"]:
                answers = sorted(
                    content["answers"], key=lambda answer: content_id(str(seed), question, answer)
                )
                for turn, answer in enumerate(answers):
                    yield turn, intent, language, question, answer


def _line(uri: str, option: str, value: str | None) -> str:
    text = (value or "").strip()
    if not text or not text.isprintable():
        example = '"Example Lab"' if option == "--model-author" else "R1-mini"
        raise UserError(f"{uri}: it needs the model's name and maker, in a line each; add {option} {example}")
    return text


def _row(pack: str, language: str, meta: Mapping[str, str], columns: Mapping[str, Any]) -> Record:
    return {
        "prompt_id": content_id(PREFIX, columns.get("system"), columns["prompt"]),
        "domain": DOMAIN,
        "language": language,
        "source": PREFIX + pack,
        "license": LICENSE,
        "meta": json.dumps(meta),
        **columns,
    }
