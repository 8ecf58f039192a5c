"""The pages of `xent explain` at the prompt: one of them, all of them, and the names that a shell completes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from xent_cli import explain

if TYPE_CHECKING:
    from xent_cli.system.standard_streams import Stage


def show(name: str | None, stage: Stage) -> None:
    """Print a page, or the list of all pages."""
    from xent_cli.cli.terminal import view
    from xent_cli.renderers.pages import render_page, render_pages

    if name is None:
        stage.write(render_pages(explain.pages(), view(stage)))
        return
    page = explain.find(name)
    if page is None:
        raise click.UsageError(f"There is no page '{name}'. {_meant(name)}", click.get_current_context())
    stage.write(render_page(page, view(stage)))


def _meant(name: str) -> str:
    """What may have been meant."""
    close = explain.close_names(name)
    return f"Did you mean {' or '.join(close)}?" if close else "'xent explain' lists all pages."


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The pages whose names go on like the word, each with its summary where the shell shows one."""
    del ctx, param
    return [
        CompletionItem(page.name, help=page.summary) for page in explain.pages() if page.name.startswith(incomplete)
    ]
