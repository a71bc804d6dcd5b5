"""Verdicts and completions quote strangers: whatever they hold can be written and shown."""

import pyarrow as pa
import pytest

from r1data.engines.base import Completion
from r1data.verifiers.table import verify_table
from r1data.verifiers.verdict import Verdict

HOSTILE = ["a\ud800b", "a\x00b", "a\x1b[31mb", "a\x9bb", "a\u202eb", "a\rb"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_verdict_holds_no_raw_control(text: str) -> None:
    verdict = Verdict("error", None, text, text)
    assert str(verdict.extracted).isprintable() and str(verdict.reason).isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_every_derived_column_of_a_verified_row_can_be_written_and_shown(text: str) -> None:
    table = pa.table(
        {
            "response": ["<think>s</think>\\boxed{" + text.replace("\ud800", "x") + "}"] * 3,
            "truth": ["4", "x", "x"],
            "verifier": ["exact", "math", text.replace("\ud800", "x") * 100],
        }
    )
    verified = verify_table(table)
    for name in ("extracted", "verdict_reason", "verifier_version"):
        assert all(value is None or value.isprintable() for value in verified.column(name).to_pylist())
    assert verified.column("response").to_pylist() == table.column("response").to_pylist()


def test_a_completions_text_is_kept_but_for_what_no_file_holds() -> None:
    completion = Completion("a\x1bb\r\n\ud800\x00", [], "stop", 1, 1)
    assert completion.text == "a\x1bb\r\n\ufffd\ufffd"


def test_a_completions_error_is_one_short_printable_line() -> None:
    error = Completion("", [], "error", 1, 0, "500: \x1b]0;x\x07\n\ud800" * 1_000).error
    assert error is not None and error.isprintable() and len(error) <= 500
