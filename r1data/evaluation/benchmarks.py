"""Benchmarks: questions that others measure models by, each with where they come from and how they are asked.

A benchmark is an entry of `BENCHMARKS`; another package adds one by an entry point in the group `r1.benchmarks`. Its
name stands for its questions: `r1 eval aime24` reads them from the hub at one pinned commit and takes its settings as
defaults, `r1 build --decontaminate aime24` keeps them out of a set. `aime24=FILE` is the same with the questions in a
file or dataset of yours. A path that is there wins over a name.

Settings are the paper's (section 3: 0.6, 0.95, 32,768 tokens, 64 responses for AIME, 16 for MATH-500). Four for GSM8K
are ours; the words of the instruction are those that the authors advise for their models. The revisions are those that
other evaluation suites pin. No question comes with this package.
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
RESPONSES = 16
"""Responses per question where neither an option nor a benchmark says otherwise."""
SETTINGS: Mapping[str, Any] = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32_768, "template": "auto"}
"""What holds where neither an option nor a benchmark says otherwise (R1 section 3)."""


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
        k: responses per question.
        temperature: 0 is greedy.
        top_p: nucleus sampling: the likeliest tokens with this probability together.
        max_tokens: the longest response, in tokens.
        verifier: what checks the answers.
        domain: of all questions.
        language: of all questions, a BCP 47 tag.
        license: of the questions, an SPDX name; None where their source states none.
        questions: how many there are.
        sha256: of the questions without white space around them, one a line (`digest`); empty where it is not known.
        published: model → pass@1 in percent, as its authors report it.
        summary: what is asked, in one line.
        paper: where the paper reports it; empty where it does not.

    Raises:
        ValueError: `prompt` has no place for the question, or `columns` names none.
    """

    name: str
    source: str
    revision: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: {"prompt": "problem", "truth": "answer"})
    prompt: str = BOXED
    template: str = "auto"
    k: int = RESPONSES
    temperature: float = SETTINGS["temperature"]
    top_p: float = SETTINGS["top_p"]
    max_tokens: int = SETTINGS["max_tokens"]
    verifier: str = "math"
    domain: str = "math"
    language: str = "en"
    license: str | None = None
    questions: int | None = None
    sha256: str = ""
    published: Mapping[str, float] = field(default_factory=dict)
    summary: str = ""
    paper: str = ""

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
        return {name: getattr(self, name) for name in SETTINGS}


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
    paper="3, tables 4-6",
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
    summary="problems of the test set of MATH",
    paper="3, tables 4-6",
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
    summary="grade-school word problems",
)
BENCHMARKS: Registry[Benchmark] = Registry(
    "benchmark",
    "r1.benchmarks",
    Benchmark,
    {entry.name: entry for entry in (AIME24, AIME25, MATH500, GSM8K)},
)


@dataclass(frozen=True, slots=True)
class _PromptColumns(Columns):
    """A benchmark's columns under the schema's names, with each question put into the benchmark's prompt."""

    prompt: str = PLACE

    def apply(self, record: Record) -> Record:
        row = Columns.apply(self, record)
        if "prompt" not in row:
            return row
        # str.format would read the braces of \\boxed{} as fields.
        return {**row, "prompt": self.prompt.replace(PLACE, str(row["prompt"]).strip())}


def parse(text: str) -> tuple[Benchmark, str] | None:
    """The benchmark that an argument names and where its questions are; None where it is the place of a dataset.

    Args:
        text: a name, `NAME=PLACE`, or what `open_source` takes.

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
    # What has a dot was meant as a file: its reader says that it is not there.
    if "." in name:
        return None
    try:
        BENCHMARKS[name]
    except UserError as error:
        raise UserError(f"{name}: no such file or dataset, and {error}") from None
    return None


def place_of(text: str) -> str:
    """Where the questions of a name, of `NAME=PLACE` or of a path are. Raises UserError as `parse` does."""
    reference = parse(text)
    return reference[1] if reference else text


def readable_place(text: str) -> str:
    """As `place_of`, with the hub asked for the first question of a name, so that an error says what to give instead.

    Raises:
        UserError: as `parse` does, or the benchmark's questions cannot be read from the hub.
    """
    reference = parse(text)
    if reference and is_hub(reference[1]):
        _first_record(*reference)
    return reference[1] if reference else text


def open_evaluation(text: str) -> tuple[Source, Benchmark | None]:
    """What `r1 eval` reads: prompts, and the benchmark where the argument names one.

    Raises:
        UserError: there is no such dataset, file or benchmark, or it cannot be read.
    """
    reference = parse(text)
    return (open_questions(*reference), reference[0]) if reference else (open_source(text), None)


def responses_of(benchmark: Benchmark | None) -> int:
    """Responses per question by default."""
    return benchmark.k if benchmark else RESPONSES


def settings_of(benchmark: Benchmark | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of `SETTINGS`: of `options` what is not None, else the benchmark's, else the paper's."""
    defaults = benchmark.settings if benchmark else SETTINGS
    return {name: default if options[name] is None else options[name] for name, default in defaults.items()}


def open_questions(benchmark: Benchmark, place: str) -> Source:
    """The questions of a benchmark as prompts.

    Args:
        place: its own `uri`, or a file or dataset that has them: under the names of `columns`, or as prompts already.

    Raises:
        UserError: they cannot be read; where they are on the hub, the error says how to give them as a file.
    """
    if not is_plain(place):
        return open_source(place)
    constant = {"verifier": benchmark.verifier, "domain": benchmark.domain, "language": benchmark.language}
    if benchmark.license:
        constant["license"] = benchmark.license
    constant["source"] = benchmark.name
    if set(benchmark.columns.values()) <= _first_record(benchmark, place).keys():
        return PlainSource(place, _PromptColumns(benchmark.columns, constant, prompt=benchmark.prompt))
    return PlainSource(place, Columns({}, constant))


def _first_record(benchmark: Benchmark, place: str) -> Record:
    try:
        return next(raw_records(place), (0, {}))[1]
    except UserError as error:
        if not is_hub(place):
            raise
        names = ", ".join(benchmark.columns.values())
        raise UserError(
            f"benchmark {benchmark.name}: {error}; without the hub, give its questions as a file or dataset with the "
            f"columns {names}: {benchmark.name}=FILE"
        ) from error


def deviation(benchmark: Benchmark, source: Source) -> str | None:
    """How a source's questions differ from the benchmark's, for people; None where no difference is known."""
    prompts = [text for shard in source.shards() for text in shard.table()["prompt"].to_pylist()]
    if benchmark.questions not in (None, len(prompts)):
        return f"{len(prompts)} questions, not {benchmark.questions}"
    before, _, after = benchmark.prompt.partition(PLACE)
    questions = [text.removeprefix(before).removesuffix(after) for text in prompts]
    if benchmark.sha256 and digest(questions) != benchmark.sha256:
        return "the questions' text is not the benchmark's"
    return None


def digest(questions: list[str]) -> str:
    """The digest of a benchmark's questions, in their order."""
    return hashlib.sha256("\n".join(question.strip() for question in questions).encode()).hexdigest()
