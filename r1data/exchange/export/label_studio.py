"""Label Studio: tasks to import, and the labelling interface for them (`config.xml`, to be pasted into the project).

Thoughts and answer come as predictions, in fields that may be edited. Every text is shown as plain text, never as HTML
or Markdown, since a model wrote it.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

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

TITLED_COLUMNS = {
    "system": "System message",
    "prompt": "Prompt",
    "truth": "Reference answer",
    "verdict": "Verdict",
    "verdict_reason": "Why",
}
"""Columns shown above the questions, and their titles."""
BESIDE = ("domain", "language", "model", "finish_reason")
TARGET = "prompt"
"""The object that answers belong to."""


def task(row: Row, place: RecordPlace) -> Record:
    """A sample as a task; null columns are blank, since the interface asks for each."""
    texts = texts_of(row)
    data: dict[str, Any] = {
        "row": row_name(row["prompt_id"], row["sample_index"]),
        **row_ids(row),
        **{name: row.get(name) or "" for name in (*TITLED_COLUMNS, *BESIDE)},
        **{name: texts.get(name, "") for name in TEXTS},
    }
    filled = [
        {"id": name, "from_name": name, "to_name": TARGET, "type": "textarea", "value": {"text": [text]}}
        for name, text in texts.items()
    ]
    return {"data": data, "predictions": [{"model_version": row["model"], "result": filled}]}


def interface(kind: str, files: Sequence[ExportFile]) -> Mapping[str, str]:
    """The labelling interface: the same for all tasks, with nothing of the rows in it."""
    lines = ["<View>", f"  <!-- {escape(GUIDELINES)} -->"]
    for name, title in TITLED_COLUMNS.items():
        lines += [
            f'  <Header value={quoteattr(title)} size="5"/>',
            f'  <Text name="{name}" value="${name}"/>',
        ]
    for name in TEXTS:
        lines += [_header(name), _area(name, 'editable="true" maxSubmissions="1" rows="12"')]
    lines += [
        _header(DECISION),
        f'  <Choices name="{DECISION}" toName="{TARGET}" choice="single" required="true" showInline="true">',
        *(f'    <Choice value="{word}" hotkey="{n}"/>' for n, word in enumerate(DECISIONS, 1)),
        "  </Choices>",
        _header(NOTE),
        _area(NOTE, 'editable="true" maxSubmissions="1" rows="2"'),
        "</View>",
    ]
    return {"config.xml": "\n".join(lines) + "\n"}


def _header(name: str) -> str:
    return f'  <Header value={quoteattr(TITLES[name])} size="5"/>'


def _area(name: str, options: str) -> str:
    return f'  <TextArea name="{name}" toName="{TARGET}" required="false" {options}/>'


ROW_COLUMNS = {"prompt_id", "sample_index", "response", *TEXTS, *TITLED_COLUMNS, *BESIDE}
EXPORT = Export(
    "label-studio",
    (".json",),
    {"sample": Shape(task, frozenset(ROW_COLUMNS), summary="samples as tasks, with `config.xml`")},
    stem="tasks",
    beside=interface,
)
