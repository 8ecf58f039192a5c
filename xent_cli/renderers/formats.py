"""The formats of results, a record each, and the way to their renderers, which are imported when asked for.

Imported by `xent --help`, so it imports nothing itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xent_cli.renderers.view import View

    class Result(Protocol):
        """What can be rendered: a dataclass of the contract whose `schema` names its document."""

        @property
        def schema(self) -> str:
            """The document and its version, such as "xent.score/1"."""


class Format(NamedTuple):
    """One format: its name in `--format` and `--output`, and what it can show.

    `renderers` has the place of a pure function (result, view) -> text for each document that the format can show.
    Formats of `rows` show of a document for which they have no renderer its samples, one a line. `shows_gates`: whether
    it shows each gate in words, so that standard error need not.
    """

    name: str
    extensions: tuple[str, ...] = ()
    renderers: Mapping[str, str] = {}
    shows_gates: bool = False
    rows: bool = False

    def shows_samples(self, document: str) -> bool:
        """Whether it shows the samples of a document instead of the document."""
        return self.rows and document not in self.renderers


_JSON = "json_document:render_json"
FORMATS = (
    Format(
        "table",
        ("txt",),
        {
            "score": "tables.report:render_table",
            "compare": "tables.comparison:render_comparison",
            "inspect": "tables.inspection:render_inspection",
            "config": "tables.settings:render_settings",
            "each": "tables.leaderboard:render_leaderboard",
        },
        shows_gates=True,
    ),
    Format(
        "json", ("json",), dict.fromkeys(("score", "compare", "inspect", "config", "each"), _JSON), shows_gates=True
    ),
    Format(
        "markdown",
        ("md",),
        {
            "score": "markup.markdown:render_markdown",
            "compare": "markup.comparison:render_comparison_markdown",
            "each": "markup.leaderboard:render_leaderboard_markdown",
        },
        shows_gates=True,
    ),
    Format(
        "github",
        (),
        {"score": "ci.github:render_github", "compare": "markup.comparison:render_comparison_github"},
        shows_gates=True,
    ),
    Format(
        "junit",
        ("xml",),
        {"score": "ci.junit:render_junit", "compare": "ci.comparison:render_comparison_junit"},
        shows_gates=True,
    ),
    Format(
        "metrics",
        (),
        {"score": "ci.metrics:render_metrics", "compare": "ci.comparison:render_comparison_metrics"},
    ),
    Format(
        "openmetrics",
        ("prom",),
        {"score": "ci.openmetrics:render_openmetrics", "compare": "ci.comparison:render_comparison_openmetrics"},
    ),
    Format(
        "benchmark-action",
        (),
        {
            "score": "ci.benchmark_action:render_benchmark_action",
            "compare": "ci.comparison:render_comparison_benchmark_action",
        },
    ),
    Format("jsonl", ("jsonl",), rows=True),
    Format("csv", ("csv",), {"each": "markup.leaderboard:render_leaderboard_csv"}, rows=True),
    Format("tsv", ("tsv",), {"each": "markup.leaderboard:render_leaderboard_tsv"}, rows=True),
)
"""Every format, in the order in which they are listed."""

BY_NAME = {each.name: each for each in FORMATS}


def formats_of(document: str, *, rows: bool = False) -> tuple[str, ...]:
    """The names of the formats that can show a document, with `rows` also those that show its samples."""
    return tuple(each.name for each in FORMATS if document in each.renderers or (rows and each.rows))


def format_of_path(path: str) -> str | None:
    """The name of the format that the extension of a path says."""
    extension = path.rpartition(".")[2].lower()
    return next((each.name for each in FORMATS if extension in each.extensions), None)


def render(result: Result, format: str, view: View) -> str:
    """A result as text in the named format."""
    from importlib import import_module

    document = result.schema.removeprefix("xent.").partition("/")[0]
    module, _, name = BY_NAME[format].renderers[document].partition(":")
    renderer: Callable[[Any, View], str] = getattr(import_module(f"xent_cli.renderers.{module}"), name)
    return renderer(result, view)
