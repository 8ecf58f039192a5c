"""What a start of the program loads, and what the distribution declares and holds."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from jsonschema.validators import validator_for

from tests.imports import PACKAGE, modules, packages, third_party
from tests.places import ROOT
from xent_cli import _version

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

# The names under which distributions are imported, where they differ.
IMPORTED_AS = {
    "scikit-learn": "sklearn", "pytest-cov": "pytest_cov", "pytest-xdist": "xdist", "pyyaml": "yaml",
    "markdown-it-py": "markdown_it", "prometheus-client": "prometheus_client",
}  # fmt: skip
HEAVY = frozenset({"numpy", "pandas", "pyarrow", "rich"})


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
        "xent_cli._version", "xent_cli.api", "xent_cli.api.parameters", "xent_cli.cli", "xent_cli.cli.border",
        "xent_cli.cli.commands", "xent_cli.cli.exits",
        "xent_cli.cli.help", "xent_cli.cli.help.help_layout", "xent_cli.cli.click_options", "xent_cli.system",
        "xent_cli.system.signals", "xent_cli.system.standard_streams", "xent_cli.renderers",
        "xent_cli.renderers.formats",
    }  # fmt: skip
    assert not {module.partition(".")[0] for module in found} & HEAVY


def test_a_small_file_loads_what_it_needs(tmp_path: Path) -> None:
    """A CSV file of two columns loads no other reader, no join, comparison, group or configuration, and no threads."""
    (tmp_path / "small.csv").write_text("label,prob\n1,0.75\n0,0.5\n", encoding="utf-8")
    found = loaded(tmp_path, "-m", "xent_cli", "score", "small.csv", "--json")
    needed = loaded(tmp_path, "-c", "import click, csv, json, numpy, pyarrow.csv")
    assert {"numpy", "pyarrow.csv", "xent_cli.readers.csv.file", "xent_cli.reports.report"} <= found
    rare = {
        "cli.config", "columns.two_files", "comparisons", "readers.arrow", "readers.joins", "readers.parquet",
        "reports.groups", "sinks", "statistics.two_samples", "statistics.paired",
    }  # fmt: skip
    assert rare <= {*modules(), *packages(modules())}
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
    found = set().union(*(third_party(text) for text in modules().values()))
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
    schemas = sorted((PACKAGE / "contract" / "schemas").glob("*.json"))
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


def test_ci_names_tests_that_are_there() -> None:
    """The part of the suite that other versions can break is named by files and folders that exist."""
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    names = re.findall(r"\btests/[\w./]+", text[text.index("MEETS_VERSIONS=(") :].partition("\n)")[0])
    assert len(names) > 5
    assert [name for name in names if not (ROOT / name).exists()] == []
