"""Configuration: where defaults come from, which of them wins, and what is refused."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from tests.running import process, write_csv, xent
from xent_cli.cli import config
from xent_cli.cli.click_options import _is_configured
from xent_cli.cli.commands import cli
from xent_cli.contract.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a file of predictions (mean loss ln 2) and no configuration above it."""
    write_csv(tmp_path / "preds.csv", ("label", "prob"), [(1, 0.5), (0, 0.5)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(folder: Path, text: str, name: str = "pyproject.toml") -> None:
    """Write a file of settings."""
    (folder / name).write_text(text, encoding="utf-8")


def settings(*words: str) -> dict[str, tuple[Any, str]]:
    """What `xent config` says, by key."""
    found = xent("config", "--json", *words)
    assert found.status == 0, found.err
    schema = json.loads(xent("schema", "config").out)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found.document)] == []
    return {row["key"]: (row["value"], row["origin"]) for row in found.document["settings"]}


def complaint(*words: str) -> dict[str, Any]:
    """The error of a configuration that is refused: exit 2, nothing on standard output."""
    answer = xent("score", "preds.csv", "--json", *words)
    assert (answer.status, answer.out) == (2, "")
    assert answer.errors[0]["rule"] == "config"
    return answer.errors[0]


def test_errors_are_json_and_silent_as_configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was configured to print JSON, or nothing, does so where it is refused."""
    configure(folder, '[tool.xent]\nformat = "json"\n')
    answer = xent("score", "none.csv")
    assert (answer.status, answer.out, answer.errors[0]["rule"]) == (3, "", "no-file")
    assert xent("score", "none.csv", "--format", "table").err.startswith("error[no-file]")
    monkeypatch.setenv("XENT_QUIET", "2")
    assert xent("score", "none.csv") == xent("score", "none.csv", "-qq")
    assert xent("score", "none.csv").err == ""


@pytest.mark.parametrize("name", ["xent.toml", "pyproject.toml"])
def test_settings_that_cannot_be_looked_for(name: str, folder: Path) -> None:
    """A gate in a file that cannot be read must not be lost: refused, with the flag that goes on without it."""
    (folder / name).symlink_to(name)
    found = complaint()
    assert found["message"] == "the file cannot be read: Too many levels of symbolic links"
    assert (found["where"]["path"], found["help"]) == (name, "--no-config leaves it unread")
    (folder / name).unlink()
    (folder / name).symlink_to("gone.toml")
    assert complaint()["message"] == "this link points to nothing: No such file or directory"
    assert xent("score", "preds.csv", "--json", "--no-config").status == 0
    (folder / name).unlink()
    (folder / name).mkdir()
    assert xent("score", "preds.csv", "--json").status == 0


def test_flags_go_before_variables_before_files_before_defaults(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Precedence: flag, XENT_ variable, file, default."""

    def unit(*words: str) -> Any:
        return xent("score", "preds.csv", "--json", *words).document["loss"]["unit"]

    assert unit() == "nats"
    configure(folder, '[tool.xent]\nunit = "bits"\n')
    assert unit() == "bits"
    monkeypatch.setenv("XENT_UNIT", "bans")
    assert unit() == "bans"
    assert unit("--unit", "nats") == "nats"
    assert unit("--no-config") == "nats"
    assert settings()["unit"] == ("bans", "XENT_UNIT")


def test_a_configured_gate_decides_the_exit_status(folder: Path) -> None:
    """A threshold of the file is a gate like one of the command line."""
    configure(folder, "[tool.xent]\nmax-loss = 0.5\n")
    assert xent("score", "preds.csv").status == 1
    assert xent("score", "preds.csv", "--max-loss", "0.7").status == 0
    assert xent("score", "preds.csv", "--no-config").status == 0
    configure(folder, "[tool.xent.compare]\nstrict = true\n[tool.xent]\nmax-loss = 1\n")
    assert "checks the upper end" in xent("compare", "preds.csv", "preds.csv", "--json").document["gates"][0]["reason"]
    assert xent("score", "preds.csv").status == 0


def test_the_nearest_file_counts_and_xent_toml_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked for upward; in one directory xent.toml goes before pyproject.toml, which needs [tool.xent]."""
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    configure(folder, '[tool.xent]\nunit = "bits"\n')
    monkeypatch.chdir(below)
    assert settings() == {"unit": ("bits", "../../pyproject.toml [tool.xent]")}
    configure(folder / "a", '[tool.other]\nname = "xent"\n')
    assert settings()["unit"][0] == "bits"
    configure(folder / "a", '[tool.xent]\nunit = "bans"\n')
    assert settings()["unit"][0] == "bans"
    configure(folder / "a", 'clip = 1e-6\n[compare]\nunit = "bits"\n', "xent.toml")
    assert settings() == {"clip": (1e-06, "../xent.toml"), "compare.unit": ("bits", "../xent.toml [compare]")}


def test_nothing_is_configured_without_files(folder: Path) -> None:
    """Without a file and variables everything is a default; --all lists every flag."""
    assert xent("config").out == "configuration  no file\n\n  every flag is left at its default; --all lists them\n"
    everything = settings("--all")
    assert everything["unit"] == ("nats", "default")
    assert everything["max-regression"] == (None, "default")
    flags = {config.flag_of(option) for option in cli.commands["score"].params if isinstance(option, click.Option)}
    assert flags - {"no-config"} <= set(everything)
    assert folder.is_dir()


def test_the_table_shows_value_and_origin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`xent config` lists what is set with its file and table, or its variable."""
    configure(folder, '[tool.xent]\npreds = ["p_a", "p,b"]\nraw-text = true\n')
    monkeypatch.setenv("XENT_IGNORE_LABEL", "x y")
    lines = [" ".join(line.split()) for line in xent("config").out.splitlines()]
    assert lines[0] == "configuration pyproject.toml"
    assert 'preds p_a,"p,b" pyproject.toml [tool.xent]' in lines
    assert "ignore-label x, y XENT_IGNORE_LABEL" in lines
    assert "raw-text true pyproject.toml [tool.xent]" in lines


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("max-los = 1", "unknown key 'max-los' in [tool.xent]", "did you mean max-loss"),
        ("max_loss = 1", "unknown key 'max_loss' in [tool.xent]", "did you mean max-loss"),
        ("qqqqqq = 1", "unknown key 'qqqqqq' in [tool.xent]", "xent config --all"),
        ("no-config = true", "unknown key 'no-config' in [tool.xent]", ""),
        ('max-loss = "0.5"', 'max-loss = "0.5" is not a number', ""),
        ("max-loss = true", "max-loss = true is not a number", ""),
        ("strict = 1", "strict = 1 is not true or false", ""),
        ('threads = "2"', 'threads = "2" is not a whole number', ""),
        ("threads = 0", "threads = 0: 0 is not in the range x>=1.", ""),
        ("unit = 3", "unit = 3 is not one of nats, bits, bans", ""),
        ('unit = "bit"', "unit = \"bit\": 'bit' is not one of 'nats', 'bits', 'bans'.", ""),
        ("label = true", "label = true is not a text", ""),
        ("preds = [1, 2]", "preds = [1, 2] is not a text or a list of texts", ""),
        ("output = 1", "output = 1 is not a text or a list of texts", ""),
        ("[tool.xent.score]\nmargin = 1", "unknown key 'margin' in [tool.xent.score]", ""),
        ("[tool.xent.schema]\nname = 1", "unknown key 'schema' in [tool.xent]", ""),
        ("max-loss =", "this is not valid TOML", "--no-config"),
    ],
)
def test_what_is_not_known_is_refused(folder: Path, text: str, message: str, help: str) -> None:
    """Unknown keys, with the close matches, and values of another type are wrong use, and name the file."""
    configure(folder, f"[tool.xent]\n{text}\n")
    error = complaint()
    assert error["message"].startswith(message)
    assert help in (error["help"] or "")
    assert error["where"]["path"] == "pyproject.toml"
    assert xent("score", "preds.csv", "--no-config").status == 0
    assert xent("config").status == 2


def test_a_key_that_is_spelt_with_an_underscore_has_one_answer(folder: Path) -> None:
    """max_loss is max-loss and nothing else; a slip that is close to several flags gets several."""
    configure(folder, "[tool.xent]\nmax_loss = 1\n")
    assert complaint()["help"] == "did you mean max-loss?"


@pytest.mark.parametrize(
    ("variable", "help"),
    [
        ("XENT_MAX_LOS", "did you mean XENT_MAX_LOSS"),
        ("XENT_max-loss", "did you mean XENT_MAX_LOSS?"),
        ("XENT_HOME", "xent config --all lists what can be set"),
        ("XENT_QQ", "xent config --all lists what can be set"),
    ],
)
def test_a_variable_has_an_answer_only_where_one_is_close(
    variable: str, help: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown XENT_ variable is an error; what all variables begin with makes none of them close."""
    del folder
    monkeypatch.setenv(variable, "1")
    assert complaint()["help"].startswith(help)


def test_a_table_that_is_none_is_refused(folder: Path) -> None:
    """`xent = 1` in [tool] is no table of settings."""
    configure(folder, "[tool]\nxent = 1\n")
    assert complaint()["message"] == "tool.xent is not a table"


def test_a_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    """A file in another encoding is told, not skipped."""
    (folder / "xent.toml").write_bytes(b'label = "\xe9"\n')
    assert "cannot be read" in complaint()["message"]


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("XENT_MAXLOSS", "1", "the variable XENT_MAXLOSS names no flag"),
        ("XENT_SCORE_MAX_LOSS", "1", "the variable XENT_SCORE_MAX_LOSS names no flag"),
        ("XENT_FROM_", "probs", "the variable XENT_FROM_ names no flag"),
        ("XENT_MAX_LOSS", "x", "XENT_MAX_LOSS=x: 'x' is not a valid float."),
        ("XENT_STRICT", "maybe", "XENT_STRICT=maybe: 'maybe' is not a valid boolean."),
    ],
)
def test_variables_that_are_wrong_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    """A variable that names no flag, or a value of another type, is wrong use; an empty one says nothing."""
    monkeypatch.setenv(variable, value)
    assert complaint()["message"].startswith(message)
    assert folder.is_dir()
    monkeypatch.delenv(variable)
    monkeypatch.setenv("XENT_MAX_LOSS", "")
    assert xent("score", "preds.csv").status == 0


def test_every_flag_has_its_variable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are named like flags, also those whose name is a word of Python, and take several values."""
    monkeypatch.setenv("XENT_FROM", "probs")
    monkeypatch.setenv("XENT_NORMALIZE", "true")
    monkeypatch.setenv("XENT_QUIET", "2")
    write_csv(folder / "two.csv", ("label", "p_0", "p_1"), [(1, 0.5, 0.75)])
    answer = xent("score", "two.csv", "--output", "json=out.json")
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    found = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    assert "from probs: stated by --from" in found["columns"]["reasons"]
    assert "|norm:yes|" in found["signature"]


def test_paths_of_a_file_are_relative_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path in a file of settings is meant from where the file is, also when the command runs below it."""
    (folder / "sub").mkdir()
    write_csv(folder / "labels.csv", ("label",), [(1,), (0,)])
    configure(folder, '[tool.xent]\nlabels = "labels.csv"\nlosses = "-"\noutput = ["json=out.json"]\n')
    monkeypatch.chdir(folder / "sub")
    write_csv(Path("p.csv"), ("prob",), [(0.5,), (0.5,)])
    answer = xent("score", "p.csv")
    assert answer.out.startswith("row,label,p,loss,weight\n1,1,0.5,")
    assert (folder / "out.json").exists()
    assert settings()["labels"][0] == "../labels.csv"
    assert settings()["losses"][0] == "-"


def test_a_value_for_other_commands_is_refused_with_the_cure(folder: Path) -> None:
    """What suits one command and not the one that runs is told, with the table that keeps them apart."""
    configure(folder, '[tool.xent]\nformat = "junit"\n')
    answer = xent("inspect", "preds.csv")
    assert answer.status == 2
    assert "does not suit xent inspect" in answer.err
    assert "[tool.xent.COMMAND]" in answer.err
    configure(folder, '[tool.xent.score]\nformat = "json"\n')
    assert xent("compare", "preds.csv", "preds.csv").out.startswith("preds.csv against preds.csv")
    assert xent("score", "preds.csv").document["schema"] == "xent.score/1"


def test_help_needs_no_configuration(folder: Path) -> None:
    """A broken file never stands between a user and --help, the schema or the versions."""
    configure(folder, "[tool.xent]\nmax-los = 1\n")
    for words in (("--help",), ("score", "--help"), ("--version",), ("schema", "score"), ("completion", "fish")):
        assert xent(*words).status == 0


def test_a_process_reads_its_own_environment(folder: Path) -> None:
    """The variables are those of the process."""
    import os

    done = process("score", "preds.csv", "--json", env={**os.environ, "XENT_MAX_LOSS": "0.1"})
    assert (done.returncode, json.loads(done.stdout)["status"]) == (1, "fail")
    assert folder.is_dir()


def test_load_returns_what_is_set(tmp_path: Path) -> None:
    """`load` gives the settings by command: its own table before the common one, variables before both."""
    (tmp_path / "xent.toml").write_text('unit = "bits"\nclip = 0.1\n[score]\nunit = "bans"\n', encoding="utf-8")
    found = config.load(cli, tmp_path, {"XENT_CLIP": "0.2", "HOME": "/"})
    assert {name: each.value for name, each in found.of("score").items()} == {"unit": "bans", "clip": 0.2}
    assert {name: each.value for name, each in found.of("compare").items()} == {"unit": "bits", "clip": 0.2}
    with pytest.raises(UsageError, match="names no flag"):
        config.load(cli, tmp_path, {"XENT_": "1"})


def test_a_folder_that_was_removed_configures_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose working directory is gone scores as ever."""
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert xent("score", folder / "preds.csv", "--json").status == 0


@pytest.mark.usefixtures("folder")
def test_a_file_of_settings_that_cannot_be_looked_for_may_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not let one look, the run does not go on as if nothing were configured."""
    looked = os.lstat

    def lstat(path: str, *words: Any, **flags: Any) -> os.stat_result:
        if str(path).endswith("xent.toml"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return looked(path, *words, **flags)

    assert not _is_configured()
    monkeypatch.setattr(os, "lstat", lstat)
    assert _is_configured()


def test_errors_follow_the_configured_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON that is configured is what a script reads, so errors are JSON too; what is stated or unread goes before."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xent.toml").write_text("[score]\nformat = 'json'\n", encoding="utf-8")
    assert xent("score", "nowhere.csv").errors[0]["rule"] == "no-file"
    assert xent("score").errors[0]["rule"] == "usage"
    for words in (("score", "nowhere.csv", "--format", "table"), ("score", "nowhere.csv", "--no-config")):
        assert xent(*words).err.startswith("error[no-file]: ")
    assert xent("inspect", "nowhere.csv").err.startswith("error[no-file]: ")
    monkeypatch.setenv("XENT_JSON", "true")
    assert xent("inspect", "nowhere.csv").errors[0]["rule"] == "no-file"
    (tmp_path / "xent.toml").write_text("formt = 'json'\n", encoding="utf-8")
    assert xent("score", "nowhere.csv").err.startswith("error[config]: ")
