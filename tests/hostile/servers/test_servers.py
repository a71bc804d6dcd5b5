"""A reply costs its own row, one line or nothing; never the others, the terminal, the memory or the time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from tests.hostile.sampled import sampled
from tests.hostile.servers.builders import ENDS, LISTINGS, ROWS, TOKENS, changed
from tests.hostile.servers.server import POISON, Server, Way, reply
from tests.hostile.watch import Watched, assert_harmless, watch
from tests.served import build_bytes

MEMORY = 384 << 20
PROMPTS = ["one", "two", f"three {POISON}", "four", "five"]
IMPATIENT = ["--max-retry-time", 2, "--request-timeout", 1.5]
PAUSE = {"r1data.engines.endpoints:FIRST_PAUSE": 0.01, "r1data.engines.endpoints:LONGEST_PAUSE": 0.1}
KEY = "sk-a-key-of-some-length-1234567890"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    rows = [{"prompt": prompt, "truth": "ok", "verifier": "judge"} for prompt in PROMPTS]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answered = "".join(json.dumps({**row, "response": "ok"}) + "\n" for row in rows)
    (folder / "samples.jsonl").write_text(answered)
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_bytes(tmp_path_factory.mktemp("model") / "m", hidden_size=32, intermediate_size=32)


def run(command: str, folder: Path, server: Server, *more: object) -> Watched:
    files = {
        "sample": ["prompts.jsonl", "--model", "tiny"],
        "eval": ["prompts.jsonl", "--model", "tiny", "-k", 1],
    }
    files["verify"] = ["samples.jsonl", "--judge", "tiny", "--no-judge-cache"]
    words = [command, *files[command], "-o", "out", "--endpoint", server.url, *IMPATIENT]
    template = [] if "--tokenizer" in more or command == "verify" else ["--template", "server"]
    environment = {"OPENAI_API_KEY": KEY}
    return watch([*words, *template, *more], folder, memory=MEMORY, environment=environment, settings=PAUSE)


def others(folder: Path, column: str) -> list[object]:
    """The values of the rows that were not poisoned."""
    rows = Dataset(folder / "out").table(["prompt", column]).to_pylist()
    return [row[column] for row in rows if POISON not in row["prompt"]]


@pytest.mark.parametrize("name", sampled(ROWS, 16))
def test_one_reply_of_a_sample_costs_its_row(name: str, folder: Path) -> None:
    with Server(answer=ROWS[name]) as server:
        watched = run("sample", folder, server, "-n", 1)
    assert_harmless(watched, codes=[1] if name in ENDS else [0, 1])
    assert KEY.encode() not in watched.stdout + watched.stderr
    if name not in ENDS:
        assert others(folder, "response") == ["ok"] * 4


@pytest.mark.parametrize("name", sampled(TOKENS, 3))
def test_token_ids_cost_their_row(name: str, folder: Path, model: Path) -> None:
    with Server(answer=reply(changed(token_ids=TOKENS[name]))) as server:
        watched = run("sample", folder, server, "-n", 1, "--tokenizer", model, "--template", "plain")
    assert_harmless(watched, codes=[0, 1])


@pytest.mark.parametrize("name", sampled(ROWS, 4))
def test_one_reply_of_a_judge_costs_its_verdict(name: str, folder: Path) -> None:
    verdict = json.dumps({"analysis": "same", "correctness": "correct"})
    with Server(answer=ROWS[name], good=verdict) as server:
        watched = run("verify", folder, server)
    assert_harmless(watched, codes=[1] if name in ENDS else [0, 1])
    if name not in ENDS:
        assert others(folder, "verdict") == ["correct"] * 4


@pytest.mark.parametrize("name", sampled(ROWS, 4))
def test_one_reply_of_an_evaluation_costs_its_row(name: str, folder: Path) -> None:
    with Server(answer=ROWS[name]) as server:
        watched = run("eval", folder, server)
    assert_harmless(watched, codes=[1] if name in ENDS else [0, 1])


@pytest.mark.parametrize("name", sampled(LISTINGS, 12))
def test_a_list_of_models_is_a_line(name: str, folder: Path) -> None:
    with Server(listing=LISTINGS[name]) as server:
        watched = run("sample", folder, server, "--max-retry-time", 0.2)
    assert_harmless(watched, codes=[1])
    assert len(watched.said) < 2_000


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.mark.parametrize("status", sampled(["301", "302", "303", "307", "308"], 2))
def test_no_request_follows_to_another_server(status: str, folder: Path, elsewhere: Server) -> None:
    away: Way = reply({}, f"{status} Away", f"Location: {elsewhere.url}/v1/completions")
    with Server(answer=away) as server:
        watched = run("sample", folder, server)
    assert_harmless(watched, codes=[1])
    with Server(listing=away) as server:
        assert_harmless(run("sample", folder, server, "--max-retry-time", 0.2), codes=[1])
    assert elsewhere.asked == []


def test_a_plain_server_behind_https_is_a_line(folder: Path) -> None:
    with Server() as server:
        words = [
            "sample",
            "prompts.jsonl",
            "--model",
            "tiny",
            "-o",
            "out",
            "--template",
            "server",
            *IMPATIENT,
        ]
        watched = watch(
            [*words, "--max-retry-time", 0.2, "--endpoint", server.url.replace("http:", "https:")],
            folder,
            settings=PAUSE,
        )
    assert_harmless(watched, codes=[1])
