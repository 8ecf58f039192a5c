"""The mutants themselves: what is changed, what is not, and that a changed module takes the place of the real one."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants
from tests.mutation.run import KNOWN, TESTS, Replaced, _known
from xent_cli.losses import cache_blocks


def changes(source: str) -> list[tuple[str, str]]:
    """What the mutants of a source change."""
    return [(mutant.before, mutant.after) for mutant in mutants(source)]


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("x = a < b", ["x = a <= b", "x = a >= b"]),
        ("x = a == b", ["x = a != b"]),
        ("x = a + b", ["x = a - b"]),
        ("x = a and b", ["x = a or b"]),
        ("x = 3", ["x = 4", "x = 2"]),
        ("x = 0", ["x = 1", "x = -1"]),
        ("x = 0.5", ["x = 1.5", "x = -0.5"]),
        ("x = True", ["x = False"]),
        ("x = not a", ["x = not not a"]),
        ("x = min(a, b)", ["x = max(a, b)"]),
        ("x = z.sum(axis=1)", ["x = z.sum(axis=2)", "x = z.sum(axis=0)"]),
        ("x += a", ["x -= a"]),
        ("f(a)", ["None"]),
        ("if a:\n    f = b", ["if True:", "if False:"]),
        ("def f():\n    return a", ["return None"]),
    ],
)
def test_one_small_change_each(source: str, after: list[str]) -> None:
    """A comparison, an operator, a number, a condition, a call or a result is another one."""
    assert [text for _, text in changes(source)] == after


@pytest.mark.parametrize(
    "source",
    ['"""Text."""', "x: int", "x = 'text'", "x = f'{1}'", "import a", "assert a < 1", "if TYPE_CHECKING:\n    x = 1"],
)
def test_what_no_test_can_see_is_not_changed(source: str) -> None:
    """Texts, annotations, assertions and what only a type checker reads are left alone."""
    assert changes(source) == []


def test_a_changed_module_takes_the_place_of_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the module is imported, it is the changed one, and the others are themselves."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "xent_cli"]:
        monkeypatch.delitem(sys.modules, name)
    source = Path(cache_blocks.__file__).read_text(encoding="utf-8")
    changed = Replaced("xent_cli.losses.cache_blocks", Path("cache_blocks.py"), source + "\nFEW_CLASSES = 7\n")
    monkeypatch.setattr(sys, "meta_path", [changed, *sys.meta_path])
    found = [
        importlib.import_module(f"xent_cli.{name}") for name in ("losses", "losses.cache_blocks", "losses.classes")
    ]
    assert [module.FEW_CLASSES for module in found] == [7, 7, 7]
    for name in [name for name in sys.modules if name.partition(".")[0] == "xent_cli"]:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_every_excuse_has_a_reason() -> None:
    """A known survivor is a line of a tested module with a change and a reason, each once."""
    lines = [line for line in KNOWN.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for line in lines:
        module, _, rest = line.partition(": ")
        change, _, reason = rest.rpartition("  # ")
        assert module in TESTS, line
        assert "  →  " in change, line
        assert len(reason.split()) > 3, line
    assert _known().total() == len(lines)
