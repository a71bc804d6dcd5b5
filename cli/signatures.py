"""The commands' options for recipes: names, kinds and types, read from the command line's own declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
import typer.main

from r1data.engines.models import resolve_model
from r1data.errors import UserError
from r1data.recipe.commands import CommandSignature, Option, OutputKind, ValueKind, model_of
from r1data.training.settings.specs import is_address

from . import console

NOT_IN_RECIPES = {"help", "json", "dry-run"}
SECOND_OUTPUTS = {"dropped", "scratch"}
OUTPUT_KINDS: dict[str, OutputKind] = {"DS": "dataset", "DIR": "model"}
"""What the metavar of `-o` says of the result."""


def signatures(app: typer.Typer) -> dict[str, CommandSignature]:
    """Every command, those of groups under "group command"."""
    root: Any = typer.main.get_command(app)
    commands: dict[str, CommandSignature] = {}
    for name, command in root.commands.items():
        for inner, leaf in getattr(command, "commands", {"": command}).items():
            full = f"{name} {inner}".strip()
            commands[full] = _signature(full, leaf)
    return commands


def _signature(name: str, command: Any) -> CommandSignature:
    # Resilient, so that the required options which are missing here are no error.
    context = command.make_context(name, [], resilient_parsing=True)
    options: dict[str, Option] = {}
    arguments: list[Option] = []
    output_kind: OutputKind = "nothing"
    for parameter in command.params:
        option = _option(parameter, context)
        if option.flag is None:
            arguments.append(option)
        elif option.name not in NOT_IN_RECIPES:
            options.update({flag.lstrip("-").replace("_", "-"): option for flag in parameter.opts})
        if option.kind == "output":
            output_kind = OUTPUT_KINDS.get(parameter.metavar, "nothing")
    return CommandSignature(name, options, tuple(arguments), output_kind)


def _option(parameter: Any, context: Any) -> Option:
    positional = parameter.param_type_name == "argument"
    many = parameter.nargs == -1 or getattr(parameter, "multiple", False)
    switch = bool(getattr(parameter, "is_flag", False))
    flag = None if positional else max(parameter.opts, key=len)
    name = str(parameter.name if flag is None else flag.lstrip("-"))
    return Option(
        name=name.replace("_", "-"),
        flag=flag,
        arity="switch" if switch else "many" if many else "one",
        kind=_value_kind(parameter),
        required=bool(parameter.required),
        check=_check(parameter, context, many),
        off=next(iter(parameter.secondary_opts), None),
        benchmarks=(parameter.metavar or "").rstrip(".").endswith("|NAME"),
        by_domain=(parameter.metavar or "").startswith(NAMED),
    )


def _value_kind(parameter: Any) -> ValueKind:
    if "-o" in parameter.opts:
        return "output"
    metavar = _metavar(parameter)
    if parameter.name in SECOND_OUTPUTS:
        return "second output"
    if metavar in ("DS", "FILE"):
        return "dataset"
    return "model" if metavar in FINDERS else "value"


NAMED = ("[DOMAIN=]", "NAME=")
"""What may stand before a model: whose teacher, or which reward's model, it is."""


def _metavar(parameter: Any) -> str:
    metavar = (parameter.metavar or "").rstrip(".").removesuffix("|NAME")
    return next((metavar.removeprefix(one) for one in NAMED if metavar.startswith(one)), metavar)


def _student(name: str) -> object:
    from r1data.training import students

    return students.find(name)


FINDERS: dict[str, Callable[[str], object]] = {"MODEL": resolve_model, "STUDENT": _student}
"""Metavar of an option that names a model → the function that finds it; raises UserError where there is none."""


def _check(parameter: Any, context: Any, many: bool) -> Callable[[str], str | None]:
    """The parameter's own conversion, and its model's finder; their complaint in one line."""
    # Conversion runs callbacks too, so that a recipe refuses what the command would, before its first step.
    find = FINDERS.get(_metavar(parameter))
    by_domain = (parameter.metavar or "").startswith(NAMED)

    def check(text: str) -> str | None:
        try:
            parameter.process_value(context, (text,) if many else text)
            model = model_of(text) if by_domain else text
            if find and not is_address(model):
                find(model)
        except typer.BadParameter as error:
            return console.usage_text(error.message)
        except UserError as error:
            return str(error)
        return None

    return check
