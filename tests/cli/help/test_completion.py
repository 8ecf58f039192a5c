"""Completion in the shell, driven by the protocol of its scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.running import command, process, write_csv, xent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with files of predictions and labels."""
    write_csv(tmp_path / "preds.csv", ("id", "label", "p_cat", "p_dog", "a b", "$(x)"), [])
    write_csv(tmp_path / "labels.csv", ("id", "species", "w"), [])
    pq.write_table(pa.table({"key": [1], "logits": [[1.0, 2.0]]}), tmp_path / "preds.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(line: str) -> list[str]:
    """What bash is told to complete the last word of a line with, as `type,word`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asked(line).items():
            patch.setenv(name, value)
        answer = xent()
    assert (answer.status, answer.err) == (0, "")
    return answer.out.split()


def asked(line: str) -> dict[str, str]:
    """The variables in which bash says what it wants completed."""
    return {"_XENT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("xent sc", ["plain,score", "plain,schema"]),
        ("xent score --uni", ["plain,--unit"]),
        ("xent score --unit b", ["plain,bits", "plain,bans"]),
        ("xent score pre", ["file,"]),
        ("xent score preds.csv --labels l", ["file,"]),
        ("xent compare a.csv b", ["file,"]),
        ("xent completion f", ["plain,fish"]),
        ("xent schema c", ["plain,compare", "plain,config"]),
        ("xent score preds.csv --no-con", ["plain,--no-config"]),
    ],
)
def test_commands_flags_choices_and_files(folder: Path, line: str, expected: list[str]) -> None:
    """Commands, flags and their choices complete; where a file is wanted, the shell completes files."""
    assert folder.is_dir()
    assert completed(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("xent score preds.csv --label ", ["id", "label", "p_cat", "p_dog"]),
        ("xent score preds.csv --preds p_", ["p_cat", "p_dog"]),
        ("xent score preds.csv --preds p_cat,p_", ["p_cat,p_dog"]),
        ("xent score preds.csv --unit bits --by l", ["label"]),
        ("xent sparse preds.parquet --id ", ["key", "logits"]),
        ("xent score preds.csv --labels labels.csv --label s", ["species"]),
        ("xent score preds.csv --labels labels.csv --weight w", ["w"]),
        ("xent score preds.csv --labels labels.csv --preds p_c", ["p_cat"]),
        ("xent score preds.csv --labels labels.csv --on ", ["id", "label", "p_cat", "p_dog"]),
        ("xent compare preds.csv other.csv --on i", ["id"]),
        ("xent compare preds.csv --cluster la", ["label"]),
    ],
)
def test_columns_of_the_files_typed(folder: Path, line: str, expected: list[str]) -> None:
    """A flag for columns completes with those of the file already typed, after a comma too; odd names are left out."""
    assert folder.is_dir()
    assert completed(line) == [f"plain,{name}" for name in expected]


@pytest.mark.parametrize("line", ["xent score preds.csv --preds p_", "xent sc", "xent score --label "])
def test_a_process_gives_the_same(folder: Path, line: str) -> None:
    """The shell asks a process, which says no more than that and ends with 0."""
    assert folder.is_dir()
    done = subprocess.run(command(), env={**os.environ, **asked(line)}, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().split() == completed(line)


@pytest.mark.parametrize(
    "line",
    [
        "xent score --label ",
        "xent score nosuch.csv --label ",
        "xent score - --label ",
        "xent score s3://bucket/x.csv --label ",
        "xent score broken.parquet --label ",
        "xent compare --on ",
    ],
)
def test_no_file_no_columns(folder: Path, line: str) -> None:
    """Where no file can be read nothing is completed, and nothing is said."""
    (folder / "broken.parquet").write_bytes(b"PAR1 is not enough")
    assert completed(line) == []


def test_a_broken_configuration_does_not_matter(folder: Path) -> None:
    """Completion reads no configuration."""
    (folder / "xent.toml").write_text("nonsense = 1\n", encoding="utf-8")
    assert completed("xent score preds.csv --label l") == ["plain,label"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: str) -> None:
    """`xent completion SHELL` prints a script that calls back with the variable of the protocol."""
    answer = xent("completion", shell)
    assert answer.status == 0
    assert f"_XENT_COMPLETE={shell}_complete" in answer.out
    assert xent("completion", "tcsh").status == 2


def test_bash_completes_with_the_script(folder: Path) -> None:
    """Evaluated in bash, the script completes the columns of a file."""
    bash = shutil.which("bash")
    assert bash is not None
    (folder / "xent").write_text("#!/bin/sh\nexec " + " ".join(command()) + ' "$@"\n', encoding="utf-8")
    (folder / "xent").chmod(0o755)
    script = process("completion", "bash").stdout.decode()
    line = (
        f"{script}\nCOMP_WORDS=(xent score preds.csv --label la)\nCOMP_CWORD=4\n"
        '_xent_completion xent la --label\necho "${COMPREPLY[@]}"\n'
    )
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run([bash, "-c", line], env=env, capture_output=True, timeout=60, check=False)
    assert done.stdout.decode().split() == ["label"], done.stderr
