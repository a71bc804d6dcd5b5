"""A reader's query as a condition of DuckDB: values go in as parameters, never into the text of the query.

Texts are looked for where the dataset has them: in columns, in the messages of a conversation, in a pair's responses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from r1data.data.parquet import LONG_TEXT
from r1data.data.responses import CLOSE, OPEN
from r1data.data.text import one_line
from r1data.errors import UserError
from r1data.window.table.literals import required_literal
from r1data.window.table.query import LENGTH, RowQuery

NUMBERS = frozenset(
    (
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "FLOAT",
        "DOUBLE",
    )
)
SCALARS = NUMBERS | {"VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
WORDS = "VARCHAR[]"
MESSAGES = "STRUCT(role VARCHAR, content VARCHAR)[]"
_SHORT = frozenset(("prompt_id", "example_id", "extracted", "truth"))
_NAMES_CHARACTERS = 1_000


class NoSuchText(UserError):
    """Rows have no text of the kind that a search is to look at."""


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def thoughts_of(text: str) -> str:
    """SQL: the thoughts of a response, cut as `r1data.data.responses.split` cuts them; null where there are none."""
    before = f"array_to_string(string_split({text}, '{CLOSE}')[:-2], '{CLOSE}')"
    return _stripped(
        f"CASE WHEN contains(split_part({text}, '{CLOSE}', -1), '{OPEN}') THEN {_after(text)} "
        f"WHEN contains({text}, '{CLOSE}') THEN "
        f"CASE WHEN contains({before}, '{OPEN}') THEN {_after(before)} ELSE {before} END END"
    )


def answer_of(text: str) -> str:
    """SQL: what follows the thoughts of a response, its answer tags included; null where they were not closed."""
    last = f"split_part({text}, '{CLOSE}', -1)"
    return _stripped(f"CASE WHEN NOT contains({last}, '{OPEN}') THEN {last} END")


def _stripped(text: str) -> str:
    return f"trim({text}, E' \\t\\n\\r\\f\\x0b')"


def _after(text: str) -> str:
    return f"substr({text}, strpos({text}, '{OPEN}') + {len(OPEN)})"


def texts_within(within: str, columns: Mapping[str, str]) -> list[tuple[str, str]]:
    """The texts that a search goes through.

    Args:
        within: one of `query.IN`.
        columns: the dataset's, with their types.

    Returns:
        SQL of the text, and the condition under which a message `m` has it; that is empty for a text of the row.

    Raises:
        NoSuchText: these rows have none.
    """
    texts: list[tuple[str, str]] = []
    responses = [name for name in ("response", "chosen", "rejected") if columns.get(name) == "VARCHAR"]
    is_chat = columns.get("messages") == MESSAGES
    if within in ("all", "prompt"):
        texts += [(name, "") for name in ("prompt", "system") if columns.get(name) == "VARCHAR"]
        texts += [("m.content", "m.role <> 'assistant'")] if is_chat else []
    if within in ("all", "response"):
        texts += [(name, "") for name in responses]
        texts += [("m.content", "m.role = 'assistant'")] if is_chat else []
    if within == "all" and not responses:
        texts += [(name, "") for name in ("reasoning", "answer") if columns.get(name) == "VARCHAR"]
    for name, column, cut in (("thoughts", "reasoning", thoughts_of), ("answer", "answer", answer_of)):
        if within == name:
            own = columns.get(column) == "VARCHAR"
            texts += [(column, "")] if own else [(cut(each), "") for each in responses]
            texts += [(cut("m.content"), "m.role = 'assistant'")] if is_chat else []
    if not texts:
        raise NoSuchText(f"in={within}: these rows have no such text; choose another, or all")
    return texts


@dataclass
class Conditions:
    """Collects the conditions of a query, and the parameters that they name."""

    columns: Mapping[str, str]
    length: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def of(self, query: RowQuery) -> str:
        """The condition of a query on the columns; "true" where it asks for all rows."""
        parts = [self._values(name, values) for name, values in query.values]
        parts += [self._range(name, least, most) for name, least, most in query.ranges]
        parts += [self._search(query)] if query.searches else []
        return " AND ".join(f"({part})" for part in parts) or "true"

    def order(self, query: RowQuery) -> str:
        """What to sort by, as SQL; empty for the dataset's order."""
        if not query.sort:
            return ""
        direction = "DESC" if query.descending else "ASC"
        return f"{self.sort_key(query.sort)} {direction} NULLS LAST"

    def sort_key(self, name: str) -> str:
        """SQL of a column that can be sorted by, or of the length."""
        if name == LENGTH:
            return self.length
        self._require(name, SCALARS, "sort")
        if name in LONG_TEXT - _SHORT:
            raise UserError(f"sort={name}: a long text is no order; sort by {LENGTH}, or by another column")
        return quoted(name)

    def _values(self, name: str, values: tuple[str | None, ...]) -> str:
        self._require(name, SCALARS | {WORDS}, "filter")
        column, there = quoted(name), [value for value in values if value is not None]
        parts = []
        if self.columns[name] == WORDS:
            parts += (
                [f"coalesce(list_has_any({column}, {self._parameter(there)}::VARCHAR[]), false)"]
                if there
                else []
            )
            parts += [f"coalesce(len({column}), 0) = 0"] if None in values else []
        else:
            listed = ", ".join(self._parameter(value) for value in there)
            text = column if self.columns[name] == "VARCHAR" else f"CAST({column} AS VARCHAR)"
            parts += [f"coalesce({text} IN ({listed}), false)"] if there else []
            parts += [f"{column} IS NULL"] if None in values else []
        return " OR ".join(parts)

    def _range(self, name: str, least: float | None, most: float | None) -> str:
        if name != LENGTH:
            self._require(name, NUMBERS, "limit")
        value = self.length if name == LENGTH else quoted(name)
        parts = [f"{value} >= {self._parameter(least)}"] if least is not None else []
        parts += [f"{value} <= {self._parameter(most)}"] if most is not None else []
        return " AND ".join(parts)

    def _search(self, query: RowQuery) -> str:
        texts = texts_within(query.within, self.columns)
        tests = [*self._text_tests(query), *self._regex_tests(query)]
        # each test on its own: a text may be found in the prompt and a pattern in the response
        return " AND ".join(f"({_any_of(texts, test)})" for test in tests)

    def _text_tests(self, query: RowQuery) -> list[Callable[[str], str]]:
        if not query.text:
            return []
        return [self._contains(query.text, query.match_case)]

    def _regex_tests(self, query: RowQuery) -> list[Callable[[str], str]]:
        if not query.regex:
            return []
        pattern, options = self._parameter(query.regex), "c" if query.match_case else "i"
        literal = required_literal(query.regex)
        before = self._contains(literal, query.match_case) if literal else None

        def test(text: str) -> str:
            is_match = f"regexp_matches({text}, {pattern}, '{options}')"
            # looking for a text that every match contains is five times as fast, and rules most rows out
            return f"CASE WHEN {before(text)} THEN {is_match} ELSE false END" if before else is_match

        return [test]

    def _contains(self, part: str, match_case: bool) -> Callable[[str], str]:
        if match_case or not any(char.lower() != char.upper() for char in part):
            needle = self._parameter(part)
            return lambda text: f"contains({text}, {needle})"
        pattern = self._parameter(_escaped(part))
        return lambda text: f"regexp_matches({text}, {pattern}, 'i')"

    def _require(self, name: str, types: frozenset[str], to_do: str) -> None:
        kind = self.columns.get(name)
        if kind is None:
            names = one_line(", ".join(self.columns), _NAMES_CHARACTERS)
            raise UserError(f"no column {name!r} to {to_do} by; choose from: {names}")
        if kind not in types:
            raise UserError(
                f"column {name!r} holds {one_line(kind, 60)}, which nothing can {to_do} by; choose another"
            )

    def _parameter(self, value: object) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"


def _escaped(text: str) -> str:
    """`text` as a pattern of RE2 that matches it."""
    return "".join(char if char.isalnum() else f"\\x{{{ord(char):x}}}" for char in text)


def _any_of(texts: list[tuple[str, str]], test: Callable[[str], str]) -> str:
    parts = [f"coalesce({test(text)}, false)" for text, message in texts if not message]
    in_messages = [(text, message) for text, message in texts if message]
    if in_messages:
        whole = {text for text, _ in in_messages} == {"m.content"} and len(in_messages) == 2
        one = (
            test("m.content")
            if whole
            else " OR ".join(f"({role} AND {test(text)})" for text, role in in_messages)
        )
        parts.append(f"coalesce(len(list_filter(messages, lambda m: coalesce({one}, false))) > 0, false)")
    return " OR ".join(parts)
