"""What `r1 build` finds of planted copies and contaminations: recall and precision, by kind.

    python -m benchmarks.near_copies --rows 100000
    python -m benchmarks.near_copies --rows 20000 --peer

Candidates are made by `benchmarks.candidates`. A copy is found where all but one of an original and its copies were
dropped as `duplicate`; a false find is a dropped `duplicate` that is neither an original nor a copy, or an original
that went with all its copies. A contamination is found where its row was dropped as `contaminated`; every other such
row is a false find, those that share nine words with a question (`short`) included, but not those that do share ten:
made words meet `by_chance` too. Kinds count originals with one copy alone. `by_line` is the share of found
contaminations whose `contaminated_by` names the right line. Precision is that on made text, in which only what is
planted is alike; real solutions of one prompt are more so.

`--peer` has datasketch (to be installed for it; MinHash of 128 permutations over five-word shingles, LSH at a Jaccard
of 0.7) look for near copies of the same texts in a process of its own, and prints its figures and CPU seconds beside
those of `r1 build`, which does all else besides. Arguments that are not known here go to `r1 build`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.candidate_rows import CandidateSettings
from benchmarks.candidates import SCHEMAS, make
from benchmarks.memory import R1
from benchmarks.planting import runs

Name = tuple[str, int]
Label = tuple[str, str, str]
"""What was planted, of or from what, and its kind."""
PEER = """
import re, sys, pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH
from pathlib import Path
word, lsh = re.compile(r"[\\u4e00-\\u9fff]|\\w+"), MinHashLSH(threshold=0.7, num_perm=128)
for path in (path for folder in sys.argv[1:] for path in sorted(Path(folder).glob("data/*.parquet"))):
    for number, row in enumerate(pq.read_table(path).to_pylist()):
        text = row["response"] if "response" in row else row["messages"][-1]["content"]
        words = word.findall(text.lower())
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))])
        if lsh.query(sketch):
            print(row["prompt_id"], row["sample_index"], sep="\\t")
        else:
            lsh.insert(f"{path}:{number}", sketch)
"""


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser(description="Recall and precision of r1 build on planted copies.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--scale", type=float, default=0.1, help="lengths as a share of the paper's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peer", action="store_true", help="datasketch beside it")
    options, build_options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, CandidateSettings(options.rows, options.scale, options.seed))
        planted = labels(folder)
        figures: dict[str, Any] = {"rows": options.rows, "r1": build_figures(folder, planted, build_options)}
        if options.peer:
            figures["datasketch"] = peer(folder, planted)
            figures["cpu_ratio"] = round(
                figures["datasketch"]["cpu_seconds"] / figures["r1"]["cpu_seconds"], 2
            )
        print(json.dumps(figures, indent=2))


def labels(folder: Path) -> dict[Name, Label]:
    """What was planted, by row."""
    columns = ["prompt_id", "sample_index", "planted", "planted_kind"]
    label_of = {}
    for row in (row for name in SCHEMAS for row in _rows(folder / name, columns) if row["planted"]):
        kind, _, of = row["planted"].partition(":")
        label_of[row["prompt_id"], row["sample_index"]] = (kind, of, row["planted_kind"])
    return label_of


def build_figures(folder: Path, planted: Mapping[Name, Label], build_options: list[str]) -> dict[str, Any]:
    """Figures of `r1 build` on all candidates."""
    sources = [str(folder / name) for name in SCHEMAS]
    out = ["-o", str(folder / "sft"), "--dropped", str(folder / "dropped")]
    evaluation = ["--selection", "all", "--decontaminate", str(folder / "evaluation.jsonl")]
    seconds = _timed([str(R1), "build", *sources, *out, *evaluation, *build_options])[0]
    dropped_rows = list(
        _rows(folder / "dropped", ["prompt_id", "sample_index", "drop_reasons", "contaminated_by"])
    )
    copies = {_name(row) for row in dropped_rows if "duplicate" in row["drop_reasons"]}
    hits = {
        _name(row): row["contaminated_by"] for row in dropped_rows if "contaminated" in row["drop_reasons"]
    }
    strangers = {name: line for name, line in hits.items() if planted.get(name, ("",))[0] != "contaminated"}
    chance = by_chance(folder, strangers)
    contamination = hits_found(planted, {name: line for name, line in hits.items() if name not in chance})
    contamination["by_chance"] = len(chance)
    return {**copies_found(planted, copies), "contamination": contamination, "cpu_seconds": seconds}


def copies_found(planted: Mapping[Name, Label], dropped: set[Name]) -> dict[str, Any]:
    """Recall and precision of near and of exact copies; precision is that of both together."""
    groups: dict[str, list[Name]] = defaultdict(list)
    for name, (kind, of, _) in planted.items():
        if kind in ("near", "exact"):
            groups[of].append(name)
    copies: dict[str, list[tuple[int, int]]] = {"near": [], "exact": []}
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    members: set[Name] = set()
    groups_lost = 0
    for of, names in groups.items():
        prompt, _, sample = of.rpartition("/")
        group = {(prompt, int(sample)), *names}
        members |= group
        dropped_count = len(group & dropped)
        groups_lost += dropped_count == len(group)
        recalled = min(dropped_count, len(names)), len(names)
        copies[planted[names[0]][0]].append(recalled)
        if len(names) == 1:
            kinds[planted[names[0]][2]].append(recalled)
    true = sum(recalled for each in copies.values() for recalled, _ in each)
    strangers = dropped - members
    return {
        **{
            name: {"planted": sum(n for _, n in each), "recall": _recall(each)}
            for name, each in copies.items()
        },
        "by_kind": {kind: _recall(each) for kind, each in sorted(kinds.items())},
        "precision": _share(true, true + len(strangers) + groups_lost),
        "false": {**_by_label(strangers, planted), "lost_with_all_copies": groups_lost},
    }


def hits_found(planted: Mapping[Name, Label], hits: Mapping[Name, str]) -> dict[str, Any]:
    """Recall and precision of contaminations."""
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    right = 0
    for name, (kind, line, how) in planted.items():
        if kind == "contaminated":
            kinds[how.split()[0]].append((int(name in hits), 1))
            right += name in hits and hits[name].endswith(f":{line}")
    outcomes = [each for recalled in kinds.values() for each in recalled]
    true = sum(recalled for recalled, _ in outcomes)
    strangers = {name for name in hits if planted.get(name, ("",))[0] != "contaminated"}
    return {
        "planted": len(outcomes),
        "recall": _recall(outcomes),
        "by_kind": {kind: _recall(recalled) for kind, recalled in sorted(kinds.items())},
        "by_line": _share(right, true),
        "precision": _share(true, len(hits)),
        "false": _by_label(strangers, planted),
    }


def by_chance(folder: Path, hits: Mapping[Name, str]) -> set[Name]:
    """Those of some dropped rows that share ten words with the line that they were dropped for."""
    if not hits:
        return set()
    lines = (folder / "evaluation.jsonl").read_text(encoding="utf-8").split("\n")
    names = set()
    for row in _rows(folder / "dropped", ["prompt_id", "sample_index", "messages"]):
        if (name := _name(row)) in hits:
            record = json.loads(lines[int(hits[name].rpartition(":")[2]) - 1])
            question_runs = runs(record["question"], 10) | runs(record["solution"], 10)
            if any(runs(turn["content"], 10) & question_runs for turn in row["messages"]):
                names.add(name)
    return names


def peer(folder: Path, planted: Mapping[Name, Label]) -> dict[str, Any]:
    """Figures of datasketch on the same texts."""
    seconds, output = _timed([sys.executable, "-c", PEER, *(str(folder / name) for name in SCHEMAS)])
    rows = (line.split("\t") for line in output.splitlines())
    return {
        **copies_found(planted, {(prompt, int(sample)) for prompt, sample in rows}),
        "cpu_seconds": seconds,
    }


def _timed(arguments: list[str]) -> tuple[float, str]:
    """CPU seconds of a command with all its processes, and what it printed."""
    before = sum(os.times()[2:4])
    process = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(process.stderr)
    return round(sum(os.times()[2:4]) - before, 1), process.stdout


def _rows(folder: Path, columns: list[str]) -> Iterable[dict[str, Any]]:
    for path in sorted((folder / "data").glob("*.parquet")):
        yield from pq.read_table(path, columns=columns).to_pylist()


def _name(row: Mapping[str, Any]) -> Name:
    return row["prompt_id"], row["sample_index"]


def _by_label(names: Iterable[Name], planted: Mapping[Name, Label]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for name in names:
        kind, _, how = planted.get(name, ("nothing planted", "", ""))
        counts[f"{kind} {how}".strip()] += 1
    return dict(sorted(counts.items()))


def _recall(counts: Iterable[tuple[int, int]]) -> float | None:
    counts = list(counts)
    return _share(sum(recalled for recalled, _ in counts), sum(n for _, n in counts))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


if __name__ == "__main__":
    main()
