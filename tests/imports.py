"""The imports of the package, read from its sources."""

from __future__ import annotations

import ast
import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xent_cli import _version

PACKAGE = Path(_version.__file__).parent


@dataclass(frozen=True)
class Import:
    """One imported name: `module` is dotted, `top` says whether it is loaded together with the file it stands in."""

    module: str
    top: bool


@cache
def modules() -> dict[str, str]:
    """Every module of the package by its dotted name below `xent_cli` (a package by its own), with its text."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def packages(names: Iterable[str]) -> set[str]:
    """Those names that others stand below."""
    return {name.rpartition(".")[0] for name in names if "." in name}


@cache
def imports(text: str, name: str, *, package: bool = False) -> tuple[Import, ...]:
    """Every import of a module, absolute; under `if TYPE_CHECKING` or in a function it is not `top`."""
    return tuple(_imports(ast.parse(text).body, name if package else name.rpartition(".")[0], top=True))


def ours(imported: str, names: Container[str]) -> str | None:
    """The module of ours that an imported name is or is of, `__init__` for the package itself; None if not ours."""
    first, *parts = imported.split(".")
    if first != "xent_cli":
        return None
    while parts and ".".join(parts) not in names:
        parts.pop()
    return ".".join(parts) or "__init__"


@cache
def third_party(text: str) -> set[str]:
    """The top-level names of everything imported that is neither the standard library nor ours."""
    tops = {imported.module.partition(".")[0] for imported in imports(text, "")}
    return tops - sys.stdlib_module_names - {"xent_cli"}


def _imports(nodes: Iterable[ast.AST], package: str, *, top: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield from (Import(f"{base}.{alias.name}", top) for alias in node.names)
        else:
            deferred = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _is_typing_only(node)
            yield from _imports(ast.iter_child_nodes(node), package, top=top and not deferred)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = ["xent_cli", *filter(None, package.split("."))]
    return ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])


def _is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
