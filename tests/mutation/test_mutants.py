"""The mutants themselves: what is changed, what is not, and that a changed module takes the place of the real one."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants
from tests.mutation.run import KNOWN, TESTED, Replaced, _known, noticing
from xent_cli.losses import cache_blocks


def changed(source: str) -> list[str]:
    """The mutants of a source."""
    return [mutant.source for mutant in mutants(source)]


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
        ("if a:\n    f = b", ["if True:\n    f = b", "if False:\n    f = b"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
    ],
)
def test_one_small_change_each(source: str, after: list[str]) -> None:
    """A comparison, an operator, a number, a condition, a call or a result is another one."""
    assert changed(source) == after


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f():\n    return a < b", ["f: return  →  None", "f: <  →  <=", "f: <  →  >="]),
        ("class C:\n    def f(self):\n        a.g(1)", ["C.f: g()  →  nothing", "C.f: 1  →  2", "C.f: 1  →  0"]),
        ("LIMIT, MORE = 3, a", ["LIMIT, MORE: 3  →  4", "LIMIT, MORE: 3  →  2"]),
        (
            "if not a:\n    b = min(c)",
            ["<module>: if  →  True", "<module>: if  →  False", "<module>: not  →  nothing", "b: min  →  max"],
        ),
    ],
)
def test_a_mutant_is_named_by_function_and_operator(source: str, names: list[str]) -> None:
    """The name says where and what became what, and quotes no line: it outlives changes nearby."""
    assert [mutant.name for mutant in mutants(source)] == names


@pytest.mark.parametrize(
    "source",
    ['"""Text."""', "x: int", "x = 'text'", "x = f'{1}'", "import a", "assert a < 1", "if TYPE_CHECKING:\n    x = 1"],
)
def test_what_no_test_can_see_is_not_changed(source: str) -> None:
    """Texts, annotations, assertions and what only a type checker reads are left alone."""
    assert changed(source) == []


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
        module, _, rest = line.partition(":")
        change, _, reason = rest.rpartition("  # ")
        assert module in TESTED, line
        assert re.fullmatch(r"[\w., <>]+: \S.*  →  \S.*", change.strip()), line
        assert len(reason.split()) > 3, line
    assert _known().total() == len(lines)


def test_each_module_goes_through_its_own_tests_first() -> None:
    """The tests of a module are found by its name; more of them come after."""
    assert noticing("scoring.rows")[0] == "scoring/test_rows"
    own, *others = noticing("losses.logits")
    assert own == "losses/test_logits"
    assert others == ["losses/test_losses", "losses/test_classes", "losses/test_gradients"]
    assert all(noticing(module) for module in TESTED)
