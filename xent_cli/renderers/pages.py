"""Pages of `xent explain` for a person: Markdown drawn on a terminal, its plain text elsewhere; and their list."""

from __future__ import annotations

from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

from xent_cli.renderers.lines import apart, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xent_cli.contract.pages import Page
    from xent_cli.renderers.lines import Line
    from xent_cli.renderers.view import View

_HEADINGS = {"topic": "topics", "error": "errors", "notice": "notices", "exit status": "exit statuses"}
_LEAST = 20
"""Where a summary has less room than this to the right of the name it goes below it."""


def render_page(page: Page, view: View) -> str:
    """The page drawn for a terminal; off a terminal, and where there are no line characters, its Markdown as it is."""
    if view.width is None or not view.unicode:
        return page.text
    from xent_cli.renderers.prose import draw_markdown

    return draw_markdown(page.text, view)


def render_pages(pages: Sequence[Page], view: View) -> str:
    """Every page by kind, in one line each where the terminal is wide enough."""
    longest = max(len(page.name) for page in pages)
    groups = (_group(kind, tuple(of_kind), longest, view) for kind, of_kind in groupby(pages, key=lambda it: it.kind))
    return text_of(apart(groups), view)


def _group(kind: str, pages: Sequence[Page], longest: int, view: View) -> Iterator[Line]:
    """The pages of one kind under its heading."""
    yield ((_HEADINGS[kind], "bold"),)
    for page in pages:
        yield from _entry(page, longest, view)


def _entry(page: Page, longest: int, view: View) -> Iterator[Line]:
    """A name with its summary to the right, folded within the width; below it where the terminal is too narrow."""
    begin = 2 + longest + 2
    room = None if view.width is None else view.width - begin
    if room is not None and room < _LEAST:
        yield ((f"  {page.name}", "cyan"),)
        yield from ((("    " + part, ""),) for part in wrap(page.summary, max(_LEAST, (view.width or 0) - 4)))
        return
    first, *rest = [page.summary] if room is None else wrap(page.summary, room)
    yield (f"  {page.name}", "cyan"), (" " * (begin - 2 - len(page.name)) + first, "")
    yield from (((" " * begin + part, ""),) for part in rest)
