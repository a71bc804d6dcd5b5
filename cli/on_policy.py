"""The options of `r1 distill --on-policy`: those of its settings that supervised training lacks, and the teachers."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Annotated, Any, get_type_hints

import typer

from r1data.errors import UserError
from r1data.training.settings import OnPolicySettings, Settings, SftSettings

from .options import given_options, option, option_group

OnPolicyOption = Annotated[
    bool,
    typer.Option(
        "--on-policy",
        help="The student answers the prompts itself, and a teacher scores its tokens; DS holds prompts or an SFT set.",
    ),
]
TeacherOption = Annotated[
    list[str] | None,
    typer.Option(
        "--teacher",
        metavar="[DOMAIN=]MODEL",
        help="A teacher: a folder, a hub id, or the address of a vLLM server (http://HOST:PORT, with #NAME where it "
        "serves several models); repeat it with DOMAIN= for one a domain.",
        show_default=False,
    ),
]


def with_on_policy() -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that only on-policy distillation has; `on_policy_options` is what was given."""
    return option_group("on_policy_options", _options(), lambda values: values)


def settings_from(
    context: typer.Context,
    settings: Settings,
    values: dict[str, Any],
    teachers: list[str] | None,
    lr: float | None,
) -> OnPolicySettings:
    """The settings of an on-policy run.

    Args:
        context: says which options were given; the others have on-policy distillation's own defaults.
        settings: the options that supervised training has.
        values: the options that it lacks.
        teachers: as they were given.
        lr: the learning rate, if it was given.

    Raises UserError for an option that on-policy distillation does not have.
    """
    from r1data.training.on_policy.teachers import parse_teachers

    typed = given_options(context)
    known = {one.name for one in fields(OnPolicySettings)}
    if strange := sorted(typed & ({one.name for one in fields(SftSettings)} - known)):
        raise UserError(
            f"{_flag(strange[0])} belongs to supervised training, which --on-policy is not; leave one of them out"
        )
    shared = {name: getattr(settings, name) for name in typed & known if hasattr(settings, name)}
    own = {name: value for name, value in values.items() if value is not None}
    rate = {} if lr is None else {"lr": lr}
    return OnPolicySettings(**{**shared, **own, **rate}, teachers=parse_teachers(teachers or []))


def refuse_without(values: dict[str, Any], teachers: list[str] | None) -> None:
    """Raise UserError where options of on-policy distillation were given without `--on-policy`."""
    given = [_flag(name) for name, value in values.items() if value is not None] + ["--teacher"] * bool(
        teachers
    )
    if given:
        raise UserError(f"{given[0]} belongs to on-policy distillation; add --on-policy, or leave it out")


def _options() -> Iterator[inspect.Parameter]:
    kinds = get_type_hints(OnPolicySettings)
    shared = {one.name for one in fields(SftSettings)} | {"teachers"}
    for one in fields(OnPolicySettings):
        if one.name in shared:
            continue
        default = "" if one.default is None else f" [default: {one.default}]"
        help_text = f"{str(one.metadata['help']).removesuffix('.')}; with --on-policy.{default}"
        yield option(
            one.name,
            None,
            Annotated[kinds[one.name] | None, typer.Option(help=help_text, show_default=False)],
        )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
