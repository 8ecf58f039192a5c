"""How --help is laid out: commands in the order of use, options in sections."""

from __future__ import annotations

from typing import Any

import click

from xent_cli.cli.exits import ClosedPipe


class Group(click.Group):
    """A group that lists its commands in the order of use and leaves a closed pipe to `main`.

    Click itself would end a closed pipe with status 1, which is the status of a failed gate.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order they are defined in."""
        del ctx
        return list(self.commands)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse, and print help where that is asked for; a closed pipe becomes an exception of our own."""
        try:
            return super().make_context(*args, **extra)
        except BrokenPipeError as error:
            raise ClosedPipe from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; where that is a file, the complaint asks for the command before it."""
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
        """The complaint, with the closest word."""
        from xent_cli.contract.text import closest

        close = closest(str(value).lower(), self.choices, 1)
        return super().get_invalid_choice_message(value, ctx) + (f" Did you mean {close[0]}?" if close else "")


class Sectioned(click.Command):
    """A command whose many options are shown in sections, in the same order in every command."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each section under its heading; what belongs to none comes last."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in (*_SECTIONS, "Other")}
        place = {name: section for section, names in _SECTIONS.items() for name in names}
        order = {name: at for at, name in enumerate(place)}
        for parameter in sorted(self.get_params(ctx), key=lambda each: order.get(each.name or "", len(order))):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections[place.get(parameter.name or "", "Other")].append(record)
        for section, records in sections.items():
            if records:
                with formatter.section(section):
                    formatter.write_dl(records)


_SECTIONS = {
    "Columns": ("label", "targets", "preds", "from_", "classes", "positive", "weight", "id", "by", "cluster", "kind"),
    "The number": (
        "class_weight", "pos_weight", "label_smoothing", "ignore_label", "clip", "normalize", "divide_by", "unit",
        "confidence", "bootstrap", "seed",
    ),
    "Pairing of rows": ("labels", "on"),
    "Gates": (
        "max_loss", "max_perplexity", "min_skill", "gate_on", "max_group_loss", "baseline", "max_regression", "strict",
    ),
    "Bad rows": ("sum_tolerance", "on_bad_row", "max_skipped"),
    "Output": (
        "format", "json", "output", "losses", "with_", "raw_text", "samples", "sort", "color", "quiet", "verbose",
    ),
    "Reading": ("input_format", "delimiter", "threads", "max_rows", "max_memory"),
}  # fmt: skip
