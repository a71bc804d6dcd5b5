"""The n-gram language detector for doubtful sentences: langdetect, made deterministic.

langdetect uses random numbers and one global factory. Here the factory is our own, with a fixed seed and only the
languages that a Latin-script sentence in thoughts is likely to be in, which avoids wrong guesses on short sentences
about maths. A sentence costs about a millisecond, so callers only ask about doubtful ones.
"""

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langdetect.detector_factory import DetectorFactory

LANGUAGES = ("en", "fr", "de", "es", "pt", "it", "vi", "nl", "id", "tr", "pl", "sv")
RARE = ("sw",)
"""Languages that are only thought of where a sentence has their function words."""
_SEED = 20_250_120
_LONGEST = 300
_LONGEST_TEXT = 10_000
_LOADING = threading.Lock()


def is_known(language: str) -> bool:
    """Whether the detector has a profile of a language."""
    return language in LANGUAGES or language in _profiles()


@lru_cache(maxsize=1)
def _profiles() -> frozenset[str]:
    from langdetect.detector_factory import PROFILES_DIRECTORY

    return frozenset(path.name for path in Path(PROFILES_DIRECTORY).iterdir())


@lru_cache(maxsize=16)
def _factory(languages: tuple[str, ...]) -> "DetectorFactory":
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_json_profile(
        [(Path(PROFILES_DIRECTORY) / tag).read_text(encoding="utf-8") for tag in languages]
    )
    factory.set_seed(_SEED)
    return factory


@lru_cache(maxsize=4096)
def probabilities(sentence: str, languages: tuple[str, ...] = LANGUAGES) -> dict[str, float]:
    """The probabilities of languages (`is_known` must hold for each); {} if the sentence has no usable features.

    Only the first 300 characters of the sentence are read.
    """
    from langdetect.lang_detect_exception import LangDetectException

    # `lru_cache` does not lock: two threads that miss it together would both load all profiles.
    with _LOADING:
        factory = _factory(languages)
    detector: Any = factory.create()
    detector.append(sentence[:_LONGEST].lower())
    try:
        return {guess.lang: guess.prob for guess in detector.get_probabilities()}
    except LangDetectException:  # what it raises for a sentence without features
        return {}


@lru_cache(maxsize=256)
def detect(text: str) -> str | None:
    """The likeliest language of a text among all that the detector knows (`zh-cn`, `zh-tw` for Chinese).

    Only the first 10,000 characters are read. Case makes no difference: the detector takes words in capitals for names
    and would not read them. None where the text has no usable features.
    """
    from langdetect.lang_detect_exception import LangDetectException

    with _LOADING:
        factory = _factory(tuple(sorted(_profiles())))
    detector: Any = factory.create()
    detector.append(text[:_LONGEST_TEXT].lower())
    try:
        language: str = detector.detect()
    except LangDetectException:
        return None
    return None if language == "unknown" else language


def disagrees(
    sentence: str, language: str, certainty: float = 0.5, languages: tuple[str, ...] = LANGUAGES
) -> bool:
    """Whether one of `languages` other than the given one has a probability of at least `certainty`."""
    known = languages if language in languages else (*languages, language)
    return any(lang != language and p >= certainty for lang, p in probabilities(sentence, known).items())


def is_sure(sentence: str, language: str, certainty: float = 0.9) -> bool:
    """Whether the given language has a probability of at least `certainty` among `LANGUAGES`."""
    languages = LANGUAGES if language in LANGUAGES else (*LANGUAGES, language)
    return probabilities(sentence, languages).get(language, 0.0) >= certainty
