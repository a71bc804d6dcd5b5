"""Rewrites test files that import the program by the name of the file that it is to be saved in.

KodCode's and others say `from solution import f`; here program and tests share a module, so that such an import says
nothing and goes.
"""

import ast

PROGRAM_MODULES = frozenset(
    ("solution", "solutions", "main", "__main__", "program", "submission", "answer", "candidate",
     "code_solution", "your_module", "your_module_name", "my_module", "your_solution", "my_solution",
     "your_code", "my_code", "your_file",
     "your_script", "your_program")
)  # fmt: skip
"""Names of files that test files import the program from. None is a module of Python's or of a usual package."""


def without_own_imports(tree: ast.Module) -> ast.Module:
    """The tests as one module with the program."""
    inner = list(ast.walk(tree))
    imports = [node for node in inner if isinstance(node, (ast.Import, ast.ImportFrom))]
    if any(_is_of_program(node) for node in imports):
        names = {
            alias.asname: alias.name
            for node in imports
            if isinstance(node, ast.ImportFrom) and _is_of_program(node)
            for alias in node.names
            if alias.asname
        }
        modules = {
            alias.asname or alias.name
            for node in imports
            if isinstance(node, ast.Import)
            for alias in node.names
            if alias.name in PROGRAM_MODULES
        }
        tree = ast.fix_missing_locations(_OneModule(names, modules).visit(tree))
    return tree


def _is_of_program(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level <= 1 and node.module in PROGRAM_MODULES
    return any(alias.name in PROGRAM_MODULES for alias in node.names)


class _OneModule(ast.NodeTransformer):
    """Drops imports of the program; what is called by another name or through the module gets its own."""

    def __init__(self, names: dict[str, str], modules: set[str]) -> None:
        self.names = names
        self.modules = modules

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        return ast.Pass() if _is_of_program(node) else node

    def visit_Import(self, node: ast.Import) -> ast.stmt:
        others = [alias for alias in node.names if alias.name not in PROGRAM_MODULES]
        return ast.Import(others) if others else ast.Pass()

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules:
            return ast.Name(node.attr, node.ctx)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)
