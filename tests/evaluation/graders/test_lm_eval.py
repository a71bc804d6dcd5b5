"""The harness's side: a small package of that name behind an interpreter of its own speaks the protocol.

The real harness is run by `benchmarks/graders.py`, in an environment of its own.
"""

import sys
from pathlib import Path

import pytest

from r1data.evaluation.graders.grades import Grade, GraderOptions, GraderUnavailable, Response
from r1data.evaluation.graders.lm_eval import LM_EVAL
from r1data.verifiers.verdict import Case

PACKAGE = {
    "datasets.py": """
class Dataset(list):
    @classmethod
    def from_list(cls, rows):
        return cls(rows)
""",
    "lm_eval/__init__.py": "print('a line on stdout, which is no reply')",
    "lm_eval/api/__init__.py": "",
    "lm_eval/api/instance.py": """
class Instance:
    def __init__(self, request_type, doc, arguments, idx, resps):
        self.doc, self.resps, self.filtered_resps = doc, resps, {}
""",
    "lm_eval/api/task.py": """
from types import SimpleNamespace

class ConfigurableTask:
    VERSION = 3.0
    config = SimpleNamespace(
        training_split="train", validation_split=None, test_split="test", fewshot_split=None, dataset_kwargs=None)

    def __init__(self):
        self.download(self.config.dataset_kwargs)

    def download(self, dataset_kwargs=None):
        raise OSError("the hub cannot be reached")

    @property
    def eval_docs(self):
        return self.dataset["test"]

    def apply_filters(self):
        for each in self._instances:
            text = each.resps[0]
            each.filtered_resps["strict"] = text.partition("#### ")[2] or "[invalid]"
            each.filtered_resps["last-word"] = text.split()[-1]

    def process_results(self, doc, results):
        return {"exact_match": results[0] == doc["answer"]}
""",
    "lm_eval/tasks/__init__.py": """
from lm_eval.api.task import ConfigurableTask

class TaskManager:
    def load(self, names):
        if names == ["group"]:
            return {"tasks": {"one": None, "two": None}}
        if names != ["gsm8k"]:
            raise KeyError(names[0])
        return {"tasks": {"gsm8k": ConfigurableTask()}}
""",
    "lm_eval-9.9.dist-info/METADATA": "Metadata-Version: 2.1\nName: lm_eval\nVersion: 9.9\n",
}


@pytest.fixture
def options(tmp_path: Path) -> GraderOptions:
    for name, text in PACKAGE.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}/packages" exec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    return GraderOptions(lm_eval=str(python))


def response(text: str, truth: str | None = "18") -> Response:
    return Response("q", "a", Case(text, truth, "How many?"), "math")


def task(options: GraderOptions, name: str) -> GraderOptions:
    return GraderOptions(lm_eval=options.lm_eval, lm_eval_task=name)


def test_each_filter_of_the_task_is_a_column(options: GraderOptions) -> None:
    columns = LM_EVAL.grade([response("so 18"), response("none", None), response("#### 18")], options)
    assert columns == {
        "lm-eval strict": [
            Grade("unverifiable", None, "no_answer", "its filter reads no answer"),
            Grade("unverifiable", None, "no_truth", "no truth to compare with"),
            Grade("correct", "18"),
        ],
        "lm-eval last-word": [
            Grade("correct", "18"),
            Grade("unverifiable", None, "no_truth", "no truth to compare with"),
            Grade("correct", "18"),
        ],
    }


def test_the_version_is_the_packages(options: GraderOptions) -> None:
    assert LM_EVAL.version(options) == "9.9, task gsm8k"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("group", "lm-eval: ValueError: group is a group of tasks; name one of them: one, two"),
        ("nothing", "lm-eval: KeyError: 'nothing'"),
    ],
)
def test_what_the_harness_says_is_one_line(options: GraderOptions, name: str, line: str) -> None:
    with pytest.raises(GraderUnavailable) as error:
        LM_EVAL.grade([response("18")], task(options, name))
    assert str(error.value) == line


@pytest.mark.parametrize(
    ("python", "line"),
    [
        (None, "lm-eval: name an interpreter that has lm-evaluation-harness with --lm-eval PYTHON"),
        ("nowhere/python", "lm-eval: nowhere/python: no such program"),
        ("false", "has no package lm_eval"),
    ],
)
def test_an_interpreter_without_it_is_one_line(python: str | None, line: str) -> None:
    with pytest.raises(GraderUnavailable) as error:
        LM_EVAL.version(GraderOptions(lm_eval=python))
    assert line in str(error.value)


def test_an_interpreter_that_gives_no_reply_is_one_line(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'it broke\x1b[31m' >&2; exit 3\n")
    python.chmod(0o755)
    with pytest.raises(GraderUnavailable) as error:
        LM_EVAL.grade([response("18")], GraderOptions(lm_eval=str(python)))
    assert str(error.value) == rf"lm-eval: {python} gave no scores: it broke\x1b[31m"
