"""Exit statuses and streams: pipes, full disks, signals, terminals, closed streams, locales.

What depends on a process runs as one; a message that a process would only pass on is looked at in this one.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import command, on_terminal, process, started, write_csv, xent
from xent_cli.cli import runs

GOOD = [[0, 0.2], [0, 0.4], [1, 0.7], [1, 0.9]]
MEAN = 0.2990011586691898  # students-model-B of the worked examples
ESCAPE = b"\x1b"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A small file that scores."""
    return write_csv(tmp_path / "good.csv", ["label", "prob"], GOOD)


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A file whose rows fill more than a pipe."""
    return write_csv(tmp_path / "long.csv", ["label", "prob"], [[i % 2, 0.25] for i in range(8_000)])


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A file with a row that cannot be scored."""
    return write_csv(tmp_path / "bad.csv", ["label", "prob"], [*GOOD, [1, 1.5]])


def test_status_0_when_done(good: Path) -> None:
    """A file that scores ends with 0, the result on standard output and nothing on standard error."""
    done = process("score", good, "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["loss"]["mean"] == MEAN


@pytest.mark.parametrize(
    "words",
    [
        ["score"],
        ["score", "--no-such-flag", "x.csv"],
        ["scor", "x.csv"],
        ["score", "x.csv", "--unit", "furlongs"],
        ["score", "x.csv", "--samples", "many"],
        ["score", "{good}", "--label", "labl"],
        ["score", "{good}", "--clip", "0.7"],
        ["score", "{good}", "--json", "--format", "csv"],
        ["score", "{good}", "--output", "json"],
        ["score", "{good}", "--with", "gradient"],
        ["score", "{good}", "--max-skipped", "3"],
    ],
    ids=" ".join,
)
def test_status_2_for_wrong_use(words: list[str], good: Path) -> None:
    """Wrong flags end with 2, standard output stays empty and no traceback is shown."""
    found = xent(*[word.format(good=good) for word in words])
    assert (found.status, found.out) == (2, "")
    assert found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize("words", [["score", "--no-such-flag", "x.csv"], ["score", "{good}", "--label", "labl"]])
def test_status_2_of_a_process(words: list[str], good: Path) -> None:
    """A process ends with the same status and message, be they click's or ours."""
    words = [word.format(good=good) for word in words]
    done, found = process(*words), xent(*words)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", found.err)


def test_status_3_for_data_that_cannot_be_scored(bad: Path) -> None:
    """A bad row ends with 3, standard output stays empty, the message names file, row, line, column, value and cure."""
    done = process("score", bad)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode().splitlines() == [
        "error[prob-range]: probability 1.5 is outside [0, 1]",
        f"  --> {bad}: row 5, line 6, column prob = 1.5",
        "   |  1 of 5 rows is outside [0, 1]",
        "  help: --from logits if these are logits",
        "  page: xent explain prob-range",
    ]


def test_errors_are_json_where_json_was_asked_for(bad: Path) -> None:
    """With --format json an error is one JSON document on standard error and standard output stays empty."""
    done = process("score", bad, "--format", "json")
    assert (done.returncode, done.stdout) == (3, b"")
    document = json.loads(done.stderr)
    assert (document["schema"], document["exit"]) == ("xent.error/1", 3)
    assert document["errors"][0]["rule"] == "prob-range"
    wrong = xent("score", "--no-such-flag", "--json")
    assert json.loads(wrong.err)["exit"] == wrong.status == 2


def test_missing_file_is_3_and_names_the_close_match(good: Path) -> None:
    """A path that does not exist ends with 3 and names the file that was probably meant."""
    found = xent("score", good.with_name("god.csv"))
    assert (found.status, found.out) == (3, "")
    assert "good.csv" in found.err


def test_status_70_for_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen exception ends with 70, in one line, with the traceback only under --debug."""
    code = "import xent_cli.cli.runs as s; s.score = lambda *a: 1 / 0; from xent_cli.__main__ import run; run()"
    done = subprocess.run([sys.executable, "-c", code, "score", "x"], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (70, b"")
    assert done.stderr.startswith(b"xent: internal error: ZeroDivisionError")
    assert b"Traceback" not in done.stderr
    monkeypatch.setattr(runs, "score", lambda *_: 1 / 0)
    shown = xent("score", "x", "--debug")
    assert shown.status == 70
    assert "Traceback" in shown.err


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv"])
def test_closed_pipe_is_141_and_silent(form: str, long: Path) -> None:
    """A reader that goes away ends the run with 141, as it ends grep, without a word."""
    running = subprocess.Popen(command("score", long, "--format", form), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.read(10)
    running.stdout.close()
    assert running.wait(timeout=60) == 141
    assert running.stderr.read() == b""
    running.stderr.close()


def test_closed_pipe_before_the_report(good: Path) -> None:
    """A reader that was never there: 141 and silence for the report and for --help."""
    for words in (("score", good), ("score", good, "--json"), ("--help",), ("schema", "score")):
        read, write = os.pipe()
        os.close(read)
        running = subprocess.Popen(command(*words), stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        _, err = running.communicate(timeout=60)
        assert (running.returncode, err) == (141, b"")


@pytest.mark.parametrize(
    "words",
    [["--json"], [], ["--format", "csv"], ["--output", "csv=/dev/full"], ["--output", "json=/dev/full"]],
    ids=" ".join,
)
def test_full_disk_is_2_in_one_line(words: list[str], good: Path) -> None:
    """A full disk ends with 2 and says so, without a traceback (and never with the status of a failed gate)."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("score", good, *words), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 2
    assert b"no space left on device" in done.stderr.lower()
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_closed_standard_output_is_2(good: Path) -> None:
    """Standard output that is closed is an error: the result must not be lost with status 0."""
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *command("score", good)], stderr=subprocess.PIPE, timeout=60, check=False
    )
    assert done.returncode == 2
    assert b"standard output is closed" in done.stderr
    quiet = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *command("score", good, "-qq")],
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (quiet.returncode, quiet.stderr) == (0, b"")


def test_interrupt_is_130_within_half_a_second(tmp_path: Path) -> None:
    """Ctrl-C ends a run that waits for its input with 130, no partial mean and no left-over file."""
    target = tmp_path / "losses.csv"
    with started("score", "-", "--losses", target) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdin.write(b"label,prob\n" + b"1,0.5\n" * 400_000)
        running.stdin.flush()
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size for path in tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)  # until rows are in its temporary file: it is at work
        sent = time.monotonic()
        running.send_signal(signal.SIGINT)
        status = running.wait(timeout=30)
        took = time.monotonic() - sent
        out, err = running.stdout.read(), running.stderr.read()
    assert (status, out, err) == (130, b"", b"\nxent: interrupted\n")  # behind the ^C of the terminal
    assert took < 10  # the promise is half a second; a loaded test machine is given more
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", ["file", "pipe", "fifo"])
def test_standard_input(source: str, good: Path, tmp_path: Path) -> None:
    """A file, a pipe and a named pipe give the same number as the path."""
    if source == "file":
        with good.open("rb") as stream:
            done = subprocess.run(
                command("score", "-", "--json"), stdin=stream, capture_output=True, timeout=60, check=False
            )
    elif source == "pipe":
        done = process("score", "-", "--json", stdin=good.read_bytes())
    else:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        feeder = subprocess.Popen(["/bin/sh", "-c", 'cat "$1" > "$2"', "sh", str(good), str(fifo)])
        done = process("score", fifo, "--json")
        feeder.wait(timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["loss"]["mean"] == MEAN


def test_standard_input_is_read_only_when_asked(good: Path) -> None:
    """Without - standard input is left alone, so a cron job cannot hang on it."""
    running = subprocess.Popen(
        command("score", good, "--json"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert json.loads(out)["rows"]["read"] == 4
    assert xent("score").status == 2


def test_terminal_gets_colour_and_no_line_wider_than_it(good: Path) -> None:
    """In a terminal the table is coloured and fits its width; the mean keeps its digits."""
    shown = on_terminal("score", good, columns=100)
    assert shown.status == 0
    assert ESCAPE.decode() in shown.out
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.out)
    assert "0.299001" in plain
    assert max(len(line.rstrip()) for line in plain.splitlines()) <= 100


def test_no_escape_sequence_off_a_terminal(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off a terminal there is no escape sequence, whatever TERM says; colour is a flag or FORCE_COLOR away."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert ESCAPE not in process("score", good).stdout
    assert ESCAPE.decode() not in xent("score", good).out
    assert ESCAPE.decode() in xent("score", good, "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE in process("score", good).stdout
    assert ESCAPE.decode() not in xent("score", good, "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE.decode() not in xent("score", good).out


def test_narrow_forced_colour_keeps_digits(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CI log with FORCE_COLOR, a dumb terminal and 20 columns still gets whole numbers."""
    for name, value in {"FORCE_COLOR": "1", "TERM": "dumb", "COLUMNS": "20"}.items():
        monkeypatch.setenv(name, value)
    assert "0.2990011586691898" in xent("score", good).out


@pytest.mark.parametrize("locale", ["C", "POSIX", "tr_TR.UTF-8"])
def test_locales_change_nothing(locale: str, tmp_path: Path) -> None:
    """Another locale gives the same bytes of JSON; labels that it cannot spell are shown all the same."""
    path = write_csv(tmp_path / "turkish.csv", ["label", "prob_ı", "prob_I"], [["ı", 0.25, 0.75], ["I", 0.5, 0.5]])
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    env = {**plain, "LC_ALL": locale, "LANG": locale}
    assert process("score", path, "--json", env=env).stdout.decode() == xent("score", path, "--json").out
    coerced = process(
        "score", path, env={**env, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    )
    assert (coerced.returncode, coerced.stderr) == (0, b"")
    assert coerced.stdout.isascii()


@pytest.fixture(scope="module")
def turkish(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of locales: Turkish in UTF-8 and in Latin-5, compiled here, since few machines have them."""
    folder = tmp_path_factory.mktemp("locales")
    for charset in ("UTF-8", "ISO-8859-9"):
        try:
            words = ["localedef", "-i", "tr_TR", "-f", charset, str(folder / f"tr_TR.{charset}")]
            subprocess.run(words, capture_output=True, check=True, timeout=60)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("the sources of locales are not installed")
    return folder


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-9"])
def test_turkish_in_earnest(charset: str, turkish: Path, tmp_path: Path) -> None:
    """Where the C library itself writes decimal commas and has two letters i, numbers and labels stay what they are."""
    rows = [["ı", 0.25, 0.75], ["I", 0.5, 0.5], ["I", 1e-7, 1 - 1e-7]]
    path = write_csv(tmp_path / "turkish.csv", ["label", "prob_ı", "prob_I"], rows)
    lines = (
        "import locale, sys\nlocale.setlocale(locale.LC_ALL, '')\n"
        "assert locale.localeconv()['decimal_point'] == ',', locale.localeconv()\n"
        "from xent_cli.cli.border import main\nsys.exit(main())"
    )
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    env = {**plain, "LOCPATH": str(turkish), "LC_ALL": f"tr_TR.{charset}", "PYTHONUTF8": "0"}
    for shown in ("json", "csv", *["markdown"] * (charset == "UTF-8")):  # elsewhere ± is +/-
        words = ["score", str(path), "--format", shown]
        done = subprocess.run(
            [sys.executable, "-c", lines, *words], capture_output=True, env=env, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode() == xent(*words).out


def test_another_working_directory_and_no_home(good: Path, tmp_path: Path) -> None:
    """Neither the working directory nor a home that cannot be written matters."""
    env = {**os.environ, "HOME": "/nonexistent"}
    done = subprocess.run(
        command("score", good.name, "--json"), cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["loss"]["mean"] == MEAN


def test_quiet_levels(tmp_path: Path) -> None:
    """-q keeps the result and drops notices; -qq leaves the exit status alone."""
    path = write_csv(tmp_path / "inf.csv", ["label", "prob"], [[1, 0.0], [1, 0.5]])
    loud, quiet, silent = xent("score", path), xent("score", path, "-q"), xent("score", path, "-qq")
    assert "infinite-loss" in loud.err
    assert (quiet.out, quiet.err) == (loud.out, "")
    assert (silent.status, silent.out, silent.err) == (0, "", "")
    refused = xent("score", path, "-qq", "--label", "nothing")
    assert (refused.status, refused.out, refused.err) == (2, "", "")


def test_module_and_version() -> None:
    """`python -m xent_cli --version` names the versions that a number may depend on."""
    done = process("--version")
    assert re.match(rb"xent \d+\.\d+\.\d+ \(python .*, numpy .*, pyarrow .*\)", done.stdout)


@pytest.mark.parametrize("words", [["--json", "--samples", "all"], ["--format", "csv"]], ids=" ".join)
def test_unbuffered_output_is_whole_or_an_error(words: list[str], long: Path) -> None:
    """With PYTHONUNBUFFERED a stream may take less than it is given: all is written, or the failure is told."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    assert process("score", long, *words, env=env).stdout.decode() == xent("score", long, *words).out
    running = subprocess.Popen(command("score", long, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.read(5)
    running.stdout.close()
    assert (running.wait(timeout=60), running.stderr.read()) == (141, b"")
    running.stderr.close()
