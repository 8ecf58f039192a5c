"""Rich tables that never lose a digit: widths are set here, numbers are never folded, text is where room is short."""

from __future__ import annotations

import re
from dataclasses import field
from io import StringIO
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from xent_cli.contract.frozen import struct
from xent_cli.contract.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xent_cli.renderers.view import View

_UNBOUNDED = 1_000_000
_NARROWEST = 8
_INDENT = 2
_POINT = re.compile(r"(?<=\d)[.e]")
_GAP = 2


@struct
class Column:
    """A column of a grid. Numbers stand with their points in line and are never folded; text may be.

    `style` is that of the column, `styles` those of cells with a certain text, `least` the narrowest it gets.
    """

    title: str
    number: bool = False
    style: str = ""
    styles: Mapping[str, str] = field(default_factory=dict)
    least: int = 0


@struct
class Grid:
    """A table before it has a width: its columns and the text of its cells."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[str, ...]]
    header: bool = True


def paint(view: View, draw: Callable[[Console], None]) -> str:
    """What `draw` prints on a private console, as text."""
    out = StringIO()
    console = Console(
        file=out,
        width=_UNBOUNDED,
        height=_UNBOUNDED,
        color_system="standard" if view.color else None,
        force_terminal=view.color,
        force_interactive=False,
        force_jupyter=False,
        no_color=not view.color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        safe_box=False,
        _environ={},
    )
    draw(console)
    return "".join(line.rstrip(" ") + "\n" for line in out.getvalue().split("\n")[:-1])


def line(console: Console, *parts: tuple[str, str]) -> None:
    """Print one line of (text, style) parts, never wrapped or cropped."""
    console.print(Text.assemble(*parts), soft_wrap=True)


def table(grid: Grid, view: View) -> RenderableType:
    """The grid as a rich table that fits the view, or is wider where only numbers are left to shorten."""
    rows = [tuple(visible(cell, None, ascii_only=not view.unicode) for cell in row) for row in grid.rows]
    rows = _points_in_line(grid.columns, rows) if grid.header else rows
    widths, gap = _fitted(_natural_widths(grid, rows), grid.columns, view)
    drawn = Table(box=None, show_header=False, padding=0)
    for place, (column, width) in enumerate(zip(grid.columns, widths, strict=True)):
        if place:
            drawn.add_column(width=gap)
        drawn.add_column(width=width, overflow="fold", style=column.style)
    if grid.header:
        drawn.add_row(*_apart([_title(column, width) for column, width in zip(grid.columns, widths, strict=True)]))
        drawn.add_row(*_apart([Text(view.rule * width, "dim") for width in widths]))
    for row in rows:
        drawn.add_row(*_apart([_styled(cell, column) for cell, column in zip(row, grid.columns, strict=True)]))
    return Padding(drawn, (0, 0, 0, _INDENT), expand=False)


def fits(grid: Grid, view: View) -> bool:
    """Whether the grid fits the view without a fold."""
    rows = [tuple(visible(cell, None, ascii_only=not view.unicode) for cell in row) for row in grid.rows]
    rows = _points_in_line(grid.columns, rows) if grid.header else rows
    room = sum(_natural_widths(grid, rows)) + _GAP * (len(grid.columns) - 1) + _INDENT
    return view.width is None or room <= view.width


def _apart(cells: list[Text]) -> list[Text]:
    """The cells with an empty one in every gap: rich's padding of the last column differs between its versions."""
    return [part for cell in cells for part in (Text(), cell)][1:]


def _title(column: Column, width: int) -> Text:
    """The title of a column, over the end of numbers and the beginning of text."""
    return Text(column.title.rjust(width) if column.number else column.title, "dim")


def _styled(cell: str, column: Column) -> Text:
    """A cell in the style that its column gives to its text."""
    return Text(cell, column.styles.get(cell.strip(), ""))


def _natural_widths(grid: Grid, rows: Sequence[tuple[str, ...]]) -> list[int]:
    """The width of each column's widest cell."""
    cells = [[row[place] for row in rows] for place in range(len(grid.columns))]
    return [
        max(column.least, *(cell_len(cell) for cell in [column.title if grid.header else "", *texts]))
        for column, texts in zip(grid.columns, cells, strict=True)
    ]


def _fitted(natural: Sequence[int], columns: Sequence[Column], view: View) -> tuple[list[int], int]:
    """Widths and the gap between them that fit the view: text columns give way, the widest first, then the gaps."""
    widths = list(natural)
    if view.width is None:
        return widths, _GAP
    excess = sum(widths) + _GAP * (len(widths) - 1) + _INDENT - view.width
    spare = {place: max(_NARROWEST, column.least) for place, column in enumerate(columns) if not column.number}
    while excess > 0 and (wide := [place for place, least in spare.items() if widths[place] > least]):
        widths[max(wide, key=lambda place: widths[place])] -= 1
        excess -= 1
    return widths, _GAP if excess <= 0 else 1


def _points_in_line(columns: Sequence[Column], rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The rows with blanks around the numbers, so that decimal points stand under one another."""
    across = zip(*rows, strict=True)
    padded = [_aligned(texts, column) for column, texts in zip(columns, across, strict=False)]
    return list(zip(*padded, strict=True))


def _aligned(texts: Sequence[str], column: Column) -> list[str]:
    """The cells of a column, numbers padded to one width; rich's own alignment would strip the blanks behind them."""
    if not column.number:
        return list(texts)
    behind = max(map(_behind_point, texts))
    ended = [text + " " * (behind - _behind_point(text)) for text in texts]
    width = max(len(column.title), *map(len, ended))
    return [text.rjust(width) for text in ended]


def _behind_point(number: str) -> int:
    """How many cells a number takes from its decimal point (or exponent) on."""
    found = _POINT.search(number)
    return len(number) - found.start() if found else 0
