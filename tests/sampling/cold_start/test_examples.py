"""Examples: ours are right and readable, a folder's mistakes get one line, and the choice follows from the ids."""

from pathlib import Path

import pytest

from r1data.data.responses import well_formed, with_tags
from r1data.errors import UserError
from r1data.filters.long_paragraph import long_paragraph
from r1data.filters.mixed_language import mixed_language
from r1data.filters.repetition_signs import is_repetitive
from r1data.sampling.cold_start import examples
from r1data.verifiers.registry import check

OURS = examples.load()
GOOD = "prompt: 1+1?\nthoughts: it is two\nsummary: '2'\ndomain: math\nlanguage: en\n"


@pytest.mark.parametrize("example", OURS, ids=lambda example: example.name)
def test_our_examples_are_readable_and_right(example: examples.FewShotExample) -> None:
    text = with_tags(example.thoughts, example.summary)
    assert well_formed(text) and example.license == "Apache-2.0"
    assert not mixed_language(example.thoughts, example.language, example.prompt)
    assert not long_paragraph(example.thoughts, example.language) and not is_repetitive(example.thoughts)
    assert not any(mark in example.thoughts for mark in ("**", "##", "```", "\n- "))
    assert example.verifier is None or check(example.verifier, text, example.truth).verdict == "correct"


def test_the_miniature_s_examples_are_right() -> None:
    for example in examples.load("miniature:examples"):
        text = with_tags(example.thoughts, example.summary)
        assert check(str(example.verifier), text, example.truth).verdict == "correct"


def test_our_examples_cover_both_languages_alike() -> None:
    domains = {tag: sorted({e.domain for e in OURS if e.language == tag}) for tag in ("en", "zh")}
    assert domains["en"] == domains["zh"] == ["code", "general", "logic", "math", "stem"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("thoughts: it is two\n", ""), "no thoughts"),
        (GOOD.replace("it is two", "' '"), "no thoughts"),
        (GOOD + "mood: good\n", ":6: key 'mood' is unknown"),
        (GOOD + "domain: code\n", ":6: key 'domain' stands here twice"),
        (GOOD.replace("it is two", "[a, b]"), ":2: an example is one flat mapping"),
        (GOOD.replace("it is two", "&x two"), ":2: an example is one flat mapping"),
        (GOOD.replace("it is two", "*x"), ":2: an example is one flat mapping"),
        (GOOD.replace("it is two", "!!python/name:os.system two"), ":2: an example is one flat mapping"),
        (GOOD + "---\n" + GOOD, "an example is one flat mapping"),
        ("just text\n", ":1: an example is one flat mapping"),
        ("- a\n", ":1: an example is one flat mapping"),
        ("[" * 50_000, "an example is one flat mapping"),
        ("prompt: 'open\n", "not YAML"),
        ("", "no prompt"),
        ("x" * 70_000, "over 65,536 bytes"),
    ],
)  # fmt: skip
def test_a_bad_example_gets_one_line(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(content)
    with pytest.raises(UserError) as error:
        examples.load(str(tmp_path))
    assert said in str(error.value) and str(tmp_path / "a.yaml") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"prompt: \xff\xfe")
    with pytest.raises(UserError, match="not UTF-8 at byte 8"):
        examples.load(str(tmp_path))


def test_a_folder_without_examples_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing here")
    with pytest.raises(UserError, match="holds no example"):
        examples.load(str(tmp_path))
    with pytest.raises(UserError, match="no such folder"):
        examples.load(str(tmp_path / "nowhere"))


def test_norwegian_is_no_boolean(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(GOOD.replace("language: en", "language: no"))
    assert examples.load(str(tmp_path))[0].language == "no"


def row(number: int, **other: str) -> dict[str, str]:
    return {"prompt_id": str(number), "prompt": f"{number}?", "language": "zh", "domain": "math", **other}


def test_language_and_domain_come_first_then_the_language() -> None:
    chosen = examples.choose(OURS, row(1), 5, 0)
    assert [(e.language, e.domain) for e in chosen[:3]] == [("zh", "math")] * 3
    assert all(e.language == "zh" and e.domain != "math" for e in chosen[3:])


def test_the_choice_follows_from_seed_and_prompt_not_from_the_order() -> None:
    def names(order: tuple[examples.FewShotExample, ...], seed: int) -> list[list[str]]:
        return [[e.name for e in examples.choose(order, row(n), 2, seed)] for n in range(12)]

    assert names(OURS, 0) == names(OURS[::-1], 0)
    assert len({tuple(pair) for pair in names(OURS, 0)}) > 1
    assert names(OURS, 0) != names(OURS, 1)


def test_a_prompt_never_sees_its_own_answer() -> None:
    own = next(e for e in OURS if e.name == "zh-math-sum")
    asked = row(1, prompt=f" {own.prompt}\n")
    assert own not in examples.choose(OURS, asked, len(OURS), 0)
