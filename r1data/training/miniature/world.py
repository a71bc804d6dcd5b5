"""The miniature world: sums small enough for a model of 2 MB, told in English and in Chinese.

A problem is a chain of + and − ("7+5-3+2"), asked in one of two languages; a response thinks, or does not,
and answers in a box. `problems` draws prompts, `documents` the text a base model grows up on. That text is
poor on purpose: most of it blurts a number, much of it breaks the format, mixes languages or slips, so that
accuracy, format, language and reflection all have room to grow. Who mixes languages slips less often here:
without a language reward mixing pays, as it did for R1-Zero (2.3.2). Now and then a slip is noticed
("wait", "等等") and mended.

Train, dev and test hold different chains, by a hash of the chain itself: no seed can make them meet, and
the corpus is drawn from train alone. The world is ours; the paper has none.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

Split = Literal["train", "dev", "test"]
ProblemLanguage = Literal["en", "zh"]

LARGEST = 30
OPERATIONS = (2, 3, 4, 5)
LANGUAGES: tuple[ProblemLanguage, ProblemLanguage] = ("en", "zh")
HELD_OUT = 0.1

ASK = {"en": ("What is {}?", "Compute {}.", "Find {}."), "zh": ("{}等于多少？", "计算{}。", "求{}。")}
FIRST = {"en": ("first ", "so first "), "zh": ("先算", "首先")}
NEXT = {"en": ("then ", "and then "), "zh": ("然后", "接着")}
LAST = {"en": ("so it is ", "so we get "), "zh": ("所以是", "最后得")}
WAIT = {"en": "wait, ", "zh": "等等，"}
COMMA = {"en": ", ", "zh": "，"}
STOP = {"en": ". ", "zh": "。"}

TERSE = 0.60
WRONG_TERSE = 0.7
OTHER_LANGUAGE = 0.15
MIXED = 0.50
SLIP = {"plain": 0.12, "mixed": 0.05}
SELF_CORRECTED = 0.35
FALSE_ALARM = 0.05
GOOD_FORMAT = 0.55


@dataclass(frozen=True)
class SumProblem:
    """A chain, its value, and the question about it in one language."""

    chain: str
    value: int
    language: ProblemLanguage
    prompt: str
    operations: int


def split_of(chain: str) -> Split:
    """The one split that a chain belongs to, whatever the seed and the language."""
    place = int.from_bytes(hashlib.sha256(chain.encode()).digest()[:6], "big") / 2**48
    return "test" if place < HELD_OUT else "dev" if place < 2 * HELD_OUT else "train"


def problems(count: int, *, split: Split = "train", seed: int = 0) -> Iterator[SumProblem]:
    """`count` different problems of a split; languages take turns, numbers of operations too."""
    rng = random.Random(f"{split}/{seed}")
    prompts: set[str] = set()
    while len(prompts) < count:
        operations = OPERATIONS[len(prompts) // 2 % len(OPERATIONS)]
        language = LANGUAGES[len(prompts) % 2]
        numbers = _chain(rng, operations, split)
        chain = render(numbers)
        prompt = rng.choice(ASK[language]).format(chain)
        if prompt in prompts:
            continue
        prompts.add(prompt)
        yield SumProblem(chain, sum(numbers), language, prompt, operations)


def documents(seed: int = 0) -> Iterator[tuple[str, str]]:
    """(prompt, response) pairs without end: what the base model reads. From the train split alone."""
    # The order of the draws is part of the corpus: another one is another text, and other models, for the same seed.
    rng = random.Random(f"corpus/{seed}")
    while True:
        numbers = _chain(rng, rng.choice(OPERATIONS), "train")
        language = rng.choice(LANGUAGES)
        prompt = rng.choice(ASK[language]).format(render(numbers))
        if rng.random() >= TERSE:
            yield prompt, _step_by_step(rng, numbers, language)
            continue
        value = sum(numbers)
        answer = _near(rng, value) if rng.random() < WRONG_TERSE else value
        yield prompt, f"\\boxed{{{answer}}}" if rng.random() < 0.8 else str(answer)


def render(numbers: list[int]) -> str:
    """[7, 5, -3] → "7+5-3"."""
    return "".join(f"{n:+d}" for n in numbers).removeprefix("+")


def vocabulary() -> list[str]:
    """Every piece of text that becomes one token, beyond single bytes."""
    tables = (FIRST, NEXT, LAST)
    words = [word for table in tables for language in LANGUAGES for word in table[language]]
    marks = [table[language] for table in (WAIT, COMMA, STOP) for language in LANGUAGES]
    question_parts = [part for language in LANGUAGES for form in ASK[language] for part in form.split("{}")]
    tags = ["<think>", "</think>", "\\boxed{"]
    numbers = [str(n) for n in range(100)]
    # A dict as a set that keeps its order: the tokens' ids follow from it.
    pieces = dict.fromkeys(tags + numbers + words + marks + question_parts)
    return [piece for piece in pieces if len(piece.encode()) > 1 or piece.isdigit()]


def _chain(rng: random.Random, operations: int, split: Split) -> list[int]:
    while True:
        numbers = [rng.randint(1, 9)]
        for _ in range(operations):
            total = sum(numbers)
            numbers.append(rng.choice([n for n in range(-9, 10) if n and 0 <= total + n <= LARGEST]))
        if split_of(render(numbers)) == split:
            return numbers


def _near(rng: random.Random, value: int, rest: Iterable[int] = ()) -> int:
    """A wrong value close by, from which the rest of the chain stays at 0 or above."""
    lowest = -min(accumulate(rest, initial=0))
    return rng.choice([n for n in (value - 2, value - 1, value + 1, value + 2) if n >= lowest])


def _step_by_step(rng: random.Random, numbers: list[int], prompt_language: ProblemLanguage) -> str:
    mixed = rng.random() < MIXED
    other: ProblemLanguage = "zh" if prompt_language == "en" else "en"
    spoken: ProblemLanguage = other if rng.random() < OTHER_LANGUAGE else prompt_language
    text, value = _steps(rng, numbers, spoken, mixed)
    if rng.random() < GOOD_FORMAT:
        return f"<think>{text}</think>\\boxed{{{value}}}"
    forms = (f"{text}\\boxed{{{value}}}", f"<think>{text}\\boxed{{{value}}}", f"<think>{text}</think>{value}")
    return rng.choice(forms)


def _steps(rng: random.Random, numbers: list[int], spoken: ProblemLanguage, mixed: bool) -> tuple[str, int]:
    """The steps, each rewriting what remains of the chain, and the number they end at."""
    slip = SLIP["mixed" if mixed else "plain"]
    text = ""
    while len(numbers) > 1:
        tongue = rng.choice(LANGUAGES) if mixed else spoken
        table = LAST if len(numbers) == 2 else NEXT if text else FIRST
        correct = [numbers[0] + numbers[1], *numbers[2:]]
        text += rng.choice(table[tongue])
        text, numbers = _step(rng, text, correct, slip, tongue)
        text += (STOP if len(numbers) == 1 else COMMA)[tongue]
    return text, numbers[0]


def _step(
    rng: random.Random, text: str, correct: list[int], slip: float, tongue: ProblemLanguage
) -> tuple[str, list[int]]:
    again = text + render(correct) + COMMA[tongue] + WAIT[tongue] + render(correct)
    if rng.random() >= slip:
        return (again if rng.random() < FALSE_ALARM else text + render(correct)), correct
    slipped = [_near(rng, correct[0], correct[1:]), *correct[1:]]
    if rng.random() >= SELF_CORRECTED:
        return text + render(slipped), slipped
    return text + render(slipped) + COMMA[tongue] + WAIT[tongue] + render(correct), correct
