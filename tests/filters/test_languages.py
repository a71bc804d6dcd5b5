"""What the rules for twenty-six languages promise beside the labelled sets."""

import json
from pathlib import Path

import polars as pl
import pytest

from r1data.filters.consistency import consistency, language_consistency
from r1data.filters.language_names import NAMES_IN, NAMES_OF, requests
from r1data.filters.mixed_language import mixed_language
from r1data.filters.names import named
from r1data.filters.registry import FILTERS
from r1data.filters.rows import FilterRows

TWELVE = Path(__file__).parents[1] / "fixtures" / "filters" / "twelve.jsonl"
CASES = [json.loads(line) for line in TWELVE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("thoughts", "language"),
    [
        ("The winners were Łukasz Fabiański, Wojciech Szczęsny and Recep Tayyip Erdoğan.", "en"),
        ("Nina and Kim go to the net in the wake of the lake, and Sam bent a pan.", "en"),
        ("α, β and γ are angles; Ω is the ohm; Δx → 0; μ = 3 and σ² = 4.", "en"),
        ("In Den Haag en Utrecht is de gemiddelde temperatuur in juli hoger dan in mei.", "nl"),
        ("Machine learning modeli için train ve test veri setleri gerekir.", "tr"),
        ("To jest 12, a nie 13, bo 3 razy 4 to 12.", "pl"),
        ("La, hiyo si sahihi. Jibu ni 12, si 13.", "sw"),
        ("مؤسسه و مسأله و جرأت کلمات رایجی هستند، ان شاء الله.", "fa"),
        ("در اصل یہ سوال آسان ہے، بالآخر جواب 12 ہے۔", "ur"),
        ("У поїзді Москва – Київ їхали Крылов і Гоголь.", "uk"),
        ("Άρα α + β + γ = 180°, δηλαδή γ = 60°.", "el"),
    ],
)
def test_names_terms_and_loans_are_of_every_language(thoughts: str, language: str) -> None:
    assert not mixed_language(thoughts, language)


def test_a_greek_word_is_a_foreign_word_and_a_greek_letter_none() -> None:
    assert mixed_language("So we need to επαληθεύσουμε that n is prime.", "en")
    assert not mixed_language("So we need to find α and β with αβ = Δ.", "en")
    assert language_consistency("Άρα και το β είναι 3.", "el") == 1.0
    assert language_consistency("Άρα είναι σωστό.", "en") == 0.0


def test_the_precheck_finds_what_the_rule_finds() -> None:
    texts = [case["text"].removeprefix("<think>").split("</think>")[0] for case in CASES]
    languages = [case["target_language"] for case in CASES]
    frame = pl.DataFrame({"response": texts, "thoughts": texts, "language": languages})
    rows = FilterRows(frame.with_columns(pl.lit("").alias("prompt"), pl.lit("stop").alias("finish_reason")))
    both = list(zip(texts, languages, strict=True))
    assert FILTERS["mixed_language"].drops(rows).to_list() == [mixed_language(*each) for each in both]
    assert consistency(rows).to_list() == [language_consistency(*each) for each in both]


@pytest.mark.parametrize("language", sorted({*NAMES_IN, *NAMES_OF}))
def test_every_language_has_a_name(language: str) -> None:
    tags = NAMES_OF.keys() | NAMES_IN.keys() | {"en", "fr", "de", "es", "pt", "it"}
    later = set(NAMES_IN)
    assert all(requests(tag, language) for tag in (tags if language in NAMES_IN else later))


@pytest.mark.parametrize(
    ("prompt", "language", "asked"),
    [
        ("Przetłumacz na angielski: kot", "pl", "en"),
        ("Translate into Swahili: cat", "en", "sw"),
        ("Şu cümleyi İngilizceye çevir", "tr", "en"),
        ("Terjemahkan ke bahasa Jepang", "id", "ja"),
        ("Vertaal naar het Duits", "nl", "de"),
        ("Переклади англійською", "uk", "en"),
        ("به انگلیسی ترجمه کن", "fa", "en"),
        ("انگریزی میں ترجمہ کریں", "ur", "en"),
        ("翻译成波兰语", "zh", "pl"),
        ("แปลเป็นภาษากรีก", "th", "el"),
    ],
)
def test_a_prompt_asks_for_a_language_by_its_name(prompt: str, language: str, asked: str) -> None:
    assert named(prompt, language) == (asked,)
