"""The choice of a renderer, and the view."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.sample_reports import binary
from xent_cli.renderers import Format, View, render
from xent_cli.renderers.json_document import render_json
from xent_cli.renderers.tables.report import render_table


def test_every_format_has_its_renderer() -> None:
    """Each name of a format leads to a function of report and view that gives a text with a line feed at its end."""
    assert [name.value for name in Format] == [
        "table", "json", "markdown", "github", "junit", "metrics", "openmetrics", "benchmark-action",
    ]  # fmt: skip
    assert all(render(binary(), name, View()).endswith("\n") for name in Format)


def test_render_is_the_renderer_of_that_name() -> None:
    """Going through the name changes nothing."""
    assert render(binary(), "table", View(70)) == render_table(binary(), View(70))
    assert render(binary(), "json", View(70)) == render_json(binary())


def test_unknown_format_is_refused() -> None:
    """A name that is no format is an error, not a default."""
    with pytest.raises(ValueError, match="yaml"):
        render(binary(), "yaml", View())


def test_renderers_are_imported_when_asked_for() -> None:
    """Naming the formats loads neither rich nor json."""
    code = (
        "import sys; before = set(sys.modules); import xent_cli.renderers; "
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
