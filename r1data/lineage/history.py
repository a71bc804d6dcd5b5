"""The commands behind a dataset as lines of Markdown, for the cards of datasets and models."""

import contextlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from r1data.data.dataset import Dataset
from r1data.data.markdown import escape_markdown
from r1data.data.secrets import redact_all
from r1data.errors import UserError
from r1data.lineage.describe import lineage


def history(dataset: Dataset) -> list[str]:
    """A line a command that made the dataset or a parent of it, nearest first, with the settings that are not empty."""
    return [_line(step) for step in readable_lineage(dataset)]


def readable_lineage(dataset: Dataset) -> Iterator[Mapping[str, Any]]:
    """The lineage, as far as it is readable from here."""
    with contextlib.suppress(UserError):
        yield from lineage(dataset)


def _line(step: Mapping[str, Any]) -> str:
    place = escape_markdown(posixpath.basename(str(step.get("dataset") or step.get("source")).rstrip("/")))
    if "command" not in step:
        return f"- from {place}, digest {escape_markdown(step['digest'] or 'unknown')}"
    parameters = {
        key: value for key, value in redact_all(step["parameters"]).items() if value not in (None, {}, [], "")
    }
    settings = "; ".join(
        f"{escape_markdown(key)} = {escape_markdown(json.dumps(value, ensure_ascii=False))}"
        for key, value in parameters.items()
    )
    command, version = escape_markdown(step["command"]), escape_markdown(step["r1"])
    return f"- r1 {command} made {place} ({version}) with {settings or 'its defaults'}"
