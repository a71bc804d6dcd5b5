"""Rebuilds metadata that an entry of reasoning-gym lacks and its scorer reads, from the question and the task's answer.

Sets of responses often keep question and answer alone (reasoning-gym-eval). What stands in them in full is read back;
an entry's own metadata is kept where it is there. Not rebuilt: cubes, knights to swap, queens, boxes to carry.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Rebuild = Callable[[str, str], Mapping[str, Any]]
"""(question, answer) → metadata."""

_NUMBER = r"-?\d+(?:\.\d+)?"


def rebuilt(task: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with what can be rebuilt of its metadata."""
    metadata = entry.get("metadata")
    question, answer = entry.get("question"), entry.get("answer")
    if task not in _REBUILD or not isinstance(question, str) or (metadata and not isinstance(metadata, dict)):
        return dict(entry)
    try:
        more = _REBUILD[task](question, answer if isinstance(answer, str) else "")
    except (ValueError, LookupError, AttributeError):  # the question has another form
        more = {}
    return {**entry, "metadata": {**more, **(metadata or {})}}


def _after(question: str, mark: str) -> str:
    """What follows a mark in a question. Raises ValueError where it is not there."""
    return question[question.index(mark) + len(mark) :]


def _match(pattern: str, text: str) -> re.Match[str]:
    if (match := re.search(pattern, text)) is None:
        raise ValueError(pattern)
    return match


def _integral(question: str, answer: str) -> Mapping[str, Any]:
    match = _match(r"∫ ?(.+?) d([A-Za-z])\s*(?:\n|$)", question)
    # Some questions say dx and integrate over X.
    letters = set(re.findall(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", match[1])) - {"E"}
    return {"integrand": match[1], "variable": letters.pop() if len(letters) == 1 else match[2]}


def _complex(question: str, answer: str) -> Mapping[str, Any]:
    value = complex(answer.replace(" ", "").replace("i", "j"))
    return {"result": [value.real, value.imag]}


def _solution(question: str, answer: str) -> Mapping[str, Any]:
    return {"solution": json.loads(answer)}


def _grid(question: str, answer: str) -> Mapping[str, Any]:
    rows = [[int(digit) for digit in re.findall(r"\d+", line)] for line in answer.split("\n")]
    return {"solution": [row for row in rows if row]}


def _board(question: str, answer: str) -> Mapping[str, Any]:
    rows = [{"!tuple": [int(digit) for digit in line.split()]} for line in answer.strip().split("\n")]
    return {"output": {"!tuple": rows}}


def _fraction(question: str, answer: str) -> Mapping[str, Any]:
    above, below = map(int, re.findall(r"\d+", question)[:2])
    simple_above, simple_below = map(int, re.findall(r"\d+", answer))
    return {
        "numerator": above, "denominator": below,
        "simplified_numerator": simple_above, "simplified_denominator": simple_below,
    }  # fmt: skip


def _numbers(question: str, answer: str) -> Mapping[str, Any]:
    match = _match(r"(\d+(?:, \d+)+)", question)
    rest = question[: match.start()] + question[match.end() :]
    numbers = [int(number) for number in match[1].split(", ")]
    return {"numbers": numbers, "target": int(_match(r"\d+", rest)[0])}


def _graph(question: str, answer: str) -> Mapping[str, Any]:
    vertices, edges, colors = (
        _match(rf"{name}: \[(.*)\]", question)[1] for name in ("Vertices", "Edges", "Possible colors")
    )
    pairs = [{"!tuple": [int(a), int(b)]} for a, b in re.findall(r"\((\d+), (\d+)\)", edges)]
    options = [int(color) for color in colors.split(", ")]
    puzzle = {"vertices": [int(v) for v in vertices.split(", ")], "edges": pairs, "color_options": options}
    return {"puzzle": {**puzzle, "num_colors": len(options)}}


def _calendar(question: str, answer: str) -> Mapping[str, Any]:
    if answer in ("Yes", "No"):
        return {"task": "is_leap_year"}
    return {"task": "count_days" if answer.lstrip("-").isdigit() else "weekday_of_date"}


def _interval(question: str, answer: str) -> Mapping[str, Any]:
    if "days" not in answer:
        return {"task_type": "time"}
    return {"task_type": "datetime" if ":" in answer else "date"}


def _hanoi(question: str, answer: str) -> Mapping[str, Any]:
    disks, pegs = map(int, _match(r"with (\d+) disks and (\d+) pegs", question).groups())
    start, target = map(int, _match(r"from Peg (\d+) to Peg (\d+)", question).groups())
    moves = len(answer.strip().split("\n"))
    return {
        "num_disks": disks, "num_pegs": pegs, "start_peg": start, "target_peg": target, "solution_length": moves
    }  # fmt: skip


def _geometry(question: str, answer: str) -> Mapping[str, Any]:
    if "incircle" in question:
        return {"task_type": "incircle_radius", "incircle_radius_exact": answer}
    if "orthocenter" in question:
        return {"task_type": "orthocenter", "ortho": re.findall(_NUMBER, answer)}
    return {"task_type": "angle_measure"}


def _premises(question: str, answer: str) -> Mapping[str, Any]:
    premises = re.findall(r"^\.?\d+\. (.+)$", _after(question, "Given:\n"), re.M)
    return {"premises": premises, "variables": sorted(set(re.findall("[A-Z]", " ".join(premises))))}


def _jugs(question: str, answer: str) -> Mapping[str, Any]:
    held = _match(r"litres of water: (.+)", question)[1]
    puzzle = {
        "jug_capacities": [int(number) for number in re.findall(r"\d+", held)],
        "target": int(_match(r"target is: (\d+)", question)[1]),
        "min_moves": len(json.loads(answer)),
    }
    return {"puzzle": puzzle}


def _lock(question: str, answer: str) -> Mapping[str, Any]:
    start = _match(r"Start: (-?\d+) \((\w+)\)", question)
    buttons = [
        {"name": name, "type": kind.lower(), "value": int(value), "active_state": state}
        for name, kind, value, state in re.findall(r"^([A-Z]): (\w+) (-?\d+) \(when (\w+)\)", question, re.M)
    ]
    target = int(_match(r"Target: (-?\d+)", question)[1])
    return {
        "initial_value": int(start[1]),
        "initial_state": start[2],
        "target_value": target,
        "buttons": buttons,
    }


def _letters(question: str, answer: str) -> Mapping[str, Any]:
    lines = [line.strip(" +") for line in _after(question, ":\n\n").split("\n\n")[0].split("\n")]
    words = [line for line in lines if line.isalpha()]
    return {
        "words_letters": [list(word) for word in words[:-1]], "result_letters": list(words[-1]),
        "allow_leading_zero": "No leading letter can be zero" not in question,
    }  # fmt: skip


_REBUILD: Mapping[str, Rebuild] = {
    "advanced_geometry": _geometry,
    "arc_agi": _board,
    "bitwise_arithmetic": lambda question, answer: {"problem": question.strip().split("\n")[-1]},
    "calendar_arithmetic": _calendar,
    "complex_arithmetic": _complex,
    "countdown": _numbers,
    "cryptarithm": _letters,
    "fraction_simplification": _fraction,
    "futoshiki": _grid,
    "graph_color": _graph,
    "group_anagrams": _solution,
    "intermediate_integration": _integral,
    "jugs": _jugs,
    "mini_sudoku": _grid,
    "number_format": lambda question, answer: {"solution": float(answer)},
    "number_sorting": lambda question, answer: {"direction": _match("ascending|descending", question)[0]},
    "palindrome_generation": lambda question, answer: {
        "letters": _after(question, "following letters: ").strip().split(", ")
    },
    "palindrome_partitioning": _solution,
    "propositional_logic": _premises,
    "puzzle24": lambda question, answer: {"numbers": _numbers(question, answer)["numbers"]},
    "quantum_lock": _lock,
    "rearc": _board,
    "rush_hour": lambda question, answer: {
        "board_config": "".join(_after(question, "Board:\n").split()).replace(".", "o")
    },
    "shortest_path": lambda question, answer: {
        "matrix": [line.split() for line in _after(question, "following grid:\n").strip().split("\n")]
    },
    "simple_integration": _integral,
    "sokoban": lambda question, answer: {"gamestr": _after(question, "your puzzle:\n")},
    "sudoku": _grid,
    "time_intervals": _interval,
    "tower_of_hanoi": _hanoi,
    "word_ladder": lambda question, answer: dict(
        zip(("start_word", "end_word"), (answer.split(",")[0], answer.split(",")[-1]), strict=True)
    ),
    "word_sorting": lambda question, answer: {"sorted_words": answer.split(", ")},
}
