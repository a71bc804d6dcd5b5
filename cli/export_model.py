"""`r1 export-model`: a trained model in another tool's format."""

from typing import Annotated, Literal

import typer

from . import console
from .options import DryRunOption, JsonOption

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model folder, hub id or miniature:NAME.", show_default=False)
]
FormatOption = Annotated[
    Literal["gguf", "gguf-q8", "fp8", "w4a16"],
    typer.Option(
        "--to",
        help="GGUF in bfloat16 or 8 bits for llama.cpp; FP8 or 4-bit weights in safetensors for vLLM.",
        show_default=False,
    ),
]
PlaceOption = Annotated[
    str, typer.Option("--out", "-o", metavar="PATH", help="The file or folder to write.", show_default=False)
]
ToolOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        help="The program that writes the format, where it is not on the PATH: llama.cpp's convert_hf_to_gguf.py, or "
        "the Python of an environment with llmcompressor.",
        show_default=False,
    ),
]


def command(
    model: ModelArgument,
    to: FormatOption,
    out: PlaceOption,
    tool: ToolOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write a model as GGUF or quantised, by the tools that are made for it.

    r1 export-model student --to gguf -o student.gguf

    r1 export-model student --to fp8 -o student-fp8 --tool compressor/bin/python
    """
    from r1data.exchange.model_export import export_model

    summary = export_model(model, to, out, tool=tool, dry_run=dry_run)
    console.show(summary, as_json=json, data_command=False)
