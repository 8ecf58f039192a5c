"""The options of all commands, in the groups in which the commands share them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from xent_cli._version import __version__
from xent_cli.cli.help.sections import Choice
from xent_cli.renderers.formats import formats_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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
    """Whether there is anything that a configuration could be read from; what is in it, `cli_config` says."""
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


def add_options(*groups: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Several groups of options as one decorator, shown in the order given."""

    def decorate(command: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


def _complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The columns of the files already typed."""
    from xent_cli.cli.help import completion

    return completion.columns(ctx, param, incomplete)


def _complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The files there are."""
    from xent_cli.cli.help import completion

    return completion.files(ctx, param, incomplete)


def _column(*flags: str, **settings: Any) -> Callable[[Any], Any]:
    """An option that takes columns of a file."""
    return click.option(*flags, shell_complete=_complete_columns, **settings)


def _path(*flags: str, **settings: Any) -> Callable[[Any], Any]:
    """An option that takes a file."""
    return click.option(*flags, shell_complete=_complete_files, **settings)


FILES = [
    click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=_complete_files),
]


COLUMNS = [
    _column("--label", metavar="COL", help="The label column."),
    _column("--targets", metavar="COLS", help="Target columns: one for each class or label."),
    _column("--preds", metavar="COLS", help="Prediction columns: names a,b,c, globs 'p_*' or ranges p0..p9."),
    click.option(
        "--from",
        "from_",
        type=Choice(["probs", "logits", "logprobs"]),
        help="What the predictions are; told from the column names by default, else probs.",
    ),
    click.option(
        "--classes",
        metavar="A,B,...",
        help="The classes in the order of their columns; of one column NEGATIVE,POSITIVE.",
    ),
    click.option("--positive", metavar="NAME", help="The positive class of a binary label that is not 0/1."),
    _column("--weight", metavar="COL", help="A column of weights."),
    _column("--id", metavar="COL", help="A column that names the samples."),
]


SLICES = [
    _column("--by", metavar="COLS", help="Score each slice as well: one for every value of these columns."),
    _column("--cluster", metavar="COL", help="Rows with the same value here are no independent samples."),
]


LABELS = [
    _path("--labels", metavar="FILE", help="Read the labels from this file."),
    _column("--on", metavar="COLS", help="Find them by these key columns; row by row without it."),
]


READING = [
    click.option(
        "--input-format",
        type=Choice(["csv", "parquet", "arrow"]),
        help="The format of the files; told from their first bytes by default.",
    ),
    click.option(
        "--delimiter", metavar="CHAR", help="The CSV delimiter; told from the header line by default. \\t is a tab."
    ),
    click.option(
        "--threads",
        type=click.IntRange(1),
        metavar="N",
        help="Threads that may be busy at once (default 2). Changes no digit.",
    ),
    click.option("--max-rows", type=click.IntRange(1), metavar="N", help="Refuse an input with more rows than this."),
    click.option(
        "--max-memory", metavar="SIZE", help="Refuse an input that takes more memory than this, such as 500M (Linux)."
    ),
]


NUMBERS = [
    click.option("--class-weight", metavar="A=X,...", help="A weight for each class, or 'balanced'."),
    click.option(
        "--pos-weight", type=float, default=1.0, metavar="X", help="A factor for the positive term of a binary loss."
    ),
    click.option(
        "--label-smoothing",
        type=float,
        default=0.0,
        metavar="A",
        help="Mix the targets with A times the uniform distribution.",
    ),
    click.option("--ignore-label", multiple=True, metavar="V", help="Leave rows with this label out. Repeatable."),
    click.option("--clip", type=float, metavar="EPS", help="Hold probabilities within [EPS, 1 - EPS]. Off by default."),
    click.option("--normalize", is_flag=True, help="Rescale each row of probabilities to sum to 1. Off by default."),
    click.option(
        "--divide-by",
        type=Choice(["weight", "count"]),
        default="weight",
        help="The mean is the weighted sum over the weights (default) or over the rows.",
    ),
    click.option(
        "--unit",
        type=Choice(["nats", "bits", "bans"]),
        default="nats",
        help="The unit of the losses (default nats).",
    ),
    click.option(
        "--confidence",
        type=float,
        default=0.95,
        metavar="LEVEL",
        help="The level of the confidence interval (default 0.95).",
    ),
]


_RESAMPLING = [
    click.option(
        "--bootstrap", type=int, metavar="N", help="Take the interval from N bootstrap replicates (up to 10000)."
    ),
    click.option("--seed", type=int, default=0, metavar="S", help="The seed of the bootstrap (default 0)."),
]


_GATES = [
    click.option("--max-loss", type=float, metavar="X", help="Fail where the mean loss is above X."),
    click.option("--max-perplexity", type=float, metavar="X", help="Fail where the perplexity is above X."),
    click.option("--min-skill", type=float, metavar="X", help="Fail where the skill is below X."),
    click.option(
        "--gate-on",
        type=Choice(["mean", "upper"]),
        default="mean",
        help="What gates look at: the mean (default), or the upper end of its confidence interval.",
    ),
    click.option("--max-group-loss", type=float, metavar="X", help="Fail where the mean loss of a slice is above X."),
    _path("--baseline", metavar="FILE.json", help="A JSON report of xent: fail where the mean is significantly worse."),
    click.option(
        "--max-regression", metavar="X|P%", help="How much worse than the baseline is still good enough (default 0)."
    ),
    click.option(
        "--strict",
        is_flag=True,
        help="With --baseline: pass only where the rows show that the mean is not worse by more than that (the upper "
        "end of the interval of the difference is judged). Without it, what is undecided passes.",
    ),
]


BAD_ROWS = [
    click.option(
        "--sum-tolerance",
        type=float,
        default=0.01,
        metavar="X",
        help="How far a row of probabilities may be from summing to 1 (default 0.01).",
    ),
    click.option(
        "--on-bad-row",
        type=Choice(["error", "skip"]),
        default="error",
        help="Refuse a file with bad rows (default), or skip and report them.",
    ),
    click.option("--max-skipped", metavar="N|P%", help="With --on-bad-row skip: refuse to skip more rows than this."),
]


OUTPUT = [
    click.option(
        "--format",
        type=Choice(formats_of("score", rows=True)),
        default=None,
        help="What to print: the report (table by default), or the samples as jsonl, csv or tsv.",
    ),
    click.option("--json", is_flag=True, help="Short for --format json."),
    click.option(
        "--output",
        multiple=True,
        metavar="FORMAT=PATH",
        help="Also write the report (or the samples) to a file. Repeatable.",
    ),
    _path(
        "--losses",
        metavar="PATH",
        help="Write the loss of every sample: .csv, .tsv, .jsonl, .parquet or .arrow; - for standard output.",
    ),
    click.option(
        "--with",
        "with_",
        multiple=True,
        type=Choice(["gradient", "gradient-norm"]),
        help="What --losses carries besides: the gradient with respect to the logits, or its norm. Repeatable.",
    ),
    click.option("--raw-text", is_flag=True, help="Write text to CSV as it is, also where a spreadsheet would run it."),
    click.option(
        "--samples", metavar="N|all", help="How many samples to show (default: all of up to 20, else the 10 worst)."
    ),
    click.option("--sort", type=Choice(["worst", "file"]), help="The order of the samples."),
]


SHOWING = [
    click.option(
        "--color",
        type=Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour: by default where standard output is a terminal.",
    ),
    click.option(
        "-q", "--quiet", count=True, help="-q: the result only, no notices or progress. -qq: the exit status only."
    ),
    click.option("--verbose", is_flag=True, help="Show also why each column was taken for what it is."),
    click.option("--debug", is_flag=True, help="Show the traceback of a failure."),
    click.option(
        "--no-config",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_configure,
        help="Read no defaults from pyproject.toml, xent.toml or XENT_ variables.",
    ),
]


SCORING = add_options(FILES, COLUMNS, LABELS, SLICES, READING, NUMBERS, _RESAMPLING, _GATES, BAD_ROWS, OUTPUT, SHOWING)


COMPARED = [
    click.argument("baseline", metavar="BASELINE", shell_complete=_complete_files),
    click.argument("candidates", nargs=-1, required=True, metavar="CANDIDATE...", shell_complete=_complete_files),
]


PAIRING = [
    _column("--on", metavar="COLS", help="Pair rows by these key columns; by position without it."),
    LABELS[0],
    _column("--cluster", metavar="COL", help="Rows with the same value in this column belong together."),
    click.option(
        "--kind",
        type=Choice(["binary", "categorical", "sparse"]),
        help="The kind of the files, where the names of the columns do not tell.",
    ),
]


MARGIN = [
    *_GATES[:2],
    _GATES[3],
    click.option(
        "--max-regression",
        metavar="X|P%",
        help="Gate: fail where the mean is worse by more than this, significantly. Also the margin of the verdict.",
    ),
    click.option(
        "--strict",
        is_flag=True,
        help="Gate: pass only where the pairs show that the candidate is not worse by more than that (the upper end "
        "of the interval of the difference is judged). Without it, what is undecided passes.",
    ),
]
