"""What a benchmark is: where its questions come from, how they are asked, and what checks the answers.

Defaults are the paper's (section 3) but for `RESPONSES`; the words of `BOXED` are those that the authors advise for
their models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from r1data.data.records import Record
from r1data.evaluation.benchmarks.published import Published

BOXED = "{prompt}\nPlease reason step by step, and put your final answer within \\boxed{}."
PLACE = "{prompt}"
RESPONSES = 16
"""Responses per question where neither an option nor a benchmark says otherwise."""
SETTINGS: Mapping[str, Any] = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 32_768, "template": "auto"}
"""What holds where neither an option nor a benchmark says otherwise (R1 section 3)."""


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as it is registered.

    Args:
        name: its name.
        source: its questions: `hf:org/name/config:split`, or the path of a file. Several configs or files of one set
            are joined by `+` (`data.hub`).
        revision: the commit of the hub's set that is read; empty for a file, and where no commit is known.
        columns: schema name → name there.
        convert: makes a row of the schema (`prompt`, `truth`, …) from one of the source, where other names are not
            enough; raises ValueError where it cannot. `columns` then only says what stands for what.
        reads: the source's columns that `convert` cannot do without; those of `columns` by default.
        compared: the source's columns whose texts `--decontaminate` looks for; all by default.
        prompt: what is asked; `{prompt}` is the question.
        prompts: the same by language, for sets of several, whose rows say which theirs is.
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
        published: figures that others report of it.
        differs: what else differs between this entry and the published figures; empty where nothing is known.
        gated: whether the hub gives the set to those alone who accept its licence there.
        summary: what is asked, in one line.
        paper: where the paper reports it; empty where it does not.

    Raises:
        ValueError: a prompt has no place for the question, or `columns` names none.
    """

    name: str
    source: str
    revision: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: {"prompt": "problem", "truth": "answer"})
    convert: Callable[[Record], Record] | None = None
    reads: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    prompt: str = BOXED
    prompts: Mapping[str, str] = field(default_factory=dict)
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
    published: tuple[Published, ...] = ()
    differs: str = ""
    gated: bool = False
    summary: str = ""
    paper: str = ""

    def __post_init__(self) -> None:
        prompts = (self.prompt, *self.prompts.values())
        if any(prompt.count(PLACE) != 1 for prompt in prompts) or "prompt" not in self.columns:
            raise ValueError(f"benchmark {self.name}: prompt needs one {PLACE}, and columns a name for it")

    @property
    def uri(self) -> str:
        """Where the questions are read, at the pinned commit."""
        return f"{self.source}@{self.revision}" if self.revision else self.source

    @property
    def settings(self) -> dict[str, Any]:
        """What stands in for options that are not given."""
        return {name: getattr(self, name) for name in SETTINGS}

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The columns that a file of its questions must have."""
        return self.reads or tuple(self.columns.values())

    def prompt_in(self, language: str | None) -> str:
        """What is asked in a language."""
        return self.prompts.get(language or self.language, self.prompt)
