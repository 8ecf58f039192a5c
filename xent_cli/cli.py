"""The command line: parse, hand over to `session`, turn every failure into text and an exit status.

Only click is imported here; everything heavy is imported by the command that needs it, so that `xent --help` is quick.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from xent_cli._version import __version__
from xent_cli.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xent_cli.errors import XentError

INTERRUPTED, CLOSED_PIPE, BUG = 130, 141, 70

FORMATS = (
    "table", "json", "markdown", "github", "junit", "metrics", "openmetrics", "benchmark-action", "jsonl", "csv", "tsv",
)  # fmt: skip


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
            raise _ClosedPipe from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named first; where that is a file, the complaint asks for the command before it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from xent_cli import cli_hints

            question = cli_hints.as_file(args[0])
            if not question:
                raise
            raise click.UsageError(error.message + question, ctx=error.ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe becomes an exception that click does not catch."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ClosedPipe from error


class _ClosedPipe(Exception):  # noqa: N818  (not an error: the reader has seen enough)
    """The reader of standard output went away."""


class _Refused(Exception):  # noqa: N818  (the error is the one that it carries)
    """A refusal by a command whose flags are known: some of them come from the configuration and not from a word."""

    def __init__(self, error: XentError, flags: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.error = error
        self.words = [f"--color={flags['color']}", *["--quiet"] * flags["quiet"]]
        if flags["json"]:
            self.words.append("--json")
        if flags["format"] is not None:
            self.words.append(f"--format={flags['format']}")
        if flags["debug"]:
            self.words.append("--debug")


class Choice(click.Choice[str]):
    """A choice that asks for the word that may have been meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """The complaint, with the closest word."""
        from difflib import get_close_matches

        close = get_close_matches(str(value).lower(), self.choices, n=1)
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


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  (click calls it so)
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
        from xent_cli import cli_config

        cli_config.apply(ctx)


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


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, gates passed; 1 a gate failed; 2 wrong use; 3 the data cannot be scored; "
    "70 a bug of xent; 130 interrupted; 141 the reader closed the pipe.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the versions and exit."
)
def cli() -> None:
    """Score files of predictions: exact cross-entropy, per sample and mean.

    xent reads labels and predicted probabilities, logits or log-probabilities from CSV, Parquet or Arrow files
    and prints the mean loss with its uncertainty. `xent score preds.csv` works out the rest.

    \b
      xent score preds.csv                  # the loss, and how sure it is
      xent compare main.csv new.csv         # is the new model better?
      xent score preds.csv --max-loss 0.4   # a gate: exit status 1 above it
    """


def _options(*groups: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Several groups of options as one decorator, shown in the order given."""

    def decorate(command: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


def _complete_columns(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The columns of the files already typed."""
    from xent_cli import cli_completion

    return cli_completion.columns(ctx, param, incomplete)


def _complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The files there are."""
    from xent_cli import cli_completion

    return cli_completion.files(ctx, param, incomplete)


def _column(*flags: str, **settings: Any) -> Callable[[Any], Any]:
    """An option that takes columns of a file."""
    return click.option(*flags, shell_complete=_complete_columns, **settings)


def _path(*flags: str, **settings: Any) -> Callable[[Any], Any]:
    """An option that takes a file."""
    return click.option(*flags, shell_complete=_complete_files, **settings)


_FILES = [
    click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=_complete_files),
]

_COLUMNS = [
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

_SLICES = [
    _column("--by", metavar="COLS", help="Score each slice as well: one for every value of these columns."),
    _column("--cluster", metavar="COL", help="Rows with the same value here are no independent samples."),
]

_LABELS = [
    _path("--labels", metavar="FILE", help="Read the labels from this file."),
    _column("--on", metavar="COLS", help="Find them by these key columns; row by row without it."),
]

_READING = [
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

_NUMBERS = [
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

_BAD_ROWS = [
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

_OUTPUT = [
    click.option(
        "--format",
        type=Choice(FORMATS),
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

_SHOWING = [
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

_SCORING = _options(
    _FILES, _COLUMNS, _LABELS, _SLICES, _READING, _NUMBERS, _RESAMPLING, _GATES, _BAD_ROWS, _OUTPUT, _SHOWING
)


@cli.command(cls=Sectioned, short_help="Work out what a file is, and score it.")
@_SCORING
def score(**flags: Any) -> None:
    """Work out what FILE is, and score it.

    \b
      xent score preds.csv
      xent score preds.parquet --json | jq .loss.mean
      xent score part-*.csv --losses losses.parquet
      zcat preds.csv.gz | xent score -

    Several FILEs (also globs and directories of part files) are one data set; - is standard input.
    """
    _score(None, flags)


@cli.command(cls=Sectioned, short_help="Score one probability per label (also multi-label).")
@_SCORING
def binary(**flags: Any) -> None:
    """Score one probability (or logit) for each label; several of each are a multi-label file."""
    _score("binary", flags)


@cli.command(cls=Sectioned, short_help="Score against a distribution over classes.")
@_SCORING
def categorical(**flags: Any) -> None:
    """Score against a distribution over classes: a target column (one-hot or soft) for each class."""
    _score("categorical", flags)


@cli.command(cls=Sectioned, short_help="Score against one class by name or index.")
@_SCORING
def sparse(**flags: Any) -> None:
    """Score against one class, by name or index: a prediction column (or list entry) for each class."""
    _score("sparse", flags)


@cli.command(cls=Sectioned, short_help="Show what a file is and everything wrong with it.")
@_options(_FILES, _COLUMNS, _LABELS, _SLICES, _READING, _BAD_ROWS[:1], _OUTPUT[1:2], _SHOWING)
@click.option("--format", type=Choice(["table", "json"]), help="What to print (default table).")
def inspect(**flags: Any) -> None:
    """Show what each FILE is, what score would do with it and why, and everything wrong with it."""
    _run(lambda: _session().inspect(flags, Stage(flags)), flags)


_COMPARED = [
    click.argument("baseline", metavar="BASELINE", shell_complete=_complete_files),
    click.argument("candidates", nargs=-1, required=True, metavar="CANDIDATE...", shell_complete=_complete_files),
]

_PAIRING = [
    _column("--on", metavar="COLS", help="Pair rows by these key columns; by position without it."),
    _LABELS[0],
    _column("--cluster", metavar="COL", help="Rows with the same value in this column belong together."),
    click.option(
        "--kind",
        type=Choice(["binary", "categorical", "sparse"]),
        help="The kind of the files, where the names of the columns do not tell.",
    ),
]

_MARGIN = [
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


@cli.command(cls=Sectioned, short_help="Compare models on the same samples, with a verdict.")
@_options(_COMPARED, _PAIRING, _COLUMNS, _READING, _NUMBERS, _BAD_ROWS, _MARGIN, _OUTPUT[1:4], _OUTPUT[5:6], _SHOWING)
@click.option(
    "--format",
    type=Choice(FORMATS),
    help="What to print: the verdicts (table by default), or the losses of each pair as jsonl, csv or tsv.",
)
def compare(**flags: Any) -> None:
    """Compare the predictions of each CANDIDATE with those of BASELINE for the same samples.

    \b
      xent compare main.csv new.csv
      xent compare main.csv new.csv --max-regression 1%
      xent compare main.parquet new-*.parquet --on id --json

    Differences are candidate - baseline, so a positive one is worse. The verdict is better, worse, no worse or
    undecided. One of the files may be -, standard input.
    """

    def run() -> int:
        from xent_cli import session_compare

        _check_flags(flags)
        return session_compare.compare(flags, Stage(flags))

    _run(run, flags)


@cli.command(short_help="Show what is configured, and where.")
@click.option("--all", "everything", is_flag=True, help="List the flags that are left at their defaults too.")
@click.option("--json", is_flag=True, help="Print JSON.")
def config(*, everything: bool, json: bool) -> None:
    """Show the defaults that pyproject.toml, xent.toml and XENT_ variables set, and where each came from.

    The nearest xent.toml, or [tool.xent] in a pyproject.toml, counts, from the working directory upward. Keys are
    named like flags: max-loss = 0.45; tables named like commands hold for these alone. A variable such as
    XENT_MAX_LOSS goes before the file, a flag before both.
    """
    from xent_cli import cli_config, session

    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)
    session.show_settings(cli_config.settings(root, everything=everything), as_json=json, stage=Stage({}))


@cli.command(short_help="Print the script that completes words in a shell.")
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete commands, flags, files and the columns of the files typed.

    \b
      eval "$(xent completion bash)"            # in ~/.bashrc
      eval "$(xent completion zsh)"             # in ~/.zshrc
      xent completion fish | source             # in ~/.config/fish/config.fish
    """
    from xent_cli import cli_completion

    Stage({}).write(cli_completion.script(click.get_current_context().find_root().command, shell))


@cli.command(short_help="Print the JSON Schema of a document.")
@click.argument("name", type=Choice(["score", "inspect", "compare", "error"]))
def schema(name: str) -> None:
    """Print the JSON Schema of a document that xent writes."""
    from xent_cli.documents import schema_text

    Stage({}).write(schema_text(name))


def _score(kind: str | None, flags: dict[str, Any]) -> None:
    """One scoring command."""

    def run() -> int:
        _check_flags(flags)
        return int(_session().score(kind, flags, Stage(flags)))

    _run(run, flags)


def _check_flags(flags: dict[str, Any]) -> None:
    """Refuse flags that do nothing."""
    from xent_cli import cli_hints

    cli_hints.check_flags(click.get_current_context(), flags)


def _session() -> Any:
    """The module with the work of the commands, and with it everything heavy."""
    from xent_cli import session

    return session


def _run(command: Callable[[], int], flags: dict[str, Any]) -> None:
    """Run a command within --max-memory, and leave with its status."""
    if flags["max_memory"] is not None and "pyarrow" not in sys.modules:
        # Arrow's own allocator reserves a gigabyte when it is loaded
        os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    _session()  # everything heavy is loaded before there is a limit
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    from xent_cli import limits
    from xent_cli.errors import XentError

    try:
        with limits.memory_limit(flags["max_memory"]):
            status = command()
    except XentError as error:
        raise _Refused(error, flags) from error
    click.get_current_context().exit(status)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _occupy_standard_streams()
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
    from xent_cli.errors import OutputError, Problem, XentError

    if isinstance(error, _Refused):
        return _ended(error.error, error.words)
    debug = "--debug" in arguments
    if isinstance(error, (_ClosedPipe, BrokenPipeError)):
        return _leave(CLOSED_PIPE)
    if isinstance(error, click.ClickException):
        return _usage(error, arguments)
    if isinstance(error, XentError):
        return _failure(error, arguments, debug=debug)
    if isinstance(error, MemoryError):
        from xent_cli.limits import out_of_memory

        return _failure(out_of_memory(None), arguments, debug=debug)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        cure = "the system refused what xent needs; --debug shows where"
        problem = Problem("system", f"{where}{error.strerror or error}", help=cure)
        return _failure(OutputError(problem), arguments, debug=debug)
    return _bug(error, debug=debug)


def _no_output(message: str, arguments: list[str]) -> int:
    """The exit status where help or versions have nowhere to go, after saying so."""
    from xent_cli.errors import OutputError, Problem

    return _ended(OutputError(Problem("output", message, help="redirect it to a file")), arguments)


def _occupy_standard_streams() -> None:
    """Open nothing in the place of a stream that was closed: a file opened there would get what others print."""
    try:
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
    except OSError:
        return


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
    from xent_cli.cli_hints import told
    from xent_cli.text import redact, visible

    if isinstance(error, (click.MissingParameter, click.exceptions.NoArgsIsHelpError)) and sys.stderr is not None:
        error.show(sys.stderr)  # many lines, and nothing in them that a user typed
        return 2
    context = error.ctx if isinstance(error, click.UsageError) else None
    usage = "" if context is None else f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n\n"
    Stage({}).tell(f"{usage}Error: {visible(redact(told(error)), 1000)}\n")
    return 2


def _as_usage(error: click.ClickException) -> XentError:
    """A complaint of click as one of ours."""
    from xent_cli.cli_hints import told
    from xent_cli.errors import Problem, UsageError

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
    from xent_cli import cli_config
    from xent_cli.errors import XentError

    command = next((word for word in arguments if word in cli.commands), "")
    try:
        found = cli_config.load(cli, cli_config.here(), os.environ).of(command)
    except XentError:
        return None
    if "json" in found and found["json"].value:
        return "json"
    return found["format"].value if "format" in found else None


def _failure(error: XentError, arguments: list[str], *, debug: bool) -> int:
    """Show what went wrong on standard error, standard output staying empty."""
    from xent_cli.errors import OutputError
    from xent_cli.session import error_text

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
    from xent_cli.text import redact, visible

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

    from xent_cli.text import redact, visible

    lines = "".join(traceback.format_exception(error)).split("\n")
    Stage({}).tell("\n".join(visible(redact(line), None) for line in lines))


if __name__ == "__main__":
    sys.exit(main())
