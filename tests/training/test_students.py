"""Students: the paper's six, and any other model."""

from pathlib import Path

import pytest

from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training import students


@pytest.mark.parametrize(
    ("name", "base", "lr"),
    [
        ("qwen2.5-1.5b", "Qwen/Qwen2.5-Math-1.5B", 1e-4),
        ("qwen2.5-7b", "Qwen/Qwen2.5-Math-7B", 8e-5),
        ("qwen2.5-14b", "Qwen/Qwen2.5-14B", 7e-5),
        ("qwen2.5-32b", "Qwen/Qwen2.5-32B", 6e-5),
        ("llama3.1-8b", "meta-llama/Llama-3.1-8B", 5e-5),
        ("LLAMA-70B", "meta-llama/Llama-3.3-70B-Instruct", 2e-5),
    ],
)
def test_the_papers_students(name: str, base: str, lr: float) -> None:
    found = students.find(name)
    assert (found.base, found.lr) == (base, lr)


def test_every_alias_means_a_student() -> None:
    assert {students.find(alias).name for alias in students.ALIASES} <= set(students.STUDENTS)


def test_an_alias_means_one_student_and_is_no_name() -> None:
    aliases = [alias for student in students.STUDENTS.built_in.values() for alias in student.aliases]
    assert len(aliases) == len(set(aliases)) and not set(aliases) & set(students.STUDENTS)


def test_the_papers_students_come_first() -> None:
    assert list(students.STUDENTS)[:6] == [student.name for student in students.SIX]


@pytest.mark.parametrize("written", ["Qwen/Qwen2.5-32B", "qwen/qwen2.5-32b", "hf:Qwen/Qwen2.5-32B"])
def test_a_known_hub_id_means_its_student(written: str) -> None:
    assert students.find(written) is students.STUDENTS["qwen2.5-32b"]


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UserError, match=r"did you mean qwen3-8b\?"):
        students.find("qwen3-8bb")


def test_every_student_says_what_is_known_of_it() -> None:
    for student in students.STUDENTS.built_in.values():
        assert student.licence and student.context and student.parameters and student.config["rope_theta"]


def test_distillation_is_the_papers() -> None:
    settings = students.DISTILLATION
    assert (settings.batch_size, settings.max_tokens, settings.min_lr_ratio) == (64, 32_768, 0.1)
    assert settings.epochs in (2, 3) and settings.schedule == "cosine"


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UserError, match=r"qwen2\.5-32b"):
        students.find("qwen2.5-33b")


def test_a_hub_id_needs_no_network() -> None:
    assert students.find("hf:org/model").base == "hf:org/model"
    assert students.find("org/model").parameters is None


def test_a_folders_parameters_are_counted_from_its_headers(qwen: Path) -> None:
    found = students.find(str(qwen))
    assert found.parameters == sum(p.numel() for p in load_model(qwen).parameters())
