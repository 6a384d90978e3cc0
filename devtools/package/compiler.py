"""Compiles sources to bytecode; runs in the target's Python, by its path, and imports nothing of the project.

Reads jobs (JSON) from standard input. The bytecode is valid whatever the times of the files are
(PEP 552, unchecked), since the package is mounted read-only. Of dependencies, what never runs is left
out: docstrings, which are a third of the bytecode's weight, what stands under `if TYPE_CHECKING:`, the
bodies of methods that the app replaces when it starts, and how the SDK's models are compared and shown,
which every start would generate anew for each of them. Assertions stay.
"""

import ast
import importlib.util
import json
import sys
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined] # as py_compile does
from pathlib import Path
from typing import Any

MESSAGE = "left out of the package, since the app replaces this method when it starts"
Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Trimmer(ast.NodeTransformer):
    """Takes out what never runs; the lines of the rest stay as they are."""

    def __init__(self, replaced: list[str], *, is_sdk: bool = False) -> None:
        self._replaced = replaced
        self._is_sdk = is_sdk
        self._names: list[str] = []

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """The module without its docstring."""
        self._without_docstring(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """The class without its docstring; a dataclass gets a word, or it would make itself one."""
        self._names.append(node.name)
        self._without_docstring(node)
        self._names.pop()
        if any(_is_dataclass(each) for each in node.decorator_list):
            if self._is_sdk:
                node.decorator_list = [_without_comparison(each) for each in node.decorator_list]
            node.body.insert(0, ast.copy_location(ast.Expr(ast.Constant(node.name)), node.body[0]))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """The function without its docstring, or without its body where the app replaces it."""
        if ".".join([*self._names, node.name]) in self._replaced:
            stop = ast.parse(f"raise NotImplementedError({MESSAGE!r})").body
            node.body = [ast.copy_location(ast.fix_missing_locations(stop[0]), node.body[0])]
        self._without_docstring(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        """The function without its docstring."""
        self._without_docstring(node)
        return node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """The statement, or its other branch where only type checkers read the first."""
        name = node.test.id if isinstance(node.test, ast.Name) else getattr(node.test, "attr", "")
        self.generic_visit(node)
        if name != "TYPE_CHECKING":
            return node
        return node.orelse or ast.copy_location(ast.Pass(), node)

    def _without_docstring(self, node: Scope) -> None:
        if ast.get_docstring(node, clean=False) is not None:
            first = node.body.pop(0)
            if not node.body:
                node.body.append(ast.copy_location(ast.Pass(), first))
        self.generic_visit(node)


def _is_dataclass(decorator: ast.expr) -> bool:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (named.id if isinstance(named, ast.Name) else getattr(named, "attr", "")) == "dataclass"


def _without_comparison(decorator: ast.expr) -> ast.expr:
    """The decorator, told to make neither `==` nor `repr`; one with arguments knows what it wants."""
    if isinstance(decorator, ast.Call):
        return decorator
    told = [ast.keyword(name, ast.Constant(False)) for name in ("eq", "repr")]
    return ast.copy_location(ast.Call(decorator, [], told), decorator)


def compile_one(job: dict[str, Any]) -> None:
    """Compile one file; raises SyntaxError."""
    content = Path(job["source"]).read_bytes()
    tree = ast.parse(content, job["shown"])
    if job["is_dependency"]:
        tree = ast.fix_missing_locations(Trimmer(job["replaced"], is_sdk=job["is_sdk"]).visit(tree))
    code = compile(tree, job["shown"], "exec", dont_inherit=True, optimize=0)
    target = Path(job["to"])
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(_code_to_hash_pyc(code, importlib.util.source_hash(content), False))


if __name__ == "__main__":
    for each in json.load(sys.stdin):
        compile_one(each)
