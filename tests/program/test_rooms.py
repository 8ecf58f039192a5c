"""The rooms: which way imports point, what each room may know, that no names are borrowed, where each test file is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from tests import mirror
from tests.imports import Import, imports, modules, ours, packages, third_party

ROOMS = (
    "contract", "explain", "losses", "system", "statistics", "columns", "renderers", "readers", "sinks", "scoring",
    "engine", "reports", "comparisons", "api", "cli",
)  # fmt: skip
"""A room imports only from rooms before it."""

SEALED: Mapping[str, frozenset[str]] = {
    "contract": frozenset(),
    "explain": frozenset({"contract"}),
    "losses": frozenset(),
    "system": frozenset({"contract"}),
    "statistics": frozenset({"contract"}),
    "columns": frozenset({"contract"}),
    "renderers": frozenset({"contract"}),
    "readers": frozenset({"contract", "system"}),
    "sinks": frozenset({"contract", "system"}),
}
"""Rooms that know even less: all of ours that each may import."""

EXCEPTIONS: Mapping[tuple[str, str], str] = {}
"""Imports that the order forbids, as (importer, imported): why there is no better way."""

ABOVE = frozenset({"__init__", "__main__"})  # the two ways in, from Python and from a shell: they may import anything
BELOW = frozenset({"_version"})  # the version, which anyone may state

KNOWS: Mapping[str, frozenset[str]] = {
    "contract": frozenset({"numpy"}),  # the types of the columns of rows
    "losses": frozenset({"numpy"}),
    "statistics": frozenset({"numpy"}),
    "columns": frozenset({"numpy"}),
    "renderers": frozenset({"rich"}),
    "reports": frozenset({"numpy"}),
}
"""Of other people's packages, all that a room may import."""


def room(module: str) -> str:
    """The room of a module: the first part of its dotted name below `xent_cli`."""
    return module.partition(".")[0]


def is_allowed(importer: str, imported: str) -> bool:
    """Whether a module may import another."""
    one, other = room(importer), room(imported)
    if one in ABOVE or one == other or other in BELOW:
        return True
    if one not in ROOMS or other not in ROOMS:
        return False
    return ROOMS.index(other) < ROOMS.index(one) and other in SEALED.get(one, ROOMS)


def every_import(sources: Mapping[str, str]) -> Iterator[tuple[str, Import]]:
    """What each module imports."""
    folders = packages(sources)
    for name, text in sources.items():
        yield from ((name, imported) for imported in imports(text, name, package=name in folders))


def edges(sources: Mapping[str, str]) -> set[tuple[str, str]]:
    """Every import of one of our modules by another, wherever in a file it stands."""
    return {
        (name, target)
        for name, imported in every_import(sources)
        if (target := ours(imported.module, sources)) is not None and target != name
    }


def forbidden(sources: Mapping[str, str]) -> list[str]:
    """Every import that points up or into a room that the importer may not know, as `importer -> imported`."""
    return sorted(f"{one} -> {other}" for one, other in edges(sources) if not is_allowed(one, other))


def circles(sources: Mapping[str, str]) -> set[str]:
    """The modules that stand in a circle of imports or between two: what is left when the ends are taken away."""
    found = set(sources)
    pairs = edges(sources)
    while True:
        pairs = {(one, other) for one, other in pairs if one in found and other in found}
        left = {one for one, _ in pairs} & {other for _, other in pairs}
        if left == found:
            return found
        found = left


def borrowed(sources: Mapping[str, str]) -> list[str]:
    """Every import of a private name of another module, as `importer -> module.name`."""
    private = re.compile(r"\._[a-z]\w*(?!\w*__)")
    return sorted(
        f"{name} -> {imported.module.removeprefix('xent_cli.')}"
        for name, imported in every_import(sources)
        if imported.module.startswith("xent_cli.")
        and room(imported.module.removeprefix("xent_cli.")) not in BELOW
        and private.search(imported.module)
    )


def test_a_room_imports_only_from_rooms_before_it() -> None:
    """No module imports one of a room above its own, save the named exceptions, each of which is still needed."""
    assert forbidden(modules()) == sorted(f"{one} -> {other}" for one, other in EXCEPTIONS)


def test_every_folder_is_a_room() -> None:
    """Every module stands in a room, but for the version and the two ways in; the rooms are listed once."""
    assert {room(name) for name in modules()} <= {*ROOMS, *ABOVE, *BELOW}
    assert len(set(ROOMS)) == len(ROOMS)


def test_no_imports_go_in_circles() -> None:
    """No module is imported by one that it imports, directly or through others, inside functions neither."""
    assert circles(modules()) == set()


def test_private_names_stay_in_their_module() -> None:
    """No module imports a name of another that begins with an underscore."""
    assert borrowed(modules()) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("losses.binary", "from xent_cli.contract.errors import DataError"),
        ("contract.report", "from ..columns import plan"),
        ("statistics.paired", "import xent_cli.losses"),
        ("columns.plan", "from xent_cli import scoring"),
        ("columns", "from ..readers import interface"),
        ("columns.kinds", "def f():\n    from xent_cli.readers import interface"),
        ("renderers.words", "from xent_cli.statistics.intervals import interval"),
        ("renderers.view", "if TYPE_CHECKING:\n    from xent_cli.scoring import scheme"),
        ("engine.pipeline", "from xent_cli.cli.commands import main"),
        ("scoring.rows", "from xent_cli import score"),
        ("attic.rows", "from xent_cli.contract.errors import DataError"),
    ],
)
def test_an_import_that_points_up_is_found(name: str, text: str) -> None:
    """The check sees absolute and relative imports, wherever in a file they stand, and rooms that are not listed."""
    others = (
        "__init__", "contract.errors", "losses", "columns", "columns.plan", "readers.interface", "scoring.scheme",
        "scoring", "statistics.intervals", "cli.commands",
    )  # fmt: skip
    assert len(forbidden({**dict.fromkeys(others, ""), name: text})) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("statistics.intervals", "from xent_cli.statistics.exact import sums"),
        ("statistics.exact.moments", "from . import sums\nfrom ...contract.errors import DataError"),
        ("readers.csv.file", "from xent_cli.readers.interface import TableFile"),
        ("engine.pipeline", "from xent_cli._version import __version__\nfrom ..readers import interface"),
        ("cli.commands", "from xent_cli import scoring"),
        ("__main__", "from xent_cli.cli import commands"),
        ("losses.binary", "import numpy as np\nfrom math import log"),
    ],
)
def test_an_import_that_points_down_is_allowed(name: str, text: str) -> None:
    """The check does not mind imports of rooms before, of the own room and of other people's packages."""
    others = ("_version", "contract.errors", "statistics.exact.sums", "readers.interface", "scoring", "cli.commands")
    assert forbidden({**dict.fromkeys(others, ""), name: text}) == []


@pytest.mark.parametrize(
    "texts",
    [
        {"a.one": "from xent_cli.a import two", "a.two": "from xent_cli.a.one import name"},
        {
            "a.one": "import xent_cli.a.two",
            "a.two": "from .three import f",
            "a.three": "def f():\n    from . import one",
        },
    ],
)
def test_a_circle_is_found(texts: dict[str, str]) -> None:
    """Two modules that import each other, or several in a ring; one that only looks on is not among them."""
    assert circles({**texts, "a.looks": "from xent_cli.a import one", "a.below": ""}) == set(texts)


def test_a_borrowed_name_is_found() -> None:
    """A private name is found as what is imported and inside what is imported from; the version is free to all."""
    text = "from xent_cli.b import _name\nfrom xent_cli.c._hidden import f\nfrom xent_cli._version import __version__"
    assert borrowed({"a.one": text, "b": "", "c": ""}) == ["a.one -> b._name", "a.one -> c._hidden.f"]


def test_every_module_has_its_test_file() -> None:
    """A module has a test file of its name in the folder of its name, or one that tests/mirror.py names for it."""
    bare = mirror.uncovered(modules(), packages(modules()))
    assert not bare, "write test_NAME.py, or name the file that covers it in tests/mirror.py"


def test_every_test_file_has_its_module() -> None:
    """A test file in the folder of a room is called like a module there, or like that folder."""
    assert list(mirror.astray(modules())) == []


def test_the_mirror_names_what_is_there() -> None:
    """What another file covers is there, is named once and has no test file of its own; that file exists."""
    named = [(path, name) for path, names in mirror.COVERED.items() for name in names.split()]
    assert len({name for _, name in named}) == len(named)
    for path, name in named:
        assert name in modules(), name
        assert mirror.covering(name)[0] == path, name


def test_a_module_without_tests_and_a_stray_test_are_found() -> None:
    """The two checks above can fail: for a module nobody tests, and for test files whose module is gone."""
    assert mirror.uncovered({"losses.binary", "sinks.nobody"}, set()) == {"sinks.nobody"}
    assert "columns/test_inference" in list(mirror.astray({"columns.other", "losses.binary"}))


def test_rooms_know_few_packages() -> None:
    """What computes never sees a file format, a table library, a terminal or a command line."""
    for name, text in modules().items():
        assert third_party(text) <= KNOWS.get(room(name), third_party(text)), name


def test_click_and_rich_stay_at_the_edge() -> None:
    """Click is imported by the command line alone, rich there and by the renderers."""
    for name, text in modules().items():
        assert "click" not in third_party(text) or room(name) in {"cli", "__main__"}, name
        assert "rich" not in third_party(text) or room(name) in {"cli", "__main__", "renderers"}, name


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    """pyarrow.dataset is never imported, its other modules only inside functions; pandas only for its index of keys."""
    for name, text in modules().items():
        for imported in imports(text, name):
            pandas = re.match(r"pandas\b", imported.module)
            assert not pandas or (name == "readers.joins.keys" and not imported.top), name
            assert not re.match(r"pyarrow\.(csv|parquet|fs|ipc|feather)\b", imported.module) or not imported.top, name
            assert not imported.module.startswith("pyarrow.dataset"), name
