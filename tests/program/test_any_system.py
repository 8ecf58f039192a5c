"""Any system: what only POSIX or only Linux has is asked for in `system/` alone, and nothing ends where it is absent.

No test here runs on Windows: a process in which these functions and modules are taken away stands for it.
"""

from __future__ import annotations

import ast
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.running import Answer, command, xent
from xent_cli import _version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(_version.__file__).parent  # wherever the package under test is installed

TAKEN_AWAY = """
import os, select, signal, sys

for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog"):
    sys.modules[name] = None
for name in (
    "fork forkpty register_at_fork sysconf confstr statvfs sched_getaffinity sched_setaffinity sched_yield nice "
    "getuid geteuid getgid getegid getgroups getpgid getpriority setsid killpg wait wait3 wait4 waitid fchmod fchown "
    "chown mkfifo mknod sync pread pwrite sendfile posix_fadvise posix_fallocate getloadavg process_cpu_count "
    "O_NOFOLLOW O_CLOEXEC O_DIRECTORY O_NONBLOCK O_SYNC O_TMPFILE"
).split():
    vars(os).pop(name, None)
for name in "SIGHUP SIGPIPE SIGKILL SIGQUIT SIGALRM SIGCHLD SIGUSR1 SIGUSR2 pthread_sigmask sigwait alarm".split():
    vars(signal).pop(name, None)
for name in ("poll", "epoll"):
    vars(select).pop(name, None)


def refuse(event, words):
    if event in ("open", "os.listdir", "os.scandir") and str(words[0]).startswith(("/proc", "/sys/")):
        raise FileNotFoundError(2, "No such file or directory", words[0])
    if event in ("os.fork", "os.posix_spawn"):
        raise AssertionError(event)


sys.addaudithook(refuse)
"""
ONE = """
from xent_cli.__main__ import run

run()
"""
MANY = """
import json
from tests.running import xent

answers = [xent(*words, stdin=stdin.encode()) for words, stdin in json.load(sys.stdin)]
json.dump([[answer.status, answer.out, answer.err] for answer in answers], sys.stdout)
"""

LABELS = ("Žluťoučký", "日本", "plain")
PROBABILITIES = (0.5, 0.25, 0.8, 0.4)

UNIX_ALONE = {"resource", "fcntl", "select", "ctypes", "mmap", "pwd", "grp", "termios", "tty", "pty"}
UNIX_CALLS = {
    "fork", "sysconf", "getuid", "geteuid", "fchmod", "mkfifo", "killpg", "setsid", "sync", "pipe", "waitpid",
    "sched_getaffinity", "sched_setaffinity", "statvfs", "SIGHUP", "SIGPIPE", "SIGKILL", "O_NOFOLLOW", "O_EXCL",
    "O_CREAT", "O_NONBLOCK", "O_DIRECTORY",
}  # fmt: skip


def absent(
    script: str, *words: object, folder: Path, encoding: str = "utf-8", stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a script in a process that has none of what Windows has not."""
    path = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONPATH": path}
    command = [sys.executable, "-c", TAKEN_AWAY + script, *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, input=stdin, capture_output=True, check=False)


def elsewhere(*words: object, folder: Path, encoding: str = "utf-8", stdin: bytes = b"") -> Answer:
    """Run xent in such a process."""
    done = absent(ONE, *words, folder=folder, encoding=encoding, stdin=stdin)
    return Answer(done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding))


def all_elsewhere(lines: Iterable[str], folder: Path, stdin: str = "") -> dict[str, Answer]:
    """What many lines of words give, run one after the other in one such process."""
    lines = list(lines)
    done = absent(MANY, folder=folder, stdin=json.dumps([[line.split(), stdin] for line in lines]).encode())
    assert done.stderr == b""
    return {line: Answer(*answer) for line, answer in zip(lines, json.loads(done.stdout), strict=True)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prediction files with the line ends of Windows, and of each other format one."""
    folder = tmp_path_factory.mktemp("data")
    truths = (1, 0, 1, 0)
    rows = list(zip("abcd", truths, PROBABILITIES, strict=True))
    lines = ["id,label,prob", *(f"{key},{truth},{p}" for key, truth, p in rows), ""]
    (folder / "a.csv").write_bytes("\r\n".join(lines).encode())
    (folder / "b.csv").write_bytes("\r\n".join(lines).replace("0.25", "0.3").encode())
    (folder / "labels.csv").write_bytes(b"id,label\r\nd,0\r\nc,1\r\nb,0\r\na,1\r\n")
    (folder / "preds.csv").write_bytes(
        "\r\n".join(f"{k},{p}" for k, p in [("id", "prob"), *zip("abcd", PROBABILITIES, strict=True)]).encode()
        + b"\r\n"
    )
    table = pa.table({"label": truths, "prob": PROBABILITIES})
    parquet.write_table(table, folder / "a.parquet")
    with pa.OSFile(str(folder / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pa.CompressedOutputStream(str(folder / "a.csv.gz"), "gzip") as packed:
        packed.write((folder / "a.csv").read_bytes())
    names = "\r\n".join(
        ["label,prob_Žluťoučký,prob_日本,prob_plain", *(f"{name},0.5,0.25,0.25" for name in LABELS), ""]
    )
    (folder / "names.csv").write_bytes(names.encode())
    (folder / "bad.csv").write_bytes("label,prob\r\n1,0.5\r\n0,日本\r\n".encode())
    large = b"label,prob\r\n" + b"1,0.5000000000000000\r\n0,0.2500000000000000\r\n" * 260_000
    (folder / "large.csv").write_bytes(large)  # long enough for several processes
    return folder


COMMANDS = (
    "score a.csv --json", "score a.parquet --json", "score a.arrow --json", "score a.csv.gz --json",
    "score - --json", "score large.csv --json", "score large.csv --json --threads 1",
    "score preds.csv --labels labels.csv --on id --json", "score a.csv b.csv", "score a.csv --by id --samples all",
    "score a.csv --bootstrap 100 --json", "score a.csv --max-loss 0.1", "score bad.csv", "score bad.csv --json",
    "inspect a.csv", "inspect a.parquet --json", "inspect names.csv", "inspect bad.csv",
    "compare a.csv b.csv --json", "compare a.csv b.csv", "compare a.csv b.csv --on id", "score absent.csv",
    "score *.parquet", "config", "schema score", "--version", "score --no-such-flag",
)  # fmt: skip


@pytest.fixture(scope="module")
def answers(data: Path) -> dict[str, Answer]:
    """What the commands give in a process that has none of what Windows has not."""
    return all_elsewhere(COMMANDS, data, (data / "a.csv").read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", COMMANDS)
def test_nothing_that_only_some_systems_have_is_needed(
    line: str, answers: dict[str, Answer], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command gives the same status, result and messages without what only POSIX or only Linux has."""
    monkeypatch.chdir(data)
    assert answers[line] == xent(*line.split(), stdin=(data / "a.csv").read_bytes())
    assert "Traceback" not in answers[line].err
    assert "internal error" not in answers[line].err


@pytest.mark.parametrize("line", ["score - --json", "score large.csv --json", "score bad.csv", "score --no-such-flag"])
def test_whole_processes_need_it_as_little(line: str, data: Path) -> None:
    """So does a process from its start to its end: streams, sections of a large file, failures."""
    stdin = (data / "a.csv").read_bytes()
    usual = subprocess.run(command(*line.split()), cwd=data, input=stdin, capture_output=True, check=False)
    found = elsewhere(*line.split(), folder=data, stdin=stdin)
    assert found == Answer(usual.returncode, usual.stdout.decode(), usual.stderr.decode())


def test_the_number_is_right(data: Path) -> None:
    """With line ends of Windows and without what POSIX has the loss is the mean of −ln p of the truths."""
    losses = [-math.log(p if truth else 1 - p) for truth, p in zip((1, 0, 1, 0), PROBABILITIES, strict=True)]
    done = elsewhere("score", "a.csv", "--json", folder=data)
    assert done.document["loss"]["mean"] == pytest.approx(sum(losses) / 4, rel=1e-15)


def test_outputs_are_written(data: Path, tmp_path: Path) -> None:
    """Reports and the losses of rows are written whole, over files that are there and as new ones."""
    report, rows = tmp_path / "report.json", tmp_path / "rows.csv"
    report.write_text("old", encoding="utf-8")
    done = elsewhere("score", "a.csv", "--output", f"json={report}", "--losses", rows, folder=data)
    assert (done.status, done.err) == (0, "")
    assert json.loads(report.read_bytes())["rows"]["scored"] == 4
    assert len(rows.read_bytes().splitlines()) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "rows.csv"]


def test_a_limit_that_no_system_call_holds_is_refused(data: Path) -> None:
    """--max-memory is refused with the reason where the system cannot hold a process to it."""
    done = elsewhere("score", "a.csv", "--max-memory", "1G", folder=data)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error[option]: --max-memory works on Linux only")


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
@pytest.mark.parametrize(
    "line", ["score names.csv --label label --by label", "inspect names.csv", "score bad.csv", "score 日本.csv"]
)
def test_consoles_that_are_not_utf8(line: str, encoding: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a console cannot spell is shown as an escape, never as an error and never lost."""
    monkeypatch.chdir(data)
    runs = [xent(*line.split(), encoding=encoding)]
    if "日本" in line:  # the words too are in an encoding then
        runs.append(elsewhere(*line.split(), folder=data, encoding=encoding))
    for found in runs:
        assert found.status == (0 if "names" in line else 3)
        assert "\\u65e5\\u672c" in found.out + found.err
        assert "internal error" not in found.err


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-8"])
def test_documents_have_one_encoding(encoding: str, data: Path) -> None:
    """JSON says the same in any console."""
    found = xent("score", data / "names.csv", "--json", encoding=encoding)
    assert tuple(found.document["columns"]["classes"]) == LABELS


def test_a_drive_is_no_scheme(tmp_path: Path) -> None:
    """A path with a drive letter that leads nowhere is a file that is missing, not an address of an unknown store."""
    paths = ("c:\\data\\preds.csv", "C:/data/preds.csv", "c://data/preds.csv", "d:preds.csv")
    found = all_elsewhere([f"{word} {path} --json" for word in ("score", "inspect") for path in paths], tmp_path)
    assert len(found) == 8
    for answer in found.values():
        (error,) = answer.errors
        assert (answer.status, error["rule"], error["message"]) == (3, "no-file", "there is no such file")


def test_files_whose_names_look_like_drives(data: Path, tmp_path: Path) -> None:
    """Files are read and written by such names: only a name of two letters or more can be a scheme."""
    name, rows = "c:\\data\\preds.csv", "c:rows.csv"
    if os.sep == "/":
        (tmp_path / name).write_bytes((data / "a.csv").read_bytes())
        done = elsewhere("score", name, "--json", "--losses", rows, folder=tmp_path)
        assert (done.status, done.err) == (0, "")
        assert done.document["inputs"][0]["path"] == name
        assert (tmp_path / rows).exists()


def unix_alone(tree: ast.AST) -> Iterator[str]:
    """What a module imports or names that not every system has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in UNIX_ALONE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in UNIX_ALONE:
            yield str(node.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in {"os", "signal"} and node.attr in UNIX_CALLS:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in {"os", "signal"}:
            yield from (alias.name for alias in node.names if alias.name in UNIX_CALLS)
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(("/proc", "/sys"))
        ):
            yield node.value


def test_one_room_knows_the_system() -> None:
    """What only POSIX or only Linux has is imported and named in `system/` alone."""
    modules = {path.relative_to(PACKAGE): ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
    found = {str(path): list(unix_alone(tree)) for path, tree in modules.items()}
    assert {path for path, names in found.items() if names and not path.startswith("system")} == set()
    assert sum(map(len, found.values())) >= 10  # `system` does name some


@pytest.mark.parametrize(
    "text",
    ["import resource", "def f():\n import fcntl", "from select import poll", "os.fork()", "signal.SIGHUP",
     "open('/proc/self/statm')", "import ctypes.util"],
)  # fmt: skip
def test_what_only_some_systems_have_is_found(text: str) -> None:
    """The search finds imports at any depth, calls and paths."""
    assert len(list(unix_alone(ast.parse(text)))) == 1
