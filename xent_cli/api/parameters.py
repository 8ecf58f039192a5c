"""The table of parameters: one row for each thing that a run can be asked for.

The options of the command line, their places in --help and their completion, the keys of the configuration, the
keywords of Python and the fields that the requests are made of all follow from it. Read by `xent --help`, so it imports
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCORE, INSPECT, COMPARE = "score", "inspect", "compare"
"""The commands that share parameters; binary, categorical and sparse are `score` with the kind given."""

SECTIONS = ("Columns", "The number", "Pairing of rows", "Gates", "Bad rows", "Output", "Reading", "Other")
"""The sections of --help, in order."""

FORMAT = "format"
"""The parameter whose choices are the formats that a command has."""


class Parameter(NamedTuple):
    """One parameter of some commands.

    `name` is the keyword in Python and, with dashes, the flag. `kind`: "column", "columns", "path" and "copy" (a format
    and a path) are texts that a shell completes; "text"; "word" is one of `choices`; "number" is a float, "count" an
    integer from 1, "integer" any integer, "switch" true or false, "repeated" counts how often it is given. `several`:
    the flag may be given more than once. `python`: also a keyword of `xent_cli.score` and `xent_cli.compare`.
    """

    section: str
    name: str
    kind: str
    help: str
    metavar: str | None = None
    default: Any = None
    choices: tuple[str, ...] = ()
    commands: tuple[str, ...] = (SCORE, INSPECT, COMPARE)
    several: bool = False
    short: str | None = None
    python: bool = True

    @property
    def flag(self) -> str:
        """The flag of the command line."""
        return "--" + self.name.rstrip("_").replace("_", "-")


NOT_COMPARE = (SCORE, INSPECT)
NOT_INSPECT = (SCORE, COMPARE)
_REGRESSION = "X|P%"

TABLE = (
    Parameter("Columns", "label", "column", "The label column.", "COL"),
    Parameter("Columns", "targets", "columns", "Target columns: one for each class or label.", "COLS"),
    Parameter("Columns", "preds", "columns", "Prediction columns: names a,b,c, globs 'p_*' or ranges p0..p9.", "COLS"),
    Parameter(
        "Columns",
        "from_",
        "word",
        "What the predictions are; inferred from the column names by default, else probs.",
        choices=("probs", "logits", "logprobs"),
    ),
    Parameter(
        "Columns",
        "classes",
        "text",
        "The classes in the order of their columns; of one column NEGATIVE,POSITIVE.",
        "A,B,...",
    ),
    Parameter("Columns", "positive", "text", "The positive class of a binary label that is not 0/1.", "NAME"),
    Parameter(
        "Columns",
        "of",
        "word",
        "Whose probability a single prediction is: of the positive class, the label or the decision.",
        default="positive",
        choices=("positive", "label", "decision"),
    ),
    Parameter("Columns", "decision", "column", "The column of the decisions, with --of decision.", "COL"),
    Parameter("Columns", "weight", "column", "A column of weights.", "COL"),
    Parameter("Columns", "id", "column", "A column that names the samples.", "COL"),
    Parameter("Pairing of rows", "labels", "path", "Read the labels from this file.", "FILE"),
    Parameter(
        "Pairing of rows",
        "on",
        "columns",
        "Find them by these key columns; row by row without it.",
        "COLS",
        commands=NOT_COMPARE,
    ),
    Parameter(
        "Pairing of rows",
        "on",
        "columns",
        "Pair rows by these key columns; by position without it.",
        "COLS",
        commands=(COMPARE,),
    ),
    Parameter(
        "Pairing of rows",
        "models",
        "columns",
        "Compare models of one FILE: a column each (a,b,c), or, given more than once, the columns of a model each.",
        "COLS",
        (),
        commands=(COMPARE,),
        several=True,
    ),
    Parameter(
        "Pairing of rows",
        "model_column",
        "column",
        "Compare models of one FILE, their rows selected by this column; with --on.",
        "COL",
        commands=(COMPARE,),
    ),
    Parameter(
        "Pairing of rows",
        "against",
        "text",
        "The model that is the baseline (default: the first).",
        "NAME",
        commands=(COMPARE,),
    ),
    Parameter(
        "Columns",
        "by",
        "columns",
        "Score each slice as well: one for every value of these columns.",
        "COLS",
        commands=NOT_COMPARE,
    ),
    Parameter(
        "Columns",
        "cluster",
        "column",
        "Rows with the same value here are not independent samples.",
        "COL",
        commands=NOT_COMPARE,
    ),
    Parameter(
        "Columns",
        "cluster",
        "column",
        "Rows with the same value in this column belong together.",
        "COL",
        commands=(COMPARE,),
    ),
    Parameter(
        "Columns",
        "kind",
        "word",
        "The kind of the files, where the column names do not show it.",
        choices=("binary", "categorical", "sparse"),
        commands=(COMPARE,),
    ),
    Parameter(
        "Reading",
        "input_format",
        "word",
        "The format of the files; detected from their first bytes by default.",
        choices=("csv", "parquet", "arrow"),
    ),
    Parameter(
        "Reading",
        "delimiter",
        "text",
        "The CSV delimiter; detected from the header line by default. \\t is a tab.",
        "CHAR",
    ),
    Parameter("Reading", "threads", "count", "Maximum number of threads (default 2). Changes no digit.", "N"),
    Parameter("Reading", "max_rows", "count", "Refuse an input with more rows than this.", "N"),
    Parameter(
        "Reading",
        "max_memory",
        "text",
        "Refuse an input that takes more memory than this, such as 500M (Linux).",
        "SIZE",
        python=False,
    ),
    Parameter(
        "The number",
        "class_weight",
        "text",
        "A weight for each class, or 'balanced'.",
        "A=X,...",
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "pos_weight",
        "number",
        "A factor for the positive term of a binary loss.",
        "X",
        1.0,
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "label_smoothing",
        "number",
        "Mix the targets with A times the uniform distribution.",
        "A",
        0.0,
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "ignore_label",
        "text",
        "Leave rows with this label out. Repeatable.",
        "V",
        (),
        commands=NOT_INSPECT,
        several=True,
    ),
    Parameter(
        "The number",
        "clip",
        "number",
        "Hold probabilities within [EPS, 1 - EPS]. Off by default.",
        "EPS",
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "normalize",
        "switch",
        "Rescale each row of probabilities to sum to 1. Off by default.",
        default=False,
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "divide_by",
        "word",
        "The mean is the weighted sum over the weights (default) or over the rows.",
        default="weight",
        choices=("weight", "count"),
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "unit",
        "word",
        "The unit of the losses (default nats).",
        default="nats",
        choices=("nats", "bits", "bans"),
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "confidence",
        "number",
        "The level of the confidence interval (default 0.95).",
        "LEVEL",
        0.95,
        commands=NOT_INSPECT,
    ),
    Parameter(
        "The number",
        "bootstrap",
        "integer",
        "Take the interval from N bootstrap replicates (up to 10000).",
        "N",
        commands=(SCORE,),
    ),
    Parameter("The number", "seed", "integer", "The seed of the bootstrap (default 0).", "S", 0, commands=(SCORE,)),
    Parameter("Gates", "max_loss", "number", "Fail where the mean loss is above X.", "X", commands=NOT_INSPECT),
    Parameter("Gates", "max_perplexity", "number", "Fail where the perplexity is above X.", "X", commands=NOT_INSPECT),
    Parameter("Gates", "min_skill", "number", "Fail where the skill is below X.", "X", commands=(SCORE,)),
    Parameter(
        "Gates",
        "gate_on",
        "word",
        "What gates look at: the mean (default), or the upper end of its confidence interval.",
        default="mean",
        choices=("mean", "upper"),
        commands=NOT_INSPECT,
    ),
    Parameter(
        "Gates", "max_group_loss", "number", "Fail where the mean loss of a slice is above X.", "X", commands=(SCORE,)
    ),
    Parameter(
        "Gates",
        "baseline",
        "path",
        "A JSON report of xent: fail where the mean is significantly worse.",
        "FILE.json",
        commands=(SCORE,),
    ),
    Parameter(
        "Gates",
        "max_regression",
        "text",
        "How much worse than the baseline is still good enough (default 0).",
        _REGRESSION,
        commands=(SCORE,),
    ),
    Parameter(
        "Gates",
        "strict",
        "switch",
        "With --baseline: pass only where the rows show that the mean is not worse by more than that (the upper "
        "end of the interval of the difference is judged). Without it, what is undecided passes.",
        default=False,
        commands=(SCORE,),
    ),
    Parameter(
        "Gates",
        "max_regression",
        "text",
        "Gate: fail where the mean is worse by more than this, significantly. Also the margin of the verdict.",
        _REGRESSION,
        commands=(COMPARE,),
    ),
    Parameter(
        "Gates",
        "strict",
        "switch",
        "Gate: pass only where the pairs show that the candidate is not worse by more than that (the upper end "
        "of the interval of the difference is judged). Without it, what is undecided passes.",
        default=False,
        commands=(COMPARE,),
    ),
    Parameter(
        "Bad rows",
        "sum_tolerance",
        "number",
        "How far a row of probabilities may be from summing to 1 (default 0.01).",
        "X",
        0.01,
    ),
    Parameter(
        "Bad rows",
        "on_bad_row",
        "word",
        "Refuse a file with bad rows (default), or skip and report them.",
        default="error",
        choices=("error", "skip"),
        commands=NOT_INSPECT,
    ),
    Parameter(
        "Bad rows",
        "max_skipped",
        "text",
        "With --on-bad-row skip: refuse to skip more rows than this.",
        "N|P%",
        commands=NOT_INSPECT,
    ),
    Parameter(
        "Output",
        FORMAT,
        "word",
        "What to print: the report (table by default), or the samples as jsonl, csv or tsv.",
        commands=(SCORE,),
        python=False,
    ),
    Parameter("Output", FORMAT, "word", "What to print (default table).", commands=(INSPECT,), python=False),
    Parameter(
        "Output",
        FORMAT,
        "word",
        "What to print: the verdicts (table by default), or the losses of each pair as jsonl, csv or tsv.",
        commands=(COMPARE,),
        python=False,
    ),
    Parameter(
        "Output",
        "each",
        "switch",
        "Score each FILE separately: a line a file, the lowest mean first.",
        default=False,
        commands=(SCORE,),
        python=False,
    ),
    Parameter("Output", "json", "switch", "Short for --format json.", default=False, python=False),
    Parameter(
        "Output",
        "output",
        "copy",
        "Also write the report (or the samples) to a file. Repeatable.",
        "FORMAT=PATH",
        (),
        commands=NOT_INSPECT,
        several=True,
        python=False,
    ),
    Parameter(
        "Output",
        "losses",
        "path",
        "Write the loss of every sample: .csv, .tsv, .jsonl, .parquet or .arrow; - for standard output.",
        "PATH",
        commands=NOT_INSPECT,
        python=False,
    ),
    Parameter(
        "Output",
        "with_",
        "word",
        "What --losses carries besides: the gradient with respect to the logits, or its norm. Repeatable.",
        default=(),
        choices=("gradient", "gradient-norm"),
        commands=(SCORE,),
        several=True,
        python=False,
    ),
    Parameter(
        "Output",
        "raw_text",
        "switch",
        "Write text to CSV as it is, also where a spreadsheet would run it.",
        default=False,
        commands=NOT_INSPECT,
        python=False,
    ),
    Parameter(
        "Output",
        "samples",
        "text",
        "How many samples to show (default: all of up to 20, else the 10 worst).",
        "N|all",
        commands=(SCORE,),
    ),
    Parameter("Output", "sort", "word", "The order of the samples.", choices=("worst", "file"), commands=(SCORE,)),
    Parameter(
        "Output",
        "color",
        "word",
        "Colour: by default where standard output is a terminal.",
        default="auto",
        choices=("auto", "always", "never"),
        python=False,
    ),
    Parameter(
        "Output",
        "quiet",
        "repeated",
        "-q: the result only, no notices or progress. -qq: the exit status only.",
        short="-q",
        default=0,
        python=False,
    ),
    Parameter(
        "Output",
        "verbose",
        "switch",
        "Show also why each column was taken for what it is.",
        default=False,
        python=False,
    ),
    Parameter("Other", "debug", "switch", "Show the traceback of a failure.", default=False, python=False),
)


def parameters_of(command: str) -> Iterator[Parameter]:
    """The parameters of a command, in the order of the table."""
    return (each for each in TABLE if command in each.commands)


def with_defaults(command: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is asked for by name: what is given, and the defaults of the table (also of other commands)."""
    found = {each.name: each.default for each in TABLE}
    found |= {each.name: each.default for each in parameters_of(command)}
    return found | dict(given)
