"""Errors in Python whose text is all that the command would print."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from xent_cli.contract.errors import XentError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def errors_in_full() -> Iterator[None]:
    """Give errors the text that the command would print: file, rows and help of every problem."""
    try:
        yield
    except XentError as error:
        from xent_cli.explain import with_pages
        from xent_cli.renderers.problems import render_problems
        from xent_cli.renderers.view import View

        error.problems = with_pages(error.problems)
        error.args = (render_problems(error.problems, View()).rstrip("\n"),)
        raise
