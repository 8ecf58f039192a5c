"""Where every failure becomes text and an exit status; nothing gets past it as a traceback."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from xent_cli.cli.commands import cli
from xent_cli.cli.exits import BUG, CLOSED_PIPE, INTERRUPTED, ClosedPipe, Refused
from xent_cli.system.standard_streams import Stage, occupy_standard_streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.contract.errors import XentError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    occupy_standard_streams()
    if sys.stdout is None and not {"-h", "--help", "--version"}.isdisjoint(arguments):
        return _no_output("standard output is closed", arguments)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a label that the locale cannot spell is shown all the same
    try:
        status = cli.main(args=arguments, prog_name="xent", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return _leave(INTERRUPTED, "xent: interrupted\n")
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except Exception as error:  # noqa: BLE001  (the border: a traceback never reaches a user)
        return _ended(error, arguments)
    return status if isinstance(status, int) else 0


def _ended(error: Exception, arguments: list[str]) -> int:
    """The exit status of a run that failed, after saying why."""
    from xent_cli.contract.errors import OutputError, Problem, XentError

    if isinstance(error, Refused):
        return _ended(error.error, error.words)
    debug = "--debug" in arguments
    if isinstance(error, (ClosedPipe, BrokenPipeError)):
        return _leave(CLOSED_PIPE)
    if isinstance(error, click.ClickException):
        return _usage(error, arguments)
    if isinstance(error, XentError):
        return _failure(error, arguments, debug=debug)
    if isinstance(error, MemoryError):
        from xent_cli.system.memory import out_of_memory

        return _failure(out_of_memory(None), arguments, debug=debug)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        cure = "the system refused what xent needs; --debug shows where"
        problem = Problem("system", f"{where}{error.strerror or error}", help=cure)
        return _failure(OutputError(problem), arguments, debug=debug)
    return _bug(error, debug=debug)


def _no_output(message: str, arguments: list[str]) -> int:
    """The exit status where help or versions have nowhere to go, after saying so."""
    from xent_cli.contract.errors import OutputError, Problem

    return _ended(OutputError(Problem("output", message, help="redirect it to a file")), arguments)


def _leave(status: int, message: str = "") -> int:
    """End without a word to standard output, which may be gone: what is left in its buffer goes nowhere."""
    if message:
        Stage({}).tell(message)
    if sys.stdout is not None:
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
        except (OSError, ValueError):
            return status
    return status


def _usage(error: click.ClickException, arguments: list[str]) -> int:
    """A wrong flag or argument, in click's words, as JSON where JSON was asked for."""
    if wanted_format(arguments) == "json":
        return _failure(_as_usage(error), arguments, debug=False)
    if _quietness(arguments) > 1:
        return 2
    from xent_cli.cli.help.hints import told
    from xent_cli.contract.text import redact, visible

    if isinstance(error, (click.MissingParameter, click.exceptions.NoArgsIsHelpError)) and sys.stderr is not None:
        error.show(sys.stderr)  # many lines, and nothing in them that a user typed
        return 2
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = "" if context is None else f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n\n"
    Stage({}).tell(f"{usage}Error: {visible(redact(told(error)), 1000)}\n")
    return 2


def _as_usage(error: click.ClickException) -> XentError:
    """A complaint of click as one of ours."""
    from xent_cli.cli.help.hints import told
    from xent_cli.contract.errors import Problem, UsageError

    context = error.ctx if isinstance(error, click.UsageError) else None
    cure = f"{'xent' if context is None else context.command_path} --help lists what there is"
    return UsageError(Problem("usage", told(error), help=cure))


def wanted_format(arguments: list[str]) -> str | None:
    """The format that errors are to follow: asked of the words themselves, since they may not have been understood."""
    pairs = list(zip(arguments, [*arguments[1:], ""], strict=False))
    stated = [after for word, after in pairs if word == "--format"]
    stated += [word.removeprefix("--format=") for word in arguments if word.startswith("--format=")]
    if "--json" in arguments or "json" in stated:
        return "json"
    if stated or "--no-config" in arguments:
        return stated[-1] if stated else None
    return _configured_format(arguments)


def _configured_format(arguments: list[str]) -> str | None:
    """The format that a configuration asks for, where there is one that can be read."""
    from xent_cli.cli import config
    from xent_cli.contract.errors import XentError

    command = next((word for word in arguments if word in cli.commands), "")
    try:
        found = config.load(cli, config.here(), os.environ).of(command)
    except XentError:
        return None
    if "json" in found and found["json"].value:
        return "json"
    return found["format"].value if "format" in found else None


def _failure(error: XentError, arguments: list[str], *, debug: bool) -> int:
    """Show what went wrong on standard error, standard output staying empty."""
    from xent_cli.cli.terminal import error_text
    from xent_cli.contract.errors import OutputError

    if isinstance(error, OutputError):
        _leave(error.exit_code)
    if debug:
        _show_traceback(error)
    if _quietness(arguments) < 2:
        text = error_text(error, format=wanted_format(arguments), stage=Stage({"color": _color(arguments)}))
        Stage({}).tell(text)
    return error.exit_code


def _quietness(arguments: list[str]) -> int:
    """How often -q was given, found without parsing."""
    short = sum(len(word) - 1 for word in arguments if word.startswith("-q") and set(word[1:]) == {"q"})
    return short + arguments.count("--quiet")


def _color(arguments: list[str]) -> str:
    """The value of --color, found without parsing."""
    for word, after in zip(arguments, [*arguments[1:], ""], strict=False):
        if word == "--color" and after in {"always", "never"}:
            return after
        if word in {"--color=always", "--color=never"}:
            return word.removeprefix("--color=")
    return "auto"


def _bug(error: BaseException, *, debug: bool) -> int:
    """A failure that is ours."""
    from xent_cli.contract.text import redact, visible

    if debug:
        _show_traceback(error)
    Stage({}).tell(
        f"xent: internal error: {type(error).__name__}: {visible(redact(str(error)), 300)}\n"
        "  help: this is a bug of xent; --debug shows where\n"
    )
    return BUG


def _show_traceback(error: BaseException) -> None:
    """The traceback of a failure; the messages in it quote foreign text."""
    import traceback

    from xent_cli.contract.text import redact, visible

    lines = "".join(traceback.format_exception(error)).split("\n")
    Stage({}).tell("\n".join(visible(redact(line), None) for line in lines))
