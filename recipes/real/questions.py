"""Sums in words, of our own and by seed, for `make real`.

    python recipes/real/questions.py FOLDER [SEED]

writes `test.jsonl`, `cold-start.jsonl` and `train.jsonl`. Two thirds are word problems of one or two steps in the
manner of GSM8K (none of its text is here), one third plain arithmetic with two or three numbers. No question stands in
two files. The rows of `cold-start.jsonl` have a response in R1's layout, which shows the model the layout and nothing
else: it stands for the responses that people wrote or mended in the paper (R1 2.3.1).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple


def words(text: str) -> tuple[str, ...]:
    """The words of a line, as a tuple."""
    return tuple(text.split())


NAMES = words(
    "Ana Ben Chloe David Elif Farid Grace Hugo Ines Jonas Kofi Lena Mei Nadia Omar Priya Rosa Sam Tara Yusuf"
)
THINGS = words("apples books stickers marbles pencils cards coins shells stamps buttons cookies balloons")
BOXES = words("boxes bags baskets jars")
GOODS = words("sandwiches juices muffins notebooks tickets pens")
COUNTS = {"test": 100, "cold-start": 128, "train": 300}


class Question(NamedTuple):
    """A question, how it is worked out, and its answer."""

    text: str
    working: str
    answer: int


def joined(draw: Random) -> Question:
    name, thing, a, b = draw.choice(NAMES), draw.choice(THINGS), draw.randint(3, 20), draw.randint(2, 15)
    text = f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have now?"
    return Question(text, f"{a} + {b} = {a + b}.", a + b)


def given_away(draw: Random) -> Question:
    name, friend = draw.sample(NAMES, 2)
    thing, a = draw.choice(THINGS), draw.randint(8, 30)
    b = draw.randint(2, a - 1)
    text = f"{name} has {a} {thing}. {name} gives {b} of them to {friend}. How many {thing} are left?"
    return Question(text, f"{a} - {b} = {a - b}.", a - b)


def packed(draw: Random) -> Question:
    box, thing, a, b = draw.choice(BOXES), draw.choice(THINGS), draw.randint(2, 9), draw.randint(3, 12)
    text = f"There are {a} {box} with {b} {thing} in each. How many {thing} are there in total?"
    return Question(text, f"{a} * {b} = {a * b}.", a * b)


def shared(draw: Random) -> Question:
    thing, people, each = draw.choice(THINGS), draw.randint(2, 9), draw.randint(2, 10)
    text = f"{people} friends share {people * each} {thing} equally. How many {thing} does each friend get?"
    return Question(text, f"{people * each} / {people} = {each}.", each)


def bought(draw: Random) -> Question:
    name, goods, a, price = draw.choice(NAMES), draw.choice(GOODS), draw.randint(2, 9), draw.randint(2, 9)
    text = f"{name} buys {a} {goods} for ${price} each. How many dollars does {name} pay?"
    return Question(text, f"{a} * {price} = {a * price}.", a * price)


def change(draw: Random) -> Question:
    name, goods, a, price = draw.choice(NAMES), draw.choice(GOODS), draw.randint(2, 6), draw.randint(2, 8)
    cost, back = a * price, draw.randint(1, 12)
    text = f"{name} buys {a} {goods} for ${price} each and pays with ${cost + back}. "
    text += f"How many dollars does {name} get back?"
    return Question(text, f"{a} * {price} = {cost}. {cost + back} - {cost} = {back}.", back)


def two_gifts(draw: Random) -> Question:
    name, thing = draw.choice(NAMES), draw.choice(THINGS)
    a, b, c = draw.randint(3, 15), draw.randint(2, 10), draw.randint(2, 10)
    text = f"{name} has {a} {thing}, finds {b} more and then buys another {c}. How many {thing} does {name} have?"
    return Question(text, f"{a} + {b} = {a + b}. {a + b} + {c} = {a + b + c}.", a + b + c)


def found_and_lost(draw: Random) -> Question:
    name, thing, a, b = draw.choice(NAMES), draw.choice(THINGS), draw.randint(5, 20), draw.randint(2, 12)
    lost = draw.randint(1, a + b - 1)
    text = (
        f"{name} had {a} {thing}, got {b} more and then lost {lost}. How many {thing} does {name} have now?"
    )
    return Question(text, f"{a} + {b} = {a + b}. {a + b} - {lost} = {a + b - lost}.", a + b - lost)


def twice_as_many(draw: Random) -> Question:
    name, friend = draw.sample(NAMES, 2)
    thing, a = draw.choice(THINGS), draw.randint(2, 20)
    text = f"{name} has {a} {thing}. {friend} has twice as many. How many {thing} do they have together?"
    return Question(text, f"2 * {a} = {2 * a}. {a} + {2 * a} = {3 * a}.", 3 * a)


def daily(draw: Random) -> Question:
    name, pages, days = draw.choice(NAMES), draw.randint(3, 15), draw.randint(3, 7)
    text = f"{name} reads {pages} pages a day. How many pages does {name} read in {days} days?"
    return Question(text, f"{pages} * {days} = {pages * days}.", pages * days)


def rows_and_more(draw: Random) -> Question:
    rows, seats, more = draw.randint(2, 8), draw.randint(3, 10), draw.randint(1, 9)
    text = f"A room has {rows} rows of {seats} chairs and {more} more chairs at the wall. How many chairs are there?"
    total = rows * seats
    return Question(text, f"{rows} * {seats} = {total}. {total} + {more} = {total + more}.", total + more)


def difference(draw: Random) -> Question:
    name, friend = draw.sample(NAMES, 2)
    thing, b = draw.choice(THINGS), draw.randint(2, 20)
    a = b + draw.randint(1, 20)
    text = f"{name} has {a} {thing} and {friend} has {b}. How many more {thing} does {name} have?"
    return Question(text, f"{a} - {b} = {a - b}.", a - b)


def two_numbers(draw: Random) -> Question:
    a, b = draw.randint(2, 40), draw.randint(2, 20)
    if draw.random() < 1 / 3:
        return Question(f"What is {a} + {b}?", f"{a} + {b} = {a + b}.", a + b)
    if draw.random() < 1 / 2:
        return Question(f"What is {a + b} - {b}?", f"{a + b} - {b} = {a}.", a)
    a, b = 2 + a % 11, 2 + b % 11
    return Question(f"What is {a} * {b}?", f"{a} * {b} = {a * b}.", a * b)


def three_numbers(draw: Random) -> Question:
    a, b, c = draw.randint(2, 30), draw.randint(2, 20), draw.randint(2, 20)
    if draw.random() < 1 / 2:
        return Question(
            f"What is {a} + {b} + {c}?", f"{a} + {b} = {a + b}. {a + b} + {c} = {a + b + c}.", a + b + c
        )
    working = f"{a + c} + {b} = {a + b + c}. {a + b + c} - {c} = {a + b}."
    return Question(f"What is {a + c} + {b} - {c}?", working, a + b)


Kind = Callable[[Random], Question]
WORDS: tuple[Kind, ...] = (joined, given_away, packed, shared, bought, change, two_gifts, found_and_lost)
WORDS += (twice_as_many, daily, rows_and_more, difference)
PLAIN: tuple[Kind, ...] = (two_numbers, three_numbers)


def questions(draw: Random) -> Iterator[Question]:
    """Question after question, each once; two in three are told in words."""
    seen: set[str] = set()
    while True:
        question = draw.choice(WORDS if draw.random() < 2 / 3 else PLAIN)(draw)
        if question.text not in seen:
            seen.add(question.text)
            yield question


def row(question: Question, *, worked: bool = False) -> dict[str, str]:
    """A row for `r1 ingest`; a worked one has a response."""
    columns = {"prompt": question.text, "truth": str(question.answer), "verifier": "math"}
    columns |= {"domain": "math", "language": "en"}
    if worked:
        answer = f"The answer is \\boxed{{{question.answer}}}."
        columns["response"] = f"<think>\n{question.working}\n</think>\n\n{answer}"
    return columns


def write(folder: Path, seed: int) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = questions(Random(f"sums of seed {seed}"))
    for name, count in COUNTS.items():
        rows = [row(next(drawn), worked=name == "cold-start") for _ in range(count)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))


if __name__ == "__main__":
    write(Path(sys.argv[1]), seed=int(sys.argv[2]) if sys.argv[2:] else 1)
