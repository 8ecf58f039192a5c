"""The choice of a renderer, and the view."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.sample_comparisons import SEVERAL
from tests.sample_reports import binary, inspection
from xent_cli.renderers.formats import FORMATS, format_of_path, formats_of, render
from xent_cli.renderers.json_document import render_json
from xent_cli.renderers.tables.report import render_table
from xent_cli.renderers.view import View


def test_every_format_has_its_renderer() -> None:
    """Each name of a format leads to a function of report and view that gives a text with a line feed at its end."""
    names = ("table", "json", "markdown", "github", "junit", "metrics", "openmetrics", "benchmark-action")
    assert formats_of("score") == formats_of("compare") == names
    assert all(render(binary(), name, View()).endswith("\n") for name in names)
    assert all(render(SEVERAL, name, View()).endswith("\n") for name in names)
    assert formats_of("inspect") == formats_of("config") == ("table", "json")
    assert all(render(inspection(), name, View()).endswith("\n") for name in formats_of("inspect"))


def test_a_format_shows_documents_or_rows() -> None:
    """Rows are their own formats: one that shows a document prints no samples of it, and the other way round."""
    for each in FORMATS:
        documents = [name for name in ("score", "compare", "each") if name in each.renderers]
        assert [name for name in ("score", "compare", "each") if each.shows_samples(name)] == (
            [name for name in ("score", "compare", "each") if name not in documents] if each.rows else []
        )
        assert not each.rows or set(each.renderers) <= {"each"}
    assert formats_of("score", rows=True) == (*formats_of("score"), "jsonl", "csv", "tsv")


def test_an_extension_names_one_format() -> None:
    """No extension belongs to two formats; one that belongs to none names none."""
    extensions = [extension for each in FORMATS for extension in each.extensions]
    assert len(extensions) == len(set(extensions))
    assert [format_of_path(f"a.b.{extension}") for extension in ("xml", "MD", "prom", "parquet", "")] == [
        "junit", "markdown", "openmetrics", None, None,
    ]  # fmt: skip


def test_render_is_the_renderer_of_that_name() -> None:
    """Going through the name changes nothing."""
    assert render(binary(), "table", View(70)) == render_table(binary(), View(70))
    assert render(binary(), "json", View(70)) == render_json(binary())


def test_unknown_format_is_refused() -> None:
    """A name that is no format is an error, not a default."""
    with pytest.raises(KeyError, match="yaml"):
        render(binary(), "yaml", View())


def test_renderers_are_imported_when_asked_for() -> None:
    """Naming the formats loads neither rich nor json."""
    code = (
        "import sys; before = set(sys.modules); import xent_cli.renderers.formats; "
        "new = set(sys.modules) - before; print('rich' in new, 'json' in new)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_view_cuts_foreign_text_on_a_terminal_only() -> None:
    """On a terminal a name takes 80 cells at most, in a file 1,000; a path is never cut at 80."""
    long = "x" * 2000
    assert len(View(80).text(long)) == 80
    assert len(View().text(long)) == 1000
    assert len(View(80).path(long)) == 1000
