"""One shard of made candidates: its rows drawn, and its plants among them. See `benchmarks.candidates`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from benchmarks import planting
from benchmarks.synthetic_text import Vocabulary, vocabulary_of

PAPER = {
    "math": (395_285, 6_094.2),
    "code": (211_129, 7_435.7),
    "stem": (10_124, 4_928.8),
    "logic": (10_395, 2_739.0),
    "general": (177_812, 1_419.8),
}
"""The paper's table: rows and tokens on average (R1 2.3.3, App. B.3.3)."""
FORMULAS = {"math": 0.10, "code": 0.04, "stem": 0.08, "logic": 0.02, "general": 0.005}
CHINESE, SPREAD = 0.125, 0.6
"""Share of prompts in Chinese; standard deviation of the logarithm of lengths."""
RATES = {"near": 0.03, "exact": 0.01, "contaminated": 0.01, "short": 0.01, "other": 0.02, "bad": 0.01}
"""Plants for each row."""
QUESTIONS = 10_000
_GOLDEN = 0.6180339887498949
_FEWEST = 15
_FRAME = {"math": 110, "code": 340, "stem": 110, "logic": 90, "general": 50}
"""Characters of a response that no word is drawn for: tags, the question again, the program, the answer."""


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """What is made: rows in all and in a shard, lengths as a share of the paper's, plants for each row."""

    rows: int
    scale: float = 0.1
    seed: int = 0
    shard_rows: int = 2_000
    rates: tuple[tuple[str, float], ...] = tuple(RATES.items())


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate. Without `thoughts` its response is the answer alone; a `conversation` has no verdict."""

    prompt_id: str
    sample_index: int
    prompt: str
    thoughts: str | None
    answer: str
    domain: str
    language: str
    truth: str
    conversation: bool
    planted: str | None = None
    kind: str | None = None

    @property
    def name(self) -> str:
        return f"{self.prompt_id}/{self.sample_index}"

    @property
    def text(self) -> str:
        """The part that plants change."""
        return self.answer if self.thoughts is None else self.thoughts

    def with_text(self, text: str, planted: str, kind: str, **other: Any) -> "CandidateRow":
        """The row with another text, and the label of what was done to it."""
        part = "answer" if self.thoughts is None else "thoughts"
        return replace(self, **{part: text, "planted": planted, "kind": kind, **other})


def rows(settings: CandidateSettings, number: int) -> tuple[list[CandidateRow], list[CandidateRow]]:
    """The rows of shard `number` in its order, and the copies that are to stand in other shards."""
    draw = np.random.default_rng([settings.seed, number])
    size = min(settings.shard_rows, settings.rows - number * settings.shard_rows)
    plants = {name: int(size * rate + draw.random()) for name, rate in settings.rates}
    copies = plants["near"] + plants["exact"]
    base = _plain_rows(settings, number, size - copies, draw)
    order = [base[place] for place in draw.permutation(len(base))]
    originals = iter(order)
    replacements = [
        *_contaminated(originals, plants["contaminated"], False, settings.seed, draw),
        *_contaminated(originals, plants["short"], True, settings.seed, draw),
        *_bad(originals, plants["bad"], draw),
        *_others(originals, plants["other"], base, draw),
    ]
    copies_of_rows = [*_near(originals, plants["near"], draw), *_exact(originals, plants["exact"])]
    replaced = {row.name: after for row, after in replacements}
    own_rows = [replaced.get(row.name, row) for row in base]
    return [*own_rows, *copies_of_rows[::2]], copies_of_rows[1::2]


def _plain_rows(
    settings: CandidateSettings, shard: int, size: int, draw: np.random.Generator
) -> list[CandidateRow]:
    """Rows without plants: prompts of three to five samples, their domains spread as evenly as can be."""
    groups = draw.choice([3, 4, 5], size // 3 + 1, p=[0.25, 0.5, 0.25])
    prompt_of = np.repeat(np.arange(len(groups)), groups)[:size]
    shares = np.cumsum([count for count, _ in PAPER.values()])
    place = (np.arange(len(groups)) + shard * settings.shard_rows / 4) * _GOLDEN % 1
    domains = np.searchsorted(shares / shares[-1], place, "right")
    chinese = draw.random(len(groups)) < CHINESE
    rows_of_languages: list[CandidateRow] = []
    for language, is_language in (("en", ~chinese), ("zh", chinese)):
        numbers = np.flatnonzero(is_language[prompt_of])
        rows_of_languages += _rows_in_language(
            vocabulary_of(language), language, settings, shard, prompt_of[numbers], domains, draw
        )
    return sorted(rows_of_languages, key=lambda row: (row.prompt_id[-5:], row.sample_index))


def _rows_in_language(
    speech: Vocabulary,
    language: str,
    settings: CandidateSettings,
    shard: int,
    prompt_of: "np.ndarray[Any, np.dtype[np.int64]]",
    domains: "np.ndarray[Any, np.dtype[np.int64]]",
    draw: np.random.Generator,
) -> list[CandidateRow]:
    """The rows of the prompts of one language."""
    prompts, place = np.unique(prompt_of, return_inverse=True)
    names = list(PAPER)
    topics = speech.topics(len(prompts), draw)
    shares = np.array([FORMULAS[name] for name in names], np.float32)
    questions = speech.texts(draw.integers(25, 80, len(prompts)), topics, shares[domains[prompts]], draw)
    domain_of = domains[prompt_of]
    word = speech.characters[0] + shares * (speech.characters[1] - speech.characters[0])
    means = np.array([mean for _, mean in PAPER.values()]) * settings.scale * speech.token
    frame = np.array([_FRAME[name] for name in names]) * min(1.0, speech.token / 3)
    lengths = (
        np.maximum(means - frame, means / 2)[domain_of]
        / word[domain_of]
        * draw.lognormal(-(SPREAD**2) / 2, SPREAD, len(domain_of))
    )
    answers = np.maximum(_FEWEST, lengths * 0.15).astype(np.int64)
    thoughts = np.maximum(_FEWEST, lengths - answers).astype(np.int64)
    bare = (domain_of == names.index("general")) & (draw.random(len(prompts)) < 0.4)[place]
    counts = np.where(bare, _FEWEST, thoughts)
    thought_texts = speech.texts(counts, topics[place], shares[domain_of], draw)
    answer_texts = speech.texts(
        np.where(bare, thoughts + answers, answers), topics[place], shares[domain_of] / 2, draw
    )
    samples: dict[int, int] = {}
    result = []
    for at, prompt, domain, alone, thoughts_text, answer in zip(
        place.tolist(),
        prompt_of.tolist(),
        domain_of.tolist(),
        bare.tolist(),
        thought_texts,
        answer_texts,
        strict=True,
    ):
        name, index = names[domain], samples.get(at, 0)
        samples[at] = index + 1
        truth = str((prompt * 7_919 + shard * 104_729) % 9_973)
        conversation = name == "general" and (alone or prompt % 3 == 0)
        text, end = _layout(questions[at], thoughts_text, answer, truth, name, language)
        result.append(
            CandidateRow(
                f"{name}-{shard:04d}-{prompt:05d}",
                index,
                questions[at],
                None if alone else text,
                answer if name == "general" else end,
                name,
                language,
                truth,
                conversation,
            )
        )
    return result


def _layout(
    prompt: str, thoughts: str, answer: str, truth: str, domain: str, language: str
) -> tuple[str, str]:
    """Thoughts that begin with the question, and an answer as its domain has them."""
    first = planting.sentences(prompt)[0].strip()
    opened = (
        f"嗯，问题是：{first}\n\n{thoughts}"
        if language == "zh"
        else f"Okay, so the question is: {first}\n\n{thoughts}"
    )
    if domain == "code":
        name = f"solve_{truth}"
        loop = f"    for step in range(n):\n        total += step * {truth}\n"
        program = f"def {name}(n):\n    total = {truth}\n{loop}    return total"
        return opened, f"{answer}\n\n```python\n{program}\n\nprint({name}(int(input())))\n```"
    return opened, f"{answer}\n\n{'答案是' if language == 'zh' else 'The answer is'} $\\boxed{{{truth}}}$"


def _near(originals: Iterator[CandidateRow], number: int, draw: np.random.Generator) -> list[CandidateRow]:
    """Copies that are nearly the same, of all kinds in turn; a fifth of the originals has two."""
    copies: list[CandidateRow] = []
    first = int(draw.integers(len(planting.NEAR)))
    while len(copies) < number:
        original = next(originals)
        for _ in range(1 + int(draw.random() < 0.2)):
            kind = _kind(original, first + len(copies))
            if kind and len(copies) < number:
                copies.append(_copy(original, kind, len(copies), draw))
    return copies


def _kind(original: CandidateRow, number: int) -> str | None:
    """The kind whose turn it is, or another one that suits the text."""
    kinds = list(planting.NEAR)
    size = planting.size(original.text)
    for turn in range(len(kinds)):
        kind = kinds[(number + 5 * turn) % len(kinds)]
        if size >= planting.LEAST.get(kind, planting.WORDS) and not (
            kind == "case" and original.language == "zh"
        ):
            return kind
    return None


def _copy(original: CandidateRow, kind: str, number: int, draw: np.random.Generator) -> CandidateRow:
    speech = vocabulary_of(original.language)
    text = planting.NEAR[kind](original.text, speech, draw)
    place: dict[str, Any] = {"sample_index": 100 + number}
    if kind == "prompt":
        prompt = planting.reworded(original.prompt, speech, draw)
        place = {"prompt": prompt, "prompt_id": f"{original.prompt_id}-r{number}", "sample_index": 0}
    return original.with_text(text, f"near:{original.name}", kind, **place)


def _exact(originals: Iterator[CandidateRow], number: int) -> list[CandidateRow]:
    chosen_rows = [next(originals) for _ in range(number)]
    return [
        replace(row, sample_index=1_000 + n, planted=f"exact:{row.name}", kind="exact")
        for n, row in enumerate(chosen_rows)
    ]


def _bad(
    originals: Iterator[CandidateRow], number: int, draw: np.random.Generator
) -> Iterator[tuple[CandidateRow, CandidateRow]]:
    """Thoughts that a readability filter is to drop."""
    kinds = list(planting.BAD)
    start = int(draw.integers(len(kinds)))
    while number > 0:
        row = next(originals)
        if row.thoughts is not None and not row.conversation:
            kind = kinds[(start + number) % len(kinds)]
            text = planting.BAD[kind](row.thoughts, vocabulary_of(row.language), draw)
            yield row, row.with_text(text, f"bad:{kind}", kind)
            number -= 1


def _others(
    originals: Iterator[CandidateRow], number: int, base: Sequence[CandidateRow], draw: np.random.Generator
) -> Iterator[tuple[CandidateRow, CandidateRow]]:
    """Rows that look like copies and are none."""
    for turn in range(number):
        row = next(originals)
        if turn % 2:
            prompt = planting.other_numbers(row.prompt, draw)
            columns = {"prompt": prompt, "prompt_id": f"{row.prompt_id}-n{turn}", "truth": f"1{row.truth}"}
            yield row, row.with_text(row.text, f"other:{row.prompt_id}/0", "numbers", **columns)
            continue
        similar = [each for each in base if each.domain == row.domain and each.language == row.language]
        other = similar[int(draw.integers(len(similar)))]
        if other.name != row.name:
            text = planting.sharing(row.text, other.text, 0.3, draw)
            yield row, row.with_text(text, f"other:{other.name}", "sentences")


def _contaminated(
    originals: Iterator[CandidateRow], number: int, short: bool, seed: int, draw: np.random.Generator
) -> Iterator[tuple[CandidateRow, CandidateRow]]:
    """Rows with a run of words of an evaluation question: ten and more, or nine."""
    while number > 0:
        row = next(originals)
        speech, form = vocabulary_of(row.language), planting.FORMS[number % len(planting.FORMS)]
        lines = [
            line for line, record in enumerate(evaluation(seed), 1) if record["language"] == row.language
        ]
        line = lines[int(draw.integers(len(lines)))]
        part = ("question", "solution")[number // 4 % 2]
        length = 9 if short else int(draw.choice([10, 10, 11, 13, 20, 30]))
        piece = planting.piece(evaluation(seed)[line - 1][part], length, form, speech, draw)
        if piece is None:
            continue
        number -= 1
        label, kind = f"{'short' if short else 'contaminated'}:{line}", f"{form} {part}"
        place = ("prompt", "text", "text", "answer")[int(draw.integers(4))]
        if place == "prompt":
            prompt = planting.inserted(row.prompt, piece, speech, draw)
            yield (
                row,
                replace(
                    row, prompt=prompt, prompt_id=f"{row.prompt_id}-c", planted=label, kind=f"{kind} {place}"
                ),
            )
        else:
            text = row.text if place == "text" else row.answer
            contaminated_text = planting.inserted(text, piece, speech, draw)
            after = (
                row.with_text(contaminated_text, label, f"{kind} {place}")
                if place == "text"
                else replace(row, answer=contaminated_text)
            )
            yield row, replace(after, planted=label, kind=f"{kind} {place}")


@cache
def evaluation(seed: int) -> list[dict[str, str]]:
    """Questions with solutions, one a record: their order is the lines of the evaluation file."""
    draw = np.random.default_rng([seed, 10**6])
    records: list[dict[str, str]] = []
    for language, number in (("en", QUESTIONS * 17 // 20), ("zh", QUESTIONS * 3 // 20)):
        speech, none = vocabulary_of(language), np.full(number, 0.02, np.float32)
        topics = speech.topics(number, draw)
        questions = speech.texts(draw.integers(40, 100, number), topics, none, draw)
        solutions = speech.texts(draw.integers(80, 250, number), topics, none, draw)
        records += [
            {"language": language, "question": question, "solution": solution}
            for question, solution in zip(questions, solutions, strict=True)
        ]
    return [records[place] for place in draw.permutation(len(records))]


def evaluation_lines(seed: int) -> Iterator[str]:
    """The evaluation file's lines."""
    return (json.dumps(record, ensure_ascii=False) + "\n" for record in evaluation(seed))
