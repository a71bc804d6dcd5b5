"""`r1 template`: verdicts, an example, exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Run
from tests.training.tiny import build_tokenizer, lessons


def save(folder: Path, template: str) -> Path:
    build_tokenizer(template).save_pretrained(folder)
    return folder


GOOD = "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"


def test_a_fit_template_and_a_set_are_reported(
    r1: Run, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    rows = write_jsonl(lessons(6, 1))
    done = r1("template", save(tmp_path / "m", GOOD), rows, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["fit"] and report["rows"]["examples"] == 6
    assert report["example"]["response"].startswith("<think>\\nTwo and two")


def test_an_unfit_template_ends_in_exit_code_1_and_what_to_do(r1: Run, tmp_path: Path) -> None:
    done = r1("template", save(tmp_path / "m", GOOD.replace("m.content", "m.content.split('</think>')[-1]")))
    assert done.returncode == 1 and "✗ thoughts" in done.stderr
    assert "--swallowed keep" in done.stderr.splitlines()[-1]
