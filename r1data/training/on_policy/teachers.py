"""Teachers of on-policy distillation: which one scores a prompt, and whether it can score this student's tokens.

The loss compares both models' probabilities of the same token ids, so that the vocabularies must be the same, token by
token. Models of one family may pad their weights to different sizes (Qwen2.5: 151,936 rows in the small ones, 152,064
in the large ones): then the loss is over the tokens that both have weights for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from r1data.data.text import one_line
from r1data.engines.model_files import read_json, read_tensors
from r1data.engines.models import load_tokenizer, local_folder
from r1data.errors import UserError
from r1data.training.settings import OnPolicySettings
from r1data.training.settings.specs import is_address

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DOMAIN = re.compile(r"[\w:-]+")
SHOWN = 40
"""Characters of a token in a message."""
TRAINING_BYTES = 16
"""Bytes a parameter of the student: float32 weights, gradients and AdamW's two moments."""
FOUR_BITS = 0.53
"""Bytes a parameter in four bits, with its scales."""


@dataclass(frozen=True)
class Roster:
    """The teachers of a run, each once, and the number of the one that scores a domain's prompts."""

    models: tuple[str, ...]
    by_domain: Mapping[str, int]

    def number(self, domain: str | None) -> int | None:
        """The number in `models` of the teacher for a domain; None where there is none."""
        return self.by_domain.get(domain or "", self.by_domain.get(""))


def roster(settings: OnPolicySettings) -> Roster:
    """The teachers of `settings`, in the order of their domains' names."""
    models = tuple(dict.fromkeys(settings.teachers[domain] for domain in sorted(settings.teachers)))
    return Roster(models, {domain: models.index(model) for domain, model in settings.teachers.items()})


def parse_teachers(texts: Iterable[str]) -> dict[str, str]:
    """Teachers by domain from `MODEL` and `DOMAIN=MODEL`. Raises UserError for two of one domain."""
    teachers: dict[str, str] = {}
    for text in texts:
        domain, sign, model = text.partition("=")
        # A folder, hub id or address may hold the sign too, and no domain holds a slash.
        if not sign or not DOMAIN.fullmatch(domain) or Path(text).exists():
            domain, model = "", text
        if not model:
            raise UserError(f"--teacher {text}: no model; write {domain}=FOLDER, or an address")
        if domain in teachers:
            whose = f"domain {domain}" if domain else "all prompts"
            raise UserError(f"--teacher {text}: {whose} has one already ({teachers[domain]}); give one")
        teachers[domain] = model
    return teachers


def shared_vocabulary(student: str | Path, teacher: str) -> int:
    """The number of token ids that both models have weights for.

    Raises UserError where the two tokenizers differ, or a model has no weights for a token of its tokenizer.
    """
    tokenizer = load_tokenizer(student)
    compare(tokenizer, load_tokenizer(teacher), str(student), teacher)
    sizes = [rows_of(model) for model in (str(student), teacher)]
    size = min(sizes)
    if (last := max(tokenizer.get_vocab().values(), default=0)) >= size:
        short = (str(student), teacher)[sizes.index(size)]
        raise UserError(
            f"{short}: has weights for {size:,} tokens, and the tokenizer makes ids up to {last:,}; take the model "
            "that belongs to the tokenizer"
        )
    return size


def compare(
    student: PreTrainedTokenizerBase, teacher: PreTrainedTokenizerBase, student_name: str, teacher_name: str
) -> None:
    """Raise UserError where two tokenizers do not give the same ids to the same tokens, with by how much."""
    ours, theirs = ({id: token for token, id in one.get_vocab().items()} for one in (student, teacher))
    different = sorted(id for id in {*ours, *theirs} if ours.get(id) != theirs.get(id))
    if not different:
        return
    first = different[0]
    tokens = " and ".join(_shown(vocabulary.get(first)) for vocabulary in (ours, theirs))
    all_tokens = max(len(ours), len(theirs))
    raise UserError(
        f"student {student_name} and teacher {teacher_name} have different vocabularies: {len(different):,} of "
        f"{all_tokens:,} token ids differ (id {first:,}: {tokens}); {remedy(len(different), all_tokens)}"
    )


def remedy(different: int, tokens: int) -> str:
    """What to do about vocabularies that differ: where only few tokens do, one tokenizer serves both."""
    if different <= tokens // 100:
        return (
            "as the rest is the same, put the teacher's tokenizer files into a copy of the student's folder, or take "
            "a teacher of the student's family"
        )
    return "take a teacher of the student's family, or distil from its responses: `r1 sample`, `r1 build`, `r1 distill`"


def refuse_too_large(student: Path, settings: OnPolicySettings, memory: int | None = None) -> None:
    """Raise UserError where student and teachers do not fit into this machine's memory together.

    `memory` in bytes, by default the GPU's where there is one, else the machine's. Of the student what it takes at
    least is counted: where processes may share it, nothing on a GPU, and one of it in a machine's memory. What fits in
    full is for `plan.execution` to say, once the prompts are known.
    """
    models = settings.other_models()
    if not models:
        return
    import torch

    gpu = torch.cuda.is_available()
    if memory is None:
        memory = (
            torch.cuda.mem_get_info()[1] if gpu else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        )
    copies = 1 if gpu else settings.local_processes
    trained = round(_parameters(student) * _bytes_a_parameter(settings, gpu))
    shared = settings.processes > 1 and not settings.lora and settings.strategy != "ddp"
    least = (0 if gpu else trained // (settings.nodes or 1)) if shared else copies * trained
    read = {model: _parameters(local_folder(model)) * (2 if gpu else 4) for model in models}
    if copies * sum(read.values()) + least <= memory:
        return
    largest = max(read, key=lambda model: read[model])
    raise UserError(
        f"teacher {largest} does not fit beside the student: its weights take {_gib(read[largest])} GiB"
        f"{f', all teachers {_gib(sum(read.values()))}' if len(read) > 1 else ''}, training the student "
        f"{_gib(trained)} or more{f', in {copies} processes' if copies > 1 else ''}, and there are "
        f"{_gib(memory)}; serve it (`vllm serve`) and give its address to --teacher, or take a smaller one"
    )


def _bytes_a_parameter(settings: OnPolicySettings, gpu: bool) -> float:
    """Of the student: all that training takes, or the frozen weights under adapters."""
    if not settings.lora:
        return TRAINING_BYTES
    return FOUR_BITS if settings.qlora else 2 if gpu else 4


def refuse_uncovered(domains: Mapping[str, int], settings: OnPolicySettings) -> None:
    """Raise UserError where prompts of a domain (`domains`: prompts by domain) have no teacher."""
    teachers = roster(settings)
    missing = {domain: count for domain, count in domains.items() if teachers.number(domain) is None}
    if missing:
        domain = max(missing, key=lambda name: missing[name])
        raise UserError(
            f"{sum(missing.values()):,} of {sum(domains.values()):,} prompts have no teacher (domain "
            f"{one_line(domain, SHOWN) or 'not given'}); add --teacher {one_line(domain, SHOWN)}=MODEL, or "
            "--teacher MODEL for all others"
        )


def addresses(settings: OnPolicySettings) -> list[str]:
    """The teachers that are served."""
    return [model for model in roster(settings).models if is_address(model)]


def rows_of(model: str | Path) -> int:
    """Rows of a model's embedding, from its config."""
    folder = local_folder(model)
    config = read_json(folder, "config.json")
    size = config.get("vocab_size") or (config.get("text_config") or {}).get("vocab_size")
    if type(size) is not int or size < 1:
        raise UserError(f"{folder / 'config.json'}: no vocab_size, a whole number above 0; mend the file")
    return size


def _parameters(folder: Path) -> int:
    return sum(tensor.elements for tensor in read_tensors(folder))


def _gib(size: float) -> str:
    return f"{size / 2**30:,.1f}"


def _shown(token: str | None) -> str:
    return "none" if token is None else repr(one_line(token, SHOWN))
