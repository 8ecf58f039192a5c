"""The shape of the package: which way imports point, what a start loads, what the distribution declares and holds."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from jsonschema.validators import validator_for

from tests.places import ROOT
from xent_cli import _version

PACKAGE = Path(_version.__file__).parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

BELOW = frozenset({"_values"})  # how values are made: for every module
VALUES = frozenset({"errors", "results", "stores", "text"})

# What a family of modules may import of ours, besides itself. The family of `readers.csv` is `readers`, that of
# `schema_names` is `schema`. Families that are not listed are the engine: anything but the border.
ALLOWED: Mapping[str, frozenset[str]] = {
    "_values": frozenset(),
    "_version": frozenset(),
    "errors": frozenset(),
    "results": frozenset(),
    "text": frozenset(),
    "stores": frozenset({"text"}),
    "losses": frozenset(),
    "exactsum": frozenset(),
    "uncertainty": frozenset({"exactsum"}),
    "quantiles": frozenset({"exactsum"}),
    "bootstrap": frozenset({"exactsum"}),
    "signflips": frozenset(),
    "comparison": frozenset({"exactsum", "signflips", "uncertainty"}),
    "calibration": frozenset({"exactsum", "losses"}),
    "schema": VALUES,
    "readers": VALUES,
    "sinks": VALUES,
    "gates": VALUES | {"uncertainty"},
    "renderers": VALUES,
    "documents": VALUES,
}
BORDER = frozenset({"cli", "__main__", "session", "stage", "api", "__init__"})
FACTS_AND_STATISTICS = frozenset(
    {"errors", "results", "text", "losses", "exactsum", "uncertainty", "quantiles", "bootstrap", "calibration"}
    | {"signflips", "comparison"}
)

# The names under which distributions are imported, where they differ.
IMPORTED_AS = {
    "scikit-learn": "sklearn", "pytest-cov": "pytest_cov", "pytest-xdist": "xdist", "pyyaml": "yaml",
    "markdown-it-py": "markdown_it", "prometheus-client": "prometheus_client",
}  # fmt: skip
HEAVY = frozenset({"numpy", "pandas", "pyarrow", "rich"})


@dataclass(frozen=True)
class Import:
    """One imported name: `module` is dotted, `top` says whether it is loaded together with the file it stands in."""

    module: str
    top: bool


def sources() -> dict[str, str]:
    """Every module of the package by its dotted name below `xent_cli` (a package by its own), with its text."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def family(module: str) -> str:
    """The family of a module: its first part, up to an underscore inside it."""
    first = module.partition(".")[0]
    return first if first.startswith("_") else first.partition("_")[0]


def imports(text: str, name: str, *, package: bool = False) -> Iterator[Import]:
    """Every import of a module, absolute; under `if TYPE_CHECKING` or in a function it is not `top`."""
    yield from _imports(ast.parse(text).body, name if package else name.rpartition(".")[0], top=True)


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


def ours(imported: Import) -> str | None:
    """The dotted name below `xent_cli` of an import of ours, `__init__` for a name of the package itself."""
    parts = imported.module.split(".")
    if parts[0] != "xent_cli":
        return None
    return ".".join(parts[1:]) or "__init__"


def upward(modules: Mapping[str, str]) -> list[str]:
    """Every import that points up, as `importer -> imported`."""
    families = {*ALLOWED, *map(family, modules)}
    found = []
    for name, text in modules.items():
        importer = family(name)
        if importer in BORDER:
            continue
        for imported in imports(text, name, package=name in _packages(modules)):
            module = ours(imported)
            if module is None:
                continue
            target = family(module) if family(module) in families else "__init__"
            allowed = ALLOWED.get(importer)
            wrong = target in BORDER if allowed is None else target not in allowed | BELOW
            if wrong and target != importer:
                found.append(f"{name} -> {module}")
    return found


def _packages(modules: Iterable[str]) -> set[str]:
    return {name.rpartition(".")[0] for name in modules if "." in name}


def third_party(text: str) -> set[str]:
    """The top-level names of everything imported that is neither the standard library nor ours."""
    tops = {imported.module.partition(".")[0] for imported in imports(text, "")}
    return tops - sys.stdlib_module_names - {"xent_cli"}


def declared(*requirement_lists: list[str]) -> set[str]:
    """The import names of the distributions that are required."""
    names = {re.split(r"[<>=!~ \[;]", requirement)[0] for group in requirement_lists for requirement in group}
    return {IMPORTED_AS.get(name, name) for name in names}


def script(name: str) -> ModuleType:
    """A script of `.ci` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_imports_point_one_way() -> None:
    """No module imports one of a layer above its own."""
    assert upward(sources()) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("losses", "from xent_cli.errors import DataError"),
        ("results", "from . import errors"),
        ("uncertainty", "import xent_cli.losses"),
        ("schema", "from xent_cli import scoring"),
        ("schema.plan", "from ..readers import TableFile"),
        ("schema_names", "def f():\n    from xent_cli.readers import csv"),
        ("renderers.table", "if TYPE_CHECKING:\n    from xent_cli.scoring import score"),
        ("scoring", "from xent_cli.cli import main"),
        ("scoring.engine", "from xent_cli import __version__"),
    ],
)
def test_an_import_that_points_up_is_found(name: str, text: str) -> None:
    """The check above sees absolute and relative imports, wherever in a file they stand."""
    others = ("errors", "losses", "readers.csv", "scoring.engine", "cli", "__init__")
    assert len(upward({**dict.fromkeys(others, ""), name: text})) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uncertainty", "from xent_cli.exactsum import total"),
        ("quantiles", "from . import exactsum"),
        ("readers.parquet", "from xent_cli.readers.table import TableFile"),
        ("readers.parquet", "from .csv import CsvFile\nfrom ..errors import DataError"),
        ("schema_names", "from xent_cli.schema import Plan"),
        ("scoring.engine", "from xent_cli._version import __version__\nfrom ..readers import csv"),
        ("cli.main", "from xent_cli import scoring"),
        ("losses", "import numpy as np\nfrom math import log"),
    ],
)
def test_an_import_that_points_down_is_allowed(name: str, text: str) -> None:
    """The check above does not mind imports of lower layers, of the own family and of other people's packages."""
    others = ("errors", "exactsum", "readers.csv", "readers.table", "schema", "_version", "scoring", "cli.main")
    assert upward({**dict.fromkeys(others, ""), name: text}) == []


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    """pyarrow.dataset is never imported, its other modules only inside functions; pandas only for its index of keys."""
    for name, text in sources().items():
        for imported in imports(text, name):
            assert not re.match(r"pandas\b", imported.module) or (name == "readers.keys" and not imported.top), name
            assert not re.match(r"pyarrow\.(csv|parquet|fs|ipc|feather)\b", imported.module) or not imported.top, name
            assert not imported.module.startswith("pyarrow.dataset"), name


def test_facts_and_statistics_know_numpy_alone() -> None:
    """What computes never sees a file format, a table library, a terminal or a command line."""
    for name, text in sources().items():
        if family(name) in FACTS_AND_STATISTICS:
            assert third_party(text) <= {"numpy"}, name


def test_click_and_rich_stay_at_the_edge() -> None:
    """Click is imported at the border alone, rich there and by the renderers."""
    for name, text in sources().items():
        found = third_party(text)
        assert "click" not in found or family(name) in BORDER, name
        assert "rich" not in found or family(name) in BORDER | {"renderers"}, name


def loaded(folder: Path, *words: object) -> set[str]:
    """The modules that a start of the interpreter with some words loads."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("XENT_")},
            "PYTHONPATH": str(PACKAGE.parent),
        },
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}


def test_the_command_line_starts_with_click_alone(tmp_path: Path) -> None:
    """Help loads click and the command line, and nothing else of ours, of numpy, pandas, pyarrow or rich."""
    found = loaded(tmp_path, "-m", "xent_cli", "--help")
    assert "click" in found
    assert {name for name in found if name.startswith("xent_cli.")} == {
        "xent_cli._version", "xent_cli.cli.commands", "xent_cli.system.standard_streams",
    }  # fmt: skip
    assert not {module.partition(".")[0] for module in found} & HEAVY


def test_a_small_file_loads_what_it_needs(tmp_path: Path) -> None:
    """A CSV file of two columns loads no other reader, no join, comparison, group or configuration, and no threads."""
    (tmp_path / "small.csv").write_text("label,prob\n1,0.75\n0,0.5\n", encoding="utf-8")
    found = loaded(tmp_path, "-m", "xent_cli", "score", "small.csv", "--json")
    needed = loaded(tmp_path, "-c", "import click, csv, json, numpy, pyarrow.csv")
    assert {"numpy", "pyarrow.csv", "xent_cli.readers.csv.file", "xent_cli.reports.report"} <= found
    rare = {
        "cli_config", "comparison", "readers.arrow", "readers.joined", "readers.memory", "readers.parquet",
        "reporting_groups", "schema.joined", "sinks", "uncertainty_differences",
    }  # fmt: skip
    assert not found & {f"xent_cli.{name}" for name in rare}
    assert not {name.partition(".")[0] for name in found} & {"pandas", "rich"}
    assert not (found - needed) & {
        "concurrent.futures", "fractions", "hashlib", "pathlib", "shutil", "tempfile", "tomllib", "urllib.parse",
    }  # fmt: skip


def test_notices_off_a_terminal_load_no_rich(tmp_path: Path) -> None:
    """Lines without colour are text as they are, so a pipeline with a notice does not pay for rich."""
    (tmp_path / "infinite.csv").write_text("label,prob\n1,0\n0,0.5\n", encoding="utf-8")
    found = loaded(tmp_path, "-m", "xent_cli", "score", "infinite.csv", "--json")
    assert "xent_cli.renderers.problems" in found
    assert not {name.partition(".")[0] for name in found} & {"rich"}


def test_the_package_imports_what_it_requires() -> None:
    """Everything that xent_cli imports is in the standard library or among the dependencies, which are all needed."""
    found = set().union(*(third_party(text) for text in sources().values()))
    assert found <= declared(PYPROJECT["project"]["dependencies"])


def test_the_tests_import_what_they_require() -> None:
    """Everything that the tests and the sample script import is a dependency, in the test group, or beside them."""
    files = [*sorted((ROOT / "tests").rglob("*.py")), ROOT / "sample_data" / "make.py"]
    found = set().union(*(third_party(path.read_text(encoding="utf-8")) for path in files))
    beside = {path.stem for path in files} | {"tests"}
    test_group = PYPROJECT["dependency-groups"]["test"]
    via_scikit_learn = {"threadpoolctl"}
    assert found <= declared(PYPROJECT["project"]["dependencies"], test_group) | beside | via_scikit_learn


def test_version_is_stated_once() -> None:
    """The distribution takes its version from `_version.py`, which is also what the package says."""
    text = (PACKAGE / "_version.py").read_text(encoding="utf-8")
    assert PYPROJECT["project"]["dynamic"] == ["version"]
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "xent_cli/_version.py"
    assert re.findall(r'^__version__ = "(\d+\.\d+\.\d+)"$', text, re.MULTILINE) == [_version.__version__]


def test_changelog_has_the_version() -> None:
    """The version at hand is the first entry of the changelog."""
    entries = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert next(entry for entry in entries if entry != "Unreleased") == _version.__version__


def test_package_data_is_there() -> None:
    """The package carries its mark of typing and at least one JSON Schema, each of them valid."""
    assert (PACKAGE / "py.typed").is_file()
    schemas = sorted((PACKAGE / "schemas").glob("*.json"))
    assert schemas
    for path in schemas:
        schema = json.loads(path.read_text(encoding="utf-8"))
        validator_for(schema).check_schema(schema)


def test_command_is_declared() -> None:
    """`xent` runs `main` of the command line."""
    assert PYPROJECT["project"]["scripts"] == {"xent": "xent_cli.__main__:run"}


def test_every_ruff_exception_has_a_reason() -> None:
    """Each rule that is switched off has its reason beside it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lint = text[text.index("[tool.ruff.lint]") :]
    rules = [line for line in lint.splitlines() if re.match(r'\s+"[A-Z]+[0-9]+",', line)]
    assert rules
    assert [line for line in rules if " # " not in line] == []


def test_floors_are_pins_of_the_dependencies() -> None:
    """Every dependency has a lowest version, and only that."""
    pins = [script("floors").pin(requirement) for requirement in PYPROJECT["project"]["dependencies"]]
    names = [requirement.partition(">=")[0] for requirement in PYPROJECT["project"]["dependencies"]]
    assert [pin.partition("==")[0] for pin in pins] == names


@pytest.mark.parametrize(("requirement", "expected"), [("click>=8.3.3", "click==8.3.3"), ("a-b >= 1", "a-b==1")])
def test_pin_is_the_lowest_version(requirement: str, expected: str) -> None:
    """`name>=version` becomes `name==version`."""
    assert script("floors").pin(requirement) == expected


@pytest.mark.parametrize("requirement", ["numpy", "numpy>2", "numpy>=2,<3", "numpy>=2; python_version<'3.12'", ""])
def test_pin_refuses_what_has_no_floor(requirement: str) -> None:
    """A requirement of another form is refused with its text, never guessed at."""
    with pytest.raises(SystemExit, match=re.escape(repr(requirement))):
        script("floors").pin(requirement)


def test_floors_prints_one_pin_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The script prints the pins in the order of the file."""
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\ndependencies = [\n "numpy>=2.0.0",  # why\n "click>=8",\n]\n', encoding="utf-8")
    script("floors").main(path)
    assert capsys.readouterr().out == "numpy==2.0.0\nclick==8\n"


def test_command_of_readme_is_the_line_under_its_marker() -> None:
    """The command is the one line of the block after the marker, without its prompt."""
    text = "# x\n\n<!-- install -->\n```console\n$ pip install .\n```\n\n<!-- test -->\n\n```sh\npytest -q\n```\n"
    assert script("readme").command("install", text) == "pip install ."
    assert script("readme").command("test", text) == "pytest -q"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- install -->\n",
        "<!-- install -->\ntext\n```console\n$ pip install .\n```\n",
        "<!-- install -->\n```console\n$ pip install .\n$ xent\n```\n",
        "<!-- install -->\n```console\n```\n",
        "<!-- test -->\n```console\n$ pytest\n```\n",
    ],
)
def test_a_readme_without_the_command_is_refused(text: str) -> None:
    """No marker, no block right after it, or another number of lines than one: an error that names the marker."""
    with pytest.raises(SystemExit, match="<!-- install -->"):
        script("readme").command("install", text)


def test_readme_states_both_commands() -> None:
    """README.md states how to install and how to test, in one line each."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "xent score" in script("readme").command("install", text)
    assert "pytest" in script("readme").command("test", text)


def test_ci_script_can_be_run() -> None:
    """`.ci/run` is executable and bash reads it without complaint."""
    path = ROOT / ".ci" / "run"
    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", path], check=False, capture_output=True).stderr == b""
