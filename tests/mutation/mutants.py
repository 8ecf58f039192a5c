"""The mutants of a module: its source with one small change each, made on the syntax tree.

Only what a test can see is changed: no docstring, no annotation, no text, nothing under `if TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

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


SYMBOLS: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|",
    ast.Pow: "**", ast.And: "and", ast.Or: "or", ast.USub: "-", ast.Not: "not", ast.Invert: "~",
}  # fmt: skip
ARROW = "  →  "
Site: TypeAlias = tuple[Any, Any, str]


@dataclass(frozen=True)
class Mutant:
    """A changed source: in which line and function (or constant of the module), and what became what."""

    line: int
    function: str
    change: str
    source: str

    @property
    def name(self) -> str:
        """What identifies it while the rest of the module changes."""
        return f"{self.function or '<module>'}: {self.change}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module that differs from it."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for at, top in enumerate(tree.body):
        for place in range(len(_sites(top))):
            for choice in range(4):
                changed = copy.deepcopy(top)
                node, statement, function = _sites(changed)[place]
                line = node.lineno
                change = _change(node, statement, choice)
                if not change:
                    break
                text = ast.unparse(ast.Module([*tree.body[:at], changed, *tree.body[at + 1 :]], []))
                if text not in seen:
                    seen.add(text)
                    yield Mutant(line, function, change, text)


def _sites(top: ast.stmt) -> list[Site]:
    """Every node below a statement that may be changed, with the statement it stands in and the name of its function."""
    found: list[Site] = []
    _collect(top, top, "", found)
    return found


def _collect(node: Any, statement: Any, function: str, found: list[Site]) -> None:
    """Add the nodes below one, in the order of the text."""
    if _is_hidden(node):
        return
    if isinstance(node, ast.stmt):
        statement = node
    function = _within(function, node)
    found.append((node, statement, function))
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_comment", "bases", "ctx"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and hasattr(child, "lineno"):
                _collect(child, statement, function, found)
            elif isinstance(child, (ast.arguments, ast.comprehension)):
                for inner in ast.iter_child_nodes(child):
                    if hasattr(inner, "lineno") and not isinstance(inner, ast.arg):
                        _collect(inner, statement, function, found)


def _within(function: str, node: ast.AST) -> str:
    """The dotted name of the function or class that a node opens; what is assigned, outside of any; else no other."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return f"{function}.{node.name}".lstrip(".")
    if not function and isinstance(node, (ast.Assign, ast.AnnAssign)):
        return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target).strip("()")
    return function


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


def _change(node: Any, statement: Any, choice: int) -> str:
    """Change a node in place, in one of the ways that there are, and say what became what; "" if no way is left."""
    if isinstance(node, ast.Compare):
        return _compare(node, choice)
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATORS and choice == 0:
        return _operator(node, OPERATORS[type(node.op)]())
    if isinstance(node, ast.BoolOp) and choice == 0:
        return _operator(node, ast.Or() if isinstance(node.op, ast.And) else ast.And())
    if isinstance(node, ast.Constant):
        return _constant(node, choice)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _name(node, choice)
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return _condition(node, choice)
    return _rest(node, statement, choice)


def _operator(node: Any, other: ast.AST) -> str:
    """Another operator."""
    before, node.op = SYMBOLS[type(node.op)], other
    return f"{before}{ARROW}{SYMBOLS[type(other)]}"


def _compare(node: ast.Compare, choice: int) -> str:
    """Another comparison."""
    others = COMPARISONS.get(type(node.ops[0]), ())
    if choice >= len(others):
        return ""
    before, node.ops[0] = SYMBOLS[type(node.ops[0])], others[choice]()
    return f"{before}{ARROW}{SYMBOLS[others[choice]]}"


def _constant(node: ast.Constant, choice: int) -> str:
    """The next number (as an index, −1 often is the same as 1), a float of the other sign, the other truth value."""
    before = node.value
    if isinstance(before, bool) and choice == 0:
        node.value = not before
    elif isinstance(before, (int, float)) and not isinstance(before, bool) and choice < 2:
        down = -before if isinstance(before, float) and before else before - 1
        node.value = before + 1 if choice == 0 else down
    else:
        return ""
    return f"{before}{ARROW}{node.value}"


def _name(node: Any, choice: int) -> str:
    """A function that is easily taken for another."""
    attribute = "id" if isinstance(node, ast.Name) else "attr"
    before = getattr(node, attribute)
    other = NAMES.get(before)
    if other is None or choice:
        return ""
    setattr(node, attribute, other)
    return f"{before}{ARROW}{other}"


def _condition(node: Any, choice: int) -> str:
    """A condition that always or never holds."""
    if choice > 1 or (isinstance(node, ast.While) and choice == 0):
        return ""
    node.test = ast.Constant(choice == 0)
    return f"{'while' if isinstance(node, ast.While) else 'if'}{ARROW}{choice == 0}"


def _rest(node: Any, statement: Any, choice: int) -> str:
    """Without a sign or a not; a call or an assignment that does not happen; nothing returned."""
    if choice:
        return ""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        before = SYMBOLS[type(node.op)]
        node.op = ast.UAdd() if isinstance(node.op, ast.USub) else node.op
        if isinstance(node.op, ast.Not):
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        if isinstance(node.op, ast.Invert):
            node.operand = ast.UnaryOp(ast.Invert(), node.operand)
        return f"{before}{ARROW}nothing"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = ast.unparse(node.value.func).rpartition(".")[2]
        node.value = ast.Constant(None)
        return f"{called}(){ARROW}nothing"
    if isinstance(node, ast.Return) and node.value is not None and node is statement:
        node.value = ast.Constant(None)
        return f"return{ARROW}None"
    return ""
