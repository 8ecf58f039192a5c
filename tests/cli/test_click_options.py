"""The options of the command line as the table of parameters has them: each takes as many values as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import write_csv, xent
from xent_cli.api.parameters import COMPARE, INSPECT, SCORE, Parameter, parameters_of

COMMANDS = {
    "score": SCORE,
    "binary": SCORE,
    "categorical": SCORE,
    "sparse": SCORE,
    "inspect": INSPECT,
    "compare": COMPARE,
}
FORMATS = ("json", "table")


def takes_one(parameter: Parameter) -> bool:
    """Whether a parameter has one value on the command line."""
    return not parameter.several and parameter.kind not in {"switch", "repeated"}


def two_values(parameter: Parameter) -> tuple[str, str]:
    """Two values that a parameter takes."""
    words = FORMATS if parameter.name == "format" else parameter.choices
    return (words[0], words[-1]) if words else ("1", "2")


TWICE = [
    pytest.param(command, parameter, id=f"{command} {parameter.flag}")
    for command, table in COMMANDS.items()
    for parameter in parameters_of(table)
    if takes_one(parameter)
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predictions of two models."""
    rows = [(1, 0.7, 0.9), (0, 0.2, 0.1), (1, 0.6, 0.3)]
    return write_csv(tmp_path_factory.mktemp("twice") / "a.csv", ["label", "lr_proba", "dt_proba"], rows)


@pytest.mark.parametrize(("command", "parameter"), TWICE)
def test_a_flag_of_one_value_is_not_silently_its_last(command: str, parameter: Parameter, file: Path) -> None:
    """Given twice, a flag is refused as wrong use with both values, on every command; nothing is printed."""
    one, other = two_values(parameter)
    files = [file] * (2 if command == "compare" else 1)
    answer = xent(command, *files, parameter.flag, one, f"{parameter.flag}={other}")
    assert (answer.status, answer.out) == (2, "")
    expected = f"{parameter.flag} is given twice: {parameter.flag} {one} and {parameter.flag} {other}"
    if parameter.name == "format":  # the last of them says how the error is shown
        assert expected in answer.err
    else:
        assert answer.words == [f"error[option]: {expected}", "  help: give it once"]


def test_the_same_value_twice_is_twice(file: Path) -> None:
    """Equal values are refused as well, three of them with their number, and shown as a shell would take them."""
    answer = xent("score", file, "--preds", "lr_proba", "--preds", "lr_proba", "--preds", "a b")
    assert answer.status == 2
    expected = "--preds is given 3 times: --preds lr_proba and --preds lr_proba and --preds 'a b'"
    assert answer.words[0] == f"error[option]: {expected}"


def test_the_error_is_json_where_that_is_asked_for(file: Path) -> None:
    """With --json the refusal is JSON on standard error."""
    (error,) = xent("score", file, "--json", "--unit", "bits", "--unit", "nats").errors
    assert (error["rule"], error["message"]) == ("option", "--unit is given twice: --unit bits and --unit nats")


def test_flags_of_several_values_and_switches_may_be_repeated(file: Path) -> None:
    """What may be given more than once still may: values add up, switches stay on."""
    words = ["--preds", "lr_proba", "--ignore-label", "7", "--ignore-label", "8", "--json", "--json", "-q", "-q"]
    assert xent("score", file, *words).status == 0
    assert xent("compare", file, "--models", "lr_proba", "--models", "dt_proba").status == 0


def test_a_flag_goes_before_what_is_configured(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A default from a file or a variable is no second value."""
    (tmp_path / "xent.toml").write_text('unit = "bits"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XENT_UNIT", "bans")
    answer = xent("score", file, "--preds", "lr_proba", "--unit", "nats", "--json")
    assert answer.document["loss"]["unit"] == "nats"
