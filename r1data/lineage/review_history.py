"""The reviews of a row, as its column `review_history` keeps them: a JSON list, the first review first."""

import json
from collections.abc import Mapping
from typing import Any


def history(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reviews of a row; none where it has none that can be read.

    Each has `decision`, `tool`, `opinions` (with `decision`, `by`, `at`, `note`), `why` where it is undecided, and
    `before`: what an edit replaced and no column keeps.
    """
    try:
        told = json.loads(row.get("review_history") or "[]")
    except (ValueError, RecursionError):
        return []
    return [step for step in told if isinstance(step, dict)] if isinstance(told, list) else []
