"""Students: the six small dense models that the paper distils into, with their bases and learning rates (R1 2.4, App.).

Another package adds one by an entry point in the group `r1.students`.

All: 2-3 epochs, cosine to a tenth, 32,768 tokens, batch 64, supervised only. Any folder, hub id or shipped miniature
can be a student too; its learning rate is then that of the smallest here, which is ours. Parameter counts are those of
the published weights, for telling memory without fetching them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from r1data.engines.model_files import read_tensors
from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.runtime.registry import Registry
from r1data.training.settings import SftSettings


@dataclass(frozen=True)
class Student:
    """A base to distil into.

    Args:
        name: its name.
        base: where it comes from: a hub id, a folder, or a shipped miniature.
        lr: the learning rate.
        parameters: of the published weights, where they are known.
        aliases: other names of ours for it, in lower case.
        paper: the section of the paper; empty for ours.
    """

    name: str
    base: str
    lr: float
    parameters: int | None = None
    aliases: tuple[str, ...] = ()
    paper: str = ""


def _of_the_paper(name: str, base: str, lr: float, parameters: int, *aliases: str) -> Student:
    return Student(name, base, lr, parameters, aliases, paper="2.4")


SIX = (
    _of_the_paper(
        "qwen2.5-1.5b",
        "Qwen/Qwen2.5-Math-1.5B",
        1e-4,
        1_543_714_304,
        "1.5b",
        "qwen-1.5b",
        "qwen2.5-math-1.5b",
    ),
    _of_the_paper(
        "qwen2.5-7b", "Qwen/Qwen2.5-Math-7B", 8e-5, 7_615_616_512, "7b", "qwen-7b", "qwen2.5-math-7b"
    ),
    _of_the_paper("qwen2.5-14b", "Qwen/Qwen2.5-14B", 7e-5, 14_770_033_664, "14b", "qwen-14b"),
    _of_the_paper("qwen2.5-32b", "Qwen/Qwen2.5-32B", 6e-5, 32_763_876_352, "32b", "qwen-32b"),
    _of_the_paper(
        "llama-8b", "meta-llama/Llama-3.1-8B", 5e-5, 8_030_261_248, "8b", "llama3.1-8b", "llama-3.1-8b"
    ),
    _of_the_paper(
        "llama-70b",
        "meta-llama/Llama-3.3-70B-Instruct",
        2e-5,
        70_553_706_496,
        "70b",
        "llama3.3-70b",
        "llama-3.3-70b",
    ),
)
STUDENTS: Registry[Student] = Registry(
    "student", "r1.students", Student, {student.name: student for student in SIX}
)
ALIASES = {alias: student.name for student in SIX for alias in student.aliases}
OTHER_LR = 1e-4
DISTILLATION = SftSettings(epochs=2.0, lr=OTHER_LR, min_lr_ratio=0.1, batch_size=64, max_tokens=32_768)
"""The paper's settings for every student; the learning rate is each one's own."""


def find(name: str) -> Student:
    """The student that a name means: of the registry, or a folder, hub id or shipped miniature. Fetches nothing.

    Raises UserError, with the known names, for anything else.
    """
    # The name as it stands comes first: another package's student may be called like an alias of ours.
    for candidate in (name, ALIASES.get(name.lower(), name.lower())):
        if candidate in STUDENTS:
            return STUDENTS[candidate]
    if not (":" in name or "/" in name or Path(name).exists()):
        try:
            return STUDENTS[name]
        except UserError as error:
            raise UserError(f"{error}; or give a folder or a hub id") from None
    base = resolve_model(name)
    return Student(name, name, OTHER_LR, count_parameters(base) if isinstance(base, Path) else None)


def settings_of(student: Student, base: SftSettings = DISTILLATION, lr: float | None = None) -> SftSettings:
    """`base` with the learning rate `lr`, or the student's own in the paper."""
    return replace(base, lr=student.lr if lr is None else lr)


def count_parameters(folder: Path) -> int:
    """Parameters in a folder's safetensors, from their headers alone. Raises UserError where a header is broken."""
    return sum(tensor.elements for tensor in read_tensors(folder))


def license_of(base: str) -> str | None:
    """The licence of a base that a registered student has; None for others."""
    return next(
        (
            getattr(s, "licence", None)
            for s in STUDENTS.built_in.values()
            if s.base == base.removeprefix("hf:")
        ),
        None,
    )
