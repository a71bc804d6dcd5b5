"""Keys planted in the environment, in URLs and on command lines end up in no file and on no line."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import r1data.cli
from r1data.cli.signatures import signatures

from tests import tiny
from tests.conftest import R1

CANARY = "cAnArYbIrD"
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}/aws+secret=0123",
    "AWS_ACCESS_KEY_ID": f"AKIA{CANARY}0123",
    "HF_TOKEN": f"hf_{CANARY}0123456789",
    "OPENAI_API_KEY": f"sk-{CANARY}-0123456789",
    "MY_SERVICE_PASSWORD": f'{CANARY}\'s "pass" & word\\',
}
KEY = f"{CANARY}/in+url"
URLS = [
    f"s3://AKIA0123:{KEY}@bucket/x",
    f"S3://AKIA0123:{KEY}@bucket/x",
    f"s3://AKIA0123%3A{quote(KEY, safe='')}%40bucket/x",
    f"https://user:{CANARY}@127.0.0.1:1/x.jsonl",
    f"https://127.0.0.1:1/x.jsonl?X-Amz-Signature={CANARY}",
    f"hf:user:{CANARY}@org/name",
]
COMMANDS = signatures(r1data.cli.app)
APART = {"review", "serve-verdicts", "doctor", "miniature train"}
"""Commands that wait for somebody, or need no input to work for minutes."""


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short one: a socket's path below TMPDIR has 108 bytes at most."""
    return tmp_path_factory.mktemp("k")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, a HOME and a TMPDIR below one folder, with keys all over the environment."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name in ("HOME", "TMPDIR", "work"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def canaries(folder: Path, but: tuple[str, ...] = ()) -> list[str]:
    """Files below a folder that hold a canary, in their names, their bytes or their rows, columns `but` left out."""
    files_with_canary = []
    for path in folder.rglob("*"):
        texts = [str(path.relative_to(folder)).encode()]
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            kept = [name for name in table.column_names if name not in but]
            texts.append(f"{table.select(kept).to_pylist()} {table.schema.metadata}".encode())
        elif path.is_file():
            texts.append(path.read_bytes())
        if any(CANARY.encode() in text for text in texts):
            files_with_canary.append(str(path))
    return files_with_canary


def lines(name: str) -> Iterator[list[str]]:
    """Command lines that put a key into each text argument and option of a command, one after the other."""
    command = COMMANDS[name]
    texts = [option for option in command.options.values() if option.arity != "switch"]
    needed = [word for option in texts if option.required for word in (option.flag or "", "nowhere")]
    names = ["nowhere"] * len(command.arguments)
    for url in URLS:
        for place in range(len(names)):
            yield [*name.split(), *names[:place], url, *names[place + 1 :], *needed]
        for option in {option.name: option for option in texts}.values():
            yield [*name.split(), *names, *needed, option.flag or "", url]
    yield [*name.split(), *names, *needed, "--api-key", KEY]
    yield [*name.split(), *names, *needed, f"--api-key={KEY}"]
    yield [*name.split(), *names, *needed, SECRETS["MY_SERVICE_PASSWORD"]]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in APART])
@pytest.mark.parametrize("dry", [True, False], ids=["dry-run", "run"])
def test_no_command_repeats_a_key_that_stands_in_its_arguments(
    name: str, dry: bool, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "nowhere").write_text("")
    for line in lines(name):
        code = r1data.cli.invoke([*line, *(["--dry-run"] if dry else [])])
        said = "".join(capfd.readouterr())
        assert CANARY not in said, line
        assert "Traceback" not in said, line
        assert code != 0 or dry, line
    assert not canaries(place.parent)


def r1(*words: str, code: int = 0) -> None:
    done = subprocess.run([R1, *words], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert CANARY not in done.stdout + done.stderr, words


RECIPE = """\
name: small
steps:
  - ingest: {as: samples, input: rows.jsonl, set: {verifier: exact, api_key: %s, note: %s}}
  - filter: {as: kept, input: "${samples}", workers: 1}
"""


def test_a_chain_of_commands_leaves_no_key_of_the_environment(place: Path) -> None:
    rows = [{"prompt": f"{n}?", "truth": str(n), "response": f"<think>so</think>{n}"} for n in range(4)]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("asked.jsonl").write_text("".join(json.dumps({"prompt": f"{n} " * 12}) + "\n" for n in range(4)))
    note = SECRETS["AWS_SECRET_ACCESS_KEY"]
    tiny.build(Path("model"), hidden_size=32, intermediate_size=32)
    r1("ingest", "rows.jsonl", "-o", "s", "--set", f"note={note}", "--set", f"api_key={KEY}")
    r1("verify", "s", "-o", "v")
    r1("filter", "v", "-o", "k", "--dropped", "d")
    r1("build", "k", "-o", "sft", "--decontaminate", "asked.jsonl")
    r1("select", "v", "-o", "chosen", "--pass-rate", "0:1")
    r1("export", "sft", "--to", "trl", "-o", "handed-over")
    r1("sample", "asked.jsonl", "-o", "m", "--model", "model", "--template", "plain", "--max-tokens", "2")
    r1("inspect", "k")
    r1("check", "k")
    assert not canaries(place.parent, but=("note", "api_key"))


def test_a_recipe_s_record_and_report_hold_no_key(place: Path) -> None:
    rows = [{"prompt": f"{n}?", "truth": str(n), "response": f"<think>so</think>{n}"} for n in range(4)]
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("small.yaml").write_text(RECIPE % (json.dumps(KEY), json.dumps(SECRETS["AWS_SECRET_ACCESS_KEY"])))
    r1("run", "small.yaml")
    r1("run", "small.yaml")
    r1("report", "runs/small", "-o", "page.html")
    Path("small.yaml").unlink()
    assert not canaries(place.parent, but=("note", "api_key"))


def test_a_bug_s_traceback_holds_no_key(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"{os.environ['HF_TOKEN']} and {SECRETS['MY_SERVICE_PASSWORD']!r} at {URLS[0]}")

    monkeypatch.setattr("r1data.exchange.ingest.ingest", broken)
    assert r1data.cli.invoke(["ingest", "x", "-o", "y"]) == 1
    said = capfd.readouterr().err
    assert "ValueError" in said
    assert CANARY not in said
