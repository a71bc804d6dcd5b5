"""What a prompt row brings for its tests: programs known to be right or wrong, generators, limits.

Read from columns of these names, else from the JSON object in `meta`: `solutions`, `wrong_solutions`,
`sampled_solutions` (lists of programs, each a text, perhaps fenced, or `{"language", "source"}`), `generator` (a
program, or a list of them), `function` (its name, where calls are tested), `seconds`, `memory_mb`, `checker`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from r1data.errors import UserError
from r1data.sandbox.job import Language
from r1data.verifiers.code.compare import Checker, parse_checker
from r1data.verifiers.code.program import TAGS, ExtractedProgram, blocks

FIELDS = (
    "solutions", "wrong_solutions", "sampled_solutions", "generator", "function", "seconds", "memory_mb", "checker",
)  # fmt: skip


class NoTests(Exception):
    """No tests can be made for a row; the message becomes its `tests_reason`."""


@dataclass(frozen=True, slots=True)
class TestMaterial:
    """A row's material for tests. `voting`: programs not known to be right or wrong."""

    good: Sequence[ExtractedProgram]
    bad: Sequence[ExtractedProgram]
    voting: Sequence[ExtractedProgram]
    generators: Sequence[str]
    function: str | None
    seconds: float | None
    memory_mb: float | None
    checker: Checker
    checker_name: str | None


def read_material(row: Mapping[str, Any]) -> TestMaterial:
    """A row's material. Raises NoTests where a field cannot be parsed."""
    values = fields(row)
    name = values["checker"]
    try:
        checker_rule = parse_checker(str(name)) if name is not None else Checker()
    except UserError as error:
        raise NoTests(str(error)) from error
    return TestMaterial(
        good=_programs(values["solutions"], "solutions"),
        bad=_programs(values["wrong_solutions"], "wrong_solutions"),
        voting=_programs(values["sampled_solutions"], "sampled_solutions"),
        generators=[program.source for program in _programs(values["generator"], "generator")],
        function=_name(values["function"]),
        seconds=_number(values["seconds"], "seconds"),
        memory_mb=_number(values["memory_mb"], "memory_mb"),
        checker=checker_rule,
        checker_name=None if name is None else str(name),
    )


def fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """`FIELDS` of a row, None where it lacks one. Raises NoTests where `meta` is not JSON."""
    meta = _parse_json(row.get("meta") or "{}", "meta")
    if not isinstance(meta, dict):
        raise NoTests("meta is no JSON object")
    return {name: meta.get(name) if row.get(name) is None else row[name] for name in FIELDS}


def _programs(value: Any, name: str) -> list[ExtractedProgram]:
    """Programs of a list, or of the JSON text of one, or a single one."""
    if value is None:
        return []
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        value = _parse_json(value, name)
    return [_program(one, name) for one in (value if isinstance(value, list) else [value])]


def _program(value: Any, name: str) -> ExtractedProgram:
    match value:
        case str():
            fenced = list(blocks(value))
            if len(fenced) == 1:
                return ExtractedProgram(fenced[0].text, TAGS.get(fenced[0].tag, "python"))
            return ExtractedProgram(value, "python")
        case {"source": str(source), **rest}:
            language = str(rest.get("language") or "python").lower()
            if language in TAGS:
                return ExtractedProgram(source, TAGS[language])
            raise NoTests(f"{name}: language {language[:40]!r}; known are {', '.join(get_args(Language))}")
    raise NoTests(f"{name}: a program is a text, or an object with language and source")


def _parse_json(text: Any, name: str) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoTests(f"{name} is not JSON") from None


def _name(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.replace(".", "_").isidentifier():
        return value
    raise NoTests("function is no function's name")


def _number(value: Any, name: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number <= 10_000:
        raise NoTests(f"{name} is no number above 0")
    return number
