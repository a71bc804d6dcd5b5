"""The page of a row: texts with marks, the verdict, its neighbours, and what is too long for a page."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from r1data.data.commits import Command
from r1data.data.schema import Row, load_schema
from r1data.data.writer import Writer
from r1data.filters.limits import LIMITS
from r1data.filters.registry import recorded_limits
from r1data.window.app import build_app
from r1data.window.library import Library, OpenDataset

FILTERED = {
    "prompt": "What is $3 + 4$?", "domain": "math", "language": "en", "verifier": "math", "truth": "7",
    "source": "test", "sample_index": 0, "finish_reason": "stop", "model": "tiny", "engine": "vllm", "sampling": "{}",
    "verdict": "incorrect", "extracted": "8", "verdict_reason": "8 is not 7", "verifier_version": "2",
    "drop_reasons": ["incorrect"],
}  # fmt: skip
THOUGHTS = "First we add.\n\nDonc la somme des deux nombres est égale à douze.\n\nSo it is 8."


def batched(values: Sequence[str], size: int) -> list[Sequence[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def filtered(number: int, thoughts: str = THOUGHTS, answer: str = "It is 8.", **more: Any) -> Row:
    response = f"<think>{thoughts}</think>{answer}"
    return {
        **FILTERED,
        "prompt_id": f"p{number}",
        "response": response,
        "reasoning": thoughts,
        "answer": answer,
        **more,
    }


@pytest.fixture
def show(tmp_path: Path) -> Callable[..., Callable[..., str]]:
    """Writes rows as a dataset; what comes back gives a page of it as text."""

    def write(rows: list[Row], schema: str = "filtered", command: str = "filter") -> Callable[..., str]:
        parameters = (
            {"limits": recorded_limits(LIMITS), "skip": [], "filters": {}} if command == "filter" else {}
        )
        types = [(column.name, column.type) for column in load_schema(schema).columns]
        names = {name for name, _ in types}
        types += [(name, pa.string()) for name in rows[0] if name not in names]
        with Writer.open(
            tmp_path / "d", schema=schema, command=Command(command, parameters), announce=False
        ) as writer:
            writer.publish("shard", pa.Table.from_pylist(rows, pa.schema(types)))
            writer.finish({})
        library = Library()
        opened = library.open(str(tmp_path / "d"))
        assert isinstance(opened, OpenDataset)
        client = TestClient(build_app(library, token="t", hosts=None), headers={"Authorization": "Bearer t"})

        def page(path: str = "row", status: int = 200, **parameters: object) -> str:
            response = client.get(f"{opened.path}/{path}", params={k: str(v) for k, v in parameters.items()})
            assert response.status_code == status, response.text
            if path == "row/text" and status == 200:
                assert response.headers["content-type"] == "text/plain; charset=utf-8"
                assert response.headers["x-content-type-options"] == "nosniff"
            return response.text

        return page

    return write


def test_what_a_filter_found_is_marked_and_explained(show: Callable[..., Callable[..., str]]) -> None:
    page = show([filtered(1, drop_reasons=["mixed_language"])])(id="p1/0")
    assert 'title="words of another language">Donc la somme' in page
    assert "a letter of a script, a sentence or a word that is not of the row" in page
    assert re.search(r"language consistency</td><td>0\.\d+</td>", page)


def test_the_verdict_shows_what_was_extracted_beside_the_truth(
    show: Callable[..., Callable[..., str]],
) -> None:
    page = show([filtered(1)])(id="p1/0")
    assert re.search(r"Extracted</h3>\s*<pre dir=\"auto\">8</pre>", page)
    assert re.search(r"Truth</h3>\s*<pre dir=\"auto\">7</pre>", page)
    assert "8 is not 7" in page and "its answer was found and is wrong" in page


def test_formulae_are_apart(show: Callable[..., Callable[..., str]]) -> None:
    assert '<span class="maths">$3 + 4$</span>' in show([filtered(1)])(id="p1/0")


def test_neighbours_keep_the_query(show: Callable[..., Callable[..., str]]) -> None:
    rows = [filtered(n, verdict="correct" if n == 2 else "incorrect") for n in range(1, 5)]
    page = show(rows)(id="p3/0", verdict="incorrect")
    assert "row 2 of 3" in page
    assert "id=p1%2F0&amp;at=0&amp;verdict=incorrect" in page
    assert "id=p4%2F0&amp;at=2&amp;verdict=incorrect" in page


def test_a_place_that_another_row_took_is_looked_up(show: Callable[..., Callable[..., str]]) -> None:
    assert "row 3 of 3" in show([filtered(n) for n in range(3)])(id="p2/0", at=1)


def test_a_giant_line_is_cut_and_all_of_it_is_plain_text(show: Callable[..., Callable[..., str]]) -> None:
    page = show([filtered(1, "x" * 300_000 + "\u202e\0")])
    shown = page(id="p1/0")
    assert len(shown) < 100_000 and "290,002 more characters" in shown
    text = page("row/text", id="p1/0", column="reasoning")
    assert text == "x" * 300_000 + "\\u202e\\x00"


def test_many_paragraphs_come_in_parts(show: Callable[..., Callable[..., str]]) -> None:
    page = show([filtered(1, "\n\n".join(f"paragraph {n}" for n in range(1_000)))])
    first = page(id="p1/0")
    assert "Paragraphs 1 to 200 of 1,000" in first and "paragraph 200<" not in first
    assert "paragraph 200<" in page(**{"id": "p1/0", "from": 200})


def test_marks_beyond_the_part_that_is_shown_have_links(show: Callable[..., Callable[..., str]]) -> None:
    text = "\n\n".join([*(f"The number {chr(97 + n % 26)}{n} is here." for n in range(300)), "So 验证."])
    assert 'from=300">paragraph 301</a>' in show([filtered(1, text)])(id="p1/0")


def test_long_thoughts_fold_but_where_something_is_marked(show: Callable[..., Callable[..., str]]) -> None:
    words = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}word" for n in range(400)]
    long = "\n\n".join(f"The {a} of {b}.\nThen {c} is {d}." for a, b, c, d in batched(words, 4))
    page = show([filtered(1, long + "\n\nSo we\nsay 验证.")])
    shown = page(id="p1/0")
    assert shown.count("<details open>") == 1 and shown.count("<details>") == 100
    assert "<details>" not in page(id="p1/0", open="all").partition("Lineage</h2>")[0]


def test_tags_are_marked_in_the_response(show: Callable[..., Callable[..., str]]) -> None:
    page = show([filtered(1, response="Sure! <think>a</think>b")])(id="p1/0")
    assert '<mark class="bad_format" title="tag 1 of the response">&lt;think&gt;</mark>' in page


def test_own_columns_are_all_there(show: Callable[..., Callable[..., str]]) -> None:
    page = show([filtered(1, own_column=json.dumps({"a": [1, {"b": "<b>"}]}))])(id="p1/0")
    assert "own_column" in page and "&#34;b&#34;: &#34;&lt;b&gt;&#34;" in page


def test_an_example_of_a_set(show: Callable[..., Callable[..., str]]) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>hm</think>Ho"}]
    row = {"example_id": "e1", "messages": messages, "kind": "reasoning", "domain": "math", "language": "en",
           "source": "s", "prompt_id": "p", "sample_index": None, "tokens": 3, "split": "train"}  # fmt: skip
    page = show([row], "sft", "build")(id="e1")
    assert "Assistant, thoughts" in page and "hm" in page


def test_no_such_row_is_one_line(show: Callable[..., Callable[..., str]]) -> None:
    page = show([filtered(1)])
    assert "no row" in page(status=400, id="p9/0")
    assert "no column" in page("row/text", status=400, id="p1/0", column="nope")
    assert "lacks id=" in page(status=400)
