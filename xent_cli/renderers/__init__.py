"""The formats a report can be shown in: pure functions of the report and the view, imported when asked for."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module

from xent_cli.contract.report import Report
from xent_cli.renderers.view import View

Renderer = Callable[[Report, View], str]

__all__ = ["Format", "Renderer", "View", "render"]


class Format(StrEnum):
    """The name of a format, as `--format` and `--output` take it."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    JUNIT = "junit"
    METRICS = "metrics"
    OPENMETRICS = "openmetrics"
    BENCHMARK_ACTION = "benchmark-action"

    @property
    def renderer(self) -> Renderer:
        """The function that renders this format."""
        module, name = _PLACES[self]
        renderer: Renderer = getattr(import_module(f"{__name__}.{module}"), name)
        return renderer


_PLACES = {
    Format.TABLE: ("tables.report", "render_table"),
    Format.JSON: ("json_document", "render_json"),
    Format.MARKDOWN: ("markup.markdown", "render_markdown"),
    Format.GITHUB: ("ci.github", "render_github"),
    Format.JUNIT: ("ci.junit", "render_junit"),
    Format.METRICS: ("ci.metrics", "render_metrics"),
    Format.OPENMETRICS: ("ci.openmetrics", "render_openmetrics"),
    Format.BENCHMARK_ACTION: ("ci.benchmark_action", "render_benchmark_action"),
}


def render(report: Report, format: str, view: View) -> str:
    """The report as text in the named format."""
    return Format(format).renderer(report, view)
