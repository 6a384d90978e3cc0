"""What one Python source imports, function by function, read from its syntax tree without running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MODULE_LEVEL = ""
COMPUTED_IMPORTS = frozenset({"import_module", "__import__", "entry_points"})
"""Calls whose argument, and so the module that they import, is known only at run time."""


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import names`, or `import module` with no names."""

    module: str
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Unit:
    """A function with all that is inside it, or the module level: what running it imports and mentions."""

    name: str
    imports: list[Import] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    chains: set[tuple[str, str]] = field(default_factory=set)
    """(a, b) for every `x.a.b` and `x.a(...).b`, and (a, "") for an `x.a` on which nothing follows."""

    own: set[str] = field(default_factory=set)
    """Attributes of `self`: members of the object itself, whatever else has a member of that name."""

    @property
    def last_name(self) -> str:
        """The function's own name, without those of its classes."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Source:
    """One module: its units by qualified name, and what it replaces in classes of other modules."""

    module: str
    units: dict[str, Unit]
    imports_by_computed_name: bool
    replaced: frozenset[tuple[str, str]]
    """(module, `Class.method`) for every `Class.method = ...` where Class was imported from module."""

    @property
    def imports(self) -> Iterator[Import]:
        """All imports of the module, those inside functions too."""
        return (one for unit in self.units.values() for one in unit.imports)


def read_source(path: Path, module: str) -> Source:
    """Read one file; raises SyntaxError."""
    tree = ast.parse(path.read_bytes(), str(path))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    reader = _Reader(package)
    reader.visit(tree)
    return Source(module, reader.units, reader.is_computed, frozenset(reader.replaced()))


class _Reader(ast.NodeVisitor):
    """Collects the units; a function inside a function belongs to the outer one."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._unit = Unit(MODULE_LEVEL)
        self._scope: tuple[str, ...] = ()
        self.units = {MODULE_LEVEL: self._unit}
        self.is_computed = False
        self._origin: dict[str, tuple[str, str]] = {}
        self._assigned: set[tuple[str, str]] = set()
        self._following: dict[ast.Attribute, str] = {}

    def replaced(self) -> Iterator[tuple[str, str]]:
        """What is assigned to attributes of imported names."""
        for name, attribute in self._assigned:
            module, original = self._origin.get(name, ("", ""))
            if module:
                yield module, f"{original}.{attribute}"

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer, self._scope = self._scope, (*self._scope, node.name)
        self.generic_visit(node)
        self._scope = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if self._unit.name != MODULE_LEVEL:
            self.generic_visit(node)
            return
        name = ".".join((*self._scope, node.name))
        outer, self._unit = self._unit, self.units.setdefault(name, Unit(name))
        self.generic_visit(node)
        self._unit = outer

    def visit_If(self, node: ast.If) -> None:
        """What stands under `if TYPE_CHECKING:` is never run."""
        if _last_name(node.test) == "TYPE_CHECKING":
            for each in node.orelse:
                self.visit(each)
        else:
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self._unit.imports.extend(Import(alias.name) for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = _absolute(node, self._package)
        self._unit.imports.append(Import(module, tuple(alias.name for alias in node.names)))
        self._origin.update({alias.asname or alias.name: (module, alias.name) for alias in node.names})

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                self._assigned.add((target.value.id, target.attr))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        before = node.value
        is_own = isinstance(before, ast.Name) and before.id == "self"
        (self._unit.own if is_own else self._unit.attributes).add(node.attr)
        self._unit.chains.add((node.attr, self._following.pop(node, "")))
        inner = before.func if isinstance(before, ast.Call) else before
        if isinstance(inner, ast.Attribute):
            self._following[inner] = node.attr
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        constant = bool(node.args) and isinstance(node.args[0], ast.Constant)
        if _last_name(node.func) in COMPUTED_IMPORTS:
            if constant and _last_name(node.func) != "entry_points":
                self._unit.imports.append(Import(ast.literal_eval(node.args[0])))
            else:
                self.is_computed = True
        self.generic_visit(node)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])
