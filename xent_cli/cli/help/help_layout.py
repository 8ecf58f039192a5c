"""How --help is laid out: commands in the order of use, options in sections."""

from __future__ import annotations

from typing import Any

import click

from xent_cli.api.parameters import SECTIONS, TABLE
from xent_cli.cli.exits import ClosedPipe


class CommandGroup(click.Group):
    """A group that lists its commands in the order of use and leaves a closed pipe to `main`.

    Click itself would end a closed pipe with status 1, which is the status of a failed gate.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order they are defined in."""
        del ctx
        return list(self.commands)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse, and print help where that is asked for; a closed pipe becomes `ClosedPipe`."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError as error:
            raise ClosedPipe from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; where that is a file, the error message asks for the command before it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from xent_cli.cli.help import hints

            question = hints.as_file(args[0])
            if not question:
                raise
            raise click.UsageError(error.message + question, ctx=error.ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe becomes an exception that click does not catch."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ClosedPipe from error


class Choice(click.Choice[str]):
    """A choice that asks for the word that may have been meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """The error message, with the closest word."""
        from xent_cli.contract.text import closest

        close = closest(str(value).lower(), self.choices, 1)
        return super().get_invalid_choice_message(value, ctx) + (f" Did you mean {close[0]}?" if close else "")


class Sectioned(click.Command):
    """A command whose many options are shown in sections, in the same order in every command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, but refuse a flag given twice: click keeps the last one without a word."""
        given = list(args)
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            self._check_repeated(ctx, given)
        return rest

    def _check_repeated(self, ctx: click.Context, args: list[str]) -> None:
        """Refuse a flag with a value that is given more than once and takes one value."""
        from xent_cli.contract.errors import Problem, UsageError

        order = self.make_parser(ctx).parse_args(list(args))[2]
        for parameter in dict.fromkeys(order):
            single = isinstance(parameter, click.Option) and not (
                parameter.multiple or parameter.is_flag or parameter.count
            )
            if single and order.count(parameter) > 1:
                flag = max(parameter.opts, key=len)
                message = f"{flag} is given {order.count(parameter)} times, and takes one value"
                raise UsageError(Problem("option", message, help=f"give {flag} once"))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section under its heading; what belongs to none comes last."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in SECTIONS}
        place = {each.name: each.section for each in TABLE}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections[place.get(parameter.name or "", SECTIONS[-1])].append(record)
        for section, records in sections.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)
