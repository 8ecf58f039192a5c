"""Where every failure becomes text and an exit status; nothing gets past it as a traceback."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from xent_cli.cli.commands import cli
from xent_cli.cli.exits import BUG, CLOSED_PIPE, INTERRUPTED, ClosedPipe, ErrorStyle, Refused
from xent_cli.system.standard_streams import Stage, occupy_standard_streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.errors import XentError


COMPLETION = "_XENT_COMPLETE"
"""The variable in which a shell asks for completions."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    occupy_standard_streams()
    if sys.stdout is None and not {"-h", "--help", "--version"}.isdisjoint(arguments):
        return _no_output("standard output is closed", _style(arguments))
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a label that the locale cannot spell is shown all the same
    if COMPLETION in os.environ:
        from xent_cli.cli.help import shells

        shells.register()
    try:
        status = cli.main(args=arguments, prog_name="xent", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return _leave(INTERRUPTED, "xent: interrupted\n")
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except Refused as refused:
        return _ended(refused.error, refused.style)
    except Exception as error:  # noqa: BLE001  (the border: a traceback never reaches a user)
        return _ended(error, _style(arguments))
    return status if isinstance(status, int) else 0


def _style(arguments: list[str]) -> ErrorStyle:
    """How errors are shown where the flags could not all be read: what click's parser makes of the words all the same.

    The format may be configured; a configuration that cannot be read leaves it open.
    """
    name = next((word for word in arguments if word in cli.commands), "")
    command = cli.commands[name or "score"]
    if not {option.name for option in command.params}.issuperset(ErrorStyle._fields):
        command = cli.commands["score"]  # it has all the flags that errors follow
    words = list(arguments)
    if name:
        words.remove(name)
    context = command.make_context(
        name, words, resilient_parsing=True, ignore_unknown_options=True, allow_extra_args=True
    )
    style = ErrorStyle.of(context.params)
    if style.format is None and context.get_parameter_source("no_config") is not ParameterSource.COMMANDLINE:
        return style._replace(format=_configured_format(name))
    return style


def _ended(error: Exception, style: ErrorStyle) -> int:
    """The exit status of a run that failed, after saying why."""
    from xent_cli.contract.errors import OutputError, Problem, XentError

    if isinstance(error, (ClosedPipe, BrokenPipeError)):
        return _leave(CLOSED_PIPE)
    if isinstance(error, click.ClickException):
        return _usage(error, style)
    if isinstance(error, XentError):
        return _failure(error, style)
    if isinstance(error, MemoryError):
        from xent_cli.system.memory import out_of_memory

        return _failure(out_of_memory(None), style)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        help = "the system refused what xent needs; --debug shows where"
        problem = Problem("system", f"{where}{error.strerror or error}", help=help)
        return _failure(OutputError(problem), style)
    return _bug(error, debug=style.debug)


def _no_output(message: str, style: ErrorStyle) -> int:
    """The exit status where help or versions have nowhere to go, after saying so."""
    from xent_cli.contract.errors import OutputError, Problem

    return _ended(OutputError(Problem("output", message, help="redirect it to a file")), style)


def _leave(status: int, message: str = "") -> int:
    """End without a word to standard output, which may be gone: what is left in its buffer goes nowhere."""
    if message:
        Stage().tell(message)
    if sys.stdout is not None:
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
        except (OSError, ValueError):
            return status
    return status


def _usage(error: click.ClickException, style: ErrorStyle) -> int:
    """A wrong flag or argument, in click's words, as JSON where JSON was asked for."""
    if style.format == "json":
        return _failure(_as_usage(error), style._replace(debug=False))
    if style.quiet > 1:
        return 2
    from xent_cli.cli.help.hints import complaint, unread_input
    from xent_cli.contract.text import redact, visible

    if isinstance(error, (click.MissingParameter, click.exceptions.NoArgsIsHelpError)) and sys.stderr is not None:
        error.show(sys.stderr)  # many lines, and nothing in them that a user typed
        if isinstance(error, click.MissingParameter) and (unread := unread_input(error)):
            Stage().tell(f"{unread}\n")
        return 2
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = "" if context is None else f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n\n"
    Stage().tell(f"{usage}Error: {visible(redact(complaint(error)), 1000)}\n")
    return 2


def _as_usage(error: click.ClickException) -> XentError:
    """A complaint of click as one of ours."""
    from xent_cli.cli.help.hints import complaint
    from xent_cli.contract.errors import Problem, UsageError

    context = error.ctx if isinstance(error, click.UsageError) else None
    help = f"{'xent' if context is None else context.command_path} --help lists what there is"
    return UsageError(Problem("usage", complaint(error), help=help))


def _configured_format(command: str) -> str | None:
    """The format that a configuration asks for, where there is one that can be read."""
    from xent_cli.cli import config
    from xent_cli.contract.errors import XentError

    try:
        found = config.load(cli, config.here(), os.environ).of(command)
    except XentError:
        return None
    if "json" in found and found["json"].value:
        return "json"
    return found["format"].value if "format" in found else None


def _failure(error: XentError, style: ErrorStyle) -> int:
    """Show what went wrong on standard error, standard output staying empty."""
    from xent_cli.cli.terminal import error_text
    from xent_cli.contract.errors import OutputError

    if isinstance(error, OutputError):
        _leave(error.exit_code)
    if style.debug:
        _show_traceback(error)
    if style.quiet < 2:
        Stage().tell(error_text(error, format=style.format, stage=Stage(color=style.color)))
    return error.exit_code


def _bug(error: BaseException, *, debug: bool) -> int:
    """A failure that is ours."""
    from xent_cli.contract.text import redact, visible

    if debug:
        _show_traceback(error)
    Stage().tell(
        f"xent: internal error: {type(error).__name__}: {visible(redact(str(error)), 300)}\n"
        "  help: this is a bug of xent; --debug shows where\n"
    )
    return BUG


def _show_traceback(error: BaseException) -> None:
    """The traceback of a failure; the messages in it quote foreign text."""
    import traceback

    from xent_cli.contract.text import redact, visible

    lines = "".join(traceback.format_exception(error)).split("\n")
    Stage().tell("\n".join(visible(redact(line), None) for line in lines))
