"""What `r1 build` finds of copies and contaminations planted among GSM8K's solutions: real text, and short.

    python -m benchmarks.real_copies ../shared/corpora/gsm8k

The 7,473 training problems with their own solutions as responses, and 1,500 edited ones: words of the response changed
(a twentieth of them), words of the question changed, letters and blanks changed, a sentence put before the response,
a courtesy before the question. 300 more hold a question of the test split, or 14 words in a row of a question or of a
solution, without what it has for a calculator; the test split is the evaluation file. A copy is found where it or its
original is dropped; recall is given for responses of 50 words and more, and of fewer. False are the originals that
were dropped as duplicates but have no copy. Training and test split share runs of ten words of their own; those are
counted as `by_nature`. Prints a JSON object.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.memory import R1

QuestionRow = dict[str, str]
Edit = Callable[[QuestionRow, random.Random, list[str]], QuestionRow]
COPIES, CONTAMINATED, CHANGED, LONG = 1_500, 300, 0.05, 50


def _changed(text: str, draw: random.Random, vocabulary: list[str]) -> str:
    words = text.split(" ")
    for place in draw.sample(range(len(words)), max(1, round(len(words) * CHANGED))):
        if not re.search(r"\d", words[place]):
            words[place] = draw.choice(vocabulary)
    return " ".join(words)


def _letters(text: str, draw: random.Random) -> str:
    return draw.choice([text.upper(), text.lower(), text.replace(".", " ."), text.replace("\n", "\n\n")])


EDITS: dict[str, Edit] = {
    "response changed": lambda row, draw, vocabulary: {
        **row,
        "response": _changed(row["response"], draw, vocabulary),
    },
    "question changed": lambda row, draw, vocabulary: {
        **row,
        "prompt": _changed(row["prompt"], draw, vocabulary),
    },
    "letters": lambda row, draw, vocabulary: {**row, "response": _letters(row["response"], draw)},
    "before the response": lambda row, draw, vocabulary: {
        **row,
        "response": f"Okay, let me think. {row['response']}",
    },
    "before the question": lambda row, draw, vocabulary: {
        **row,
        "prompt": f"Please solve this: {row['prompt']}",
    },
}


def main() -> None:
    """Plants, builds and prints the figures."""
    corpus, draw = Path(sys.argv[1]), random.Random(0)
    train, test = (_read(corpus / f"{split}.jsonl") for split in ("train", "test"))
    vocabulary = sorted({word for row in train for word in row["prompt"].split() if word.isalpha()})
    rows = {f"original {number}": row for number, row in enumerate(train)}
    for number in draw.sample(range(len(train)), COPIES):
        kind = draw.choice(list(EDITS))
        rows[f"{kind} {number}"] = EDITS[kind](train[number], draw, vocabulary)
    for number in draw.sample(range(len(test)), CONTAMINATED):
        kind = draw.choice(["whole question", "of a question", "of a solution"])
        if (row := _contaminated(kind, test[number], train[number], draw)) is not None:
            rows[f"{kind} {number}"] = row
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_scored(rows, _dropped(Path(folder), rows, corpus / "test.jsonl")), indent=1))


def _read(path: Path) -> list[QuestionRow]:
    lines = [json.loads(line) for line in path.open()]
    plain = [re.sub(r"<<[^<>]*>>", "", line["solution"]) for line in lines]
    return [{"prompt": line["question"], "response": text} for line, text in zip(lines, plain, strict=True)]


def _contaminated(kind: str, of: QuestionRow, onto: QuestionRow, draw: random.Random) -> QuestionRow | None:
    if kind == "whole question":
        return {**onto, "prompt": of["prompt"]}
    part = "prompt" if kind == "of a question" else "response"
    words = of[part].split()
    if len(words) < 14:
        return None
    start = draw.randrange(len(words) - 13)
    return {**onto, part: f"{onto[part]} {' '.join(words[start : start + 14])}"}


def _dropped(folder: Path, rows: dict[str, QuestionRow], evaluation: Path) -> dict[str, set[str]]:
    """The names of the dropped rows by reason."""
    lines = [json.dumps({"prompt_id": name, **row, "verdict": "correct"}) for name, row in rows.items()]
    (folder / "rows.jsonl").write_text("\n".join(lines))
    out = ["-o", folder / "set", "--dropped", folder / "out", "--decontaminate", evaluation]
    subprocess.run([R1, "build", folder / "rows.jsonl", *out], check=True, capture_output=True)
    process = subprocess.run([R1, "cat", folder / "out"], check=True, capture_output=True, text=True)
    names_by_reason: dict[str, set[str]] = defaultdict(set)
    for line in process.stdout.splitlines():
        row = json.loads(line)
        for reason in row["drop_reasons"]:
            names_by_reason[reason].add(row["prompt_id"])
    return names_by_reason


def _scored(rows: dict[str, QuestionRow], dropped: dict[str, set[str]]) -> dict[str, Any]:
    copies, contaminated = dropped["duplicate"], dropped["contaminated"]
    figures: dict[str, Any] = {}
    split_names = [(*name.rsplit(" ", 1), name) for name in rows]
    for kind in EDITS:
        sizes: dict[str, list[bool]] = {"long": [], "short": []}
        for own, number, name in split_names:
            if own == kind and not {name, f"original {number}"} & contaminated:
                size = "long" if len(rows[name]["response"].split()) >= LONG else "short"
                sizes[size].append(bool({name, f"original {number}"} & copies))
        figures[kind] = {size: [sum(hits), len(hits)] for size, hits in sizes.items()}
    for kind in ("whole question", "of a question", "of a solution"):
        names_of_kind = [name for own, _, name in split_names if own == kind]
        figures[kind] = [len(contaminated & {*names_of_kind}), len(names_of_kind)]
    copied = {number for own, number, _ in split_names if own in EDITS}
    figures["false"] = len([name for name in copies if name.rsplit(" ", 1)[1] not in copied])
    figures["by_nature"] = len([name for name in contaminated if name.startswith("original")])
    return figures


if __name__ == "__main__":
    main()
