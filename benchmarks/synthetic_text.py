"""Text of realistic entropy by the gigabyte: words by Zipf's law in sentences, paragraphs and formulas.

English has its function words and 50,000 words made of English syllables; Chinese its particles and 20,000 words of
one or two of the common characters. A text draws half of its words from the hundred of its topic, as a
chain of thought comes back to the same things. Words are numbers until the end: numpy draws them, and a text is one
`join`. zstd 3 takes it to about the share that it takes real chains of thought to; `benchmarks.candidates` prints it.

It has no grammar and no meaning: a language model would not be fooled, readability filters and n-grams are.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from r1data.filters.vocabulary import function_words

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

PLAIN, CAPITAL, COMMA, END, QUESTION, BREAK = range(6)
"""How a word stands in its sentence; each word is held in all six forms."""
TOPIC, TOPICAL = 100, 0.45
"""Words of a topic, and the share of a text that is drawn from them."""
HABIT = 0.55
"""Share of words that are followed by the one that mostly follows them."""
_TABLE = 1 << 20
_ONSETS = "b c d f g h l m n p r s t v w br ch cl cr dr fl fr gl gr pl pr sc sh sl sp st str th tr"
_NUCLEI = "a e i o u a e i o u ai ea ee io oa ou"
_CODAS = "n r s t l d m ck ct ft ld ll lt mp nd nk nt rd rk rm rt ss st"
_ENDINGS = ["", "", "", "", "s", "ed", "ing", "er", "ly", "tion", "ment", "al", "ness", "able", "ive"]
_OFTEN = """the of and to is in a we that it so for this be are as with if then have not but can by which there from
    at on or let need what where because since each only"""
_PARTICLES = """的 是 在 我们 所以 因为 可以 这 那 就 有 和 不 了 如果 那么 也 都 与 对 等于 需要 先 再 然后 由于
    因此 或者 但是 其中 得到 一个 这样 就是 为 以及"""


@dataclass(frozen=True)
class Vocabulary:
    """A language to write in.

    `strings`: form x word. `often`: word numbers, each as often as it is used; `content`: those of words that carry
    meaning; `follows`: the word that mostly follows a word. Formulas are the words from `formulas` on.
    `characters`: of a word and of a formula on average, with what follows them; `token`: of a token.
    """

    strings: npt.NDArray[np.object_]
    often: npt.NDArray[np.int32]
    content: npt.NDArray[np.int32]
    follows: npt.NDArray[np.int32]
    formulas: int
    characters: tuple[float, float]
    token: float

    def topics(self, number: int, draw: np.random.Generator) -> npt.NDArray[np.int32]:
        """The words of so many topics, number x TOPIC."""
        return self.content[draw.integers(0, len(self.content), (number, TOPIC))]

    def word(self, draw: np.random.Generator) -> str:
        """One word that carries meaning, without punctuation."""
        return str(self.strings[PLAIN, self.content[draw.integers(len(self.content))]]).strip()

    def texts(
        self, counts: Ints, topics: npt.NDArray[np.int32], formulas: Floats, draw: np.random.Generator
    ) -> list[str]:
        """Texts of `counts` words each, on a topic each, with a share of `formulas` each."""
        total, text = int(counts.sum()), np.repeat(np.arange(len(counts)), counts)
        words = self.often[draw.integers(0, _TABLE, total, np.int32)]
        own = np.flatnonzero(draw.random(total, np.float32) < TOPICAL)
        words[own] = topics[text[own], draw.integers(0, TOPIC, len(own), np.int32)]
        led = np.flatnonzero(draw.random(total - 1, np.float32) < HABIT)
        words[led + 1] = self.follows[words[led]]
        sums = np.flatnonzero(draw.random(total, np.float32) < formulas[text])
        words[sums] = draw.integers(self.formulas, self.strings.shape[1], len(sums), np.int32)
        pieces = self.strings[_forms(counts, draw), words].tolist()
        ends = np.cumsum(counts).tolist()
        starts = [0, *ends[:-1]]
        return ["".join(pieces[start:end]).rstrip() for start, end in zip(starts, ends, strict=True)]


def _forms(counts: Ints, draw: np.random.Generator) -> npt.NDArray[np.int8]:
    """How each word stands: sentences of 6 to 24 words, paragraphs of 1 to 6 sentences; a text ends both."""
    total = int(counts.sum())
    forms = np.where(draw.random(total, np.float32) < 0.06, np.int8(COMMA), np.int8(PLAIN))
    ends = np.cumsum(draw.integers(6, 25, total // 6 + 1)) - 1
    ends = np.union1d(ends[ends < total], np.cumsum(counts) - 1)
    forms[ends[:-1] + 1] = CAPITAL
    forms[:1] = CAPITAL
    forms[ends] = np.where(draw.random(len(ends), np.float32) < 0.07, np.int8(QUESTION), np.int8(END))
    breaks = np.cumsum(draw.integers(1, 7, len(ends))) - 1
    forms[ends[breaks[breaks < len(ends)]]] = BREAK
    return forms


@functools.cache
def vocabulary_of(language: str) -> Vocabulary:
    """English (`en`) or Chinese (`zh`), the same in every process."""
    draw = np.random.default_rng(20_250_120)
    if language == "zh":
        function_words_here, rest = _PARTICLES.split(), _chinese(draw, 20_000)
        marks = ["", "", "，", "。", "？", "。\n\n"]
    else:
        function_words_here, rest = _OFTEN.split(), _english(draw, 50_000)
        marks = [" ", " ", ", ", ". ", "? ", ".\n\n"]
    words, sums = [*function_words_here, *rest], _formulas(draw, 60_000)
    forms = [[word + mark for word in [*words, *sums]] for mark in marks]
    if language == "en":
        forms[CAPITAL] = [word.capitalize() + " " for word in words] + [f"{each} " for each in sums]
    often = _zipf(len(words))
    content, token = often[often >= len(function_words_here)], 1.6 if language == "zh" else 4.0
    follows = draw.permutation(often)[: len(words)]
    result = Vocabulary(np.array(forms, object), often, content, follows, len(words), (1.0, 1.0), token)
    plain, formulas = (_length(result, share, draw) for share in (0, 1))
    return replace(result, characters=(plain, formulas))


def _length(language: Vocabulary, formulas: float, draw: np.random.Generator) -> float:
    """Characters of a word on average, of 100,000."""
    texts = language.texts(
        np.full(100, 1_000), language.topics(100, draw), np.full(100, formulas, np.float32), draw
    )
    return sum(map(len, texts)) / 100_000


def _zipf(words: int) -> npt.NDArray[np.int32]:
    """Word numbers in proportion to 1 / (rank + 2.7)^1.1, after Mandelbrot."""
    weights = np.cumsum(1 / (np.arange(words) + 2.7) ** 1.1)
    return np.searchsorted(weights / weights[-1], (np.arange(_TABLE) + 0.5) / _TABLE).astype(np.int32)


def _english(draw: np.random.Generator, number: int) -> list[str]:
    """Different words of English syllables, short ones first; none is a function word of any language."""
    function_word_set = frozenset().union(*function_words().values(), _OFTEN.split())
    syllable = (_ONSETS.split(), _NUCLEI.split(), ["", "", "", *_CODAS.split()])
    words: dict[str, float] = {}
    while len(words) < number:
        syllables = 1 + int(draw.integers(0, 5) > 1) + int(draw.integers(0, 5) > 3)
        parts = [_pick(part, draw) for _ in range(syllables) for part in syllable]
        word = "".join(parts) + _pick(_ENDINGS, draw)
        if len(word) > 3 and word not in function_word_set:
            words.setdefault(word, len(word) + 4 * draw.random())
    return sorted(words, key=words.__getitem__)


def _pick(parts: list[str], draw: np.random.Generator) -> str:
    return parts[int(draw.integers(len(parts)))]


def _chinese(draw: np.random.Generator, number: int) -> list[str]:
    """Different words of one or two of the 3,755 characters of the first level of GB 2312."""
    cells = [(row, cell) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    common = [bytes(pair).decode("gb2312", "ignore") for pair in cells]
    singles = draw.permutation([each for each in common if each]).tolist()
    pairs = {
        singles[int(a)] + singles[int(b)] for a, b in draw.integers(0, len(singles), (number, 2)) ** 2 // 3755
    }
    rest = draw.permutation(sorted(pairs)).tolist()
    return [*singles[:300], *rest, *singles[300:]]


def _formulas(draw: np.random.Generator, number: int) -> list[str]:
    """Numbers and small pieces of mathematics."""
    shapes = [
        "{a}",
        "{b}",
        "${x} = {a}$",
        "${x}_{c} = {b}$",
        "${x}^{c} + {a}{x}$",
        r"$\frac{{{a}}}{{{b}}}$",
        "{a}.{b}",
    ]
    shapes += ["${a} + {b} = {s}$", r"$\sqrt{{{b}}}$", "${x} < {b}$", "${a} \\cdot {b}$"]
    formulas = []
    for shape, a, b, c, x in zip(
        draw.integers(0, len(shapes), number),
        draw.integers(2, 100, number),
        draw.integers(2, 3_000, number),
        draw.integers(2, 10, number),
        draw.integers(0, 8, number),
        strict=True,
    ):
        formulas.append(shapes[shape].format(a=a, b=b, c=c, s=a + b, x="abknmxyz"[x]))
    return formulas
