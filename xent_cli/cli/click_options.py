"""The table of parameters as options of click, and the options of the command line alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from xent_cli._version import __version__
from xent_cli.api.parameters import FORMAT, Parameter, parameters_of
from xent_cli.cli.help.help_layout import Choice
from xent_cli.renderers.formats import formats_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from click.core import ParameterSource


def show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  (click calls it so)
    """Print the versions that a number may depend on."""
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import version
    from platform import python_version

    parts = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pyarrow", "click", "rich"))
    click.echo(f"xent {__version__} (python {python_version()}, {parts})")
    ctx.exit()


def _configure(ctx: click.Context, _: click.Parameter, skip: bool) -> None:  # noqa: FBT001  (click calls it so)
    """Take the defaults of a command from the configuration."""
    if not skip and not ctx.resilient_parsing and _is_configured():
        from xent_cli.cli import config

        config.apply(ctx)


def _is_configured() -> bool:
    """Whether there is anything that a configuration could be read from; what is in it, `cli.config` says."""
    if any(name.startswith("XENT_") for name in os.environ):
        return True
    try:
        folder, above = os.path.realpath(os.curdir), ""
    except OSError:  # it was removed meanwhile
        return True
    while folder != above:
        if _is_there(f"{folder}{os.sep}xent.toml") or _is_there(f"{folder}{os.sep}pyproject.toml"):
            return True
        folder, above = os.path.dirname(folder), folder  # noqa: PTH120  (pathlib takes longer to load than to look)
    return False


def _is_there(path: str) -> bool:
    """Whether there is something of this name, or may be where one cannot look."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The columns of the files already typed."""
    from xent_cli.cli.help import completion

    return completion.columns(ctx, param, incomplete)


def _complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The files there are."""
    from xent_cli.cli.help import completion

    return completion.files(ctx, param, incomplete)


class SingleOption(click.Option):
    """An option with one value: click would keep the last of several without a word."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Have every value kept, so that they can be counted."""
        if self.is_flag or self.multiple or self.count:
            super().add_to_parser(parser, ctx)
        else:
            parser.add_option(obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """The one value; several are refused, unless words are only completed or an error asks for its style."""
        values = opts.get(self.name or "")
        if isinstance(values, list) and not self.multiple:
            if len(values) > 1 and not ctx.resilient_parsing:
                raise _given_twice(max(self.opts, key=len), values)
            opts = {**opts, self.name or "": values[-1]}
        return super().consume_value(ctx, opts)


def _given_twice(flag: str, values: Sequence[str]) -> Exception:
    """The refusal of a flag that is given more than once."""
    from shlex import quote

    from xent_cli.contract.errors import Problem, UsageError

    times = "twice" if len(values) == 2 else f"{len(values)} times"
    each = " and ".join(f"{flag} {quote(value)}" for value in values)
    return UsageError(Problem("option", f"{flag} is given {times}: {each}", help="give it once"))


def _complete_copies(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The formats of copies, and files."""
    from xent_cli.cli.help import completion

    return completion.copies(ctx, param, incomplete)


_FILES = click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=_complete_files)
_ARGUMENTS = {
    "score": (_FILES,),
    "inspect": (_FILES,),
    "compare": (
        click.argument("baseline", metavar="BASELINE", shell_complete=_complete_files),
        click.argument("candidates", nargs=-1, metavar="CANDIDATE...", shell_complete=_complete_files),
    ),
}
_NO_CONFIG = click.option(
    "--no-config",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_configure,
    help="Read no defaults from pyproject.toml, xent.toml or XENT_ variables.",
)
_COMPLETIONS = {
    "column": _complete_columns,
    "columns": _complete_columns,
    "path": _complete_files,
    "copy": _complete_copies,
}
_TYPES = {"number": float, "integer": int}


def options_for(command: str) -> Callable[[Any], Any]:
    """The arguments and options of a command as one decorator, in the order of the table."""
    options = (*_ARGUMENTS[command], *(_option(each, command) for each in parameters_of(command)), _NO_CONFIG)

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _option(parameter: Parameter, command: str) -> Callable[[Any], Any]:
    """A parameter as an option of a command."""
    names = (*([parameter.short] if parameter.short else []), parameter.flag, parameter.name)
    settings: dict[str, Any] = {"help": parameter.help, "metavar": parameter.metavar}
    if parameter.kind in _COMPLETIONS:
        settings["shell_complete"] = _COMPLETIONS[parameter.kind]
    elif parameter.kind == "word":
        formats = formats_of(command, rows=command != "inspect")
        settings["type"] = Choice(formats if parameter.name == FORMAT else parameter.choices)
    elif parameter.kind == "switch":
        settings["is_flag"] = True
    elif parameter.kind == "repeated":
        settings["count"] = True
    elif parameter.kind == "count":
        settings["type"] = click.IntRange(1)
    elif parameter.kind in _TYPES:
        settings["type"] = _TYPES[parameter.kind]
    if parameter.several:
        settings["multiple"] = True
    elif parameter.default is not None and parameter.kind not in {"switch", "repeated"}:
        settings["default"] = parameter.default
    return click.option(*names, cls=SingleOption, **settings)
