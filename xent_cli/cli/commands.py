"""The commands: what they are called, what they take, and which function of `cli.runs` does their work.

Only click is imported here; everything heavy is imported by the command that needs it, so that `xent --help` is quick.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from xent_cli.cli.click_options import options_for, show_version
from xent_cli.cli.exits import ErrorStyle, Refused
from xent_cli.cli.help.help_layout import Choice, CommandGroup, Sectioned
from xent_cli.system.standard_streams import Stage

if TYPE_CHECKING:
    from collections.abc import Callable


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, gates passed; 1 a gate failed; 2 wrong use; 3 the data cannot be scored; "
    "70 a bug of xent; 130 interrupted; 141 the reader closed the pipe.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the versions and exit.",
)
def cli() -> None:
    """Score files of predictions: exact cross-entropy, per sample and mean.

    xent reads labels and predicted probabilities, logits or log-probabilities from CSV, Parquet or Arrow files
    and prints the mean loss with its uncertainty. `xent score preds.csv` works out the rest.

    \b
      xent score preds.csv                  # the loss, and how sure it is
      xent compare main.csv new.csv         # is the new model better?
      xent score preds.csv --max-loss 0.4   # a gate: exit status 1 above it
      xent explain prob-sum                 # what an error means, and how to fix it
    """


@cli.command(cls=Sectioned, short_help="Work out what a file is, and score it.")
@options_for("score")
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
@options_for("score")
def binary(**flags: Any) -> None:
    """Score one probability (or logit) for each label; several of each are a multi-label file."""
    _score("binary", flags)


@cli.command(cls=Sectioned, short_help="Score against a distribution over classes.")
@options_for("score")
def categorical(**flags: Any) -> None:
    """Score against a distribution over classes: a target column (one-hot or soft) for each class."""
    _score("categorical", flags)


@cli.command(cls=Sectioned, short_help="Score against one class by name or index.")
@options_for("score")
def sparse(**flags: Any) -> None:
    """Score against one class, by name or index: a prediction column (or list entry) for each class."""
    _score("sparse", flags)


@cli.command(cls=Sectioned, short_help="Show what a file is and everything wrong with it.")
@options_for("inspect")
def inspect(**flags: Any) -> None:
    """Show what each FILE is, what score would do with it and why, and everything wrong with it."""
    _run(lambda: _session().inspect(flags, _stage(flags)), flags)


@cli.command(cls=Sectioned, short_help="Compare models on the same samples, with a verdict.")
@options_for("compare")
def compare(**flags: Any) -> None:
    """Compare the predictions of each CANDIDATE with those of BASELINE for the same samples.

    \b
      xent compare main.csv new.csv
      xent compare main.csv new.csv --max-regression 1%
      xent compare main.parquet new-*.parquet --on id --json
      xent compare preds.csv --models lr_proba,dt_proba
      xent compare long.csv --model-column model --on id

    Differences are candidate - baseline, so a positive one is worse. The verdict is better, worse, no worse or
    undecided. One of the files may be -, standard input.
    """
    if not (flags["candidates"] or flags["models"] or flags["model_column"]):
        context = click.get_current_context()
        candidates = next(each for each in context.command.params if each.name == "candidates")
        raise click.MissingParameter(ctx=context, param=candidates)

    def run() -> int:
        _check_flags(flags)
        return int(_session().compare(flags, _stage(flags)))

    _run(run, flags)


def _complete_pages(ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
    """The names of the pages."""
    from xent_cli.cli.help import pages

    return pages.complete(ctx, param, incomplete)


@cli.command(short_help="Explain an error, a notice, an exit status or a topic.")
@click.argument("name", required=False, shell_complete=_complete_pages)
def explain(name: str | None) -> None:
    """Explain NAME: what it means, an example, why xent does so, and what to do.

    \b
      xent explain                # every page, in one line each
      xent explain prob-sum       # an error or a notice, by the name in its brackets
      xent explain 3              # an exit status
      xent explain columns        # a topic

    On a terminal the page is drawn, elsewhere it is printed as the Markdown that it is.
    """
    from xent_cli.cli.help import pages

    pages.show(name, Stage())


@cli.command(short_help="Show what is configured, and where.")
@click.option("--all", "everything", is_flag=True, help="List the flags that are left at their defaults too.")
@click.option("--json", is_flag=True, help="Print JSON.")
def config(*, everything: bool, json: bool) -> None:
    """Show the defaults that pyproject.toml, xent.toml and XENT_ variables set, and where each came from.

    The nearest xent.toml, or [tool.xent] in a pyproject.toml, counts, from the working directory upward. Keys are
    named like flags: max-loss = 0.45; tables named like commands hold for these alone. A variable such as
    XENT_MAX_LOSS goes before the file, a flag before both.
    """
    from xent_cli.cli import config, runs

    root = click.get_current_context().find_root().command
    assert isinstance(root, click.Group)
    runs.show_settings(config.settings(root, everything=everything), as_json=json, stage=Stage())


@cli.command(short_help="Print the script that completes words in a shell.")
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete commands, flags, files and the columns of the files typed.

    \b
      eval "$(xent completion bash)"            # in ~/.bashrc
      eval "$(xent completion zsh)"             # in ~/.zshrc
      xent completion fish | source             # in ~/.config/fish/config.fish
    """
    from xent_cli.cli.help import shells

    Stage().write(shells.script(click.get_current_context().find_root().command, shell))


@cli.command(short_help="Print the JSON Schema of a document.")
@click.argument("name", type=Choice(["score", "inspect", "compare", "error", "config", "each"]))
def schema(name: str) -> None:
    """Print the JSON Schema of a document that xent writes."""
    from xent_cli.contract.documents import schema_text

    Stage().write(schema_text(name))


def _score(kind: str | None, flags: dict[str, Any]) -> None:
    """One scoring command."""

    def run() -> int:
        _check_flags(flags)
        return int(_session().score(kind, flags, _stage(flags)))

    _run(run, flags)


def _check_flags(flags: dict[str, Any]) -> None:
    """Refuse flags that do nothing."""
    from xent_cli.cli.help import hints

    hints.check_flags(click.get_current_context(), flags)


def _stage(flags: dict[str, Any]) -> Stage:
    """The streams as the flags want them used."""
    return Stage(quiet=flags["quiet"], color=flags["color"], verbose=flags["verbose"])


def _session() -> Any:
    """The module with the work of the commands, and with it everything heavy."""
    from xent_cli.cli import runs

    return runs


def _run(command: Callable[[], int], flags: dict[str, Any]) -> None:
    """Run a command within --max-memory, and leave with its status."""
    if flags["max_memory"] is not None and "pyarrow" not in sys.modules:
        # Arrow's own allocator reserves a gigabyte when it is loaded
        os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    _session()  # everything heavy is loaded before there is a limit
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    from xent_cli.contract.errors import XentError
    from xent_cli.system import memory

    try:
        with memory.memory_limit(flags["max_memory"]):
            status = command()
    except XentError as error:
        raise Refused(error, ErrorStyle.of(flags)) from error
    click.get_current_context().exit(status)
