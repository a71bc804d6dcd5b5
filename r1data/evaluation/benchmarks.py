"""Benchmarks: questions that others measure models by, each with where they come from and how they are asked.

A benchmark is an entry of `BENCHMARKS`; another package adds one by an entry point in the group `r1.benchmarks`. Its
name stands for its questions: `r1 eval aime24` reads them from the hub at one pinned commit and takes its settings as
defaults, `r1 build --decontaminate aime24` keeps them out of a set. `aime24=FILE` is the same with the questions in a
file or dataset of yours. A path that is there wins over a name.

Settings are the paper's (section 3: 0.6, 0.95, 32,768 tokens, 64 responses for AIME, 16 for MATH-500); four for GSM8K,
and the words of the instruction, which are those that the authors advise for their models, are ours. The revisions are
those that other evaluation suites pin. No question comes with this package.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from r1data.data.hub import is_hub
from r1data.data.plain import Columns, PlainSource, is_plain, raw_records
from r1data.data.records import Record
from r1data.data.source import Source, open_source
from r1data.errors import UserError
from r1data.runtime.registry import Registry

BOXED = "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}."
PLACE = "{prompt}"
_NAME = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as it is registered.

    Args:
        name: its name.
        source: its questions: `hf:org/name/config:split`, or the path of a file.
        revision: the commit of the hub's set that is read; empty for a file.
        columns: schema name → name there.
        prompt: what is asked; `{prompt}` is the question.
        template: what stands around a prompt, as for `r1 sample`.
        k: responses a question.
        temperature: 0 is greedy.
        top_p: responses are drawn from the likeliest tokens that hold this share.
        max_tokens: tokens of a response at most.
        verifier: what decides about answers.
        domain: of all questions.
        language: of all questions, a BCP 47 tag.
        license: of the questions, an SPDX name; None where their source states none.
        questions: how many there are.
        sha256: of the questions without white space around them, one a line (`digest`); empty where it is not known.
        published: model → pass@1 in percent, as its authors report it.
        summary: what is asked, in one line.

    Raises:
        ValueError: `prompt` has no place for the question, or `columns` names none.
    """

    name: str
    source: str
    revision: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: {"prompt": "problem", "truth": "answer"})
    prompt: str = BOXED
    template: str = "auto"
    k: int = 16
    temperature: float = 0.6
    top_p: float = 0.95
    max_tokens: int = 32_768
    verifier: str = "math"
    domain: str = "math"
    language: str = "en"
    license: str | None = None
    questions: int | None = None
    sha256: str = ""
    published: Mapping[str, float] = field(default_factory=dict)
    summary: str = ""

    def __post_init__(self) -> None:
        if self.prompt.count(PLACE) != 1 or "prompt" not in self.columns:
            raise ValueError(f"benchmark {self.name}: prompt needs one {PLACE}, and columns a name for it")

    @property
    def uri(self) -> str:
        """Where the questions are read, at the pinned commit."""
        return f"{self.source}@{self.revision}" if self.revision else self.source

    @property
    def settings(self) -> dict[str, Any]:
        """What stands in for options that are not given."""
        return {name: getattr(self, name) for name in ("temperature", "top_p", "max_tokens", "template")}


AIME24 = Benchmark(
    "aime24",
    "hf:HuggingFaceH4/aime_2024",
    revision="2fe88a2f1091d5048c0f36abc874fb997b3dd99a",
    k=64,
    questions=30,
    published={
        "R1-Distill-Qwen-1.5B": 28.9,
        "R1-Distill-Qwen-7B": 55.5,
        "R1-Distill-Qwen-14B": 69.7,
        "R1-Distill-Qwen-32B": 72.6,
        "R1-Distill-Llama-8B": 50.4,
        "R1-Distill-Llama-70B": 70.0,
        "R1-Zero-Qwen-32B": 47.0,
    },
    summary="American Invitational Mathematics Examination 2024",
)
AIME25 = Benchmark(
    "aime25",
    "hf:math-ai/aime25:test",
    revision="563bb8404243c5f09de6ec262f2db674fe5bce9b",
    k=64,
    questions=30,
    summary="American Invitational Mathematics Examination 2025",
)
MATH500 = Benchmark(
    "math500",
    "hf:HuggingFaceH4/MATH-500:test",
    revision="6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
    k=16,
    license="MIT",
    questions=500,
    published={
        "R1-Distill-Qwen-1.5B": 83.9,
        "R1-Distill-Qwen-7B": 92.8,
        "R1-Distill-Qwen-14B": 93.9,
        "R1-Distill-Qwen-32B": 94.3,
        "R1-Distill-Llama-8B": 89.1,
        "R1-Distill-Llama-70B": 94.5,
        "R1-Zero-Qwen-32B": 91.6,
    },
    summary="500 problems of MATH",
)
GSM8K = Benchmark(
    "gsm8k",
    "hf:openai/gsm8k/main:test",
    revision="740312add88f781978c0658806c59bc2815b9866",
    columns={"prompt": "question", "truth": "answer"},
    k=4,
    license="MIT",
    questions=1_319,
    sha256="45f6db7cc91193bab86cef9833cea1b224b0b8a82ca318d6400477f9d82e7cce",
    summary="word problems of grade school",
)
BENCHMARKS: Registry[Benchmark] = Registry(
    "benchmark",
    "r1.benchmarks",
    Benchmark,
    {entry.name: entry for entry in (AIME24, AIME25, MATH500, GSM8K)},
)


@dataclass(frozen=True, slots=True)
class _Asked(Columns):
    """A benchmark's columns under the schema's names, with the question inside of its prompt."""

    prompt: str = PLACE

    def apply(self, record: Record) -> Record:
        row = Columns.apply(self, record)
        # str.format would read the braces of \\boxed{} as fields
        return (
            {**row, "prompt": self.prompt.replace(PLACE, str(row["prompt"]).strip())}
            if "prompt" in row
            else row
        )


def parse(text: str) -> tuple[Benchmark, str] | None:
    """The benchmark that a `DS-or-NAME` argument means and where its questions are; None where it is a dataset's place.

    Args:
        text: a name, `NAME=PATH`, or what `open_source` takes.

    Raises:
        UserError: it looks like a name, and there is neither such a path nor such a benchmark.
    """
    name, equals, place = text.partition("=")
    if text == "-" or not _NAME.fullmatch(name) or Path(text).exists():
        return None
    if equals:
        return (BENCHMARKS[name], place) if name in BENCHMARKS else None
    if name in BENCHMARKS:
        return BENCHMARKS[name], BENCHMARKS[name].uri
    if "." in name:
        return None
    try:
        BENCHMARKS[name]
    except UserError as error:
        raise UserError(f"{name}: no such file or dataset, and {error}") from None
    return None


def place_of(text: str) -> str:
    """Where the questions of a name, of `NAME=PATH` or of a path are. Raises UserError as `parse` does."""
    found = parse(text)
    return found[1] if found else text


def open_questions(benchmark: Benchmark, place: str) -> Source:
    """The questions of a benchmark as prompts.

    Args:
        place: its own `uri`, or a file or dataset that has them: under the names of `columns`, or as prompts already.

    Raises:
        UserError: they cannot be read; where they are on the hub, the error says how to bring them as a file.
    """
    if not is_plain(place):
        return open_source(place)
    same = {"verifier": benchmark.verifier, "domain": benchmark.domain, "language": benchmark.language}
    if benchmark.license:
        same["license"] = benchmark.license
    same["source"] = benchmark.name
    try:
        _, first = next(raw_records(place), (0, {}))
        if set(benchmark.columns.values()) <= first.keys():
            return PlainSource(place, _Asked(benchmark.columns, same, benchmark.prompt))
        return PlainSource(place, Columns({}, same))
    except UserError as error:
        if not is_hub(place):
            raise
        names = ", ".join(benchmark.columns.values())
        raise UserError(
            f"benchmark {benchmark.name}: {error}; without the hub give its questions as a file with {names}: "
            f"{benchmark.name}=FILE"
        ) from error


def deviation(benchmark: Benchmark, source: Source) -> str | None:
    """How the questions of a source differ from the benchmark's, for people; None where they do not, as far as is known."""
    prompts = [text for shard in source.shards() for text in shard.table()["prompt"].to_pylist()]
    if benchmark.questions not in (None, len(prompts)):
        return f"{len(prompts)} questions, not {benchmark.questions}"
    before, _, after = benchmark.prompt.partition(PLACE)
    questions = [text.removeprefix(before).removesuffix(after) for text in prompts]
    if benchmark.sha256 and digest(questions) != benchmark.sha256:
        return "other words than its questions have"
    return None


def digest(questions: list[str]) -> str:
    """The digest of a benchmark's questions, in their order."""
    return hashlib.sha256("\n".join(question.strip() for question in questions).encode()).hexdigest()
