"""Students: the six small dense models that the paper distils into, and those that people take today (R1 2.4, App.).

Another package adds one by an entry point in the group `r1.students`. A family is a module: `qwen`, `llama`, `olmo`,
`smollm`; an entry says what is known before its files are here (parameters, licence, template, positions, shape).

All: 2-3 epochs, cosine to a tenth, 32,768 tokens, batch 64, supervised only. Any folder, hub id or shipped miniature
can be a student too; its learning rate is then that of the smallest here, which is ours. So are those of the students
that are not the paper's: by size, as the paper's next smaller one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from r1data.engines.model_files import read_tensors
from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.runtime.registry import Registry
from r1data.training.settings import SftSettings
from r1data.training.students import llama, olmo, qwen, smollm
from r1data.training.students.student import OTHER_LR, Student

__all__ = ["ALIASES", "DISTILLATION", "OTHER_LR", "SIX", "STUDENTS", "Student"]

SIX = (*qwen.PAPER, *llama.PAPER)
_OURS = (*SIX, *qwen.TODAY, *llama.TODAY, *olmo.TODAY, *smollm.TODAY)
STUDENTS: Registry[Student] = Registry(
    "student", "r1.students", Student, {student.name: student for student in _OURS}
)
ALIASES = {alias: student.name for student in _OURS for alias in student.aliases}
BY_HUB_ID = {student.base.lower(): student.name for student in _OURS}
DISTILLATION = SftSettings(epochs=2.0, lr=OTHER_LR, min_lr_ratio=0.1, batch_size=64, max_tokens=32_768)
"""The paper's settings for every student; the learning rate is each one's own."""
LORA_RATE = 10.0
"""Of a learning rate for all weights, what adapters want: "LoRA Without Regret" (Schulman and others, 2025)."""


def find(name: str) -> Student:
    """The student that a name means: of the registry, by name or hub id, or a folder, another hub id or a shipped
    miniature. Fetches nothing.

    Raises UserError, with the known names, for anything else.
    """
    # The name as it stands comes first: another package's student may be called like an alias of ours.
    for candidate in (name, ALIASES.get(name.lower(), name.lower())):
        if candidate in STUDENTS:
            return STUDENTS[candidate]
    if not Path(name).exists() and (known := BY_HUB_ID.get(name.removeprefix("hf:").lower())):
        return STUDENTS[known]
    if not (":" in name or "/" in name or Path(name).exists()):
        try:
            return STUDENTS[name]
        except UserError as error:
            raise UserError(f"{error}; or give a folder or a hub id") from None
    base = resolve_model(name)
    return Student(name, name, OTHER_LR, count_parameters(base) if isinstance(base, Path) else None)


def listed() -> list[str]:
    """The names that a help text shows: the paper's, and those of other packages."""
    six = [student.name for student in SIX]
    return [*six, *(name for name in STUDENTS.names() if name not in STUDENTS.built_in)]


def settings_of(student: Student, base: SftSettings = DISTILLATION, lr: float | None = None) -> SftSettings:
    """`base` with the learning rate `lr`, or the student's own, which adapters want ten times as large."""
    own = student.lr * (LORA_RATE if base.lora else 1.0)
    return replace(base, lr=own if lr is None else lr)


def count_parameters(folder: Path) -> int:
    """Parameters in a folder's safetensors, from their headers alone. Raises UserError where a header is broken."""
    return sum(tensor.elements for tensor in read_tensors(folder))


def license_of(base: str) -> str | None:
    """The licence of a base that a registered student has; None for others."""
    name = BY_HUB_ID.get(base.removeprefix("hf:").lower())
    return STUDENTS.built_in[name].licence or None if name else None
