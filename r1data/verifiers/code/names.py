"""What a test's source defines, and which parts of its expressions are the program's.

A part is the program's where a call is of no builtin, library or constant, or where a variable holds what such a call
gave. Names that begin with a capital letter are taken for classes: what they give is an instance, and no result.
"""

import ast
import builtins
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

LIBRARIES = frozenset(("math", "np", "numpy", "torch", "pd", "operator", "unittest", "pytest"))
BUILTINS = frozenset(dir(builtins))
CLASS = re.compile("_*[A-Z]")


class UnsupportedTest(Exception):
    """The test cannot be split so that the expected value stays outside the sandbox; the message says why."""


@dataclass(frozen=True, slots=True)
class TestNames:
    """The names that a test's source defines.

    Attributes:
        constants: names of constants, with their values.
        program_values: variables that hold a value of the program's, and how to fetch it.
        helpers: functions and classes that the test defines.
        imports: names that it imports.
        setup: functions of the setup code, which runs inside.
    """

    constants: Mapping[str, Any]
    program_values: Mapping[str, "Fetch"]
    helpers: Set[str]
    imports: Set[str] = frozenset()
    setup: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with a value: inside, as source with `{}` for the value, if it may be done there; and outside.

    `own`: whether it may be done inside where the value's class is the program's own.
    """

    source: str | None
    apply: Callable[[Any], Any]
    own: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """A value of the program's: an expression to evaluate inside, and steps from there.

    Attributes:
        expression: of Python.
        steps: from its value to this one.
        is_instance: whether it is an instance of a class, and not the result of a function.
        may_compare: whether it comes from an instance that was made of a function's result, or from a function of the
            setup that was given one: `Expect(f(2))` may be told what is expected of that, or know it.
        is_imported: whether it comes of what the test imports alone, as `Fraction(1, 2)` does: every program has it.
    """

    expression: str
    steps: tuple[Step, ...] = ()
    is_instance: bool = False
    may_compare: bool = False
    is_imported: bool = False

    @property
    def inside_steps(self) -> tuple[tuple[str, bool], ...]:
        """The first steps, as far as they may be taken inside: source with `_` for the value, and `Step.own`."""
        sources = []
        for step in self.steps:
            if step.source is None:
                break
            sources.append((step.source.replace("{}", "_"), step.own))
        return tuple(sources)

    @property
    def source(self) -> str | None:
        """The source of the whole, if all of it may be evaluated inside."""
        text = self.expression
        for step in self.steps:
            if step.source is None:
                return None
            text = step.source.replace("{}", text)
        return text

    def then(self, source: str | None, apply: Callable[[Any], Any], own: bool = False) -> "Fetch":
        """The value after one more step."""
        return replace(self, steps=(*self.steps, Step(source, apply, own)), is_instance=False)

    def read(self, returned: Any) -> Any:
        """The value, from what the sandbox gave: the plain value, after the number of steps that were taken inside."""
        taken, value = 0, returned
        if self.inside_steps:
            taken, value = returned
            if type(taken) is not int or not 0 <= taken <= len(self.inside_steps):
                raise ValueError("a value that no step gives")
        for step in self.steps[taken:]:
            value = step.apply(value)
        return value


def is_dynamic(node: ast.AST, names: TestNames) -> bool:
    """Whether an expression holds a value of the program's: a call that is no builtin's, or a variable with such."""
    if isinstance(node, ast.Constant):
        return False
    inner = list(ast.walk(node))
    known = with_bound(names, inner)
    return any(is_program_part(item, known) for item in inner)


def with_bound(names: TestNames, inner: Sequence[ast.AST]) -> TestNames:
    """The names with the variables of lambdas and comprehensions among what is known: they are not the program's."""
    bound = {item.id for item in inner if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    bound |= {item.arg for item in inner if isinstance(item, ast.arg)}
    return replace(names, imports=names.imports | bound) if bound else names


def is_program_part(node: ast.AST, names: TestNames) -> bool:
    """Whether a node itself, and not what it holds, is a value of the program's."""
    match node:
        case ast.Name(id=name):
            return name in names.program_values
        case ast.Call(func=func):
            root = root_name(func)
            if isinstance(func, ast.Attribute) and root is None:
                # `Solution().f(2)`; else a method of a constant, or of what is a part itself
                return is_instance(func.value, names)
            return not (
                root in names.imports or root in names.constants or root in LIBRARIES or root in BUILTINS
            )
    return False


def is_instance(node: ast.AST, names: TestNames) -> bool:
    """Whether a node is an instance of a class, made there or held by a variable."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return bool(CLASS.match(name))
        case ast.Name(id=name):
            return name in names.program_values and names.program_values[name].is_instance
    return False


def root_name(node: ast.expr) -> str | None:
    """The name that a chain of attributes begins with: `np` of `np.linalg.norm`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def arguments_of(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call, by place and by name."""
    return [*call.args, *(option.value for option in call.keywords)]
