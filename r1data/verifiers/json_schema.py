"""`json-schema`: the truth is a JSON Schema, and the answer must be JSON that it allows.

The answer is the one fenced block in what follows the thoughts, or all of what follows (`json_documents`). An answer
that is not JSON is `incorrect`: JSON was asked for. Stricter than most readers, because such texts mean different
things to different ones: an object that names a key twice, NaN and Infinity are not JSON. Numbers are exact, so 0.07 is
a multiple of 0.01. The schema's dialect is its `$schema`, else 2020-12; `format` asserts nothing, as the specification
has it. A `$ref` is looked up in the schema itself and in the dialects' own; nothing is ever fetched.

Not covered, hence `unverifiable`: a schema that refers elsewhere, answers over 100,000 characters, nested too deep for
Python's reader, or with numbers of over 1,000 digits. `pattern` is Python's `re`: one that runs away is a `timeout`.
"""

import decimal
import functools
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from r1data.verifiers.extraction import json_documents, texts
from r1data.verifiers.verdict import (
    Case,
    Verdict,
    Verifier,
    correct,
    incorrect,
    no_answer,
    no_truth,
    unverifiable,
)

LIMIT = 100_000
"""Most characters of an answer or a schema."""
DIGITS = 1_000
"""Characters in a number, and the greatest power of ten."""
PRECISION = 5 * DIGITS
"""Decimal precision of `multipleOf`'s quotient, enough for any two numbers within `DIGITS`."""

_NOT_JSON = "not JSON"
_DECIMAL = re.compile(r"Decimal\('([^']*)'\)")


class _UnsupportedJson(Exception):
    """The text is JSON that exceeds our limits."""


def check(case: Case, time_limit: float) -> Verdict:
    """Verify one response against a schema, in a worker process that is killed after `time_limit` seconds."""
    truth = case.truth
    if not truth or not truth.strip():
        return no_truth()
    if len(truth) > LIMIT:
        return unverifiable("too_long", f"schema of {len(truth)} characters, over the limit of {LIMIT}")
    answer_text = texts.after_thoughts(case.response)
    cut = case.is_cut
    text = answer_text if isinstance(answer_text, Verdict) else json_documents.document(answer_text, cut)
    text = text if isinstance(text, Verdict) else texts.readable(text, LIMIT)
    if isinstance(text, Verdict):
        return text
    reply = texts.ask_worker({"check": "json-schema", "schema": truth, "text": text}, time_limit, text)
    if isinstance(reply, Verdict):
        return reply
    if "error" in reply:
        return Verdict("error", None, text, reply["error"])
    if "unknown" in reply:
        return unverifiable(reply["cause"], reply["unknown"], text)
    if cut and str(reply["wrong"]).startswith(_NOT_JSON):
        return no_answer("that was finished: the document was cut", text)
    return incorrect(text, reply["wrong"]) if reply["wrong"] else correct(text)


def handle_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """`{"wrong": None}` if the text is valid, `{"wrong": why}`, or `{"unknown": why, "cause": Cause}`.

    Runs in a worker process: a `pattern` in the schema may backtrack without end.
    """
    from referencing.exceptions import Unresolvable

    try:
        validator = _validator(request["schema"])
    except ValueError as error:
        return {"unknown": f"the truth is no JSON Schema: {error}"[:300], "cause": "bad_truth"}
    except _UnsupportedJson as error:
        return {"unknown": f"the schema is not read: {error}", "cause": "too_long"}
    except RecursionError:
        return {"unknown": "the schema is not read: nested too deep", "cause": "too_long"}
    try:
        with decimal.localcontext(prec=PRECISION):
            violation = next(validator.iter_errors(_parse_json(request["text"])), None)
    except ValueError as error:
        return {"wrong": f"{_NOT_JSON}: {error}"[:300]}
    except _UnsupportedJson as error:
        return {"unknown": f"the answer is not read: {error}", "cause": "too_long"}
    except RecursionError:
        return {"unknown": "nested too deep, the answer or the schema", "cause": "too_long"}
    except Unresolvable as error:
        why = f"the schema refers to what is not in it, and nothing is fetched: {error}"[:300]
        return {"unknown": why, "cause": "bad_truth"}
    return {
        "wrong": violation and _DECIMAL.sub(r"\1", f"at {violation.json_path}: {violation.message}")[:300]
    }


@functools.lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """The validator of a schema. Raises ValueError, RecursionError or `_UnsupportedJson` if it is no schema."""
    import jsonschema
    from jsonschema_specifications import REGISTRY

    schema_value = _parse_json(schema)
    if not isinstance(schema_value, (dict, bool)):
        raise ValueError("neither an object nor true or false")
    dialect = schema_value.get("$schema") if isinstance(schema_value, dict) else None
    kind = jsonschema.validators.validator_for(
        schema_value, default=None if dialect else jsonschema.Draft202012Validator
    )
    if kind is None:
        raise ValueError(f"no such dialect: {dialect}")
    try:
        kind.check_schema(schema_value)
    except jsonschema.SchemaError as error:
        raise ValueError(f"at {error.json_path}: {error.message}") from error
    checker = kind.TYPE_CHECKER
    if checker.is_type(1.0, "integer"):  # from draft 6 on
        checker = checker.redefine("integer", _is_integer)
    # Given a registry, since jsonschema's default one asks the network for a `$ref` that it does not know.
    return jsonschema.validators.extend(kind, type_checker=checker)(schema_value, registry=REGISTRY)


def _is_integer(_checker: Any, value: Any) -> bool:
    """Whether a value is an integer: 1.0 is, from draft 6 on, and here it is a Decimal."""
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _parse_json(text: str) -> Any:
    """JSON with exact numbers. Raises ValueError for others, `_UnsupportedJson` or RecursionError beyond limits."""
    return json.loads(
        text,
        parse_int=lambda digits: int(_short(digits)),
        parse_float=_decimal,
        parse_constant=_constant,
        object_pairs_hook=_object,
    )


def _decimal(digits: str) -> Decimal:
    number = Decimal(_short(digits))
    # 1e999999999 is short to write, and as an integer it has a billion digits.
    if abs(number.adjusted()) > DIGITS:
        raise _UnsupportedJson(f"a number beyond 10 to the power of {DIGITS}")
    return number


def _short(digits: str) -> str:
    # Before `int` sees them: beyond 4,300 digits it raises a ValueError, which would read as "not JSON".
    if len(digits) > DIGITS:
        raise _UnsupportedJson(f"a number of {len(digits)} characters, over the limit of {DIGITS}")
    return digits


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    object_value = dict(pairs)
    if len(object_value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:50]!r} twice in one object")
    return object_value


VERIFIER = Verifier(
    name="json-schema",
    check=check,
    version="2",
    summary="a JSON document with the truth, a JSON Schema",
)
