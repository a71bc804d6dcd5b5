"""Names that a program may use without defining them, because its judge or its prompt supplies them.

- Contests (APPS, TACO, CodeContests, LiveCodeBench, LeetCode): their runners import the modules of `CONTEST` with all
  their names before the program, and LeetCode's judge knows `ListNode` and `TreeNode`, whose arguments and results it
  writes as lists (https://support.leetcode.com/hc/en-us/articles/360011883654).
- HumanEval and its kin: prompt, program and test are one module, so that a program has what the prompt and the test
  import, and functions that the prompt defines. The prompts write types as `typing` has them.
- Any prompt that shows code: what that imports, and functions that it defines in full.

Only what a program names and nobody defines is put before it; none of it holds what is expected: no function that a
test calls is ever supplied.

Not covered: other classes of LeetCode's (`Node`, `NestedInteger`), whose form depends on the problem.
"""

import ast
import builtins
import functools
import importlib
import re
from collections.abc import Callable, Mapping, Sequence

CONTEST = (
    "string",
    "re",
    "datetime",
    "collections",
    "heapq",
    "bisect",
    "copy",
    "math",
    "random",
    "statistics",
    "itertools",
    "functools",
    "operator",
    "io",
    "sys",
    "json",
    "typing",
)
"""Modules that LiveCodeBench's runner imports, all names of each first and then the modules themselves."""
RECURSION = "import sys; sys.setrecursionlimit(50_000)"
"""Calls within calls, as LiveCodeBench's runner has it; APPS's allows 600,000."""
LEETCODE = frozenset(("ListNode", "TreeNode"))
UNSUPPLIED = frozenset(
    ("Node", "NestedInteger", "Interval", "Employee", "PolyNode", "QuadNode", "ImmutableListNode",
     "SortedList", "SortedDict", "SortedSet", "isBadVersion", "guess", "read4", "rand7", "knows",
     "MountainArray", "BinaryMatrix", "ArrayReader", "HtmlParser", "CustomFunction", "Sea", "Robot",
     "Master", "GridMaster")
)  # fmt: skip
"""Names that LeetCode's judge supplies for single problems, and we do not."""
_NAME = re.compile(r"[^\W\d]\w*")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]+[\w \t,*()]+|import[ \t]+[\w. \t,]+)$", re.M
)
_DEFINED = r"^(?:(?:async[ \t]+)?def|class)[ \t]+({0})\b|^({0})[ \t]*(?::[^=\n]*)?=(?!=)"
_CODE = re.compile(r"^(?:from|import|def|class|async|@)\b", re.M)
LONGEST_PROMPT = 50_000
"""Characters of a prompt that are looked through."""

_LEETCODE_CLASSES = {
    "ListNode": "class ListNode:\n"
    "    def __init__(self, val=0, next=None):\n"
    "        self.val, self.next = val, next\n",
    "TreeNode": "class TreeNode:\n"
    "    def __init__(self, val=0, left=None, right=None):\n"
    "        self.val, self.left, self.right = val, left, right\n",
}
CALL = "_r1_leetcode"
"""Name of a function appended to programs on linked lists and trees: it makes nodes of lists, and lists of nodes."""
SHOWN = "_r1_shown"
"""Name of a list: the types of the parameters, as the prompt writes them, and of the result."""
CONVERTING_CALL = f"""
def {CALL}(name, args):
    import inspect
    shown = globals().get("{SHOWN}") or [[], ""]
    owner, _, method = name.partition(".")
    target = globals()[owner]
    target = getattr(target(), method) if method else target
    try:
        signature = inspect.signature(target)
        kinds, gives = [str(one.annotation) for one in signature.parameters.values()], signature.return_annotation
    except (TypeError, ValueError):
        kinds, gives = [], ""
    if not any("Node" in kind for kind in [*kinds, str(gives)]):  # it is as the prompt writes it
        kinds, gives = shown
    kinds = [*kinds, *[""] * (len(args) - len(kinds))]
    value = target(*[_r1_nodes(arg, kind) for arg, kind in zip(args, kinds)])
    gives = " ".join(kinds) if gives in ("", inspect.Signature.empty) else str(gives)
    if value is None and "Node" in gives:
        return []
    return _r1_plain(value)


def _r1_nodes(value, kind):
    if not isinstance(value, list):
        return value
    if "ListNode" in kind:
        if "ist[" in kind:
            return [_r1_nodes(item, "ListNode") for item in value]
        head = None
        for item in reversed(value):
            node = _r1_node("ListNode", item)
            node.next, head = head, node
        return head
    if "TreeNode" in kind:
        if "ist[" in kind:
            return [_r1_nodes(item, "TreeNode") for item in value]
        nodes = [None if item is None else _r1_node("TreeNode", item) for item in value]
        rest = iter(nodes[1:])
        for node in nodes:
            if node is not None:
                node.left = next(rest, None)
                node.right = next(rest, None)
        return nodes[0] if nodes else None
    return value


def _r1_node(name, value):
    node = object.__new__(globals()[name])  # a class of the program's may ask for more
    node.val = value
    if name == "ListNode":
        node.next = None
    else:
        node.left = node.right = None
    return node


def _r1_plain(value, most=100_000):
    kind = type(value).__name__
    if kind == "ListNode":
        items = []
        while value is not None:
            items.append(value.val)
            if len(items) > most:
                raise ValueError("a linked list without an end")
            value = value.next
        return items
    if kind == "TreeNode":
        items, level = [], [value]
        for node in level:
            items.append(None if node is None else node.val)
            if node is not None:
                level += [node.left, node.right]
            if len(level) > most:
                raise ValueError("a tree without an end")
        while items and items[-1] is None:
            items.pop()
        return items
    if isinstance(value, (list, tuple)):
        return [_r1_plain(item) for item in value]
    return value
"""


def shown_types(prompt: str | None, name: str) -> str:
    """Python that keeps the types of a function as a prompt writes them in starter code, or nothing."""
    signature = re.search(
        rf"\bdef {re.escape(name)}\(([^()]{{0,1000}})\)(?:[ \t]*->[ \t]*([^:\n]{{0,200}}))?", prompt or ""
    )
    if not signature or not any(one in signature[0] for one in LEETCODE):
        return ""
    # A comma within brackets separates types and not parameters.
    parameters = re.sub(r"\[[^\[\]]*\]", lambda match: match[0].replace(",", ";"), signature[1]).split(",")
    kinds = [one.strip() for one in parameters if one.strip() not in ("self", "")]
    return f"{SHOWN} = {[kinds, signature[2] or '']!r}"


def supplied(
    source: str,
    *,
    contest: bool = False,
    nodes: bool = False,
    typing_names: bool = False,
    imports: Mapping[str, str] | None = None,
    prompt: str | None = None,
    asked: Callable[[], frozenset[str]] = frozenset,
) -> str:
    """Python to put before a program: definitions of the names that it uses and that others supply.

    Args:
        source: the program.
        contest: whether the runner is a contest's.
        nodes: whether it gives LeetCode's nodes.
        typing_names: whether the names of `typing` are supplied.
        imports: statements of the test's, by the names that they bind.
        prompt: the prompt, as far as it shows code.
        asked: functions that the tests call, which are never supplied.
    """
    used = set(_NAME.findall(source))
    statements: dict[str, None] = {}
    for name in sorted(LEETCODE) if nodes else ():
        statements[_LEETCODE_CLASSES[name]] = None
    sources = [imports or {}]
    if contest:
        sources.append(_contest_names())
    if typing_names:
        sources.append(_typing_names())
    if prompt:
        shown_imports, definitions = _shown(prompt[:LONGEST_PROMPT])
        statements |= _needed(definitions, used, source, asked)
        sources.insert(0, shown_imports)
    for known in sources:
        for name in sorted(used & known.keys()):
            used.discard(name)
            statements[known[name]] = None
    if contest and "def " in source:
        statements[RECURSION] = None
    # Imports first: what a prompt defines may use them.
    return "\n".join(sorted(statements, key=lambda text: not text.startswith(("import ", "from "))))


def _needed(
    definitions: Mapping[str, str], used: set[str], source: str, asked: Callable[[], frozenset[str]]
) -> dict[str, None]:
    """The definitions of names in use, and of names that those use in turn; `used` grows by the latter."""
    texts: dict[str, None] = {}
    if used.isdisjoint(definitions):
        return texts
    refused = asked()
    pending = sorted((used & definitions.keys()) - refused)
    while pending:
        name = pending.pop()
        text = definitions[name]
        if text in texts or re.search(_DEFINED.format(name), source, re.M):
            continue
        more = set(_NAME.findall(text))
        pending.extend((more & definitions.keys()) - refused - used)
        used |= more
        texts[text] = None
    # In the order of the prompt: one may need the other when it is defined.
    order = list(dict.fromkeys(definitions.values()))
    return dict.fromkeys(sorted(texts, key=order.index))


@functools.cache
def _contest_names() -> Mapping[str, str]:
    statements: dict[str, str] = {}
    for module in CONTEST:
        statements |= _star(module)
    return statements | {module: f"import {module}" for module in CONTEST}


@functools.cache
def _typing_names() -> Mapping[str, str]:
    return _star("typing") | {"typing": "import typing"}


def _star(module: str) -> dict[str, str]:
    """What `from module import *` binds, but for names of builtins, which the runners restore."""
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", None) or [name for name in vars(loaded) if not name.startswith("_")]
    return {name: f"from {module} import {name}" for name in names if not hasattr(builtins, name)}


def bound_names(statement: ast.Import | ast.ImportFrom) -> list[str]:
    """The names that an import binds; `*` for all of a module's."""
    return [(alias.asname or alias.name).partition(".")[0] for alias in statement.names]


@functools.lru_cache(maxsize=32)  # the responses to a prompt come one after the other
def _shown(prompt: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Imports by the names that they bind, and definitions by theirs, in the code that a prompt shows."""
    imports: dict[str, str] = {}
    definitions: dict[str, str] = {}
    for text in _code_of(prompt):
        for statement in _parsed(text):
            match statement:
                case ast.Import() | ast.ImportFrom():
                    _add_import(statement, imports)
                case ast.FunctionDef(name=name, body=body) | ast.ClassDef(name=name, body=body) if (
                    not _is_stub(body)
                ):
                    definitions[name] = _guarded(statement)
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_literal(value):
                    definitions[name] = ast.unparse(statement)
    for line in _IMPORT.findall(prompt):
        for statement in _parsed(line.strip()):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                _add_import(statement, imports)
    return imports, definitions


def _add_import(statement: ast.Import | ast.ImportFrom, imports: dict[str, str]) -> None:
    if isinstance(statement, ast.ImportFrom) and (statement.level or statement.module == "__future__"):
        return
    if bound_names(statement) == ["*"]:
        module = getattr(statement, "module", None)
        if module in CONTEST:
            imports |= _star(module)
        return
    text = ast.unparse(statement)
    for name in bound_names(statement):
        imports.setdefault(name, text)


def _code_of(prompt: str) -> Sequence[str]:
    """The texts of a prompt that may be Python: its blocks, else what follows the first line of code."""
    from r1data.verifiers.code.program import TAGS, blocks

    shown_blocks = [
        block.text for block in blocks(prompt) if not block.tag or TAGS.get(block.tag) == "python"
    ]
    if shown_blocks:
        return shown_blocks
    first = _CODE.search(prompt)
    return [prompt[first.start() :]] if first else []


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def _guarded(statement: ast.stmt) -> str:
    """A definition that does no harm where it cannot be made: what it needs may be defined nowhere."""
    inside = ast.unparse(statement).replace("\n", "\n    ")
    return f"try:\n    {inside}\nexcept Exception:\n    pass"


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _is_stub(body: Sequence[ast.stmt]) -> bool:
    """Whether a body says nothing but what is to be written."""
    return all(
        isinstance(item, (ast.Pass, ast.Raise))
        or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        or (isinstance(item, ast.FunctionDef) and item.name != "__init__" and _is_stub(item.body))
        for item in body
    )
