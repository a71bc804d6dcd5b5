"""Which function of a program is asked for, where the truth names none: `def check(candidate)` that nobody calls.

It is the one that the prompt writes, else the one that no other of the program's functions calls, else the last. With a
class `Solution` its methods are looked at.
"""

import ast

ASKED = "_r1_asked"
"""Name of a function appended to programs: it gives the function that is asked for."""


def asked_function(source: str, prompt: str | None) -> str:
    """Python that defines `ASKED` for a program, or nothing where it has no function."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ""  # then it does not run
    solution = next(
        (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Solution"), None
    )
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in (solution or tree).body if isinstance(node, kinds)]
    functions = [node for node in functions if not node.name.startswith("_")]
    if not functions:
        return ""
    shown = [node for node in functions if f"def {node.name}(" in (prompt or "")]
    uncalled = [node for node in functions if not _is_called(node.name, functions)]
    name = (shown or uncalled or functions)[-1].name
    return f"def {ASKED}():\n    return {'Solution().' if solution else ''}{name}"


def _is_called(name: str, functions: list[ast.FunctionDef | ast.AsyncFunctionDef]) -> bool:
    """Whether another function names this one."""
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        for function in functions
        if function.name != name
        for node in ast.walk(function)
    )
