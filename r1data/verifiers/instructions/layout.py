"""Instructions about what a text contains and how it is laid out."""

import json
import re
from itertools import pairwise

from r1data.verifiers.instructions.entry import Arguments, Instruction, holds

_POSTSCRIPTS = {"P.P.S": re.compile(r"p\.\s?p\.\s?s"), "P.S.": re.compile(r"p\.\s?s\.")}
_HIGHLIGHT, _DOUBLE_HIGHLIGHT = re.compile(r"\*[^\n*]*\*"), re.compile(r"\*\*[^\n*]*\*\*")
_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCES = ("```json", "```Json", "```JSON", "```")


class TooDeep(Exception):
    """A JSON document nested too deep for Python's reader."""


def _number_placeholders(text: str, arguments: Arguments) -> bool:
    return holds(sum(map(_placeholders, text.split("\n"))), "at least", arguments["num_placeholders"])


def _placeholders(line: str) -> int:
    """How many `[…]` a line holds, one after the other."""
    count, place = 0, line.find("[")
    while place >= 0 and (end := line.find("]", place)) >= 0:
        count, place = count + 1, line.find("[", end)
    return count


def _postscript(text: str, arguments: Arguments) -> bool:
    marker = arguments["postscript_marker"].strip()
    pattern = _POSTSCRIPTS.get(marker)
    return bool(pattern.search(text.lower())) if pattern else marker.lower() in text.lower()


def _number_bullet_lists(text: str, arguments: Arguments) -> bool:
    """Lines that begin with `-`, or with one `*` and more; a `*` alone takes the next line for what it lists."""
    lines = [line.lstrip() for line in text.split("\n")]
    count = sum(line.startswith("-") for line in lines)
    is_taken = False
    for line, following in pairwise([*lines, None]):
        if is_taken or line is None or not line.startswith("*"):
            is_taken = False
            continue
        is_taken = line == "*" and following is not None
        count += is_taken or (len(line) > 1 and line[1] != "*")
    return count == int(arguments["num_bullets"])


def _constrained_response(text: str, arguments: Arguments) -> bool:
    return any(answer in text for answer in _ANSWERS)


def _highlighted_sections(text: str, arguments: Arguments) -> bool:
    """`*…*` and `**…**` that are not blank."""
    single = sum(bool(part.strip("*").strip()) for part in _HIGHLIGHT.findall(text))
    double = sum(bool(part[2:-2].strip()) for part in _DOUBLE_HIGHLIGHT.findall(text))
    return holds(single + double, "at least", arguments["num_highlights"])


def _multiple_sections(text: str, arguments: Arguments) -> bool:
    splitter = re.compile(re.escape(arguments["section_spliter"].strip()) + r"\s?\d+")
    return holds(sum(1 for _ in splitter.finditer(text)), "at least", arguments["num_sections"])


def _json_format(text: str, arguments: Arguments) -> bool:
    document = text.strip()
    for fence in _FENCES:
        document = document.removeprefix(fence)
    try:
        json.loads(document.removesuffix("```").strip(), parse_int=str)
    except RecursionError as error:
        raise TooDeep from error
    except ValueError:
        return False
    return True


def _title(text: str, arguments: Arguments) -> bool:
    return any(map(_has_title, text.split("\n")))


def _has_title(line: str) -> bool:
    """Whether a line holds `<<…>>` with something in it."""
    start, end = line.find("<<"), line.rfind(">>")
    return 0 <= start <= end - 3 and bool(line[start : end + 2].lstrip("<").rstrip(">").strip())


INSTRUCTIONS = (
    Instruction(
        "detectable_content:number_placeholders", _number_placeholders, {"num_placeholders": "number"}
    ),
    Instruction("detectable_content:postscript", _postscript, {"postscript_marker": "keyword"}),
    Instruction("detectable_format:number_bullet_lists", _number_bullet_lists, {"num_bullets": "number"}),
    Instruction("detectable_format:constrained_response", _constrained_response),
    Instruction(
        "detectable_format:number_highlighted_sections", _highlighted_sections, {"num_highlights": "number"}
    ),
    Instruction(
        "detectable_format:multiple_sections",
        _multiple_sections,
        {"section_spliter": "keyword", "num_sections": "number"},
    ),
    Instruction("detectable_format:json_format", _json_format),
    Instruction("detectable_format:title", _title),
)
