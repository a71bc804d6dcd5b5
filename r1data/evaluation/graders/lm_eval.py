"""lm-evaluation-harness's scoring beside ours: its own code for one of its tasks, in an interpreter that has it.

The harness is not installed beside this package; `lm_eval_script` runs where it is. A task such as `gsm8k` reads an
answer in several ways (`strict-match`, `flexible-extract`): each is a column. The response is scored as it stands,
thoughts included; the harness's stop strings, which cut a response while it is generated, are not applied.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from r1data.data.text import one_line
from r1data.evaluation.graders.grades import (
    NO_TRUTH,
    Grade,
    GradedColumns,
    Grader,
    GraderOptions,
    GraderUnavailable,
    Response,
)

SCRIPT = Path(__file__).with_name("lm_eval_script.py")
INVALID = "[invalid]"
"""What the harness's filters give where they read no answer."""
START_SECONDS = 300.0
"""How long its imports may take, on a machine that is busy."""
_MESSAGE_CHARACTERS = 300


def _by_lm_eval(responses: Sequence[Response], options: GraderOptions) -> GradedColumns:
    scored = [place for place, each in enumerate(responses) if each.case.truth is not None]
    if not scored:
        raise GraderUnavailable("lm-eval: no response has a truth")
    cases = [responses[place].case for place in scored]
    request = {
        "task": options.lm_eval_task,
        "documents": [{"prompt": case.prompt or "", "truth": case.truth} for case in cases],
        "responses": [case.response for case in cases],
    }
    columns: dict[str, list[Grade]] = {}
    for name, column in _ask(request, options)["columns"].items():
        grades = [NO_TRUTH] * len(responses)
        for place, score, extracted in zip(scored, column["scores"], column["extracted"], strict=True):
            grades[place] = _grade(score, extracted)
        columns[f"{LM_EVAL.name} {name}"] = grades
    return columns


def _grade(score: float, extracted: str | None) -> Grade:
    if extracted == INVALID:
        return Grade("unverifiable", None, "no_answer", "its filter reads no answer")
    return Grade("correct" if score == 1 else "incorrect", extracted)


def _ask(request: Mapping[str, Any], options: GraderOptions) -> dict[str, Any]:
    """The script's reply. Raises GraderUnavailable where there is none."""
    python = _interpreter(options)
    limit = START_SECONDS + options.time_limit * len(request["responses"])
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    # By -c and in an empty folder: neither this package's modules nor the user's files can take the place of others.
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [python, "-c", SCRIPT.read_text()],
                input=json.dumps(request),
                capture_output=True,
                text=True,
                timeout=limit,
                cwd=folder,
                env={**os.environ, **offline},
            )
        except subprocess.TimeoutExpired:
            raise GraderUnavailable(f"lm-eval: not done within {limit:,.0f} s") from None
        except OSError as error:
            raise GraderUnavailable(f"lm-eval: {python} cannot be started: {error}") from error
    try:
        reply: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise GraderUnavailable(f"lm-eval: {python} gave no scores: {_short(last)}") from None
    if "error" in reply:
        raise GraderUnavailable(f"lm-eval: {_short(str(reply['error']))}")
    return reply


def _interpreter(options: GraderOptions) -> str:
    if options.lm_eval is None:
        raise GraderUnavailable(
            "lm-eval: name an interpreter that has lm-evaluation-harness with --lm-eval PYTHON "
            "(python -m venv harness; harness/bin/pip install lm_eval)"
        )
    python = shutil.which(options.lm_eval)
    if python is None:
        raise GraderUnavailable(f"lm-eval: {options.lm_eval}: no such program")
    # The folder it is started in is another; a link is kept, for an environment is known by where its link lies.
    return str(Path(python).absolute())


def _version(options: GraderOptions) -> str:
    python = _interpreter(options)
    code = "from importlib.metadata import version; print(version('lm_eval'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    if done.returncode:
        raise GraderUnavailable(
            f"lm-eval: {python} has no package lm_eval; install it there: pip install lm_eval"
        )
    return f"{done.stdout.strip()}, task {options.lm_eval_task}"


def _short(text: str) -> str:
    return one_line(text, _MESSAGE_CHARACTERS)


LM_EVAL = Grader(
    "lm-eval",
    "lm-evaluation-harness's scoring, by one of its tasks (--lm-eval-task)",
    _by_lm_eval,
    _version,
    ("math",),
)
