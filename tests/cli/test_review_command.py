"""`r1 review` on the command line: what it prints, what it refuses, and that it says how to go on."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from r1data.cli import invoke

from r1data.exchange.ingest import ingest
from r1data.exchange.review.desk import ReviewDesk, ReviewSettings
from r1data.exchange.review.entries import ReviewEntry

ROWS = Path(__file__).parents[1] / "fixtures/review/rows.jsonl"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    ingest(str(ROWS), str(folder / "kept"), workers=1)
    return folder / "kept"


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "kept")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begin(twice: float | None = 0.0) -> None:
    """A review with one decision, by `ana`."""
    desk = ReviewDesk.open("kept", "out", ReviewSettings(twice_share=twice))
    dealt = desk.deal("ana")
    assert dealt is not None
    desk.record(ReviewEntry("e", "ana", dealt.key, dealt.response_id, "reject", {}, reason="off topic"))
    desk.close()


def refused(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert invoke(line.split()) in (1, 2)
    error = capsys.readouterr().err
    assert error.startswith("r1: ") and error.count("\n") == 1
    return error


def test_a_dry_run_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["review", "kept", "-o", "out", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"source": "kept", "out": "out", "rows": 8, "journal": None}
    assert not (folder / "out").exists()


def test_finish_writes_the_dataset_without_a_server_and_again_without_change(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(twice=0.3)
    for line in (
        "review kept -o out --dropped rest --finish --json",
        "review kept -o out --dropped rest --json",
    ):
        assert invoke(line.split()) == 0
        summary = json.loads(capsys.readouterr().out)
        assert (summary["rows"], summary["rejected"], summary["no_decision"]) == (7, 1, 7)


def test_mistakes_are_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    for line, message in (
        ("review - -o new", "name the dataset"),
        ("review kept -o s3://bucket/new", "r1 push"),
        ("review kept -o kept", "holds a dataset already"),
        ("review kept -o out --finish --require-all", "7 rows of kept are not decided"),
        ("review kept -o out --finish --twice 0.4", "begun with --twice 0.0, now 0.4"),
        ("review kept -o out --finish --dropped out", "--dropped out"),
        ("review kept -o new --twice 2", "twice"),
        ("review nowhere -o new", "no such dataset"),
        ("review kept -o new --finish", "nothing was decided"),
    ):
        assert message in refused(line, capsys), line


def test_a_port_in_use_is_one_line_and_the_review_can_be_opened_after(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "choose another with --port" in refused(f"review kept -o out --port {port}", capsys)
    begin(None)


def test_ctrl_c_says_how_far_it_is_and_how_to_go_on(folder: Path) -> None:
    begin()
    options = ["kept", "-o", "out", "--dropped", "rest", "--port", "0"]
    desk = subprocess.Popen(
        [Path(sys.executable).with_name("r1"), "review", *options], stderr=subprocess.PIPE, text=True
    )
    assert desk.stderr
    first_line = desk.stderr.readline()
    assert first_line.startswith("r1 review at http://127.0.0.1:")
    with pytest.raises(HTTPError):  # 401 without the token; as it answers, it takes signals
        urlopen(first_line.split()[-1].partition("?")[0], timeout=60)
    desk.send_signal(signal.SIGINT)
    _, said = desk.communicate(timeout=60)
    assert desk.returncode == 0
    assert "1 of 8 rows are decided; `r1 review kept -o out --dropped rest` goes on" in said
