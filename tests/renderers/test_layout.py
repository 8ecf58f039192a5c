"""Grids: who gives way when room is short."""

from __future__ import annotations

from rich.cells import cell_len

from xent_cli.renderers.layout import Column, Grid, paint, table
from xent_cli.renderers.view import View

COLUMNS = (Column("label"), Column("loss", number=True), Column("note"))
ROWS = [("a label of some length", "0.6931471805599453", "short"), ("b", "12.5", "another note that is long")]


def drawn(grid: Grid, view: View) -> list[str]:
    """The lines of a grid."""
    return paint(view, lambda console: console.print(table(grid, view))).splitlines()


def test_grid_is_as_wide_as_needed_off_a_terminal() -> None:
    """Without a width nothing is folded: a line for the titles, the rule and each row."""
    lines = drawn(Grid(COLUMNS, ROWS), View())
    assert len(lines) == 4
    assert "another note that is long" in lines[3]


def test_grid_folds_text_and_keeps_numbers() -> None:
    """Text columns shrink, the widest first, down to eight cells; numbers keep all their digits."""
    lines = drawn(Grid(COLUMNS, ROWS), View(44))
    assert max(cell_len(line) for line in lines) <= 44
    assert any("0.6931471805599453" in line for line in lines)


def test_grid_outgrows_a_terminal_rather_than_lose_a_digit() -> None:
    """Where the numbers alone are wider than the terminal, the lines are wider than it."""
    columns = (Column("a", number=True), Column("b", number=True))
    lines = drawn(Grid(columns, [("0.6931471805599453", "0.1234567890123456")]), View(20))
    assert lines[-1].split() == ["0.6931471805599453", "0.1234567890123456"]


def test_grid_makes_every_cell_safe() -> None:
    """A cell that nobody made safe before is made safe here, and markup stays text."""
    lines = drawn(Grid((Column("x"),), [("[red]a\x1b[2J\u202e:smile:\nb",)]), View())
    assert lines[-1] == r"  [red]a\x1b[2J\u202e:smile:\nb"


def test_grid_keeps_a_column_at_its_least_width() -> None:
    """Facts in several grids stand in line because their first column has a least width."""
    grid = Grid((Column("name", least=10), Column("text")), [("a", "b" * 50)], header=False)
    assert drawn(grid, View())[0] == "  a           " + "b" * 50
    assert drawn(grid, View(30))[0].index("b") == 14
