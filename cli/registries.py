"""Option values from registries: checked when an option is parsed, listed when help is shown.

Neither happens without such an option: listing the entries of installed packages takes time.
"""

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from r1data.data.option_names import new_words, note

from . import console
from .coercion import skip_pydantic

INTERRUPTED = 130
"""Exit code."""
REGISTRIES = {
    "engines": "r1data.engines.base:ENGINES",
    "benchmarks": "r1data.evaluation.benchmarks:BENCHMARKS",
    "exports": "r1data.exchange.export.run:EXPORTS",
    "rewards": "r1data.training.rewards:REWARDS",
    "students": "r1data.training.students:STUDENTS",
}
"""The placeholder in a help text → the registry whose names replace it."""
LISTED = {"students": "r1data.training.students:listed"}
"""Registries too long for a help text → what lists the names that it shows."""


def registry(name: str) -> Any:
    """A registry of `REGISTRIES`."""
    return _attribute(REGISTRIES[name])


def _attribute(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def with_names(help: str | None) -> str | None:
    """A help text with its placeholders replaced by the names of entries. Raises UserError as registries do."""
    for name in REGISTRIES:
        if help and f"{{{name}}}" in help:
            names = _attribute(LISTED[name])() if name in LISTED else registry(name).names()
            help = help.replace(f"{{{name}}}", ", ".join(names))
    return help


class Program(TyperGroup):
    """The program, whose own options start nothing heavy."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        for parameter in self.get_params(ctx):
            skip_pydantic(parameter)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            # Typer would put an exit in its place, and lose what it notes of what is kept.
            end = SystemExit(INTERRUPTED)
            for text in getattr(interrupt, "__notes__", ()):
                end.add_note(text)
            raise end from interrupt


class RegistryCommand(TyperCommand):
    """A command whose help lists the entries of registries, and that takes its options by their old names too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words, old_names = new_words(args)
        for old_name in old_names:
            console.say(f"r1: {note(old_name)}")
        for parameter in self.get_params(ctx):
            skip_pydantic(parameter)
        return super().parse_args(ctx, words)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.help = with_names(self.help)
        for parameter in self.params:
            if hasattr(parameter, "help"):
                # `[default: …]` would be read as rich's markup, and left out
                parameter.help = (with_names(parameter.help) or "").replace("[default", "\\[default") or None
        super().format_help(ctx, formatter)


def checked(kind: str, name: str) -> str:
    """`name`, where a registry has it. Raises BadParameter, which makes it a usage error."""
    from r1data.errors import UserError

    try:
        registry(kind)[name]
    except UserError as error:
        raise typer.BadParameter(str(error)) from None
    return name


def engine(name: str) -> str:
    """Callback of `--engine`: `auto`, or an engine."""
    return name if name == "auto" else checked("engines", name)


def export_format(name: str) -> str:
    """Callback of `--to`: an export format."""
    return checked("exports", name)


def rewards(texts: list[str] | None) -> list[str] | None:
    """Callback of `--reward`: names of rewards with their weights."""
    from r1data.training.rewards import parse_weights

    if texts:
        parse_weights(texts)
    return texts
