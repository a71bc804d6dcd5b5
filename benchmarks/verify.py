r"""Answers verified in a second of one core, beside math-verify and a plain string match on the same pairs.

    python -m benchmarks.verify ../shared/corpora/gsm8k/model_solutions.jsonl
    python -m benchmarks.verify responses.jsonl --math-verify-tests math_verify-0.9.0/tests

GSM8K: JSON lines with `response`, `answer` and `is_correct`; without a file, the rows that the tests ship. The olympiad
mix (`benchmarks.olympiad`): each pair is met once, with empty caches. With the folder of math-verify's own tests (in
its source distribution), also their pairs: golds of MATH, NuminaMath and OpenThoughts, labelled by its authors.

Peers: math-verify as its README calls it; as open-r1's accuracy reward calls it; the string in the box. They get
some of the pairs only, because they are slow. Prints a JSON object. `ratio` is ours over theirs. Where math-verify
contradicts a label is counted by form and direction, with an example, who is right and what math-verify made of it;
where we do is listed.
"""

import argparse
import ast
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.olympiad import FORMS, FormulaPair, pairs
from r1data.verifiers.extraction import extract
from r1data.verifiers.math import fast, formulas, spelling
from r1data.verifiers.math.truths import forget as forget_truths
from r1data.verifiers.math.units import units
from r1data.verifiers.registry import check_all
from r1data.verifiers.table import verify_table
from r1data.verifiers.verdict import Verdict

SHIPPED = Path(__file__).parent.parent / "tests" / "fixtures" / "gsm8k" / "model_solutions.jsonl"
ROUNDS = 3
MIX = 20_000
PEERS = 600
"""Pairs of a set that the peers get."""


def main() -> None:
    """Runs everything and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("gsm8k", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--math-verify-tests", type=Path)
    arguments = parser.parse_args()
    warm_up()
    figures = {"gsm8k": measured(gsm8k(arguments.gsm8k)), "olympiad": measured(boxed(pairs(MIX)))}
    if arguments.math_verify_tests:
        figures["math_verify_tests"] = measured(boxed(list(published(arguments.math_verify_tests))))
    print(json.dumps(figures, indent=2, ensure_ascii=False))


JUDGED = {
    r"\begin{pmatrix}0.33\\0.2 \end{pmatrix}": "their test compares to two decimals; our rule asks for six digits",
    "(0.6,2.6667]": "their test compares to two decimals; our rule asks for six digits",
}
"""Why we contradict a published label."""
LabelledResponse = tuple[str, FormulaPair]
"""(the response, what it answers)."""


def gsm8k(path: Path) -> list[LabelledResponse]:
    """Real responses with their authors' labels."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [(row["response"], FormulaPair(row["answer"], "", row["is_correct"], "gsm8k")) for row in rows]


def boxed(answers: Sequence[FormulaPair]) -> list[LabelledResponse]:
    """Responses around answers."""
    text = (
        "<think>We count the cases one by one and add them up.</think>Adding up, the answer is $\\boxed{%s}$."
    )
    return [(text % pair.answer, pair) for pair in answers]


def published(folder: Path) -> Iterator[FormulaPair]:
    """Pairs of math-verify's own tests: those where each side is one formula or one box."""
    for name in ("test_all.py", "test_numina_cases.py", "test_open_thoughts.py"):
        for call in ast.walk(ast.parse((folder / name).read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "parametrize":
                for row in call.args[1].elts if isinstance(call.args[1], ast.List) else []:
                    try:
                        truth, answer, right = ast.literal_eval(row)[:3]
                    except (ValueError, TypeError):
                        continue
                    if (plain := _one_formula(answer)) is not None and (
                        gold := _one_formula(truth)
                    ) is not None:
                        yield FormulaPair(gold, plain, bool(right), name.removesuffix(".py"))


def _one_formula(text: object) -> str | None:
    if not isinstance(text, str) or len(text) > 300:
        return None
    text = text.strip()
    if len(formulas := extract.boxes(text)) == 1:
        return formulas[0]
    inner = text.strip("$").strip()
    return inner if text.startswith("$") and text.endswith("$") and "$" not in inner else None


def warm_up() -> None:
    """Imports and starts what is not timed."""
    check_all(["math"] * 2, [r"\boxed{6}", r"\boxed{1.41421356}"], [r"\sum_{k=1}^3 k", r"\sqrt{2}"])
    readme_way("1", r"\boxed{1}")
    open_r1_way("1", r"\boxed{1}")


def measured(rows: Sequence[LabelledResponse]) -> dict[str, Any]:
    """Speeds and verdicts on one set."""
    responses, truths, labels = [r for r, _ in rows], [p.truth for _, p in rows], [p.right for _, p in rows]
    verdicts: list[Verdict] = []
    cold = statistics.median(_ours(responses, truths, verdicts) for _ in range(ROUNDS))
    some = list(rows[:: max(1, len(rows) // PEERS)])[:PEERS]
    figures: dict[str, Any] = {
        "pairs": len(rows),
        "pairs_per_second": round(len(rows) / cold),
        "table_rows_per_second": round(_table(responses, truths)),
        "by_the_worker": sum(v.reason == "by algebra" or v.verdict == "timeout" for v in verdicts),
        "against_labels": against(verdicts, labels),
        "ours_that_are_not_the_label": [
            {
                **as_example(row),
                "ours": verdict.verdict,
                "reason": verdict.reason or JUDGED.get(row[1].answer),
            }
            for row, verdict in zip(rows, verdicts, strict=True)
            if verdict.verdict != ("correct" if row[1].right else "incorrect")
        ][:60],
    }
    for name, way in (("math_verify", readme_way), ("open_r1", open_r1_way), ("string", string_way)):
        figures[name] = peer(way, some, len(rows) / cold)
    return figures


def _ours(responses: list[str], truths: list[str], into: list[Verdict]) -> float:
    """Seconds of CPU, with empty caches; the time of a worker process comes on top, as time waited."""
    for cached in (fast.forget, spelling.forget, units.read.cache_clear, formulas.forget, forget_truths):
        cached()
    start, wall = time.process_time(), time.perf_counter()
    into[:] = check_all(["math"] * len(responses), responses, truths)
    waited = time.perf_counter() - wall if any(v.reason == "by algebra" for v in into) else 0.0
    return max(time.process_time() - start, waited)


def _table(responses: list[str], truths: list[str]) -> float:
    import pyarrow as pa

    table = pa.table({"response": responses, "truth": truths})
    start = time.process_time()
    verify_table(table)
    return len(responses) / (time.process_time() - start)


def against(verdicts: Sequence[Verdict], labels: Sequence[bool]) -> dict[str, int]:
    """Rows by verdict and label."""
    counts = Counter(
        f"{verdict.verdict}, labelled {'right' if label else 'wrong'}"
        for verdict, label in zip(verdicts, labels, strict=True)
    )
    return dict(sorted(counts.items()))


def as_example(row: LabelledResponse) -> dict[str, Any]:
    """A pair as it is listed."""
    response, pair = row
    return {
        "form": pair.form,
        "truth": pair.truth,
        "answer": pair.answer or response[-80:],
        "label": pair.right,
    }


def peer(
    way: Callable[[str, str], bool], rows: Sequence[LabelledResponse], own_rate: float
) -> dict[str, Any]:
    """A peer's speed, and where it contradicts the labels."""
    peer_verdicts, wrong_rows = [], []
    start = time.process_time()
    for response, pair in rows:
        peer_verdicts.append(way(pair.truth, response))
    seconds = time.process_time() - start
    wrong_rows = [row for row, verdict in zip(rows, peer_verdicts, strict=True) if verdict != row[1].right]
    figures: dict[str, Any] = {
        "pairs": len(rows),
        "pairs_per_second": round(len(rows) / seconds),
        "ratio": round(own_rate * seconds / len(rows), 1),
        "agrees_with_labels": len(rows) - len(wrong_rows),
    }
    if way is not string_way:
        figures["disagreements"] = disagreements(way, wrong_rows)
    return figures


def disagreements(way: Callable[[str, str], bool], wrong: Sequence[LabelledResponse]) -> list[dict[str, Any]]:
    """Where math-verify contradicts a label, by form and direction: how often, one example, what it was made of."""
    kinds: dict[tuple[str, bool], list[LabelledResponse]] = {}
    for row in wrong:
        kinds.setdefault((row[1].form, row[1].right), []).append(row)
    return [
        {
            **as_example(examples[0]),
            "times": len(examples),
            "math_verify": "wrong" if right else "right",
            "who_is_right": "the label, by construction" if form in FORMS else "the label, by its authors",
            "why": made_of(way, examples[0]),
        }
        for (form, right), examples in sorted(kinds.items())
    ]


def made_of(way: Callable[[str, str], bool], row: LabelledResponse) -> str:
    """What math-verify reads on both sides."""
    from math_verify import parse

    gold, parsed = parse(f"${row[1].truth}$"), parse(row[0])
    if way is open_r1_way and readme_way(row[1].truth, row[0]) == row[1].right:
        return "its settings: only well-formed LaTeX is an answer; as the README calls it, math-verify agrees with us"
    if not gold or not parsed:
        return f"it reads nothing of the {'truth' if not gold else 'answer'}"
    return f"it reads {gold[0]} and {parsed[0]}"[:300]


def readme_way(truth: str, response: str) -> bool:
    """As math-verify's README calls it."""
    from math_verify import parse, verify

    return bool(verify(parse(f"${truth}$"), parse(response)))


def open_r1_way(truth: str, response: str) -> bool:
    """As open-r1's accuracy reward calls it; a truth that it cannot read is skipped there, and counts as wrong here."""
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse, verify

    gold = parse(f"${truth}$", extraction_mode="first_match")
    if not gold:
        return False
    normalization = NormalizationConfig(
        nits=False, malformed_operators=False, basic_latex=True, boxed="all", units=True
    )
    config = LatexExtractionConfig(
        normalization_config=normalization, boxed_match_priority=0, try_extract_without_anchor=False
    )
    return bool(verify(gold, parse(response, extraction_config=[config], extraction_mode="first_match")))


def string_way(truth: str, response: str) -> bool:
    """The last box, or the last line's end, letter by letter."""
    formulas = extract.boxes(response)
    return (formulas[-1] if formulas else response.rpartition(":")[2]).strip() == truth.strip()


if __name__ == "__main__":
    main()
