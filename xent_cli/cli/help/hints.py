"""What a user may have meant: additions to click's error messages, and flags that do nothing alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from xent_cli.contract.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MOST = 4
_COMMA = re.compile(r"'([+-]?\d+),(\d+)'")


def complaint(error: click.ClickException) -> str:
    """The error message of click, with what may have been meant."""
    text = error.format_message()
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        names = [name for option in error.ctx.command.params for name in option.opts if name.startswith("--")]
        begun = [name for name in names if name.startswith(error.option_name) and len(error.option_name) > 2]
        return f"{error.message} Did you mean {' or '.join(sorted(begun)[:_MOST])}?" if begun else text
    if isinstance(error, click.MissingParameter):
        return f"{text} {unread}" if (unread := unread_input(error)) else text
    comma = _COMMA.search(text)
    if isinstance(error, click.BadParameter) and comma is not None and _takes_number(error.param):
        return f"{text} Write a decimal point: {comma[1]}.{comma[2]}"
    return text


def unread_input(error: click.MissingParameter) -> str:
    """How to read what was piped in, where no file was named; nothing where that was not what was meant."""
    from xent_cli.system.standard_streams import holds_input

    if error.param is None or error.param.name != "files" or error.ctx is None or not holds_input():
        return ""
    return f"Standard input is read where a - stands for it: {error.ctx.command_path} -"


def as_file(word: str) -> str:
    """The question for a file where a command belongs; nothing for a word that is not a file."""
    import os
    from shlex import quote

    if word and ("." in word or os.sep in word or os.path.exists(word)):  # noqa: PTH110  (as in `cli.click_options`)
        return f" Did you mean xent score {quote(word)}?"
    return ""


def check_flags(context: click.Context, flags: Mapping[str, Any]) -> None:
    """Refuse a flag that does nothing without another one; a configured default may wait for its use."""

    def typed(name: str) -> bool:
        return context.get_parameter_source(name) is ParameterSource.COMMANDLINE

    if typed("seed") and flags["bootstrap"] is None:
        raise UsageError(Problem("option", "--seed needs --bootstrap", help="add --bootstrap N, such as 1000"))
    limits = ("max_loss", "max_perplexity", "min_skill", "max_group_loss")
    if typed("gate_on") and flags["gate_on"] == "upper" and all(flags.get(name) is None for name in limits):
        help = "add --max-loss X; a gate on a difference has --strict for it"
        raise UsageError(Problem("option", "--gate-on upper needs a limit", help=help))


def _takes_number(parameter: click.Parameter | None) -> bool:
    """Whether a parameter takes a number."""
    return parameter is not None and isinstance(parameter.type, (click.types.FloatParamType, click.types.IntParamType))
