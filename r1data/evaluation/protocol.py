"""How responses were measured, as their own rows and their dataset's record say, and where two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from r1data.data.text import one_line

COLUMNS = ("engine", "verifier", "verifier_version", "system")
NOT_THE_PROTOCOL = ("seed", "prompts", "model")
"""Settings that differ between evaluations by intention, or name files."""
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Protocol:
    """Setting → its values, in JSON and in order: one where all rows were measured alike."""

    settings: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, tables: Iterable[pa.Table]) -> Protocol:
        """What verified rows say of themselves; rows that say nothing have no setting."""
        values: dict[str, set[str]] = {}
        for table in tables:
            for name in (*COLUMNS, "sampling"):
                if name not in table.column_names:
                    continue
                for value in pc.unique(table[name]).to_pylist():
                    settings = _sampling(value) if name == "sampling" else {name: value}
                    for key, setting in settings.items():
                        values.setdefault(key, set()).add(json.dumps(setting, sort_keys=True))
        return cls({key: tuple(sorted(each)) for key, each in values.items() if key not in NOT_THE_PROTOCOL})


def different_settings(first: Protocol, second: Protocol, k: int, other_k: int) -> list[str]:
    """Where two protocols differ, a line each: `temperature: A 0.6, B 1.0`. What only one of them says counts too."""
    lines = [] if k == other_k else [f"responses per question: A {k}, B {other_k}"]
    for name in sorted(first.settings.keys() | second.settings.keys()):
        one, other = first.settings.get(name), second.settings.get(name)
        if one != other:
            lines.append(f"{one_line(name, SHOWN)}: A {_text(one)}, B {_text(other)}")
    return lines


def _sampling(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {"sampling": text}
    return value if isinstance(value, dict) else {"sampling": text}


def _text(values: tuple[str, ...] | None) -> str:
    return "unknown" if values is None else one_line(" and ".join(values), SHOWN)
