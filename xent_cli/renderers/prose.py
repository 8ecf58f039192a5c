"""Markdown of ours drawn on a terminal: prose folded to its width, commands on one line so that they can be pasted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.markdown import CodeBlock, Heading, Markdown
from rich.text import Text
from rich.theme import Theme

from xent_cli.renderers.layout import paint

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
    from rich.markdown import MarkdownElement

    from xent_cli.renderers.view import View

PROMPT = "$ "
_WIDEST = 100  # longer lines of prose are hard to read
_THEME = Theme(
    {
        # rich's own have a black background, which a light terminal shows as bars
        "markdown.code": "cyan",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
    }
)


class _Command(CodeBlock):
    """A block of commands and their output, neither folded nor cropped."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Every line as it is, indented; commands stand out."""
        del console, options
        for line in str(self.text).rstrip().split("\n"):
            yield Text(f"  {line}", "bold" if line.startswith(PROMPT) else "", no_wrap=True, overflow="ignore")


class _Heading(Heading):
    """A heading at the left, where the eye is."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _Page(Markdown):
    """Markdown with these blocks."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements, "fence": _Command, "code_block": _Command, "heading_open": _Heading,
    }  # fmt: skip


def draw_markdown(text: str, view: View) -> str:
    """The text as it is drawn on a terminal of this width."""
    width = min(view.width or _WIDEST, _WIDEST)

    def draw(console: Console) -> None:
        with console.use_theme(_THEME):
            console.print(_Page(text, hyperlinks=False), width=width, crop=False)

    return paint(view, draw)
