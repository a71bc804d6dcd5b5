"""`hf:org/name`: rows of a set on the hub, streamed twice, its errors in one line, none of its code run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exchange.conftest import HubR1
from tests.exchange.fake_hub import FakeHub, Repository

LINES = b'{"question": "1+1?", "answer": "2"}\n{"question": "2+1?", "answer": "3"}\n'
CONFIGS = b"""---
configs:
- config_name: main
  data_files: m.jsonl
- config_name: other
  data_files: o.jsonl
---
"""
NOWHERE = "http://127.0.0.1:9"
"""An address that refuses connections."""
READ = """
import json, sys
from r1data.errors import UserError
from r1data.data.hub import hub_records

for name in sys.argv[1:]:
    try:
        print(json.dumps([row for _, row in hub_records(name)]))
    except UserError as error:
        print(error)
"""


@pytest.fixture
def sets(hub: FakeHub) -> None:
    files = {
        "org/plain": {"train.jsonl": LINES, "test.jsonl": LINES.splitlines()[0]},
        "org/script": {"script.py": b"open('ran', 'w')"},
        "org/configs": {"README.md": CONFIGS, "m.jsonl": LINES, "o.jsonl": LINES.splitlines()[1]},
    }
    for name, content in files.items():
        hub.repositories[name] = Repository(private=False)
        hub.repositories[name].commit("main", content)


def run_reader(
    environment: dict[str, str], folder: Path, *names: str, **changed: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", READ, *names]
    env = {**environment, **changed}
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    return done


def read(environment: dict[str, str], folder: Path, *names: str, **changed: str) -> list[str]:
    return run_reader(environment, folder, *names, **changed).stdout.splitlines()


@pytest.mark.usefixtures("sets")
def test_ingest_reads_a_set_of_the_hub(hub_r1: HubR1, tmp_path: Path) -> None:
    done = hub_r1("ingest", "hf:org/plain", "-o", "rows", "--map", "prompt=question", "--map", "truth=answer")
    assert done.returncode == 0, done.stderr
    lines = hub_r1("cat", "rows", "-c", "prompt", "-c", "truth").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"prompt": "1+1?", "truth": "2"},
        {"prompt": "2+1?", "truth": "3"},
    ]


@pytest.mark.usefixtures("sets")
def test_splits_and_configs_are_chosen_and_what_is_missing_is_one_line(
    environment: dict[str, str], tmp_path: Path
) -> None:
    names = [
        "org/plain:test",
        "org/configs/other",
        "org/plain:no",
        "org/configs",
        "org/none",
        "org/script",
        "json",
    ]
    test, other, split, config, none, script, form = read(environment, tmp_path, *names)
    assert json.loads(test) == [{"question": "1+1?", "answer": "2"}]
    assert json.loads(other) == [{"question": "2+1?", "answer": "3"}]
    assert "['train', 'test']" in split and "['main', 'other']" in config
    assert "not there" in none and "scripts are no longer supported" in script and "hf:ORG/NAME" in form
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("sets")
def test_no_way_to_the_hub_is_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    assert "HF_HUB_OFFLINE" in read(environment, tmp_path, "org/plain", HF_HUB_OFFLINE="1")[0]
    assert "cannot be reached" in read(environment, tmp_path, "org/plain", HF_ENDPOINT=NOWHERE)[0]


@pytest.mark.usefixtures("sets")
def test_nobody_is_told_of_each_attempt_to_reach_the_hub(environment: dict[str, str], tmp_path: Path) -> None:
    names = [f"org/plain@{'0' * 40}", f"org/plain/train.jsonl@{'0' * 40}"]
    done = run_reader(environment, tmp_path, *names, HF_ENDPOINT=NOWHERE)
    assert [("cannot be reached" in line) for line in done.stdout.splitlines()] == [True, True]
    assert NOWHERE not in done.stderr and "Retry" not in done.stderr


def test_a_file_of_a_commit_that_lies_here_needs_no_hub(
    sets: None, hub: FakeHub, environment: dict[str, str], tmp_path: Path
) -> None:
    name = f"org/plain/train.jsonl@{hub.repositories['org/plain'].branches['main']}"
    cache = str(tmp_path / "cache")
    fetched = read(environment, tmp_path, name, HF_HUB_CACHE=cache)
    assert json.loads(fetched[0])[0] == {"question": "1+1?", "answer": "2"}
    assert read(environment, tmp_path, name, HF_HUB_CACHE=cache, HF_ENDPOINT=NOWHERE) == fetched


@pytest.mark.usefixtures("sets")
def test_a_folder_of_that_name_is_not_read_instead(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "org/plain").mkdir(parents=True)
    (tmp_path / "org/plain/train.jsonl").write_text('{"question": "mine"}\n')
    assert "lies here too" in read(environment, tmp_path, "org/plain")[0]


@pytest.mark.usefixtures("sets")
def test_several_configs_and_files_are_read_one_after_the_other(
    environment: dict[str, str], tmp_path: Path
) -> None:
    names = [
        "org/configs/other+main",
        "org/plain/test.jsonl+train.jsonl",
        "org/plain/train.jsonl",
        "org/plain/no.jsonl",
    ]
    configs, files, file, missing = read(environment, tmp_path, *names)
    questions = [(row["config"], row["question"]) for row in json.loads(configs)]
    assert questions == [("other", "2+1?"), ("main", "1+1?"), ("main", "2+1?")]
    assert [row["config"] for row in json.loads(files)] == ["test.jsonl", "train.jsonl", "train.jsonl"]
    assert json.loads(file) == [{"question": "1+1?", "answer": "2"}, {"question": "2+1?", "answer": "3"}]
    assert missing.startswith("hf:org/plain/no.jsonl: ")
