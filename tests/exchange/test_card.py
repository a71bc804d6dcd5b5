"""The dataset card: front matter that the hub reads, and nothing in it that acts."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from r1data.data.commits import Command, Parent
from r1data.data.dataset import Dataset
from r1data.data.markdown import escape_markdown
from r1data.data.writer import Writer
from r1data.exchange import card
from r1data.exchange.card import is_untouched
from tests.exchange.conftest import prompts, write

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[a](javascript:b) |x| `y` **z** _w_",
    "http://e.vil www.e.vil @me ~~x~~",
    "\n---\nlicense: mit\n---\n# no",
    "```\n\x1b[31m\u202ered",
    "&lt;b&gt; --> <!--",
]


def front_matter(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def test_the_front_matter_is_what_the_hub_reads(dataset: Path) -> None:
    assert front_matter(card(Dataset(dataset), "org/name")) == {
        "license": "mit",
        "language": ["en"],
        "size_categories": ["n<1K"],
        "tags": ["r1", "prompt"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/*.parquet"}]}],
    }


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        ("CC-BY-SA-4.0", {"license": "cc-by-sa-4.0"}),
        ("Our own, v2", {"license": "other", "license_name": "our-own-v2"}),
        (None, {}),
    ],
)
def test_a_license_is_named_as_the_hub_names_it(
    tmp_path: Path, license: str | None, expected: dict[str, str]
) -> None:
    matter = front_matter(card(Dataset(write(tmp_path / "d", license=license))))
    assert {key: value for key, value in matter.items() if key.startswith("license")} == expected


def test_several_licenses_are_counted_and_none_is_claimed(tmp_path: Path) -> None:
    with Writer.open(tmp_path / "d", schema="prompt", command=Command("test")) as writer:
        writer.publish("a", prompts(0, 2))
        writer.publish("b", prompts(2, 1, license="CC0-1.0"))
        writer.finish()
    text = card(Dataset(tmp_path / "d"))
    assert "license" not in front_matter(text)
    assert "| MIT | 2 |" in text and "| CC0-1.0 | 1 |" in text


def test_languages_are_those_that_the_hub_knows(tmp_path: Path) -> None:
    matter = front_matter(card(Dataset(write(tmp_path / "d", language="zh-Hans"))))
    assert matter["language"] == ["zh"]
    assert "language" not in front_matter(card(Dataset(write(tmp_path / "e", language="- no: [x]"))))


def test_it_says_columns_counts_and_how_it_was_made(tmp_path: Path) -> None:
    write(tmp_path / "rows")
    with Writer.open(
        tmp_path / "kept",
        schema="prompt",
        command=Command("filter", {"keep": "correct", "nothing": None}),
        parents=[Parent(str(tmp_path / "rows"))],
    ) as writer:
        writer.publish("a", prompts(0, 2).append_column("mine", pa.array([1, 2])))
        writer.finish()
    text = card(Dataset(tmp_path / "kept"))
    assert "| mine | int64 | yes | a column of its own |" in text
    assert "| math | 2 |" in text
    assert (
        '- r1 filter made kept (0.1.0) with keep = "correct"\n- r1 test made rows (0.1.0) with its defaults'
        in text
    )
    assert str(tmp_path) not in text


def test_hostile_values_are_shown_and_do_nothing(tmp_path: Path) -> None:
    parameters = {value: value for value in HOSTILE}
    with Writer.open(tmp_path / "d", schema="prompt", command=Command("test", parameters)) as writer:
        for number, value in enumerate(HOSTILE):
            more = {"domain": value, "license": HOSTILE[1], "language": value, f"own {value}": value}
            writer.publish(f"part-{number}", prompts(number, 1, **more))
        writer.finish()
    text = card(Dataset(tmp_path / "d"))
    body = text.split("---\n", 2)[2]
    marks = (
        "<img",
        "](",
        "javascript:",
        "`y",
        "**z",
        "_w",
        "http:",
        "www.",
        "@me",
        "~~",
        "\n# no",
        "\x1b",
        "\u202e",
    )
    assert not [mark for mark in (*marks, "&lt;", "<!-- \n") if mark in body]
    assert body.count("<!--") == body.count("-->") == 1 and body.count("```") == 2 and body.count("\n# ") == 1
    assert front_matter(text)["license"] == "other" and "language" not in front_matter(text)


def test_a_value_is_cut_where_it_is_long() -> None:
    assert escape_markdown("x" * 10_000) == "x" * 79 + "&#8230;"


def test_a_key_in_a_parameter_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "d", domain="canary-value-of-a-key")
    monkeypatch.setenv("SOME_API_KEY", "canary-value-of-a-key")
    assert "canary" not in card(Dataset(tmp_path / "d"))


def test_it_knows_whether_it_was_edited(dataset: Path) -> None:
    text = card(Dataset(dataset), "org/name")
    assert is_untouched(text)
    assert not is_untouched(text.replace("shards", "pieces"))
    assert not is_untouched(f"{text}more\n")


def test_it_is_the_same_every_time(dataset: Path) -> None:
    assert card(Dataset(dataset)) == card(Dataset(dataset))
