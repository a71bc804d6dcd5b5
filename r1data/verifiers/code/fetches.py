"""Which part of a test's expression is evaluated in the sandbox, and which outside on the value that it gives.

A call of the program with constants is evaluated inside: `f(2)`, `Stack(3).pop()`, `g(f(2))`. What is done with its
value (`len(…)`, `.startswith('ab')`, `[0]`, `- 4`) is a list of steps, which are taken outside on the plain value.
Only where the value is no plain one (a generator, an array, a value too large to hand over) are the first of them taken
inside, and only those that hold nothing of what is expected; where the value is an object of a class of the program's
own, only those that ask it for a text or, where the value is compared with more than True and False, for a part of it.

Refused, because the expected value may stand there: constants beside a call of the program as arguments of another
call (`same(f(2), 4)`, `comparing`), functions of the test's own, functions that are known to compare.
"""

import ast
import copy
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from r1data.verifiers.code import outside
from r1data.verifiers.code.bounded import BINARY
from r1data.verifiers.code.comparing import refuse_comparing
from r1data.verifiers.code.constants import NotConstant, as_node, fold
from r1data.verifiers.code.library_values import with_library_values
from r1data.verifiers.code.names import (
    BUILTINS,
    CLASS,
    LIBRARIES,
    Fetch,
    Step,
    TestNames,
    UnsupportedTest,
    arguments_of,
    is_dynamic,
    is_instance,
    is_program_part,
    root_name,
)
from r1data.verifiers.code.outside import TYPES, Approx

COMPARERS = frozenset(
    ("all", "any", "eval", "exec", "compile", "hash", "map", "filter", "isclose", "allclose", "callable", "hasattr",
     "getattr", "issubclass", "format", "id", "vars", "print", "super", "globals", "locals", "setattr")
)  # fmt: skip
"""Functions that could hide a comparison, or that nobody but Python can be meant by."""
_PREDICATE = re.compile("(is|has|can|all|any)(_|[a-z]|$)")
_SHAPING = frozenset(("strftime", "isoformat", "reshape", "astype", "quantize", "limit_denominator", "round"))
"""Methods of libraries' values whose arguments say how to write or shape them."""
_APPROX = ("pytest.approx", "approx")
_SLOT = "_r1_slot"
BITS_SHOWN = 10_000
MOST_UNROLLED = 1_000
"""Most items of a comprehension that is written out."""
TEXTS = frozenset(("str", "repr"))
INSIDE = frozenset(
    ("len", "sorted", "list", "set", "tuple", "frozenset", "dict", "str", "int", "float", "bool", "round", "sum",
     "min", "max", "repr", "next", "iter", "Counter", "abs", "reversed", "enumerate")
)  # fmt: skip
"""Wrappers that may be applied inside to a value that is not plain: none compares."""


def constant(node: ast.expr, names: TestNames) -> Any:
    """The value of an expression that is constant: a plain value, a type, or `pytest.approx`. Raises NotConstant."""
    match node:
        case ast.Name(id=name) if name in TYPES and name not in names.constants:
            return TYPES[name]
        case ast.Tuple(elts=[_, *_] as elements) if all(
            isinstance(item, ast.Name) and item.id in TYPES for item in elements
        ):
            return tuple(constant(item, names) for item in elements)
        case ast.Call(func=func, args=[expected, *more], keywords=options) if ast.unparse(func) in _APPROX:
            values = [fold(value, names.constants) for value in more]
            settings = {option.arg or "": fold(option.value, names.constants) for option in options}
            if len(values) > 2 or not settings.keys() <= {"rel", "abs"}:
                raise NotConstant("options of approx")
            return Approx(fold(expected, names.constants), *values, **settings)
    return fold(with_library_values(node, names), names.constants)


def text_of(value: Any) -> str:
    """A constant as source, for people."""
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, Approx):
        return f"approx({text_of(value.expected)})"
    if isinstance(value, tuple) and any(isinstance(item, type) for item in value):
        return f"({', '.join(map(text_of, value))})"
    if type(value) is int and value.bit_length() > BITS_SHOWN:  # Python writes no more than 4,300 digits
        return "a large number"
    if value is None or type(value) in (bool, int):
        return repr(value)
    return ast.unparse(as_node(value))


def _is_key(option: ast.keyword) -> bool:
    """Whether an option is the key to sort by, `lambda item: item[1]` say, with no constant but places and signs."""
    if option.arg != "key":
        return False
    constants = [node for node in ast.walk(option.value) if isinstance(node, ast.Constant)]
    places = [node.slice for node in ast.walk(option.value) if isinstance(node, ast.Subscript)]
    return all(constant in places and isinstance(constant.value, int) for constant in constants)


def fetch(node: ast.expr, names: TestNames, uninformative: bool = False) -> Fetch:
    """The value of an expression that holds one call of the program, or several in a list.

    Args:
        node: the expression.
        names: of the test's source.
        uninformative: whether it is only asked whether the value is true, false or None.

    Raises:
        UnsupportedTest: it is no such expression, or the expected value may be inside it.
    """
    value = _Fetcher(names, uninformative).value(node)
    if uninformative and value.may_compare:
        raise UnsupportedTest(f"{ast.unparse(node)[:60]} may compare what the program makes")
    return value


@dataclass(frozen=True, slots=True)
class _Fetcher:
    names: TestNames
    uninformative: bool

    def value(self, node: ast.expr) -> Fetch:
        match node:
            case ast.Name(id=name) if name in self.names.program_values:
                return self.names.program_values[name]
            case ast.Call(func=ast.Name(id=name)):
                return self._function(node, name)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                return self._method(node, owner, name)
            case ast.Attribute(value=owner, attr=name) if not name.startswith("__"):
                return self._attribute(self.value(owner), name)
            case ast.Subscript(value=owner, slice=index):
                return self._subscript(self.value(owner), index)
            case ast.List(elts=[_, *_] as items) | ast.Tuple(elts=[_, *_] as items):
                return self._display(items, list if isinstance(node, ast.List) else tuple)
            case ast.ListComp():
                return self._comprehension(node)
            case ast.BinOp(left=left, op=op, right=right) if type(op).__name__ in BINARY:
                return self._arithmetic(left, BINARY[type(op).__name__], right)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.value(operand).then(None, operator.neg)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, (ast.Eq, ast.NotEq)):
                compare = operator.eq if isinstance(op, ast.Eq) else operator.ne
                return self._arithmetic(left, compare, right)
        raise UnsupportedTest(f"{ast.unparse(node)[:60]} is no plain call of the program")

    def _function(self, node: ast.Call, name: str) -> Fetch:
        # To walk the arguments takes long, and for a function of the program's own it makes no difference.
        is_wrapped = self._may_take_results(name) and any(
            is_dynamic(argument, self.names) for argument in arguments_of(node)
        )
        if name in outside.WRAPPERS and is_wrapped and name not in self.names.helpers:
            return self._wrapper(node, name)
        if name in COMPARERS or name in self.names.helpers or (name in BUILTINS and is_wrapped):
            raise UnsupportedTest(f"{ast.unparse(node)[:60]} is no plain call of the program")
        if name in self.names.setup and self.uninformative:
            raise UnsupportedTest(f"{name}, a function of the setup, may compare")
        if name in self.names.program_values and (self.uninformative or is_wrapped):
            # `same = functools.partial(operator.eq, 4)`, `same(f(2))`
            raise UnsupportedTest(f"{name}, which was made inside, may compare")
        self._refuse_comparing(node)
        is_class = bool(CLASS.match(name))
        may_compare = self._holds_result(node) if is_class else name in self.names.setup and is_wrapped
        is_imported = self._is_imported(node, name)
        return Fetch(self._source(node), (), is_class, may_compare, is_imported)

    def _is_imported(self, call: ast.Call, root: str) -> bool:
        return root in self.names.imports and not any(
            is_dynamic(argument, self.names) for argument in arguments_of(call)
        )

    def _may_take_results(self, name: str) -> bool:
        """Whether a name is a builtin's, a wrapper's, the setup's or a variable's: it matters what they are given."""
        known = (outside.WRAPPERS, BUILTINS, self.names.setup, self.names.program_values)
        return any(name in names for names in known)

    def _holds_result(self, call: ast.Call) -> bool:
        """Whether an instance is made of what a function of the program's returned."""
        inner = [node for argument in arguments_of(call) for node in ast.walk(argument)]
        parts = [node for node in inner if is_program_part(node, self.names)]
        held = [self.names.program_values.get(node.id) for node in inner if isinstance(node, ast.Name)]
        return not all(is_instance(part, self.names) for part in parts) or any(
            value is not None and value.may_compare for value in held
        )

    def _wrapper(self, node: ast.Call, name: str) -> Fetch:
        """A wrapper of a value of the program's: a step that is taken outside."""
        function = outside.WRAPPERS[name]
        if not self.uninformative and any(_is_key(option) for option in node.keywords):
            # `sorted(f(2), key=lambda item: item[1])`: a function cannot be ours, and says nothing of what is expected.
            return Fetch(self._source(node))
        arguments, options, place = self._one_dynamic(node)
        value = self.value(node.args[place])
        if node.args[place + 1 :] or place or name not in INSIDE:
            # `isinstance(f(2), int)`, `round(f(2), 1)`: only what cannot hold an expected value goes in.
            source = self._source_around(node, place) if name in ("round", "sorted") and not place else None
        else:
            source = self._source_around(node, place)

        def apply(returned: Any) -> Any:
            return function(*[*arguments[:place], returned, *arguments[place + 1 :]], **options)

        # `bool(Stack())` asks an object that it is, and so does whatever else is only asked for truth.
        own = name in TEXTS or (value.is_instance and name != "bool" and not self.uninformative)
        return value.then(source, apply, own)

    def _one_dynamic(self, node: ast.Call) -> tuple[list[Any], dict[str, Any], int]:
        """The constant arguments of a call, with None for the one of the program's; options; and its index."""
        arguments: list[Any] = []
        places = []
        for number, argument in enumerate(node.args):
            if is_dynamic(argument, self.names):
                places.append(number)
                arguments.append(None)
            else:
                arguments.append(self._constant(argument))
        if len(places) != 1:
            raise UnsupportedTest(f"{ast.unparse(node)[:60]} has several values of the program's")
        options = {option.arg or "": self._constant(option.value) for option in node.keywords}
        if "" in options:
            raise UnsupportedTest("options that are no names")
        return arguments, options, places[0]

    def _constant(self, node: ast.expr) -> Any:
        try:
            return constant(node, self.names)
        except NotConstant as error:
            raise UnsupportedTest(f"{ast.unparse(node)[:60]} beside a value of the program's") from error

    def _source_around(self, node: ast.Call, place: int) -> str:
        """The source of a call with `{}` in place of an argument."""
        slots = [
            ast.Name(_SLOT, ast.Load()) if n == place else argument for n, argument in enumerate(node.args)
        ]
        return self._source(ast.Call(node.func, slots, node.keywords)).replace(_SLOT, "{}")

    def _method(self, node: ast.Call, owner: ast.expr, name: str) -> Fetch:
        # `f(2).__eq__(4)` would take the expected value inside.
        if name.startswith("__"):
            raise UnsupportedTest(f"{ast.unparse(node)[:60]} is no plain call of the program")
        full_name = ast.unparse(node.func)
        if full_name in outside.WRAPPERS:
            return self._wrapper(node, full_name)
        if not is_dynamic(owner, self.names):
            return self._of_no_value(node, owner, name)
        value = self.value(owner)
        if value.is_instance:
            # What is tested is the class, and its methods with their arguments.
            self._refuse_comparing(node, owner=True)
            if value.may_compare and arguments_of(node):
                raise UnsupportedTest(f"{ast.unparse(node)[:60]} may compare what the program makes")
            source = f"{value.expression}.{self._call_source(node, name)}"
            return replace(value, expression=source, is_instance=False)
        arguments = [self._constant(argument) for argument in node.args]
        options = {option.arg or "": self._constant(option.value) for option in node.keywords}
        source = "{}." + self._call_source(node, name)
        has_arguments = bool(arguments or options)

        def apply(returned: Any) -> Any:
            return outside.method(returned, name, arguments, options)

        # What asks for a truth is not asked inside: a program says what it likes there. Nor does an argument go in that
        # may be looked for (`.count(4)`), but for those that say how to write or shape a value.
        goes_in = (
            not self.uninformative and not _PREDICATE.match(name) and (name in _SHAPING or not has_arguments)
        )
        return value.then(source if goes_in else None, apply, own=not has_arguments)

    def _of_no_value(self, node: ast.Call, owner: ast.expr, name: str) -> Fetch:
        """A call of something of a module or class (`Solution.f(2)`), or a method of a constant (`','.join(f(2))`)."""
        root = root_name(owner)
        if root is not None and root not in self.names.constants:
            if root in LIBRARIES or name in COMPARERS:
                raise UnsupportedTest(f"{ast.unparse(node)[:60]} is no plain call of the program")
            self._refuse_comparing(node)
            return Fetch(self._source(node), is_imported=self._is_imported(node, root))
        text = self._constant(owner)
        arguments, options, place = self._one_dynamic(node)

        def apply(returned: Any) -> Any:
            return outside.method(
                text, name, [*arguments[:place], returned, *arguments[place + 1 :]], options
            )

        return self.value(node.args[place]).then(None, apply)

    def _attribute(self, value: Fetch, name: str) -> Fetch:
        if value.is_instance:
            return replace(value, expression=f"{value.expression}.{name}", is_instance=False)
        source = None if self.uninformative or _PREDICATE.match(name) else f"{{}}.{name}"
        return value.then(source, lambda returned: outside.attribute(returned, name), own=True)

    def _subscript(self, value: Fetch, index: ast.expr) -> Fetch:
        item = self._index(index)
        text = ast.unparse(fill_constants(index, self.names))
        if value.is_instance:
            if value.may_compare:
                raise UnsupportedTest(f"[{text}] may compare what the program makes")
            return Fetch(f"{value.expression}[{text}]")
        # A key may be what is expected, a place in a list is not.
        goes_in = not self.uninformative and isinstance(item, (int, slice))
        return value.then(f"{{}}[{text}]" if goes_in else None, lambda returned: returned[item])

    def _index(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            sides = (node.lower, node.upper, node.step)
            return slice(*(None if side is None else self._constant(side) for side in sides))
        return self._constant(node)

    def _display(self, items: Sequence[ast.expr], make: type) -> Fetch:
        """A list or tuple of values: evaluated together."""
        if not all(is_dynamic(item, self.names) for item in items):
            raise UnsupportedTest("a list of values of the program's and of others")
        values = [self.value(item) for item in items]
        sources = [value.source for value in values]
        is_plain = all(source is not None for source in sources) and not any(
            step.source and step.source.startswith("bool(") for value in values for step in value.steps
        )
        if is_plain:
            inner = ", ".join(source or "" for source in sources)
            return Fetch(
                f"[{inner}]" if make is list else f"({inner},)" if len(values) == 1 else f"({inner})"
            )
        values = [
            replace(value, steps=tuple(replace(step, source=None) for step in value.steps))
            for value in values
        ]

        def read_all(returned: Any) -> Any:
            return make(value.read(item) for value, item in zip(values, returned, strict=True))

        return Fetch(f"[{', '.join(value.expression for value in values)}]", (Step(None, read_all),))

    def _comprehension(self, node: ast.ListComp) -> Fetch:
        """`[f(x) for x in [1, 2]]`, written out."""
        if len(node.generators) != 1 or node.generators[0].ifs or node.generators[0].is_async:
            raise UnsupportedTest("a comprehension with conditions")
        if any(isinstance(inner, ast.ListComp) for inner in ast.walk(node.elt)):
            raise UnsupportedTest("a comprehension in a comprehension")  # written out it may be of any size
        generator = node.generators[0]
        if is_dynamic(generator.iter, self.names) and not self.uninformative:
            return self._parts_of_items(node.elt, generator)
        items = list(self._constant(generator.iter))
        if not items or len(items) > MOST_UNROLLED:
            raise UnsupportedTest("a comprehension over nothing, or over much")
        return self._display([_bound(node.elt, generator.target, item) for item in items], list)

    def _parts_of_items(self, part: ast.expr, generator: ast.comprehension) -> Fetch:
        """`[node.value for node in f(x)]`: parts of what the program gives, which hold nothing that is expected."""
        name = generator.target.id if isinstance(generator.target, ast.Name) else ""
        owner = part
        while isinstance(owner, ast.Attribute) and not owner.attr.startswith("__"):
            owner = owner.value
        source = self.value(generator.iter).source
        if not isinstance(owner, ast.Name) or owner.id != name or owner is part or source is None:
            raise UnsupportedTest("a comprehension over what the program makes")
        return Fetch(f"[{ast.unparse(part)} for {name} in {source}]")

    def _arithmetic(self, left: ast.expr, op: Callable[[Any, Any], Any], right: ast.expr) -> Fetch:
        is_left = is_dynamic(left, self.names)
        if is_left and is_dynamic(right, self.names):
            raise UnsupportedTest("it compares what the program makes with what the program makes")
        other = self._constant(right if is_left else left)
        apply = op if op in (operator.eq, operator.ne) else lambda *sides: outside.arithmetic(op, *sides)
        return self.value(left if is_left else right).then(
            None,
            (lambda returned: apply(returned, other))
            if is_left
            else (lambda returned: apply(other, returned)),
        )

    def _refuse_comparing(self, call: ast.Call, *, owner: bool = False) -> None:
        refuse_comparing(call, self.names, self.uninformative, owner=owner)

    def _source(self, node: ast.expr) -> str:
        return ast.unparse(fill_constants(node, self.names))

    def _call_source(self, node: ast.Call, name: str) -> str:
        return self._source(ast.Call(ast.Name(name, ast.Load()), node.args, node.keywords))


def _bound(node: ast.expr, target: ast.expr, value: Any) -> ast.expr:
    """A copy of an expression with a value in place of a comprehension's variables."""
    bound: dict[str, Any] = {}
    pairs = [(target, value)]
    while pairs:
        place, item = pairs.pop()
        match place:
            case ast.Name(id=name):
                bound[name] = item
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if isinstance(
                item, (list, tuple)
            ) and len(elements) == len(item):
                pairs.extend(zip(elements, item, strict=True))
            case _:
                raise UnsupportedTest("a comprehension with a target that cannot be filled")
    copied = ast.parse(ast.unparse(node), mode="eval").body
    filled: ast.expr = _Filler(bound).visit(copied)
    return filled


class _Filler(ast.NodeTransformer):
    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = constants

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        # `case[0]` alone goes in, and not what is expected beside it in `case[1]`.
        try:
            return as_node(fold(node, self.constants))
        except NotConstant:
            return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self.constants:
            return as_node(self.constants[node.id])
        return node


def fill_constants(node: ast.expr, names: TestNames) -> ast.expr:
    """An expression with constants in place of their names: a copy, or itself where there are none.

    Raises:
        UnsupportedTest: it uses a function that the test defines.
    """
    inner = list(ast.walk(node))
    used = [item.id for item in inner if isinstance(item, ast.Name)]
    for name in used:
        if name in names.helpers:
            raise UnsupportedTest(f"it uses {name}, a function of the test's own")
        if name in names.program_values and names.program_values[name].expression != name:
            raise UnsupportedTest(f"{name} is known outside only")
    # To copy takes longer than all else here, and most calls hold nothing to fill in.
    if names.constants.keys().isdisjoint(used) and not any(isinstance(item, ast.Subscript) for item in inner):
        return node
    # A transformer changes nodes in place, and a loop's body is read once per value.
    filled: ast.expr = _Filler(names.constants).visit(copy.deepcopy(node))
    return filled
