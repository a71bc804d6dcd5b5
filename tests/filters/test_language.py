"""Mixed languages and the consistency score."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.filters.consistency import language_consistency
from r1data.filters.limits import LIMITS
from r1data.filters.mixed_language import mixed_language
from r1data.filters.sentences import DETECTOR_CALLS

ENGLISH = "We add the two numbers and get 7. Then we check the result again. "
CHINESE = "先把两个数相加，得到 7。然后再检查一遍结果。"
FRENCH = "Il faut donc vérifier que la somme est égale à douze. "


@pytest.mark.parametrize(
    ("thoughts", "language", "prompt", "mixed"),
    [
        ("Erdős and Poincaré would agree that α + β = π.", "en", "", False),
        ("设 x + y = 12，用 BFS 搜索，sin(x) = 0.5。", "zh", "", False),
        ("The character 水 means water.", "en", "What does 水 mean?", False),
        ("So we need to验证 that n is prime.", "en", "", True),
        ("The sum is 12. Donc la somme est égale à douze. Next, check n.", "en", "", True),
        ("等等，wait, so the answer is 5，再检查一遍。", "zh", "", True),
        ("因此 The Lord of the Rings 的作者是托尔金。", "zh", "", False),
        ("因此 dynamic programming 的复杂度是 O(n)。", "zh", "", False),
        ("まず数える。所以剩下的数量必须是四的倍数。答えは 4 です。", "ja", "", True),
        ("まず最大公約数計算手順実行結果一覧を確認する。", "ja", "", False),
        ("先算 7+5=12，then 12-3=9，所以是 9。", "zh", "", True),
        ("first 7+5=12，然后 12-3=9。", "zh", "", True),
        ("若 n > 0 and m > 0，则 if 成立。", "zh", "", False),
        ("She flew from Los Angeles to El Paso via Rio de Janeiro.", "en", "", False),
        (
            ENGLISH + "We get: el gato está sobre la mesa y no en la silla.",
            "en",
            "Translate into Spanish: the cat",
            False,
        ),
        (ENGLISH, "en-GB", "", False),
        (ENGLISH, "fr", "", True),
        (FRENCH, None, "", False),
        ("", "en", "", False),
    ],
)
def test_mixed_language(thoughts: str, language: str | None, prompt: str, mixed: bool) -> None:
    assert mixed_language(thoughts, language, prompt) is mixed


def test_code_and_maths_are_no_language() -> None:
    thoughts = (
        f"{ENGLISH}\n```\nla somme est donc 数\n```\n$\\text{{donc la somme}}$ and `la somme est donc`."
    )
    assert not mixed_language(thoughts, "en")


@pytest.mark.parametrize(
    ("thoughts", "language", "low", "high"),
    [
        (ENGLISH, "en", 1.0, 1.0),
        (ENGLISH + r"So \(x^2 + \frac{1}{2}\) is \[\int f\]", "en", 1.0, 1.0),
        (CHINESE + "所以 x + y = 3，sin(x) = 1。", "zh", 1.0, 1.0),
        (FRENCH, "fr", 1.0, 1.0),
        (CHINESE, "en", 0.0, 0.0),
        (ENGLISH, "zh", 0.0, 0.0),
        (ENGLISH, "fr", 0.0, 0.1),
        (ENGLISH * 5 + CHINESE, "en", 0.7, 0.95),
        (ENGLISH * 5 + FRENCH, "en", 0.8, 0.95),
        (CHINESE * 5 + "So the answer is seven. ", "zh", 0.8, 0.98),
    ],
)
def test_consistency(thoughts: str, language: str, low: float, high: float) -> None:
    score = language_consistency(thoughts, language)
    assert score is not None and low <= score <= high


@pytest.mark.parametrize("thoughts", ["", "3 + 4 = 7", "$x^2$", "x = y"])
def test_without_words_there_is_no_score(thoughts: str) -> None:
    assert language_consistency(thoughts, "en") is None


@given(st.text(max_size=300), st.sampled_from(["en", "zh", "ja", "ko", "fr", "vi", "th", "eu", "und", ""]))
def test_the_score_is_a_share(thoughts: str, language: str) -> None:
    score = language_consistency(thoughts, language)
    assert score is None or 0.0 <= score <= 1.0


def test_one_foreign_letter_is_enough() -> None:
    assert mixed_language(ENGLISH * 100 + "水", "en")


def test_the_answer_is_the_same_in_threads_and_again() -> None:
    texts = [f"{ENGLISH}{FRENCH}Case {n}." for n in range(40)]
    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(lambda text: language_consistency(text, "en"), texts))
    assert first == [language_consistency(text, "en") for text in texts]


def test_the_detector_is_asked_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    from r1data.filters import detector

    asked: list[str] = []
    monkeypatch.setattr(detector, "disagrees", lambda sentence, *_: bool(asked.append(sentence)))
    text = "".join(f"Donc la somme est égale à douze et le reste vaut {'i' * n}. " for n in range(2, 60))
    mixed_language(text, "en", limits=LIMITS.replace(DETECTOR_CALLS, 10))
    assert len(asked) == 10
