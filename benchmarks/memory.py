"""Memory of `r1 filter` and `r1 verify` on datasets of growing size: the peak of each process must not grow.

    python -m benchmarks.memory --gb 0.3 1 --corpus ../shared/corpora/gsm8k/model_solutions.jsonl

Thoughts are sentences of a file of JSON lines, put together anew, or made of generated words where no file is given;
their lengths are log-normal with a mean of 8,000 characters and 130,000 at most. `--gb` counts the text of the
responses. Memory is the proportional set size (PSS) of each process, looked at every tenth of a second. The ingest
that makes the dataset is measured too. Prints a JSON object. `--skip` leaves filters out, as `r1 filter` does.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

R1 = Path(sys.executable).parent / "r1"
MEAN, LONGEST = 8_000, 130_000
LINE = 400


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description="Memory of filter and verify by the size of a dataset.")
    parser.add_argument("--gb", type=float, nargs="+", default=[0.3, 1.0], help="gigabytes of responses")
    parser.add_argument("--corpus", type=Path, help="JSON lines whose text is taken apart into sentences")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skip", nargs="*", default=[], help="filters to leave out")
    parser.add_argument("--commands", nargs="*", default=["filter", "verify"])
    options = parser.parse_args()
    figures = {}
    for size in options.gb:
        with tempfile.TemporaryDirectory() as folder:
            figures[f"{size} GB"] = measure(Path(folder), size, options)
    print(json.dumps(figures, indent=2))


def measure(folder: Path, size: float, options: argparse.Namespace) -> dict[str, Any]:
    """Makes a dataset of `size` GB of responses and runs each command on it."""
    source, samples = folder / "samples.jsonl", folder / "samples"
    write(source, int(size * 1e9), sentences(options.corpus))
    workers = ["--workers", str(options.workers)]
    figures = {"ingest": watched(["ingest", source, "-o", samples, *workers], size)}
    source.unlink()
    for command in options.commands:
        skip = [part for name in options.skip for part in ("--skip", name)] if command == "filter" else []
        figures[command] = watched([command, samples, "-o", folder / command, *workers, *skip], size)
    return figures


def write(path: Path, size: int, corpus: list[str]) -> None:
    """Samples whose responses take `size` bytes, the same for the same sentences."""
    draw = random.Random(0)
    with path.open("w") as file:
        number = total_bytes = 0
        while total_bytes < size:
            length = min(LONGEST, round(draw.lognormvariate(8.6, 0.9) * MEAN / 8_140))
            response = f"<think>\n{thoughts(corpus, length, draw)}\n</think>\n\nThe answer is \\boxed{{{number % 97}}}."
            row = {"prompt": f"Question {number // 4}?", "truth": str(number % 89), "response": response}
            file.write(json.dumps(row) + "\n")
            number, total_bytes = number + 1, total_bytes + len(response)


def thoughts(corpus: list[str], length: int, draw: random.Random) -> str:
    """Sentences in lines of some hundred characters, `length` characters in all."""
    text, line = [], 0
    while length > 0:
        sentence = draw.choice(corpus)
        line += len(sentence)
        text.append(sentence + ("\n\n" if line > LINE else " "))
        line = 0 if line > LINE else line
        length -= len(sentence) + 1
    return "".join(text)


def sentences(corpus: Path | None) -> list[str]:
    """The different sentences of a file's texts, or a thousand made of generated words."""
    if corpus is None:
        draw = random.Random(1)
        letters = "etaoinshrdlucmfwyp"
        words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(5_000)]
        return [" ".join(draw.choices(words, k=draw.randint(5, 25))) + "." for _ in range(1_000)]
    rows = (json.loads(line) for line in corpus.read_text().splitlines())
    texts = (value for row in rows for value in row.values() if isinstance(value, str))
    parts = {part.strip() for text in texts for part in re.split(r"(?<=[.!?])\s+|\n", text)}
    return sorted(part for part in parts if 20 < len(part) < 300)


def watched(arguments: list[object], size: float) -> dict[str, Any]:
    """Runs `r1` and watches the memory of its processes."""
    start = time.monotonic()
    process = subprocess.Popen([R1, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for pid in tree(process.pid):
            peaks[pid] = max(peaks.get(pid, 0), pss(pid))
        time.sleep(0.1)
    seconds = time.monotonic() - start
    if process.returncode:
        raise SystemExit(process.stderr.read().decode() if process.stderr else "r1 failed")
    parent = peaks.pop(process.pid, 0)
    return {
        "parent_peak_mb": parent,
        "worker_peaks_mb": sorted(peaks.values(), reverse=True),
        "seconds": round(seconds, 1),
        "mb_per_second": round(size * 1_000 / seconds, 1),
    }


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for task in _listed(Path(f"/proc/{pid}/task")):
        for child in _read(task / "children").split():
            yield from tree(int(child))


def pss(pid: int) -> int:
    """A process's share of memory in MB; 0 where it is gone."""
    match = re.search(r"^Pss: +(\d+) kB", _read(Path(f"/proc/{pid}/smaps_rollup")), re.M)
    return int(match[1]) // 1_000 if match else 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
