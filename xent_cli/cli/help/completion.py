"""Completion in the shell: the columns of the files already typed, and files where a file is wanted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from xent_cli.renderers.formats import formats_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

MOST = 200
UNTYPABLE = set(" \t\n\"'`$\\&|;<>(){}[]*?!#~,")
"""Names with these would have to be quoted, which differs between the shells."""

OF_LABELS = {"label", "targets", "weight", "by", "cluster"}


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Whatever files there are: the shell knows best."""
    del ctx, param, incomplete
    return [CompletionItem("", type="file")]


def copies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The FORMAT= of a copy, then files."""
    del param
    name, equals, _ = incomplete.partition("=")
    if equals:
        return [CompletionItem(name + equals, type="file")]
    command = "compare" if ctx.command.name == "compare" else "score"
    known = formats_of("each" if ctx.params.get("each") else command, rows=not ctx.params.get("each"))
    return [CompletionItem(f"{each}=", type="part") for each in known if each.startswith(incomplete)]


def columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The columns whose names go on like the last of the names typed."""
    typed, comma, last = incomplete.rpartition(",")
    chosen = typed.split(",")
    names = (name for path in _paths(ctx, param) for name in _names(path))
    found = [
        name
        for name in dict.fromkeys(names)
        if name.startswith(last) and name not in chosen and name and not UNTYPABLE & set(name)
    ]
    return [CompletionItem(typed + comma + name) for name in found[:MOST]]


def _paths(ctx: click.Context, param: click.Parameter) -> Iterator[str]:
    """The files that the column may stand in: the labels first where that is where it is looked for."""
    labels = ctx.params.get("labels")
    if labels and param.name in OF_LABELS:
        yield labels
    # while the last option lacks its value, the arguments before it are words that no parameter has taken yet
    words = [*(ctx.params.get("files") or ()), *(word for word in ctx.args if not word.startswith("-"))]
    if "candidates" in ctx.params and ctx.params["baseline"]:
        words = [ctx.params["baseline"], *words]
    yield from words[:1]


def _names(path: str) -> tuple[str, ...]:
    """The columns of a file, none if it cannot be read: completion shows no errors."""
    from xent_cli.readers import expand, open_file

    try:
        targets = expand((os.path.expanduser(os.path.expandvars(path)),))  # noqa: PTH111  (both, as a shell does)
        if not targets or targets[0].kind != "file":
            return ()
        with open_file(targets[0]) as file:
            return file.names
    except Exception:  # noqa: BLE001  (see above)
        return ()
