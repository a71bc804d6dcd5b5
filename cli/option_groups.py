"""One parameter of a command for a whole group of options, so that commands share the group."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Decorated = Callable[..., None]


def option_group(
    name: str, options: Iterable[inspect.Parameter], make: Callable[[dict[str, Any]], Any]
) -> Callable[[Decorated], Decorated]:
    """A decorator that gives a command `options` on the command line; the command gets them made into `name`."""
    options_of_group = list(options)

    def decorate(command: Decorated) -> Decorated:
        def wrapped(**values: Any) -> None:
            group_values = {option.name: values.pop(option.name) for option in options_of_group}
            command(**{name: make(group_values)}, **values)

        wrapped.__doc__ = command.__doc__
        wrapped.__module__ = command.__module__
        wrapped.__signature__ = inspect.Signature(list(_in_place(command, name, options_of_group)))  # type: ignore[attr-defined]
        return wrapped

    return decorate


def _in_place(
    command: Decorated, name: str, options_of_group: list[inspect.Parameter]
) -> Iterator[inspect.Parameter]:
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == name:
            yield from options_of_group
        else:
            yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)


def option(name: str, default: Any, kind: Any) -> inspect.Parameter:
    """One option as a parameter; `kind` is its annotation."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
