"""json-schema: JSON that a schema allows, read strictly and in a process that can be killed."""

import json
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Case

T = "<think>so</think>"
PERSON = json.dumps(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
        "required": ["name"],
        "additionalProperties": False,
    }
)


def verdict(text: str, schema: str | None = PERSON) -> str:
    return check("json-schema", T + text, schema).verdict


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ada", "age": 36}',
        '```json\n{"name": "Ada"}\n```',
        'Here it is:\n\n```json\n{"name": "Ada"}\n```\nDone.',
        '```\n{"name": "Ada"}\n```',
        '```sh\nls\n```\n```json\n{"name": "Ada"}\n```',
        '<answer>{"name": "Ada"}</answer>',
    ],
)
def test_all_of_the_answer_or_its_one_block(text: str) -> None:
    assert verdict(text) == "correct"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"age": 36}', "'name' is a required property"),
        ('{"name": 3}', "at $.name"),
        ('{"name": "Ada", "age": -1}', "at $.age"),
        ('{"name": "Ada", "age": 1.5}', "1.5 is not of type 'integer'"),
        ('{"name": "Ada", "name": "Eve"}', "the key 'name' twice"),
        ('{"name": "Ada", "age": NaN}', "NaN"),
        ('{"name": "Ada"', "not JSON"),
        ("{'name': 'Ada'}", "not JSON"),
        ('{"name": "Ada"} or {"name": "Eve"}', "not JSON"),
        ('The answer is {"name": "Ada"}', "not JSON"),
        ("Ada", "not JSON"),
    ],
)
def test_what_the_schema_or_json_forbids_is_incorrect_and_says_where(text: str, said: str) -> None:
    found = check("json-schema", T + text, PERSON)
    assert found.verdict == "incorrect"
    assert said in (found.reason or "")


@pytest.mark.parametrize(
    "text", ["", "```json\n```", '```json\n{"name":"a"}\n```\n```json\n{"name":"b"}\n```']
)
def test_nothing_or_two_documents_are_no_answer(text: str) -> None:
    found = check("json-schema", T + text, PERSON)
    assert found.verdict == "unverifiable"
    assert found.cause == "no_answer"


ADA, EVE = '{"name": "Ada"}', '{"name": "Eve", "age": -1}'
BLOCK = f"```json\n{ADA}\n```"


@pytest.mark.parametrize(
    "text",
    [
        f"````json\n{EVE}\n````\n{BLOCK}",
        f"~~~json\n{EVE}\n~~~\n{BLOCK}",
        f"{BLOCK}\n```json5\n{EVE}\n```",
        f"{BLOCK}\n```jsonc\n{EVE}\n```",
        f"{BLOCK}\n```\n{EVE}\n```",
        f"{BLOCK}\n```js\n{EVE}\n```",
        f"{BLOCK}\n```yaml\nname: Eve\n```",
        f"{BLOCK}\n```json\n{EVE}",
        f"{BLOCK}\n```json",
        f"{BLOCK}\n{EVE}",
        f"{EVE}\n{BLOCK}",
        f"{BLOCK}\n<pre>{EVE}</pre>",
        f"{BLOCK}\nor {EVE}",
        f"{BLOCK}\nor {{'name': 'Eve'}}",
        f"It is not\n{BLOCK}",
        f"It isn't:\n{BLOCK}",
        f"Rather than\n{BLOCK}",
        f"{BLOCK}\nis wrong.",
        f"{BLOCK}\nThat is wrong.",
        f"{BLOCK}\nNo, wait.",
        f"{BLOCK} or {EVE}",
        f"<!--\n{BLOCK}\n-->",
        f"<!-- {ADA} -->",
    ],
)
def test_a_document_that_is_denied_hidden_or_one_of_two_is_not_correct(text: str) -> None:
    assert verdict(text) != "correct"


@pytest.mark.parametrize(
    "text",
    [
        f"~~~json\n{ADA}\n~~~",
        f"````json\n{ADA}\n````",
        f"```JSON\n{ADA}\n```",
        f'```json title="ada.json"\n{ADA}\n```',
        f"{BLOCK}\n\nThe age is not known, so it is left out.",
        f"```python\nprint({{1: 2}})\n```\nIt prints:\n{BLOCK}",
        f"{BLOCK}\nAgain:\n{BLOCK}",
        f"{BLOCK}\nNote that `name` is required.",
        f"```json\n{ADA}",
        f"  {BLOCK}",
    ],
)
def test_other_fences_and_words_around_do_no_harm(text: str) -> None:
    assert verdict(text) == "correct"


def test_a_cut_document_is_no_answer_and_one_that_had_ended_stays() -> None:
    from r1data.verifiers.json_schema import check as check_schema

    cut = [
        Case(T + text, PERSON, None, "length")
        for text in ('```json\n{"name": "A', '{"name": "Ada", "a', BLOCK)
    ]
    assert [check_schema(case, 5.0).cause or "decided" for case in cut] == [
        "no_answer",
        "no_answer",
        "decided",
    ]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        " ",
        "{",
        "[]",
        "3",
        '{"type": "none"}',
        '{"pattern": "("}',
        '{"$schema": "x:unknown"}',
        '{"$ref": "#/$defs/missing"}',
        '{"$ref": "#"}',
        '{"minimum": ' + "1" * 5_000 + "}",
        "[" * 50_000 + "]" * 50_000,
        '{"a": 1, "a": 2}',
    ],
)
def test_without_a_schema_that_can_be_read_nothing_is_said(schema: str | None) -> None:
    assert verdict("1", schema) == "unverifiable"


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("0.07", '{"multipleOf": 0.01}', "correct"),
        ("0.075", '{"multipleOf": 0.01}', "incorrect"),
        ("1e300", '{"multipleOf": 0.01}', "correct"),
        ("1e400", '{"maximum": 1e401}', "correct"),
        ("0.1", '{"const": 0.10}', "correct"),
        ("1.0", '{"type": "integer"}', "correct"),
        ("1.0", '{"type": "integer", "$schema": "http://json-schema.org/draft-04/schema#"}', "incorrect"),
        ("true", '{"type": "integer"}', "incorrect"),
        ("1", "true", "correct"),
        ("1", "false", "incorrect"),
    ],
)
def test_numbers_are_exact(text: str, schema: str, expected: str) -> None:
    assert verdict(text, schema) == expected


@pytest.mark.parametrize(
    "text", ["[" * 50_000 + "]" * 50_000, "1" * 5_000, "1e99999999999", '"' + "a" * 200_000 + '"', '"\ud800"']
)
def test_what_is_not_read_is_not_called_wrong(text: str) -> None:
    assert verdict(text, "true") == "unverifiable"


def test_a_pattern_that_runs_away_is_stopped() -> None:
    found = check("json-schema", T + '"' + "a" * 50 + '!"', '{"pattern": "^(a+)+$"}', time_limit=0.5)
    assert found.verdict == "timeout"
    assert verdict('{"name": "Ada"}') == "correct"


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_nothing_is_fetched(scheme: str, tmp_path: Any) -> None:
    (tmp_path / "s.json").write_text("true")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        where = f"127.0.0.1:{server.getsockname()[1]}/s" if scheme == "http" else f"{tmp_path}/s.json"
        assert verdict("1", json.dumps({"$ref": f"{scheme}://{where}"})) == "unverifiable"
        with pytest.raises(TimeoutError):
            server.accept()


@settings(max_examples=60)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
)
def test_any_document_is_its_own_constant(document: Any) -> None:
    text = json.dumps(document)
    assert verdict(f"```json\n{text}\n```", json.dumps({"const": document})) == "correct"
    assert verdict(text, json.dumps({"not": {"const": document}})) == "incorrect"
