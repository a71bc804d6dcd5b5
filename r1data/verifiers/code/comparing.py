"""Refuses calls that go into the sandbox and may compare what the program makes with what is expected.

Nobody knows what a function that the program defines does with its arguments: `same(f(2), 4)` would show it the 4.
"""

import ast
import re
from collections.abc import Sequence

from r1data.verifiers.code import outside
from r1data.verifiers.code.names import (
    BUILTINS,
    LIBRARIES,
    TestNames,
    UnsupportedTest,
    arguments_of,
    is_dynamic,
    is_instance,
    is_program_part,
    with_bound,
)

_COMPARING = ("equal", "eq", "same", "ident", "compar", "verif", "assert", "expect", "should")
_TAKING = ("add", "append", "push", "put", "insert", "enqueue", "set", "extend", "update", "register", "load")
"""How names of methods begin that take a value in."""


def refuse_comparing(
    call: ast.Call, names: TestNames, uninformative: bool, *, owner: bool = False, statement: bool = False
) -> None:
    """Raises UnsupportedTest where a call that goes in may compare what the program makes with what is expected.

    Args:
        call: of a function, or of a method of an instance.
        names: of the test's source.
        uninformative: whether its result is only asked for truth, so that it may be the result of a comparison.
        owner: whether the method's owner is an instance of a class of the program's.
        statement: whether the call stands by itself, and not in a test.
    """
    arguments = arguments_of(call)
    inner = [node for argument in arguments for node in ast.walk(argument)]
    names = with_bound(names, inner)
    for node in inner:
        if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)):
            raise UnsupportedTest(f"{ast.unparse(node)[:60]} in an argument")
        if isinstance(node, ast.Call) and is_program_part(node, names):
            _refuse_one(node, arguments_of(node), names, uninformative=True)
    _refuse_one(call, arguments, names, uninformative, owner=owner, statement=statement)


def _refuse_one(
    call: ast.Call,
    arguments: Sequence[ast.expr],
    names: TestNames,
    uninformative: bool,
    *,
    owner: bool = False,
    statement: bool = False,
) -> None:
    """As `refuse_comparing`, of the call itself and not of those in its arguments."""
    values, others = _taken_apart(arguments, names)
    reason = f"{ast.unparse(call.func)} may compare what the program makes"
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if owner and ((values and uninformative) or (arguments and _compares(name))):
        raise UnsupportedTest(reason)
    are_instances = all(is_instance(value, names) for value in values)
    if owner and not are_instances and not (statement and name.startswith(_TAKING)):
        raise UnsupportedTest(reason)
    if values and (others or len(values) > 1) and (uninformative or not are_instances):
        raise UnsupportedTest(reason)
    has_unknown = any(_is_unknown_name(node, names) for node in others)
    if uninformative and not owner and len(arguments) > 1 and has_unknown:
        raise UnsupportedTest(reason)


def _compares(name: str) -> bool:
    words = re.sub("^_*(is|are|has)?_?", "", name.lower())
    return words.startswith(_COMPARING) or name in outside.DECIDING


def _is_unknown_name(node: ast.AST, names: TestNames) -> bool:
    """Whether a node is the name of something of the program's, a function to call say."""
    return isinstance(node, ast.Name) and not (
        node.id in names.constants or node.id in names.imports or node.id in BUILTINS or node.id in LIBRARIES
    )


def _taken_apart(arguments: Sequence[ast.expr], names: TestNames) -> tuple[list[ast.AST], list[ast.AST]]:
    """The values of the program's among arguments, and what else stands beside them: constants and names."""
    values: list[ast.AST] = []
    others: list[ast.AST] = []
    pending: list[ast.AST] = list(arguments)
    while pending:
        node = pending.pop()
        if is_program_part(node, names):
            values.append(node)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and is_dynamic(node.func, names)
        ):
            # `f(2).strip()` is one value; its arguments stand beside it.
            pending.append(node.func.value)
            pending.extend(arguments_of(node))
        elif isinstance(node, (ast.Constant, ast.Name)) or _is_empty(node):
            others.append(node)
        else:
            if isinstance(node, ast.Call):
                pending.extend(arguments_of(node))
            elif isinstance(node, ast.Lambda):
                defaults = [*node.args.defaults, *node.args.kw_defaults]
                pending.extend([node.body, *(default for default in defaults if default is not None)])
            else:
                pending.extend(ast.iter_child_nodes(node))
    return values, others


def _is_empty(node: ast.AST) -> bool:
    """Whether a node is an empty list, dict, set or text, which is a constant without a part that is one."""
    match node:
        case ast.Call(args=[], keywords=[]):
            return True
        case ast.List(elts=[]) | ast.Tuple(elts=[]) | ast.Dict(keys=[]) | ast.JoinedStr(values=[]):
            return True
    return False
