"""Text in lines of styled parts. Where no colour is wanted it is joined as it is: rich takes longer to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from xent_cli.renderers.view import View

    #: The parts of a line, each with its style. A line is never wrapped or cropped.
    Line: TypeAlias = tuple[tuple[str, str], ...]


def text_of(lines: Iterable[Line], view: View) -> str:
    """The lines as text, in colour where the view has it."""
    if view.color:
        from xent_cli.renderers.layout import line, paint

        def draw(console: Console) -> None:
            for parts in lines:
                line(console, *_without_blank_end(parts))

        return paint(view, draw)
    return "".join("".join(text for text, _ in _without_blank_end(parts)) + "\n" for parts in lines)


def _without_blank_end(parts: Line) -> Line:
    """The parts of a line without the blanks at its end, which a style would keep."""
    kept = list(parts)
    while kept:
        text, style = kept.pop()
        if text := text.rstrip(" "):
            return *kept, (text, style)
    return ()


def apart(groups: Iterable[Iterable[Line]]) -> Iterator[Line]:
    """The lines of all groups, a blank line between two of them."""
    for place, lines in enumerate(groups):
        if place:
            yield ()
        yield from lines
