"""The codes of errors and notices that the source can issue, read from its syntax tree: no module need be known.

A code is the first argument of `Problem(…)` or `Notice(…)`, or arrives there through the parameter of a function, the
field of a dataclass, a table of strings or a table of rules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CODE = re.compile(r"[a-z]+(-[a-z]+)*")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """The tree of one file, and what can be called in it."""

    name: str
    tree: ast.Module
    functions: dict[str, list[Function]] = field(default_factory=dict)
    classes: dict[str, list[str]] = field(default_factory=dict)
    calls: dict[str, list[tuple[Function | None, ast.Call]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Collect functions and calls by name, and the fields of classes."""
        for caller, call in _calls(self.tree):
            self.calls.setdefault(_name(call.func), []).append((caller, call))
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                self.functions.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                fields = (each.target for each in node.body if isinstance(each, ast.AnnAssign))
                self.classes[node.name] = [target.id for target in fields if isinstance(target, ast.Name)]


@cache
def read(package: Path) -> list[Module]:
    """Every module of the package."""
    return [Module(str(path), ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(package.rglob("*.py"))]


def issued(modules: Iterable[Module], carrier: str) -> dict[str, str]:
    """The codes with which values of a class, `Problem` or `Notice`, are made, each with a place where it is."""
    modules = list(modules)
    found: dict[str, str] = {}
    waiting, seen = [("", carrier, 0, ("rule", "code"))], set()
    while waiting:
        sink = waiting.pop()
        if sink in seen:
            continue
        seen.add(sink)
        home, name, place, keywords = sink
        for module in modules:
            if home and module.name != home:
                continue
            for caller, call in module.calls.get(name, []):
                for value in _arguments(call, place, keywords):
                    for code, at in _codes(module, value):
                        found.setdefault(code, f"{module.name}:{at}")
                    waiting.extend(_behind(module, caller, value))
    return found


def _calls(node: ast.AST, caller: Function | None = None) -> Iterator[tuple[Function | None, ast.Call]]:
    """The calls below a node, each with the innermost function around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield caller, child
        yield from _calls(child, child if isinstance(child, Function) else caller)


def _name(function: ast.expr) -> str:
    """The last part of what is called."""
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _arguments(call: ast.Call, place: int, keywords: Iterable[str]) -> Iterator[ast.expr]:
    """What a call hands over for a parameter."""
    if len(call.args) > place and not any(isinstance(each, ast.Starred) for each in call.args[: place + 1]):
        yield call.args[place]
    yield from (keyword.value for keyword in call.keywords if keyword.arg in keywords)


def _codes(module: Module, value: ast.expr) -> Iterator[tuple[str, int]]:
    """The codes that an expression is, or chooses from: also from a table of the module."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and CODE.fullmatch(value.value):
        yield value.value, value.lineno
    elif isinstance(value, ast.IfExp):
        yield from _codes(module, value.body)
        yield from _codes(module, value.orelse)
    elif isinstance(value, ast.Call):
        if (
            isinstance(value.func, ast.Attribute)
            and value.func.attr == "get"
            and isinstance(value.func.value, ast.Name)
        ):
            yield from _table(module, value.func.value.id)
            yield from (code for each in value.args[1:] for code in _codes(module, each))
        for function in module.functions.get(_name(value.func), []):
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from _codes(module, node.value)


def _table(module: Module, name: str) -> Iterator[tuple[str, int]]:
    """The texts in a dictionary of the module."""
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                yield from (code for each in node.value.values for code in _codes(module, each))


def _behind(
    module: Module, caller: Function | None, value: ast.expr
) -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    """Where a value comes from that is no constant: a parameter of the function, a field of a class of the module."""
    if isinstance(value, ast.Name) and caller is not None:
        names = [each.arg for each in (*caller.args.posonlyargs, *caller.args.args)]
        if names[:1] in (["self"], ["cls"]):
            del names[0]
        everything = [*names, *(each.arg for each in caller.args.kwonlyargs)]
        if value.id in everything:
            place = names.index(value.id) if value.id in names else 99
            yield module.name if caller.name.startswith("_") else "", caller.name, place, (value.id,)
    elif isinstance(value, ast.Attribute):
        for name, fields in module.classes.items():
            if value.attr in fields:
                yield module.name if name.startswith("_") else "", name, fields.index(value.attr), (value.attr,)


def counted_rules(modules: Iterable[Module]) -> dict[str, str]:
    """The rules that rows can break: the keys of a table of `Rule(…)`."""
    found: dict[str, str] = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Dict) and node.values and all(_is_rule(value) for value in node.values):
                names = (key for key in node.keys if isinstance(key, ast.Constant))
                found |= {str(key.value): f"{module.name}:{key.lineno}" for key in names}
    return found


def _is_rule(value: ast.expr) -> bool:
    """Whether an entry of a table describes a rule."""
    return isinstance(value, ast.Call) and _name(value.func) == "Rule"
