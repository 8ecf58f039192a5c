"""Several files as a table: the best first, every digit, and foreign names that stay text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.running import xent

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_a_file_the_best_first(tmp_path: Path) -> None:
    """The table has the files in the order of their means, an infinite one last, whatever order they came in."""
    for name, p in (("worst", "0"), ("bad", "0.4"), ("good", "0.9")):
        (tmp_path / f"{name}.csv").write_text(f"label,prob\n1,{p}\n0,0.25\n", encoding="utf-8")
    shown = xent("score", *(tmp_path / f"{name}.csv" for name in ("worst", "bad", "good")), "--each").out
    places = [shown.index(f"{name}.csv") for name in ("good", "bad", "worst")]
    assert places == sorted(places)
    assert "0.196521" in shown  # (ln 1/0.9 + ln 1/0.75) / 2, six digits
    assert "inf" in shown


def test_a_name_is_no_markup(tmp_path: Path) -> None:
    """The name of a file is shown as it is, brackets and all, and an escape in it never reaches the terminal."""
    path = tmp_path / "[red]a\x1b[31m.csv"
    path.write_text("label,prob\n1,0.9\n0,0.25\n", encoding="utf-8")
    shown = xent("score", path, "--each", "--color", "always").out
    assert "[red]a" in shown
    assert "a\x1b[31m.csv" not in shown
