"""Argilla 2: a folder for `rg.Dataset.from_disk`. Thoughts and answer are questions, suggested as the model wrote them.

Every text is shown as plain text, never as Markdown, since a model wrote it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from r1data.data.records import Record
from r1data.data.schema import Row
from r1data.exchange.export.formats import Export, ExportFile, RecordPlace, Shape
from r1data.exchange.review.questions import (
    DECISION,
    DECISIONS,
    GUIDELINES,
    NOTE,
    TEXTS,
    TITLES,
    row_ids,
    texts_of,
)
from r1data.lineage.rows import row_name

FIELDS = {"prompt": "Prompt", "system": "System message", "response": "Response", "truth": "Reference answer"}
METADATA = ("domain", "language", "model", "finish_reason", "verdict", "verdict_reason")
NAME = "r1-review"


def record(row: Row, place: RecordPlace) -> Record:
    """A sample as a record, as `Record.from_dict` takes it."""
    about = {name: row[name] for name in METADATA if row.get(name) is not None}
    return {
        "id": row_name(row["prompt_id"], row["sample_index"]),
        "fields": {name: row[name] for name in FIELDS if row.get(name) is not None},
        "metadata": {**row_ids(row), **about},
        "suggestions": {
            name: {"value": text, "agent": row["model"]} for name, text in texts_of(row).items() if text
        },
        "responses": {},
        "vectors": {},
    }


def settings(kind: str, files: Sequence[ExportFile]) -> Mapping[str, str]:
    """What `Dataset.from_disk` reads beside the records."""
    choice = {
        "type": "label_selection",
        "options": [{"text": word, "value": word} for word in DECISIONS],
        "visible_options": len(DECISIONS),
    }
    text = {"type": "text", "use_markdown": False}
    content = {
        "guidelines": GUIDELINES,
        "questions": [
            _setting(DECISION, TITLES[DECISION], choice, required=True),
            *(_setting(name, TITLES[name], text, required=False) for name in (*TEXTS, NOTE)),
        ],
        "fields": [_setting(name, title, text, required=name == "prompt") for name, title in FIELDS.items()],
        "vectors": [],
        "metadata": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "mapping": None,
    }
    dataset = {"name": NAME, "guidelines": GUIDELINES, "allow_extra_metadata": True}
    files_of = {".argilla/settings.json": content, ".argilla/dataset.json": dataset}
    return {name: json.dumps(content, indent=2) + "\n" for name, content in files_of.items()}


def _setting(name: str, title: str, kind: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "title": title, "settings": dict(kind), "required": required}


ROW_COLUMNS = {"prompt_id", "sample_index", *TEXTS, *FIELDS, *METADATA}
EXPORT = Export(
    "argilla",
    (".json",),
    {"sample": Shape(record, frozenset(ROW_COLUMNS), summary="samples as records, with settings")},
    stem="records",
    beside=settings,
)
