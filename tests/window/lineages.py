"""A project whose rows were kept, dropped and built into a set, made once a process."""

import json
from pathlib import Path

import pytest
from r1data.cli import invoke
from starlette.testclient import TestClient

from r1data.exchange.ingest import ingest
from r1data.window.app import build_app
from r1data.window.library import Library

ASKED = "Tom has two apples and buys one more of them: how many apples does he have in the end?"
THOUGHTS = "We add the two numbers and look at the sum again."


def response(answer: int, thoughts: str = THOUGHTS) -> str:
    return f"<think>\n{thoughts}\n</think>\n\nIt is \\boxed{{{answer}}}."


def run(*arguments: object) -> None:
    assert invoke([str(each) for each in arguments]) == 0


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples, kept and dropped ones, a set and what it left out, in a folder.

    A prompt has a right sample, a longer one, a wrong one, and a copy of the first; the third shares its question with
    an evaluation.
    """
    folder = tmp_path_factory.mktemp("project")
    rows = []
    for number in range(3):
        prompt = (f"What is {number} + 1?", f"Add one to {number}.", ASKED)[number]
        texts = (
            response(number + 1),
            response(number + 1, f"{THOUGHTS} Indeed it is right."),
            response(number + 9),
            response(number + 1),
        )
        rows += [
            {"prompt_id": f"sums-{number}", "prompt": prompt, "truth": str(number + 1), "response": text}
            for text in texts
        ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "evaluation.jsonl").write_text(json.dumps({"prompt": ASKED}) + "\n")
    ingest(str(folder / "rows.jsonl"), str(folder / "samples"), workers=1)
    run("filter", folder / "samples", "-o", folder / "kept", "--dropped", folder / "dropped", "--workers", 1)
    build = ["build", folder / "kept", "-o", folder / "sft", "--dropped", folder / "left-out"]
    run(*build, "--max-per-prompt", 1, "--decontaminate", folder / "evaluation.jsonl")
    return folder


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def client(library: Library) -> TestClient:
    app = build_app(library, token="t" * 16)
    headers = {"Authorization": f"Bearer {'t' * 16}"}
    return TestClient(app, base_url="http://localhost", headers=headers, raise_server_exceptions=False)
