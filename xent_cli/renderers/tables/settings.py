"""What is configured as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.renderers.layout import Column, Grid, line, paint
from xent_cli.renderers.tables.report import TableSection, draw_section

if TYPE_CHECKING:
    from rich.console import Console

    from xent_cli.contract.settings import Settings
    from xent_cli.renderers.view import View


def render_settings(settings: Settings, view: View) -> str:
    """The file in effect, and each value with where it came from."""
    rows = [(view.text(row.key), view.text(_value(row.value)), view.path(row.origin)) for row in settings.settings]
    grid = Grid((Column("flag"), Column("value"), Column("from", style="dim")), rows)

    def draw(console: Console) -> None:
        file = "no file" if settings.file is None else view.path(settings.file)
        line(console, ("configuration  ", ""), (file, "bold"))
        if rows:
            draw_section(console, TableSection(grid), view)
        else:
            line(console)
            line(console, ("  every flag is left at its default; --all lists them", "dim"))

    return paint(view, draw)


def _value(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
