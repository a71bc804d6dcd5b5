"""What is planted into made candidates: copies that are nearly the same, runs of evaluation text, unreadable thoughts.

Each edit takes thoughts that read well and gives thoughts that do, so that only the filter or search that it is meant
for has anything to say; those of `BAD` are the exception and name the filter. Words are what stands between blanks,
and single Chinese characters. Edits of the like of a paraphrase or a translation are not among them.
"""

import re
from collections.abc import Callable

import numpy as np

from benchmarks.synthetic_text import Vocabulary

Edit = Callable[[str, Vocabulary, np.random.Generator], str]

_SENTENCE = re.compile(r"[^.?。？]+(?:\.(?=\d)[^.?。？]*)*[.?。？]*\s*")
_WORD = re.compile(r"[\u4e00-\u9fff]\s*|[^\s\u4e00-\u9fff]+\s*")
_LOWER = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")
_PLAIN = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]+")
WORDS = 40
"""Words of a text at least of which some may be changed; see `LEAST`."""


def sentences(text: str) -> list[str]:
    """A text's sentences, each with the blanks after it."""
    return _SENTENCE.findall(text)


def words(text: str) -> list[str]:
    """A text's words, each with its punctuation and the blanks after it."""
    return _WORD.findall(text)


def size(text: str) -> int:
    """How many words a text has; none where it has too few sentences for one to be changed."""
    return len(words(text)) if len(sentences(text)) > 3 else 0


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """All runs of so many words, whatever their case and punctuation."""
    lower_words = _LOWER.findall(text.lower())
    return {tuple(lower_words[at : at + length]) for at in range(len(lower_words) - length + 1)}


def _sentence(vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    (sentence,) = vocabulary.texts(np.array([12]), vocabulary.topics(1, draw), np.zeros(1, np.float32), draw)
    return sentence.replace("\n\n", " ") + " " if vocabulary.token > 2 else sentence.replace("\n\n", "")


def _share(text: str, draw: np.random.Generator) -> tuple[list[str], list[int]]:
    """The words of a text, and the numbers of 1 to 5% of them."""
    all_words = words(text)
    number = max(1, round(len(all_words) * draw.uniform(0.01, 0.05)))
    return all_words, sorted(draw.choice(len(all_words), number, replace=False).tolist(), reverse=True)


def _replaced(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    all_words, at = _share(text, draw)
    for number in at:
        all_words[number] = vocabulary.word(draw) + all_words[number][len(all_words[number].rstrip()) :]
    return "".join(all_words)


def _inserted(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    all_words, at = _share(text, draw)
    for number in at:
        all_words.insert(number, vocabulary.word(draw) + (" " if vocabulary.token > 2 else ""))
    return "".join(all_words)


def _deleted(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    all_words, at = _share(text, draw)
    for number in at:
        del all_words[number]
    return "".join(all_words)


def _dropped(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    all_sentences = sentences(text)
    del all_sentences[int(draw.integers(len(all_sentences)))]
    return "".join(all_sentences)


def _added(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    all_sentences = sentences(text)
    all_sentences.insert(int(draw.integers(1, len(all_sentences))), _sentence(vocabulary, draw))
    return "".join(all_sentences)


def _swapped(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    all_sentences = sentences(text)
    one, other = sorted(draw.choice(len(all_sentences) - 1, 2, replace=False).tolist())
    all_sentences[one], all_sentences[other] = all_sentences[other], all_sentences[one]
    return "".join(all_sentences)


def _case(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    return text.lower() if draw.random() < 0.5 else text.title()


def _punctuation(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    if draw.random() < 0.5:
        return text.replace(", ", " ").replace("，", "")
    return re.sub(r"\.(?=\s)", "!", text).replace("。", "！").replace(", ", "; ").replace("，", "；")


def _space(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    if draw.random() < 0.5:
        return text.replace("\n\n", "\n").replace("，", "， ")
    return text.replace(" ", "  ").replace("。", "。 ")


NEAR: dict[str, Edit] = {
    "case": _case,
    "punctuation": _punctuation,
    "space": _space,
    "words_replaced": _replaced,
    "words_inserted": _inserted,
    "words_deleted": _deleted,
    "sentence_dropped": _dropped,
    "sentence_added": _added,
    "sentences_swapped": _swapped,
    "prefix": lambda text, vocabulary, draw: _sentence(vocabulary, draw) + text,
    "suffix": lambda text, vocabulary, draw: f"{text} {_sentence(vocabulary, draw)}".rstrip(),
    "prompt": lambda text, vocabulary, draw: text,
}
"""Kinds of copies that are nearly the same. `prompt` leaves the text and has its prompt re-worded."""

_BY_SENTENCE = ("sentence_dropped", "sentence_added", "sentences_swapped", "prefix", "suffix")
LEAST = dict.fromkeys(_BY_SENTENCE, 200)
"""Words from which a text with a sentence more or less is nearly the same."""


def reworded(prompt: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    """A prompt that asks the same in somewhat other words."""
    before, after = (
        ("请解答下面的问题。", "请说明理由。")
        if vocabulary.token < 2
        else ("Please solve this. ", " Give reasons.")
    )
    return before + _replaced(prompt, vocabulary, draw) + after


def other_numbers(prompt: str, draw: np.random.Generator) -> str:
    """The same prompt with other numbers, and one number at least."""
    other_prompt = re.sub(r"\d+", lambda match: str(int(match[0]) + int(draw.integers(1, 50))), prompt)
    return other_prompt if other_prompt != prompt else f"{prompt} ({draw.integers(10_000)})"


def sharing(text: str, other: str, share: float, draw: np.random.Generator) -> str:
    """A text with some of its sentences, a share, replaced by sentences of another one."""
    own_sentences, other_sentences = sentences(text), sentences(other)
    number = min(round(share * len(own_sentences)), len(other_sentences))
    for place, source in zip(
        draw.choice(len(own_sentences), number, replace=False),
        draw.choice(len(other_sentences), number, replace=False),
        strict=True,
    ):
        own_sentences[place] = other_sentences[source]
    return "".join(own_sentences).rstrip()


def plain_run(text: str, length: int, draw: np.random.Generator) -> tuple[list[str], str, str] | None:
    """So many words of letters alone that follow each other in a text, and the words before and after them.

    None where no place of some that are tried will do.
    """
    all_words = [word.strip() for word in words(text)]
    bare = [word.strip(",.?，。？") for word in all_words]
    for start in draw.integers(0, max(1, len(all_words) - length + 1), 20).tolist():
        run = bare[start : start + length]
        if len(run) == length and all(map(_PLAIN.fullmatch, run)):
            neighbours = ["", *bare, ""][start], ["", *bare, ""][start + length + 1]
            return all_words[start : start + length], neighbours[0].lower(), neighbours[1].lower()
    return None


def run_text(run: list[str], form: str, vocabulary: Vocabulary) -> str:
    """A run of words as a text that has the same words: verbatim, in other case, punctuation or lines."""
    blank = " " if vocabulary.token > 2 else ""
    if form == "lines":
        return "".join(word + ("\n" if number % 4 == 3 else blank) for number, word in enumerate(run)).strip()
    if form == "punctuation":
        bare = [word.strip(",.?，。？") for word in run]
        return (" - " if blank else "、").join(bare)
    text = blank.join(run)
    return text.upper() if form == "case" else text


FORMS = ("verbatim", "case", "punctuation", "lines")


def piece(text: str, length: int, form: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str | None:
    """A run of exactly so many words of a text in some form, between words that do not lengthen it.

    None where the text has no such run of letters alone.
    """
    place = plain_run(text, length, draw)
    if place is None:
        return None
    run, before, after = place
    blank = " " if vocabulary.token > 2 else ""
    before_word, after_word = vocabulary.word(draw), vocabulary.word(draw)
    while before_word.endswith(before or "\n") or after_word.startswith(after or "\n"):
        before_word, after_word = vocabulary.word(draw), vocabulary.word(draw)
    return blank.join([before_word, run_text(run, form, vocabulary), after_word])


def inserted(text: str, piece: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    """A text with a piece between two of its sentences, or at an end."""
    all_sentences = sentences(text)
    all_sentences.insert(
        int(draw.integers(0, len(all_sentences) + 1)), piece + (" " if vocabulary.token > 2 else "。")
    )
    return "".join(all_sentences).rstrip()


def _mixed(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    return inserted(
        text,
        "我们再检查一下这个数字" if vocabulary.token > 2 else "Давайте проверим это ещё раз",
        vocabulary,
        draw,
    )


def _repeating(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    again = _sentence(vocabulary, draw)
    return text + "\n\n" + again.strip() + "\n" + (again.strip() + "\n") * 30


def _coded(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    return f"{text}\n\n```python\nprint({draw.integers(1_000)})\n```\n"


def _long_line(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> str:
    blank = " " if vocabulary.token > 2 else ""
    line = text.replace("\n\n", blank)
    while len(line) < 2_500:
        line += blank + _sentence(vocabulary, draw).strip()
    return line


BAD: dict[str, Edit] = {
    "mixed_language": _mixed,
    "repetition": _repeating,
    "code_block": _coded,
    "long_paragraph": _long_line,
}
"""Edits that a readability filter is to find, by its name."""
