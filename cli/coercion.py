"""Values of options that need no conversion are taken as they are, without pydantic.

typer converts and checks every value with pydantic, a default value too, and importing that takes as long as a third of
pyarrow (`benchmarks.startup`). Most values are texts that shall be texts, or defaults. What is no plain case is left to
typer: numbers on the command line, a value that is not one of the choices, paths, parsers.
"""

from functools import partial
from typing import Any, Literal, get_args, get_origin


def skip_pydantic(parameter: Any) -> None:
    """Has a parameter of typer's take plain values as they are. A version of typer without pydantic stays as it is."""
    convert_as_typer_does = getattr(parameter, "get_runtime_param", None)
    if convert_as_typer_does is not None:
        parameter.get_runtime_param = partial(_Coercion, convert_as_typer_does)


class _Coercion:
    """What typer asks to convert a value; the method's name and arguments are typer's."""

    def __init__(self, convert_as_typer_does: Any) -> None:
        self._as_typer_does = convert_as_typer_does

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as the command gets it. Raises BadParameter as typer does."""
        descriptor = param.type_descriptor
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        if descriptor.parameter_info.parser is None:
            annotation, info = descriptor.annotation, descriptor.parameter_info
            if several and annotation == list[str] and isinstance(value, (list, tuple)):
                if all(type(each) is str for each in value):
                    return list(value)
            elif not several and is_plain(value, annotation, info.min, info.max):
                return value
        return self._as_typer_does().coerce(value, param=param, ctx=ctx)


def is_plain(value: Any, annotation: Any, least: float | None, most: float | None) -> bool:
    """Whether a value is what an option of that type takes: nothing is converted, and no limit is passed.

    Args:
        value: as it stands on the command line, or the default.
        annotation: the option's type.
        least: the smallest number that it takes, if there is one.
        most: the largest.
    """
    if get_origin(annotation) is Literal:
        return value in get_args(annotation)
    # Not isinstance, by which True would be a number.
    if type(value) is not annotation:
        return False
    if isinstance(value, (int, float)):
        return (least is None or value >= least) and (most is None or value <= most)
    return True
