"""Benchmarks of programs: each question's tests become the truth of the verifier `code`.

LiveCodeBench's private tests stay packed, as the set has them; the verifier unpacks them without running anything of
their pickle (`verifiers.code.packed`). Sixteen responses for HumanEval and four for MBPP are ours.
"""

import json

from r1data.data.records import Record
from r1data.evaluation.benchmarks import published
from r1data.evaluation.benchmarks.entry import Benchmark

ANSWER = "Please reason step by step, then give the whole program in one Python code block."
CODE = "```python\n{}\n```"


def _humaneval_row(record: Record) -> Record:
    prompt, name = str(record["prompt"]), str(record["entry_point"])
    # What stands before the function, imports and helpers, is given: an answer need not repeat it.
    before, _, _ = prompt.partition(f"def {name}(")
    truth = {"test": record["test"], "entry_point": name, "setup": before.strip()}
    return {"prompt": prompt, "truth": json.dumps(truth)}


def _mbpp_row(record: Record) -> Record:
    tests = [str(test) for test in record["test_list"]]
    shown = CODE.format("\n".join(tests))
    truth = {"test_list": tests, "test_setup_code": record.get("test_setup_code") or ""}
    prompt = f"{str(record['text']).strip()}\n\nIt must pass these tests:\n\n{shown}"
    return {"prompt": prompt, "truth": json.dumps(truth)}


def _livecodebench_row(record: Record) -> Record:
    question, start = str(record["question_content"]).strip(), str(record.get("starter_code") or "").strip()
    form = (
        f"Begin with this code:\n\n{CODE.format(start)}"
        if start
        else "The program reads its input from stdin and writes its output to stdout."
    )
    tests = {name: record.get(name) for name in ("public_test_cases", "private_test_cases", "metadata")}
    return {
        "prompt": f"{question}\n\n{form}",
        "truth": json.dumps(tests),
        "level": record.get("difficulty"),
    }


HUMANEVAL = Benchmark(
    "humaneval",
    "hf:openai/openai_humaneval:test",
    revision="7dce6050a7d6d172f3cc5c32aa97f52fa1a2e544",
    columns={"prompt": "prompt", "truth": "test"},
    convert=_humaneval_row,
    reads=("prompt", "test", "entry_point"),
    compared=("prompt",),
    prompt=f"Complete this Python function.\n\n{CODE.format('{prompt}')}\n\n{ANSWER}",
    k=16,
    verifier="code",
    domain="code",
    license="MIT",
    questions=164,
    sha256="f65112b73bf24a98c4babb55a6d0f5ce31fea9e8a16ff2eff111c4d489537c79",
    summary="Python functions from their docstrings",
)
MBPP = Benchmark(
    "mbpp",
    "hf:google-research-datasets/mbpp/full:test",
    revision="4bb6404fdc6cacfda99d4ac4205087b89d32030c",
    columns={"prompt": "text", "truth": "test_list"},
    convert=_mbpp_row,
    compared=("text",),
    prompt=f"{{prompt}}\n\n{ANSWER}",
    k=4,
    verifier="code",
    domain="code",
    license="CC-BY-4.0",
    questions=500,
    summary="short Python tasks with three tests each",
)
LIVECODEBENCH = Benchmark(
    "livecodebench",
    "hf:livecodebench/code_generation_lite/test.jsonl+test2.jsonl+test3.jsonl+test4.jsonl+test5.jsonl+test6.jsonl",
    revision="48d36ed304dca42cf8ab20e941262ccd096518a3",
    columns={"prompt": "question_content", "truth": "private_test_cases"},
    convert=_livecodebench_row,
    reads=("question_content", "public_test_cases", "private_test_cases"),
    compared=("question_content",),
    prompt=f"{{prompt}}\n\n{ANSWER}",
    k=8,
    verifier="code",
    domain="code",
    questions=1_055,
    published=published.LIVECODEBENCH,
    differs="the questions: the paper's are those of August 2024 to January 2025, these are all of release v6",
    summary="contest problems, release v6",
    paper="3, tables 4-6",
)
BENCHMARKS = (LIVECODEBENCH, HUMANEVAL, MBPP)
