"""Notes on how the columns of a plain file were understood, from their names and the first record's texts.

A note explains which column was read as what, and which `--map` would change it; no row depends on a note. Which
layouts are recognised is not decided here (`exchange.conversations`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from r1data.data.records import Record, as_text
from r1data.data.text import one_line

PROMPT_NAMES = (
    "question",
    "problem",
    "query",
    "instruction",
    "task",
    "input",
    "inputs",
    "text",
    "user",
    "human",
)
TRUTH_NAMES = (
    "truth", "ground_truth", "expected_answer", "reference_answer", "gold_answer", "final_answer", "gold",
    "answer", "target", "label", "solution", "output",
)  # fmt: skip
RESPONSE_NAMES = (
    "response", "completion", "generation", "model_output", "output", "deepseek_reasoning", "solution", "answer",
)  # fmt: skip
"""Names that files give a column of the schema, the likelier first."""
NAMES = {"truth": "expected answer", "response": "response"}
"""What a column of the schema is called in a note."""
SHORT_ANSWER = 60
"""Characters up to which a text of one line is taken for an expected answer, not for a response; ours."""
MOST_NAMED = 12
LONGEST_NAME = 60


def describe_columns(record: Record, row: Record) -> str:
    """How a record became a row, in one line: `question -> prompt; id, url stay as they are`."""
    moved, unchanged = [], []
    for name, value in record.items():
        target = name if name in row else _target(value, row)
        if name == "reward_model" and isinstance(value, dict) and "truth" in row and "truth" not in record:
            moved.append("reward_model's ground_truth -> truth")
        if target == name:
            unchanged.append(name)
        else:
            moved.append(f"{name} -> {target}" if target else f"{name} is left out")
    parts = [some_names(moved)] if moved else []
    if unchanged:
        parts.append(
            f"{some_names(unchanged)} {'stays as it is' if len(unchanged) == 1 else 'stay as they are'}"
        )
    return "; ".join(parts)


def suggest_columns(record: Record, row: Record) -> list[str]:
    """What else the columns of a row's own may be, each with the `--map` that would say so.

    Args:
        record: the file's first record.
        row: the same under the schema's names.
    """
    if row.get("messages") is not None:
        return []
    notes = []
    for name in dict.fromkeys((*TRUTH_NAMES, *RESPONSE_NAMES)):
        if name not in record or name not in row or name in ("truth", "response"):
            continue
        choices = [
            f"--map {target}={name}"
            for target, names in (("truth", TRUTH_NAMES), ("response", RESPONSE_NAMES))
            if name in names and row.get(target) is None
        ]
        if choices:
            kind, why = _kind(as_text(record[name]) or "")
            choices.sort(key=lambda choice: not choice.startswith(f"--map {kind}="))
            readings = ", or as the ".join(
                f"{NAMES[choice.removeprefix('--map ').partition('=')[0]]} with {choice}"
                for choice in choices
            )
            notes.append(f"{name} {why}; read it as the {readings}")
    return notes


def suggest_mapping(record: Record) -> tuple[str, str]:
    """The options that a file without a `prompt` probably needs, and why; both empty where no name tells."""
    prompt = next((name for name in PROMPT_NAMES if name in record), None)
    if prompt is None:
        return "", ""
    options = f"--map prompt={prompt}"
    for name in dict.fromkeys((*TRUTH_NAMES, *RESPONSE_NAMES)):
        if name in record and name not in (prompt, "truth", "response"):
            kind, why = _kind(as_text(record[name]) or "")
            other = "response" if kind == "truth" else "truth"
            reason = f"{name} {why}; to read it as the {NAMES[other]}: --map {other}={name}"
            return f"{options} --map {kind}={name}", reason
    return options, ""


def _kind(text: str) -> tuple[str, str]:
    """`truth` or `response`, and how the text tells."""
    last_line = text.strip().rsplit("\n", 1)[-1]
    if "</think>" in text:
        return "response", "holds thoughts between tags, as responses do"
    if last_line.startswith("####"):
        return "truth", f"ends in {last_line[:30]!r}, as GSM8K's expected answers do"
    if len(text) <= SHORT_ANSWER and "\n" not in text.strip():
        return "truth", "is short, as expected answers are"
    if "\\boxed{" in text:
        return "truth", "is a worked solution with its answer in \\boxed{}"
    return "response", "is a long text, as responses are"


def _target(value: Any, row: Mapping[str, Any]) -> str | None:
    """The column of `row` that holds a record's value, alone or among others."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else ""
    equal = next((name for name, other in row.items() if other == value), None)
    held = next(
        (name for name, other in row.items() if text and isinstance(other, str) and text in other), None
    )
    return equal or held or ("messages" if "messages" in row else None)


def some_names(names: Sequence[str]) -> str:
    """The first of many names, which a stranger has chosen, for a message."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(one_line(name, LONGEST_NAME) for name in names[:MOST_NAMED]) + more
