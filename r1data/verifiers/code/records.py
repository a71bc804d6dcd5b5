"""Records in tests: classes of the test's own that only hold values, such as nodes of lists and graphs.

Their definitions go in with the program, which gets instances of them as arguments. They hold nothing that is expected:
what is compared is a plain part of a result, or which of the test's instances it is.
"""

import ast
import textwrap
from collections.abc import Mapping

from r1data.verifiers.code.names import CLASS, Fetch

MOST_STEPS = 100_000
"""Turns of a loop over a result: one without an end is wrong, and takes no more time than that."""


def is_record(node: ast.ClassDef) -> bool:
    """Whether a class has no more than an `__init__` that keeps its parameters, or constants that say nothing."""
    if node.decorator_list or node.bases or node.keywords or not CLASS.match(node.name):
        return False
    body = [item for item in node.body if not _is_text(item) and not isinstance(item, ast.Pass)]
    return len(body) == 1 and isinstance(body[0], ast.FunctionDef) and _keeps(body[0])


def _keeps(init: ast.FunctionDef) -> bool:
    if init.name != "__init__" or init.decorator_list or not init.args.args:
        return False
    own = init.args.args[0].arg
    parameters = {arg.arg for arg in (*init.args.args[1:], *init.args.kwonlyargs)}
    defaults = [default for default in (*init.args.defaults, *init.args.kw_defaults) if default is not None]
    if init.args.vararg or init.args.kwarg or not all(map(_is_empty, defaults)):
        return False
    for statement in init.body:
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name))], value=value) if name == own:
                if not (isinstance(value, ast.Name) and value.id in parameters) and not _is_empty(value):
                    return False
            case _ if not _is_text(statement) and not isinstance(statement, ast.Pass):
                return False
    return True


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_empty(node: ast.expr) -> bool:
    """Whether a value says nothing: None, a truth, 0, an empty text or container."""
    match node:
        case ast.Constant(value=value):
            return not value or value is True
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]):
            return True
    return False


def is_display(node: ast.expr, values: Mapping[str, Fetch]) -> bool:
    """Whether an expression is built of records in variables and of constants alone, of a record at least."""
    inner = list(ast.walk(node))
    names = [item.id for item in inner if isinstance(item, ast.Name)]
    kinds = (
        ast.Name,
        ast.Constant,
        ast.List,
        ast.Tuple,
        ast.Dict,
        ast.Set,
        ast.UnaryOp,
        ast.USub,
        ast.expr_context,
    )
    return (
        bool(names)
        and all(isinstance(item, kinds) for item in inner)
        and all(name in values and values[name].is_instance for name in names)
    )


def walked(node: ast.While, values: Mapping[str, Fetch], empty: Mapping[str, object]) -> set[str] | None:
    """The variables that a loop without constants and comparisons changes; None for any other loop.

    Such a loop collects parts of a result, `while node: items.append(node.value); node = node.next` say: nothing that
    is expected can be in it.

    Args:
        node: the loop.
        values: variables that hold a value of the program's.
        empty: constants that are empty lists.
    """
    inner = list(ast.walk(node))
    known = {item.id for item in inner if isinstance(item, ast.Name)}
    kinds = (ast.While, ast.Assign, ast.Expr, ast.Call, ast.Name, ast.Attribute, ast.expr_context)
    calls = [item for item in inner if isinstance(item, ast.Call)]
    are_appends = all(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "append"
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in empty
        and not call.keywords
        for call in calls
    )
    if (
        node.orelse
        or not all(isinstance(item, kinds) for item in inner)
        or not are_appends
        or not known <= values.keys() | empty.keys()
        or not known & values.keys()
        or not all(values[name].expression == name for name in known & values.keys())
    ):
        return None
    targets = {
        target.id
        for item in inner
        if isinstance(item, ast.Assign)
        for target in item.targets
        if isinstance(target, ast.Name)
    }
    are_names = all(
        isinstance(target, ast.Name)
        for item in inner
        if isinstance(item, ast.Assign)
        for target in item.targets
    )
    return targets | (known & empty.keys()) if are_names else None


def bounded_walk(loop: ast.While) -> str:
    """The source of such a loop, which raises after `MOST_STEPS` turns."""
    body = textwrap.indent("\n".join(map(ast.unparse, loop.body)), "    ")
    return (
        f"for _r1_step in range({MOST_STEPS}):\n    if not {ast.unparse(loop.test)}:\n        break\n{body}\n"
        "else:\n    raise ValueError('a result without an end')"
    )
