"""The models of a comparison: a file each, columns of one file, or rows of one file selected by a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xent_cli.columns import resolve
from xent_cli.columns.selectors import join_names
from xent_cli.comparisons.job import ModelInput
from xent_cli.contract.errors import Problem, UsageError, located_in
from xent_cli.contract.text import closest, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xent_cli.api.inputs import Inputs
    from xent_cli.readers.interface import TableFile


def model_inputs(
    inputs: Sequence[Inputs], models: tuple[str, ...], values: Mapping[str, Any]
) -> tuple[ModelInput, ...]:
    """The models, the baseline first: `models` are selectors of columns, as given; the rest is read from `values`."""
    column, against = values["model_column"], values["against"]
    if not models and column is None:
        found = tuple(ModelInput(each.name, each.openers()) for each in inputs)
    else:
        _check_single(inputs, "--models" if models else "--model-column")
        found = _rows(inputs[0], str(column), models, values) if column is not None else _columns(inputs[0], models)
    if len(found) < 2:
        message = f"there is one model, {found[0].path}, and nothing to compare it with"
        raise UsageError(Problem("option", message, help="name two models or more"))
    return found if against is None else _against(found, str(against))


def _check_single(inputs: Sequence[Inputs], flag: str) -> None:
    """Refuse several files, and what can be read only once: the file is read once for each model."""
    if len(inputs) > 1:
        message = f"{flag} compares models of one file, and there are {len(inputs):,}"
        raise UsageError(Problem("option", message, help="give one file, or leave the flag out to compare the files"))
    if inputs[0].name == "<stdin>" or not inputs[0].repeatable():
        message = f"{flag} reads the file once for each model, and a pipe or standard input can be read once"
        raise UsageError(Problem("stdin-twice", message, help="save it to a file first"))


def _columns(inputs: Inputs, models: tuple[str, ...]) -> tuple[ModelInput, ...]:
    """Each column of one selector as a model; of several selectors, the columns of each as one."""
    openers = inputs.openers()
    with openers[0]() as file, located_in(file.path):
        chosen = [resolve(model, file.names, "--models") for model in models]
    if len(models) == 1:
        return tuple(ModelInput(name, openers, join_names((name,))) for name in chosen[0])
    return tuple(ModelInput(model, openers, join_names(names)) for model, names in zip(models, chosen, strict=True))


def _rows(inputs: Inputs, column: str, models: tuple[str, ...], values: Mapping[str, Any]) -> tuple[ModelInput, ...]:
    """Each value of a column as a model; its rows are found among the others by a key."""
    from xent_cli.readers.model_rows import ModelRows, model_names

    if models:
        message = "--models names columns and --model-column rows: give one of them"
        raise UsageError(Problem("option", message, help="--against NAME chooses the baseline"))
    if values["on"] is None:
        message = "--model-column needs --on: the rows of the models are paired by a key"
        raise UsageError(Problem("option", message, help="add --on KEY, the column that names the samples"))
    openers = inputs.openers()

    def of(model: str, opener: Callable[[], TableFile]) -> Callable[[], TableFile]:
        """What opens the rows of a model in one file."""
        return lambda: ModelRows(opener(), column, model)

    names = dict.fromkeys(name for opener in openers for name in model_names(opener, column))
    return tuple(ModelInput(name, tuple(of(name, opener) for opener in openers)) for name in names)


def _against(found: tuple[ModelInput, ...], name: str) -> tuple[ModelInput, ...]:
    """The models with the one of this name first, which makes it the baseline."""
    places = [place for place, model in enumerate(found) if model.path == name]
    if not places:
        names = [model.path for model in found]
        close = closest(name, names)
        help = f"did you mean {' or '.join(close)}?" if close else f"the models are {listed(names, 20)}"
        raise UsageError(Problem("option", f"--against {name!r} is none of the models", help=help))
    first = found[places[0]]
    return (first, *(model for place, model in enumerate(found) if place != places[0]))
