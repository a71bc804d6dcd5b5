"""Splits tests written in Python, statement by statement, into what runs in the sandbox and what is compared outside.

Straight-line code is covered: constants stay outside and are inserted where they are arguments, other assignments and
calls run in the sandbox before the expressions that follow them, `for` over constants is unrolled, asserts are split
(`asserts`), and so are calls of known assertion functions (`assertions`). HumanEval's `def check(candidate)`,
EvalPlus's `assertion(f(*inp), exp, atol)`, functions named `test_…` without arguments and classes of unittest are read
in the same way. Anything else (other loops, `with`, `try`, functions of the test that compare) raises
`UnsupportedTest`: no test is left out.
"""

import ast
import copy
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from r1data.verifiers.code.assertions import METHODS, assertion_parts, within
from r1data.verifiers.code.asserts import AssertPart, fetched_part, parts
from r1data.verifiers.code.bounded import TooLarge
from r1data.verifiers.code.compare import CANNOT_COMPARE, SatisfiesCondition
from r1data.verifiers.code.comparing import refuse_comparing
from r1data.verifiers.code.constants import NotConstant, as_node, fold
from r1data.verifiers.code.entry import ASKED
from r1data.verifiers.code.fetches import fetch, fill_constants
from r1data.verifiers.code.library_values import with_library_values
from r1data.verifiers.code.names import Fetch, TestNames, UnsupportedTest, is_dynamic
from r1data.verifiers.code.outside import all_close
from r1data.verifiers.code.own_imports import without_own_imports
from r1data.verifiers.code.problem import ProgramTest
from r1data.verifiers.code.records import bounded_walk, is_display, is_record, walked

MOST = 5_000
"""Most tests in all, those of unrolled loops included."""
STEPS = 50_000
"""Most statements in all, those of unrolled loops counted each time."""
BEFORE = 500
"""Most statements to run in the sandbox before an expression."""
CLOSE, CLOSE_SHARE = 1e-6, 1e-7
"""EvalPlus's tolerances for expected floats, absolute and relative."""
MUTATORS = frozenset(
    ("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add", "discard", "update",
     "setdefault", "popitem")
)  # fmt: skip
"""Methods of plain values that change them: they may be called with constants on what a function returned."""
_NAME = re.compile(r"[^\W\d]\w*")
_TAKES = re.compile(r"(next|list|sorted|set|tuple|frozenset|dict|sum|min|max|Counter|enumerate)\(_[,)]")
"""Wrappers that take the items of a generator."""
_FIXTURES = ("setUp", "tearDown", "setUpClass", "tearDownClass", "setup_method", "teardown_method")


def split_tests(
    sources: Sequence[str], entry_point: str | None = None, *, setup: str = ""
) -> list[ProgramTest]:
    """The tests in several sources of Python, which share their names.

    Args:
        sources: one after the other.
        entry_point: the program's function that `check(candidate)` in a source tests.
        setup: code that stands before the program; its functions may not decide a test.

    Raises:
        UnsupportedTest: one cannot be split so that the expected value stays outside; the message says which.
    """
    return read_tests(sources, entry_point, setup=setup)[0]


def read_tests(
    sources: Sequence[str], entry_point: str | None = None, *, setup: str = ""
) -> tuple[list[ProgramTest], dict[str, str]]:
    """As `split_tests`, with the definitions that the program shares its module with, by the names that they bind.

    Those are the imports of the sources' own level, and classes that are records, which the program gets instances of.
    """
    reader = _Reader(entry_point, _functions(setup))
    for source in sources:
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise UnsupportedTest(f"not Python: {error}: {source[:60]!r}") from error
        try:
            reader.read(without_own_imports(tree).body)
        except RecursionError:
            raise UnsupportedTest(f"nested too deep: {source[:60]!r}") from None
    reader.finish()
    return reader.collected_tests, reader.shared


def _functions(setup: str) -> frozenset[str]:
    try:
        tree = ast.parse(setup)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return frozenset()  # then no program runs after it
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):  # `same = lambda …`
                names.add(name)
            case ast.alias(name=name, asname=asname):  # `from operator import eq as same`
                names.add(asname or name)
    return frozenset(names)


class _Reader:
    def __init__(self, entry_point: str | None, setup: frozenset[str]) -> None:
        self.entry_point = entry_point
        self.setup = setup
        self.renamed: dict[str, str] = {}
        self.constants: dict[str, Any] = {}
        self.program_values: dict[str, Fetch] = {}
        self.helpers: set[str] = set()
        self.imports: set[str] = set()
        self.unread: dict[str, ast.stmt] = {}
        self.setup_statements: list[str] = []
        self.import_statements: dict[str, frozenset[str]] = {}
        self.collected_tests: list[ProgramTest] = []
        self.step_count = 0
        self.taken_in: set[str] = set()
        self.shared: dict[str, str] = {}
        self.lasting: list[str] = []
        self.records: set[str] = set()
        self.depth = 0

    @property
    def names(self) -> TestNames:
        return TestNames(self.constants, self.program_values, self.helpers, self.imports, self.setup)

    def read(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            try:
                self._statement(statement)
            # TypeError and its like: constants that do not go together, such as a loop over a number.
            except (UnsupportedTest, TooLarge, *CANNOT_COMPARE) as error:
                if isinstance(error, RecursionError):
                    raise
                if hasattr(error, "__notes__"):  # the statement inside this one has named itself already
                    raise
                text = " ".join(ast.unparse(statement).split())
                located_error = UnsupportedTest(f"{text if len(text) <= 80 else text[:80] + '…'}: {error}")
                located_error.add_note("located")
                raise located_error from error

    def finish(self) -> None:
        """Raises UnsupportedTest where functions or classes with tests in them were never called.

        HumanEval's `check` is read all the same: what it is called with is for the program to say (`entry`).
        """
        check = self.unread.get("check")
        if isinstance(check, ast.FunctionDef) and len(self.unread) == 1 and not self.collected_tests:
            self.helpers.discard("check")
            self._check(check, f"{ASKED}()")
        for name, definition in self.unread.items():
            if name.lower().startswith("test") or any(_is_test(node) for node in ast.walk(definition)):
                raise UnsupportedTest(f"{name} holds tests and is never called")

    def _statement(self, statement: ast.stmt) -> None:
        self.step_count += 1
        if self.step_count > STEPS or len(self.setup_statements) > BEFORE:
            raise UnsupportedTest("too many statements")
        match statement:
            case ast.Assert(test=test):
                self._refuse_changed(self._named(test))
                same = self._same_record(test) if self.records else None
                self._tests([same] if same else parts(test, self.names))
            case ast.Assign(targets=[ast.Name() as target], value=value):
                self._assign(self._named(target), self._named(value))
            case ast.Assign(targets=[ast.Tuple() | ast.List() as target], value=value):
                self._unpack(target, self._named(value))
            case ast.Assign(targets=[ast.Attribute() as target], value=value):
                self._set_attribute(target, value)
            case ast.While() as loop:
                self._walk(loop)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(self._named(target), self._named(value))
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                if (
                    isinstance(statement, ast.ImportFrom)
                    and aliases[0].name == "*"
                    and statement.module != "typing"
                ):
                    raise UnsupportedTest(f"{ast.unparse(statement)[:60]} may hide the names of the program")
                imported = frozenset((alias.asname or alias.name).partition(".")[0] for alias in aliases)
                self.imports |= imported
                self.import_statements[ast.unparse(statement)] = imported
                if self.depth == 0 and "*" not in imported:
                    self.shared |= dict.fromkeys(imported, ast.unparse(statement))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self._definition(statement)
            case ast.For(target=target, iter=items, body=body, orelse=[]):
                self._unroll(target, items, body)
            case ast.Expr(value=ast.Call() as call):
                self._call(self._named(call))
            case ast.Pass() | ast.Expr(value=ast.Constant() | ast.Name()):
                pass
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=func))], body=body) if (
                ast.unparse(func) == "self.subTest"
            ):
                self.read(body)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=body):
                self._main(body)
            case _:
                raise UnsupportedTest("no assert, assignment or call")

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """A function or class of the test: read if it holds tests that somebody runs, else known by its name."""
        if (
            isinstance(node, ast.ClassDef)
            and any(ast.unparse(base).endswith("TestCase") for base in node.bases)
        ) or (isinstance(node, ast.ClassDef) and node.name.startswith("Test") and _is_pytest(node)):
            self._test_case(node)
        elif isinstance(node, ast.ClassDef) and self.depth == 0 and is_record(node):
            self.shared[node.name] = ast.unparse(node)
            self.setup |= {node.name}
            self.records.add(node.name)
        elif (
            isinstance(node, ast.FunctionDef) and node.name == "check" and self.entry_point and node.args.args
        ):
            self._check(node, self.entry_point)
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args:
            # As pytest runs it, whether or not it is called below; its variables are its own.
            self._refuse_decorated(node)
            self._apart(node.body)
            self.helpers.add(node.name)
        else:
            self.helpers.add(node.name)
            self.unread[node.name] = node

    def _check(self, node: ast.FunctionDef, entry_point: str) -> None:
        """HumanEval's `check(candidate)`, called with the program's function."""
        self._refuse_decorated(node)
        if len(node.args.args) != 1 or node.args.defaults:
            raise UnsupportedTest("check has more parameters than the program's function")
        parameter = node.args.args[0].arg
        if _NAME.fullmatch(entry_point):
            self.renamed[parameter] = entry_point
        else:  # `Solution().f`, made anew for each test
            self.renamed[parameter] = entry = f"_r1_{parameter}"
            self.setup_statements.insert(0, f"{entry} = {entry_point}")
        self.depth += 1
        self.read(node.body)
        self.depth -= 1
        self.unread.pop("check", None)

    @staticmethod
    def _refuse_decorated(node: ast.FunctionDef | ast.ClassDef) -> None:
        if node.decorator_list:
            raise UnsupportedTest(f"{node.name} has decorators, which may change what it does")

    def _test_case(self, node: ast.ClassDef) -> None:
        """The test methods of a class of unittest, each after `setUp`; attributes of `self` are variables."""
        self._refuse_decorated(node)
        methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
        for item in node.body:
            is_plain = isinstance(item, (ast.FunctionDef, ast.Pass)) or (
                isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
            )
            if not is_plain:
                raise UnsupportedTest("a class of tests with more than methods in it")
        tests = [name for name in methods if name.startswith("test")]
        for name, method in methods.items():
            if name not in tests and name not in _FIXTURES:
                raise UnsupportedTest(f"a class of tests with a helper, {name}")
            if name.startswith(("tearDown", "teardown")) and any(
                _is_test(inner) for inner in ast.walk(method)
            ):
                raise UnsupportedTest(f"tests in {name}")
            if name not in ("setUpClass", "tearDownClass"):
                self._refuse_decorated(method)
        before = [methods[name].body for name in ("setUpClass", "setUp", "setup_method") if name in methods]
        for name in tests:
            body = [statement for part in (*before, methods[name].body) for statement in part]
            self._apart(_Attributes().visit(copy.deepcopy(statement)) for statement in body)
        self.helpers.add(node.name)

    def _apart(self, statements: Iterable[ast.stmt]) -> None:
        """Reads statements whose variables, imports and effects are their own."""
        saved = (dict(self.constants), dict(self.program_values), set(self.helpers), set(self.imports))
        inside = (list(self.setup_statements), dict(self.import_statements))
        self.depth += 1
        self.read(statements)
        self.depth -= 1
        self.constants, self.program_values, self.helpers, self.imports = saved
        self.setup_statements, self.import_statements = inside
        # What was set in a record of the module's stays, as it does where the functions run one after the other.
        outer = [text for text in self.lasting if text.partition(".")[0] in self.program_values]
        self.setup_statements.extend(outer)
        self.lasting.clear()

    def _main(self, body: list[ast.stmt]) -> None:
        """`if __name__ == "__main__"`: calls of test functions or of unittest, which are read where they stand."""
        for statement in body:
            match statement:
                case ast.Expr(value=ast.Call(func=func)) if ast.unparse(func) in (
                    "unittest.main",
                    "pytest.main",
                ):
                    continue
                case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=[], keywords=[])) if (
                    name in self.helpers and name not in self.unread
                ):
                    continue
            is_check = isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("check(")
            if is_check or any(_is_test(node) for node in ast.walk(statement)):
                self.read([statement])

    def _call(self, call: ast.Call) -> None:
        """A call as a statement: an assertion, or something to run inside before what follows."""
        match call:
            case ast.Call(func=ast.Name(id="assertion"), args=[value, expected, tolerance], keywords=[]):
                if (definition := self.unread.pop("assertion", None)) and not _is_evalplus(definition):
                    raise UnsupportedTest("assertion is not EvalPlus's")
                self._tests([self._evalplus(value, expected, tolerance)])
                return
            case ast.Call(func=ast.Name(id="print")):
                return
            case ast.Call(func=ast.Name(id="check"), args=[function], keywords=[]) if (
                "check" in self.unread and (name := _entry(function))
            ):
                if isinstance(definition := self.unread["check"], ast.FunctionDef):
                    self.helpers.discard("check")
                    self._check(definition, name)
                    return
            case ast.Call(func=ast.Name(id="check"), args=[function], keywords=[]) if self.renamed and (
                name := _entry(function)
            ):
                if name not in (*self.renamed.values(), self.entry_point):
                    raise UnsupportedTest("check is called with another function")
                return
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in self.helpers:
                if name.startswith("test") and name not in self.unread:
                    return  # read where it stands
            case ast.Call(func=func) if ast.unparse(func) == "unittest.main":
                return
        if (tests := assertion_parts(call, self.names)) is not None:
            self._refuse_changed(call)
            self._tests(tests)
            return
        source = self._inside(call)
        changed = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)} & self.constants.keys()
        if changed := {name for name in changed if isinstance(self.constants[name], (list, dict, set))}:
            # `sort(xs)`: what `xs` is afterwards is the program's.
            source = self._changing(call, changed)
        self._effect(source)

    def _changing(self, call: ast.Call, changed: set[str]) -> str:
        """The source of a call that may change constants: they are variables of the sandbox from here on."""
        for name in sorted(changed):
            self.setup_statements.append(f"{name} = {ast.unparse(as_node(self.constants.pop(name)))}")
            self.program_values[name] = Fetch(name)
        return ast.unparse(fill_constants(call, self.names))

    def _inside(self, call: ast.Call) -> str:
        """The source of a call that is made for its effects. Raises UnsupportedTest where it may compare."""
        names = self.names
        if isinstance(call.func, ast.Attribute) and is_dynamic(call.func.value, names):
            owner = fetch(call.func.value, names)
            method = call.func.attr
            if owner.source is None or method.startswith("__"):
                raise UnsupportedTest("a method of what is known outside only")
            if (call.args or call.keywords) and not owner.is_instance and method not in MUTATORS:
                raise UnsupportedTest(f"{method} may compare what the program makes")
            refuse_comparing(call, names, uninformative=False, owner=owner.is_instance, statement=True)
            return ast.unparse(fill_constants(call, names))
        source = fetch(call, names, uninformative=True).source
        if source is None:
            raise UnsupportedTest("no assert, assignment or call")
        return source

    def _refuse_changed(self, test: ast.expr) -> None:
        """Raises UnsupportedTest where a test is of a constant alone that a call before may have changed."""
        if not self.constants:
            return
        used = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)} & self.constants.keys()
        if not used:
            return
        if any(is_dynamic(argument, self.names) for argument in [test, *getattr(test, "args", ())]):
            self.taken_in |= {name for name in used if isinstance(self.constants[name], (list, dict, set))}
        elif used & self.taken_in:
            raise UnsupportedTest("it asks whether the program has changed an argument")

    def _same_record(self, test: ast.expr) -> AssertPart | None:
        """`result == node`: which of the test's records it is, and not only whether it is that one."""
        match test:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[ast.Name(id=name)]):
                records = [key for key, value in self.program_values.items() if value.is_instance]
                result = fetch(left, self.names) if name in records and is_dynamic(left, self.names) else None
                if result is None or result.is_instance or (source := result.source) is None:
                    return None
                found = (
                    f"for _r1_value in [{source}] for _r1_n, _r1_item in enumerate([{', '.join(records)}])"
                )
                place = [records.index(name)]
                return AssertPart(
                    f"[_r1_n {found} if _r1_item is _r1_value]",
                    (),
                    lambda value: bool(value == place),
                    f"the record {name}",
                )
        return None

    def _tests(self, assert_parts: Iterable[AssertPart]) -> None:
        for part in assert_parts:
            if len(self.collected_tests) == MOST:
                raise UnsupportedTest(f"more than {MOST} tests")
            expectation = SatisfiesCondition(part.condition, part.description, bool(part.steps))
            statements = self._before(part.expression)
            self.collected_tests.append(
                ProgramTest(
                    expectation,
                    expression=part.expression,
                    statements=statements,
                    steps=part.steps,
                    needs_plain=part.needs_plain,
                )
            )
            # `assert stack.pop() == 1` changes the stack for what follows.
            held = self.program_values.keys()
            if held and "(" in part.expression and held & set(_NAME.findall(part.expression)):
                self._effect(part.expression)
            # `assert next(g) == 0` takes an item of a generator.
            elif part.expression in self.program_values and part.steps and _TAKES.match(part.steps[0][0]):
                self.setup_statements.append(part.steps[0][0].replace("(_", f"({part.expression}", 1))

    def _effect(self, source: str) -> None:
        """A call that may change what it is given: from here on that is the program's."""
        self.setup_statements.append(source)
        for name in self.program_values.keys() & set(_NAME.findall(source)):
            self.program_values[name] = replace(self.program_values[name], is_imported=False)

    def _before(self, expression: str) -> str:
        """The statements to run before an expression: imports of names that are used inside, and all others."""
        used: set[str] = set()
        if self.import_statements:
            used = set(_NAME.findall(expression)).union(*map(_names_of, self.setup_statements))
        needed = [text for text, names in self.import_statements.items() if names & used or "*" in names]
        return "\n".join([*needed, *self.setup_statements])

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if not isinstance(target, ast.Name):
            raise UnsupportedTest("no assert, assignment or call")
        name = target.id
        try:
            self.constants[name] = fold(self._with_values(value), self.constants)
            self.program_values.pop(name, None)
            return
        except NotConstant:
            pass
        if self.records and is_display(value, self.program_values):
            self.constants.pop(name, None)
            self.setup_statements.append(f"{name} = {ast.unparse(value)}")
            self.program_values[name] = Fetch(name, is_instance=True)
            return
        if not is_dynamic(value, self.names) and not isinstance(value, ast.Call):
            raise UnsupportedTest("neither a constant nor a call of the program")
        self._refuse_changed(value)
        self.program_values[name] = self._held(name, fetch(value, self.names))
        self.constants.pop(name, None)

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr) -> None:
        """`a, b = f(2)`: variables of the sandbox; of a constant, constants."""
        try:
            self._bind(target, fold(self._with_values(value), self.constants))
            return
        except NotConstant:
            pass
        names = [item.id for item in target.elts if isinstance(item, ast.Name)]
        source = fetch(value, self.names).source if is_dynamic(value, self.names) else None
        if source is None or not names or len(names) < len(target.elts):
            raise UnsupportedTest("neither a constant nor a call of the program")
        self._refuse_changed(value)
        left = f"{names[0]}," if len(names) == 1 else ", ".join(names)
        self.setup_statements.append(f"{left} = {source}")
        for name in names:
            self.program_values[name] = Fetch(name)
            self.constants.pop(name, None)

    def _with_values(self, value: ast.expr) -> ast.expr:
        """A constant with numbers and texts of the library in place; its objects are made where the program is."""
        filled = with_library_values(value, self.names)
        plain = (bool, int, float, complex, str, bytes, type(None), type(...))
        constants = [node.value for node in ast.walk(filled) if isinstance(node, ast.Constant)]
        return filled if all(type(constant) in plain for constant in constants) else value

    def _set_attribute(self, target: ast.Attribute, value: ast.expr) -> None:
        """`node.next = other`: a record of the test's, and what is known to be one or a constant."""
        owner = self.program_values.get(target.value.id) if isinstance(target.value, ast.Name) else None
        is_known = not is_dynamic(value, self.names) or is_display(value, self.program_values)
        if owner is None or not owner.is_instance or not self.records or not is_known:
            raise UnsupportedTest("no assert, assignment or call")
        source = f"{ast.unparse(target)} = {ast.unparse(fill_constants(value, self.names))}"
        self.setup_statements.append(source)
        self.lasting.append(source)

    def _walk(self, loop: ast.While) -> None:
        """A loop that collects parts of a result: it goes in, and what it collects is the program's."""
        empty = {
            name: value for name, value in self.constants.items() if value == [] and isinstance(value, list)
        }
        changed = walked(loop, self.program_values, empty)
        if changed is None:
            raise UnsupportedTest("no assert, assignment or call")
        for name in sorted(changed & empty.keys()):
            self.setup_statements.append(f"{name} = []")
            self.constants.pop(name)
        self.setup_statements.append(bounded_walk(loop))
        self.program_values |= {name: Fetch(name) for name in changed}

    def _held(self, name: str, value: Fetch) -> Fetch:
        """A value kept in the sandbox in a variable: of its own name, or, where steps follow outside, in another."""
        if value.source is not None and not any(
            source.startswith("bool(") for source, _ in value.inside_steps
        ):
            self.setup_statements.append(f"{name} = {value.source}")
            return replace(value, expression=name, steps=())
        hidden = f"_r1_value_{len(self.setup_statements)}"
        # A copy: what follows may change the value that the steps are about.
        self.setup_statements.append(f"{hidden} = _r1_copy({value.expression})")
        return Fetch(hidden, value.steps)

    def _unroll(self, target: ast.expr, items: ast.expr, body: list[ast.stmt]) -> None:
        try:
            values = list(fold(items, self.constants))
        except (NotConstant, TypeError):
            raise UnsupportedTest("a loop over what is no constant") from None
        for value in values:
            self._bind(target, value)
            self.read(body)

    def _bind(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self.constants[name] = value
                self.program_values.pop(name, None)
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if isinstance(
                value, (list, tuple)
            ) and len(elements) == len(value):
                for element, item in zip(elements, value, strict=True):
                    self._bind(element, item)
            case _:
                raise UnsupportedTest("a loop with a target that cannot be filled")

    def _evalplus(self, call: ast.expr, expected_node: ast.expr, tolerance_node: ast.expr) -> AssertPart:
        try:
            expected, atol = fold(expected_node, self.constants), fold(tolerance_node, self.constants)
        except NotConstant:
            raise UnsupportedTest("what it wants is no constant") from None
        tolerance = float(atol) or (CLOSE if _are_floats(expected) else 0.0)

        def holds(value: Any) -> bool:
            if value == expected:
                return True
            # As numpy's `allclose` with the relative tolerance that EvalPlus gives.
            return bool(
                tolerance
                and type(value) is type(expected)
                and all_close(value, expected, within(CLOSE_SHARE, tolerance))
            )

        return fetched_part(call, self.names, holds, repr(expected))

    def _named(self, node: Any) -> Any:
        """The expression with the entry point in place of `check`'s parameter."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in self.renamed:
                inner.id = self.renamed[inner.id]
        return node


def _are_floats(value: Any) -> bool:
    """What EvalPlus takes for floats: one, or a list or tuple of them alone."""
    return isinstance(value, float) or (
        isinstance(value, (list, tuple)) and all(isinstance(item, float) for item in value)
    )


def _is_pytest(node: ast.ClassDef) -> bool:
    """Whether pytest runs a class: no `__init__`, and methods `test_…` without fixtures."""
    methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    tests = [method for method in methods if method.name.startswith("test")]
    return (
        bool(tests)
        and not any(method.name == "__init__" for method in methods)
        and all(len(method.args.args) == 1 and not method.args.kwonlyargs for method in tests)
    )


def _is_evalplus(definition: ast.stmt) -> bool:
    """Whether a function is EvalPlus's `assertion(out, exp, atol)`: it asks whether its first two are equal."""
    if (
        not isinstance(definition, ast.FunctionDef)
        or definition.decorator_list
        or len(definition.args.args) != 3
    ):
        return False
    out, expected = (ast.dump(ast.Name(arg.arg, ast.Load())) for arg in definition.args.args[:2])
    compared = [node for node in ast.walk(definition) if isinstance(node, ast.Compare)]
    return any(
        isinstance(node.ops[0], ast.Eq)
        and [ast.dump(node.left), ast.dump(node.comparators[0])] == [out, expected]
        for node in compared
    )


def _entry(node: ast.expr) -> str | None:
    """The function that `check` is called with: `f`, `Solution().f` or `Solution.f`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Call(func=ast.Name(), args=[], keywords=[]) | ast.Name()):
            return ast.unparse(node)
    return None


@functools.lru_cache(maxsize=BEFORE)
def _names_of(source: str) -> frozenset[str]:
    return frozenset(_NAME.findall(source))


class _Attributes(ast.NodeTransformer):
    """`self.stack` as the variable `_self_stack`; what is called as `self.assertEqual` stays."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        if (
            is_own
            and node.attr not in METHODS
            and not node.attr.startswith(("assert", "fail", "skip", "subTest"))
        ):
            return ast.Name(f"_self_{node.attr}", node.ctx)
        return node


def _is_test(node: ast.AST) -> bool:
    """Whether a node tests something: an assert, or a call of something with "assert" or "raises" in its name."""
    match node:
        case ast.Assert():
            return True
        case ast.Call(func=func):
            return any(word in ast.unparse(func).lower() for word in ("assert", "raises", ".fail"))
    return False
