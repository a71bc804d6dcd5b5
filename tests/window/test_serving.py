"""The window as a process: the address that it prints, ports, tokens, and its end."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from r1data.errors import UserError
from r1data.recipe.report.links import window_key
from r1data.runtime.access import SHORTEST_TOKEN
from r1data.window.library import Library
from r1data.window.serving import WindowSettings, serve


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {port}: .*; choose another with --port, or --port 0"):
            serve(Library(), WindowSettings(port=port))


def test_an_address_that_others_reach_needs_a_token() -> None:
    with pytest.raises(UserError, match=r"--host 0\.0\.0\.0: others reach that address, so give a token"):
        serve(Library(), WindowSettings(host="0.0.0.0"))


@pytest.mark.parametrize(
    "token", ["short", "x" * (SHORTEST_TOKEN - 1), "with a space in its middle", "é" * 20]
)
def test_a_token_that_can_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(UserError, match="the token must have 16 characters"):
        serve(Library(), WindowSettings(token=token))


def test_a_name_of_no_address_is_one_line() -> None:
    with pytest.raises(UserError, match=r"--host no\.such\.host\.invalid"):
        serve(Library(), WindowSettings(host="no.such.host.invalid", token="x" * SHORTEST_TOKEN))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_place_that_is_no_dataset_is_one_line(tmp_path: Path, make: object) -> None:
    place = tmp_path / "nothing"
    assert callable(make)
    make(place)
    with pytest.raises(UserError, match=r"no such dataset|not a dataset"):
        Library().open(str(place))


def test_ctrl_c_closes_the_window_with_its_open_connections(tmp_path: Path) -> None:
    place = tmp_path / "rows.jsonl"
    place.write_text('{"prompt": "1 + 1?", "truth": "2"}\n')
    r1 = Path(sys.executable).with_name("r1")
    subprocess.run([r1, "ingest", place, "-o", tmp_path / "ds"], check=True, capture_output=True)
    window = subprocess.Popen(
        [r1, "view", tmp_path / "ds", "--port", "0"], stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert window.stderr
    address = window.stderr.readline().split()[-1]
    base, token = address.split("/?token=")
    live = Request(
        f"{base}/live/{window_key(str(tmp_path / 'ds'))}", headers={"Authorization": f"Bearer {token}"}
    )
    with urlopen(live, timeout=30) as events:
        assert events.readline().startswith(b"retry")
        window.send_signal(signal.SIGINT)
        assert window.wait(30) == 0
    assert "Traceback" not in window.stderr.read()
