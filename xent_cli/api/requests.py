"""Requests as frozen values: made once, from the flags of a command or from the keywords of Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from os import fspath
from typing import TYPE_CHECKING, Any

from xent_cli.api.inputs import Inputs, inputs_of
from xent_cli.api.parameters import COMPARE, INSPECT, SCORE, TABLE, with_defaults
from xent_cli.columns import Stated
from xent_cli.columns.selectors import join_names, split_names
from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct
from xent_cli.reports.thresholds import Thresholds
from xent_cli.scoring.options import (
    BadRows,
    Conventions,
    Options,
    parse_class_weight,
    parse_max_skipped,
    parse_samples,
    parse_tolerance,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xent_cli.comparisons.job import ModelInput
    from xent_cli.reports.baseline import Recorded
    from xent_cli.scoring.options import Tolerance

    Given = Mapping[str, Any]
    """Values by parameter name: flags as click passes them, or keywords of Python."""

    Name = str | int
    Names = Name | Iterable[Name]


@struct
class ScoreRequest:
    """What to score, how, and the gates. `baseline` is what the report named by `thresholds` holds."""

    inputs: Inputs
    columns: Stated
    options: Options
    thresholds: Thresholds
    baseline: Recorded | None = None
    processes: int = 1

    def paths(self) -> tuple[str, ...]:
        """Everything on this machine that is read, which no output may overwrite."""
        baseline = self.thresholds.baseline
        return self.inputs.files() if baseline is None else (*self.inputs.files(), baseline)


@struct
class InspectRequest:
    """What to look at."""

    inputs: Inputs
    columns: Stated
    options: Options


@struct
class CompareRequest:
    """The models to compare, the baseline first, and how. `tolerance`: how much worse a candidate may be."""

    models: tuple[ModelInput, ...]
    inputs: tuple[Inputs, ...]
    columns: Stated
    options: Options
    on: str | None
    tolerance: Tolerance | None
    strict: bool
    limits: Thresholds

    def paths(self) -> tuple[str, ...]:
        """Everything on this machine that is read, which no output may overwrite."""
        return tuple(path for inputs in self.inputs for path in inputs.files())

    def expected_rows(self) -> int | None:
        """About how many rows are read of all models together; columns of one file are read once for each model."""
        rows = [inputs.expected_rows() for inputs in self.inputs]
        known = [each for each in rows if each is not None]
        passes = len(self.models) if self.models[0].preds is not None else 1
        return sum(known) * passes if len(known) == len(rows) else None


def score_request(source: Any, given: Given, stdin: Any = None) -> ScoreRequest:
    """The request to score a source; more than one process works only where `processes` is given."""
    values = _checked(SCORE, given)
    options, thresholds = _options(values), _thresholds(values)
    baseline = None
    if thresholds.baseline is not None:
        from xent_cli.reports.baseline import recorded

        baseline = recorded(thresholds.baseline)
    inputs = inputs_of(
        source,
        values["labels"],
        _selector(values["on"]),
        values["input_format"],
        _delimiter(values["delimiter"]),
        stdin,
    )
    return ScoreRequest(inputs, _columns(values), options, thresholds, baseline, values.get("processes", 1))


def inspect_request(source: Any, given: Given, stdin: Any = None) -> InspectRequest:
    """The request to inspect a source."""
    values = _checked(INSPECT, given)
    inputs = inputs_of(
        source,
        values["labels"],
        _selector(values["on"]),
        values["input_format"],
        _delimiter(values["delimiter"]),
        stdin,
    )
    bad_rows = BadRows(skip=True, sum_tolerance=values["sum_tolerance"])
    options = Options(bad_rows=bad_rows, threads=values["threads"], max_rows=values["max_rows"])
    return InspectRequest(inputs, _columns(values), options)


def compare_request(sources: Sequence[Any], given: Given, stdin: Any = None) -> CompareRequest:
    """The request to compare sources, the baseline first."""
    from xent_cli.api.model_inputs import model_inputs

    values = _checked(COMPARE, given)
    options, columns = _options(values), _columns(values)
    tolerance = _tolerance(values["max_regression"])
    limits = Thresholds(max_loss=values["max_loss"], max_perplexity=values["max_perplexity"], gate_on=values["gate_on"])
    labels, on = values["labels"], _selector(values["on"])
    _check_stdin(sources, labels)
    inputs = tuple(
        inputs_of(
            source,
            labels,
            None if labels is None else on,
            values["input_format"],
            _delimiter(values["delimiter"]),
            stdin,
            name="<baseline>" if place == 0 else f"<candidate {place}>",
        )
        for place, source in enumerate(sources)
    )
    models = model_inputs(inputs, _models(values["models"]), values)
    return CompareRequest(models, inputs, columns, options, on, tolerance, values["strict"], limits)


def _models(given: Any) -> tuple[str, ...]:
    """The selectors of --models, a text each; from Python also a list of names for a model of several columns."""
    texts = (given,) if isinstance(given, str) else tuple(given)
    return tuple(text if isinstance(text, str) else join_names(text) for text in texts)


def _check_stdin(sources: Sequence[Any], labels: Any) -> None:
    """Refuse to read standard input more than once."""
    if sum(isinstance(source, str) and source == "-" for source in sources) > 1:
        message = "standard input (-) is named more than once and can be read only once"
        raise UsageError(Problem("stdin-twice", message, help="save it to a file first"))
    if isinstance(labels, str) and labels == "-":
        message = "--labels is read once for each model, and standard input can be read only once"
        raise UsageError(Problem("stdin-twice", message, help="save the labels to a file first"))


def _checked(command: str, given: Given) -> dict[str, Any]:
    """The given values and the defaults of the others. Click has checked the types of flags, nobody those of Python."""
    values = with_defaults(command, given)
    for parameter in TABLE:
        if not parameter.python or not (command in parameter.commands or parameter.name == "kind"):
            continue  # the kind is a command on the command line, and a keyword in Python
        name, value = parameter.name, values[parameter.name]
        if value is None and parameter.default is None:
            continue
        if parameter.kind == "word" and value not in parameter.choices:
            _refuse(name, value, ", ".join(repr(word) for word in (*_none(parameter.default), *parameter.choices)))
        if parameter.kind == "number" and not isinstance(value, Real):
            _refuse(name, value, "a number")
        if parameter.kind == "count" and not isinstance(value, Integral):
            _refuse(name, value, "a whole number")
    return values


def _none(default: Any) -> tuple[None, ...]:
    """None as a choice, where that is the default."""
    return (None,) if default is None else ()


def _refuse(name: str, value: object, wanted: str) -> None:
    """Refuse the value of a keyword."""
    raise UsageError(Problem("option", f"{name} is {value!r}", help=f"{name} takes {wanted}"))


def _columns(values: Given) -> Stated:
    """Which column is what, as far as that is given."""
    classes, positive = values["classes"], values["positive"]
    if classes is not None:
        classes = split_names(classes) if isinstance(classes, str) else tuple(map(str, classes))
    return Stated(
        kind=values["kind"],
        label=_selector(values["label"]),
        targets=_selector(values["targets"]),
        preds=_selector(values["preds"]),
        weight=_selector(values["weight"]),
        id=_selector(values["id"]),
        by=_selector(values["by"]),
        cluster=_selector(values["cluster"]),
        from_=values["from_"],
        classes=classes,
        positive=None if positive is None else str(positive),
        of=values["of"],
        ignore=_ignored(values),
        decision=_selector(values["decision"]),
    )


def _ignored(values: Given) -> tuple[str, ...]:
    """The labels of --ignore-label, which are none of the classes."""
    ignored = values.get("ignore_label") or ()
    return (str(ignored),) if isinstance(ignored, (str, int)) else tuple(map(str, ignored))


def _selector(names: Names | None) -> str | None:
    """A selector as the command line takes it: a text as it is, other names by their text."""
    if names is None or isinstance(names, str):
        return names
    return join_names(names if isinstance(names, Iterable) else (names,))


def _options(values: Given) -> Options:
    """The options of a scoring run."""
    most, skipped, with_ = values["max_skipped"], values["on_bad_row"] == "skip", values["with_"]
    count, share = parse_max_skipped(None if most is None else str(most))
    if most is not None and not skipped:
        raise UsageError(Problem("option", "--max-skipped needs --on-bad-row skip", help="add --on-bad-row skip"))
    samples = values["samples"]
    return Options(
        conventions=_conventions(values),
        bad_rows=BadRows(skipped, count, share, values["sum_tolerance"]),
        confidence=values["confidence"],
        samples=parse_samples(samples) if isinstance(samples, str) else samples,
        sort=values["sort"],
        gradient="gradient" in with_,
        gradient_norm="gradient-norm" in with_,
        threads=values["threads"],
        max_rows=values["max_rows"],
        bootstrap=values["bootstrap"],
        seed=values["seed"],
    )


def _conventions(values: Given) -> Conventions:
    """The conventions, which change the number."""
    weight, ignored = values["class_weight"], values["ignore_label"]
    several = ignored if isinstance(ignored, (list, tuple, set, frozenset)) else (ignored,)
    return Conventions(
        class_weight=parse_class_weight(weight) if isinstance(weight, str) else weight,
        pos_weight=values["pos_weight"],
        smoothing=values["label_smoothing"],
        ignore=tuple(str(label) for label in several),
        clip=values["clip"],
        normalize=values["normalize"],
        divide_by=values["divide_by"],
        unit=values["unit"],
    )


def _thresholds(values: Given) -> Thresholds:
    """The gates of a score."""
    if values["max_group_loss"] is not None and values["by"] is None:
        raise UsageError(Problem("option", "--max-group-loss needs groups", help="add --by COLUMN"))
    return Thresholds(
        max_loss=values["max_loss"],
        max_perplexity=values["max_perplexity"],
        min_skill=values["min_skill"],
        max_group_loss=values["max_group_loss"],
        gate_on=values["gate_on"],
        baseline=None if values["baseline"] is None else fspath(values["baseline"]),
        tolerance=_tolerance(values["max_regression"]),
        strict=values["strict"],
    )


def _tolerance(value: float | str | None) -> Tolerance | None:
    """A tolerance as a number or as the flag takes it."""
    return parse_tolerance(value if value is None or isinstance(value, str) else repr(float(value)))


def _delimiter(text: str | None) -> str | None:
    """The delimiter as one character."""
    if text is None or len(text) == 1:
        return text
    if text in {"\\t", "tab"}:
        return "\t"
    raise UsageError(
        Problem(
            "option", f"--delimiter {text!r} is not one character", help="write it as one character, or \\t for a tab"
        )
    )
