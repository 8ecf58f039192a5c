"""The mutants of a module: its source with one small change each, made on the syntax tree.

Only what a test can see is changed: no docstring, no annotation, no text, nothing under `if TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult,
}  # fmt: skip
NAMES = {
    "any": "all", "all": "any", "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum",
    "argmax": "argmin", "logical_or": "logical_and", "logical_and": "logical_or", "log1p": "log", "expm1": "exp",
    "log": "log1p", "exp": "expm1", "greater": "greater_equal", "less": "less_equal", "ones": "zeros", "zeros": "ones",
    "floor": "ceil", "ceil": "floor", "isinf": "isnan", "isnan": "isinf", "sorted": "list", "ones_like": "zeros_like",
    "zeros_like": "ones_like", "isfinite": "isinf", "add": "subtract", "subtract": "add", "multiply": "divide",
    "divide": "multiply", "nextafter": "copysign",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed source: where, what it was and what it is."""

    line: int
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """What identifies it while the rest of the module changes."""
        return f"{self.before}  →  {self.after}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module that differs from it."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for place in range(len(_sites(tree))):
        for choice in range(4):
            changed = copy.deepcopy(tree)
            node, statement = _sites(changed)[place]
            before, line = ast.unparse(statement), node.lineno
            if not _change(node, statement, choice):
                break
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                yield Mutant(line, *_difference(before, ast.unparse(statement)), text)


def _difference(before: str, after: str) -> tuple[str, str]:
    """The first line that differs, of both."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    first = next(((a, b) for a, b in pairs if a != b), (before.splitlines()[0], after.splitlines()[-1]))
    return first[0].strip(), first[1].strip()


def _sites(tree: ast.Module) -> list[tuple[Any, Any]]:
    """Every node that may be changed, with the statement that it stands in."""
    found: list[tuple[Any, Any]] = []
    for statement in tree.body:
        _collect(statement, statement, found)
    return found


def _collect(node: Any, statement: Any, found: list[tuple[Any, Any]]) -> None:
    """Add the nodes below one, in the order of the text."""
    if _is_hidden(node):
        return
    if isinstance(node, ast.stmt):
        statement = node
    found.append((node, statement))
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_comment", "bases", "ctx"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and hasattr(child, "lineno"):
                _collect(child, statement, found)
            elif isinstance(child, (ast.arguments, ast.comprehension)):
                for inner in ast.iter_child_nodes(child):
                    if hasattr(inner, "lineno") and not isinstance(inner, ast.arg):
                        _collect(inner, statement, found)


def _is_hidden(node: Any) -> bool:
    """Whether nothing below can be seen by a test: docstrings, imports, what only a type checker reads, texts."""
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Assert)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return True
    typing_only = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    alias = isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation)
    return typing_only or alias


def _change(node: Any, statement: Any, choice: int) -> bool:
    """Change a node in place, in one of the ways that there are; False where there are no more."""
    if isinstance(node, ast.Compare):
        return _compare(node, choice)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS and choice == 0:
        node.op = OPERATORS[type(node.op)]()
        return True
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS and choice == 0:
        node.op = OPERATORS[type(node.op)]()
        return True
    if isinstance(node, ast.BoolOp) and choice == 0:
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return True
    if isinstance(node, ast.Constant):
        return _constant(node, choice)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _name(node, choice)
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return _condition(node, choice)
    return _rest(node, statement, choice)


def _compare(node: ast.Compare, choice: int) -> bool:
    """Another comparison."""
    others = COMPARISONS.get(type(node.ops[0]), ())
    if choice >= len(others):
        return False
    node.ops[0] = others[choice]()
    return True


def _constant(node: ast.Constant, choice: int) -> bool:
    """A number beside it (as an index, −1 often is the same as 1), a float of the other sign, the other truth value."""
    if isinstance(node.value, bool) and choice == 0:
        node.value = not node.value
        return True
    if isinstance(node.value, (int, float)) and not isinstance(node.value, bool) and choice < 2:
        down = -node.value if isinstance(node.value, float) and node.value else node.value - 1
        node.value = node.value + 1 if choice == 0 else down
        return True
    return False


def _name(node: Any, choice: int) -> bool:
    """A function that is easily taken for another."""
    attribute = "id" if isinstance(node, ast.Name) else "attr"
    other = NAMES.get(getattr(node, attribute))
    if other is None or choice:
        return False
    setattr(node, attribute, other)
    return True


def _condition(node: Any, choice: int) -> bool:
    """A condition that always or never holds."""
    if choice > 1 or (isinstance(node, ast.While) and choice == 0):
        return False
    node.test = ast.Constant(choice == 0)
    return True


def _rest(node: Any, statement: Any, choice: int) -> bool:
    """Without a sign or a not; a call or an assignment that does not happen; nothing returned."""
    if choice:
        return False
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else node.op
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        if isinstance(node.op, ast.Invert):
            node.operand = ast.UnaryOp(ast.Invert(), node.operand)
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        node.value = ast.Constant(None)
        return True
    if isinstance(node, ast.Return) and node.value is not None and node is statement:
        node.value = ast.Constant(None)
        return True
    return False
