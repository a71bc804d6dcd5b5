"""`r1 filter` and `r1 build` from verified candidates to the paper's mixture: seconds, memory and the table.

    python -m benchmarks.build --rows 100000 1000000
    python -m benchmarks.build --rows 100000 --scale 1

Candidates are made by `benchmarks.candidates`, a tenth of the paper's lengths by default, `--scale 1` its own. The
quotas are the paper's, in proportion to the rows: from 1,000,000 candidates 804,745. Filters, copies, contamination
against 10,000 questions, four samples a prompt at most, quotas and splits. Memory is the highest proportional set size
(PSS) of each process, looked at five times a second; CPU seconds are those of all processes of a command. `times`
compares the greatest number of rows with the smallest. Prints a JSON object. Making the candidates is not counted.
Arguments that are not known here go to `r1 build`.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.candidate_rows import PAPER, CandidateSettings
from benchmarks.candidates import make
from benchmarks.memory import R1, pss, tree

FULL = 1_000_000
"""Candidates that the paper's own quotas are filled from."""


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description="From candidates to the 800k set.")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--scale", type=float, default=0.1, help="lengths as a share of the paper's")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    options, build_options = parser.parse_known_args()
    figures: dict[str, Any] = {}
    for rows in sorted(options.rows):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            figures[str(rows)] = measured(Path(folder), rows, options.scale, options.workers, build_options)
    if len(figures) > 1:
        least, most = figures[str(min(options.rows))], figures[str(max(options.rows))]
        figures["rows_ratio"] = max(options.rows) / min(options.rows)
        figures["times"] = {name: round(most[name] / least[name], 2) for name in ("seconds", "cpu_seconds")}
    print(json.dumps(figures, indent=2))


def measured(folder: Path, rows: int, scale: float, workers: int, more: list[str]) -> dict[str, Any]:
    """Makes candidates, filters them and builds the set; figures of both commands and the set's table."""
    corpus = make(folder, CandidateSettings(rows, scale), workers)
    filtered, out = folder / "kept", folder / "sft"
    quotas = {name: round(count * rows / FULL) for name, (count, _) in PAPER.items()}
    quota_options = [part for name, count in quotas.items() for part in ("--quota", f"{name}={count}")]
    evaluation = ["--decontaminate", folder / "evaluation.jsonl", "--max-per-prompt", 4]
    stages = {
        "filter": ["filter", folder / "candidates", "-o", filtered, "--workers", workers],
        "build": ["build", filtered, folder / "general", "-o", out, *quota_options, *evaluation, *more],
    }
    figures = {name: watched(arguments, folder / f"{name}.json") for name, arguments in stages.items()}
    summary = {name: each.pop("summary") for name, each in figures.items()}["build"]
    samples = summary.pop("samples")
    tokens = summary.pop("tokens_on_average")
    return {
        "text_mb": corpus["text_mb"],
        "zstd_3": corpus["zstd_3"],
        "seconds": round(sum(each["seconds"] for each in figures.values()), 1),
        "cpu_seconds": round(sum(each["cpu_seconds"] for each in figures.values()), 1),
        "peak_mb": max(peak for each in figures.values() for peak in each["peaks_mb"]),
        **figures,
        "asked_for_counts": samples == quotas,
        "table": {name: [samples.get(name, 0), tokens.get(name)] for name in quotas},
        "summary": summary,
    }


def watched(arguments: list[Any], summary_file: Path) -> dict[str, Any]:
    """Runs `r1` and watches its processes: seconds, CPU seconds, the peak of each, and its summary."""
    start, before = time.monotonic(), sum(os.times()[2:4])
    peaks: dict[int, int] = {}
    with summary_file.open("w") as stdout, summary_file.with_suffix(".err").open("w") as stderr:
        process = subprocess.Popen([R1, *map(str, arguments), "--json"], stdout=stdout, stderr=stderr)
        while process.poll() is None:
            for pid in tree(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), pss(pid))
            time.sleep(0.2)
    if process.returncode:
        raise SystemExit(summary_file.with_suffix(".err").read_text())
    return {
        "seconds": round(time.monotonic() - start, 1),
        "cpu_seconds": round(sum(os.times()[2:4]) - before, 1),
        "peaks_mb": sorted(peaks.values(), reverse=True)[:6],
        "summary": json.loads(summary_file.read_text()),
    }


if __name__ == "__main__":
    main()
