"""Outputs through the whole program: killed, cut short, refused or interrupted, the old file or the whole new one."""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest

from tests.faults import failing
from tests.running import command, process, started, write_csv, xent

ROWS = [[0, 0.2], [0, 0.4], [1, 0.7], [1, 0.9]]
OLD = b"what was there before"
DAY = 24 * 60 * 60


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A small file that scores."""
    return write_csv(tmp_path / "good.csv", ["label", "prob"], ROWS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for outputs."""
    made = tmp_path / "out"
    made.mkdir()
    return made


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def after(preparation: str, *words: object) -> list[str]:
    """The words that start xent in a process in which something was done before."""
    code = f"import ctypes, os, resource, sys; {preparation}; os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", code, *command(*words)]


# Files end at 900 bytes: the system refuses to write more.
NO_ROOM = "resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))"
# PR_CAPBSET_DROP of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads and writes what it may not.
NO_PRIVILEGE = "[ctypes.CDLL(None).prctl(24, which, 0, 0, 0) for which in (1, 2)]"


def run(words: Sequence[str | Path]) -> subprocess.CompletedProcess[bytes]:
    """Run a command."""
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


# --- killed


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_killed_at_any_moment(form: str, tmp_path: Path, folder: Path) -> None:
    """After SIGKILL the target is the old file or the whole new one; what else there is is hidden and temporary."""
    path = write_csv(tmp_path / "part.csv", ["label", "prob"], [[i % 2, 0.25 + i / 1e5] for i in range(20_000)])
    target, words = folder / f"losses.{form}", ["score", *[path] * 10, "-qq"]
    began = time.monotonic()
    assert process(*words, "--losses", target).returncode == 0
    whole, lasted = target.read_bytes(), time.monotonic() - began
    moments, seen = random.Random(1), set()  # noqa: S311  (moments, not secrets)
    for _ in range(4):
        target.write_bytes(OLD)
        with subprocess.Popen(command(*words, "--losses", target), stderr=subprocess.PIPE) as running:
            time.sleep(moments.uniform(0.2, 1.1) * lasted)
            running.kill()
        content = target.read_bytes()
        assert content in {OLD, whole}
        seen.add(content == OLD)
    assert True in seen
    assert all(name == target.name or name.startswith(".xent-") for name in names(folder))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_asked_to_end(form: str, number: signal.Signals, folder: Path) -> None:
    """A job that is cancelled, or whose terminal is closed, ends by that signal and leaves no temporary file."""
    target = folder / f"losses.{form}"
    target.write_bytes(OLD)
    with started("score", "-", "--losses", target) as running:
        assert running.stdin is not None
        running.stdin.write(b"label,prob\n" + b"1,0.5\n" * 1_000_000)  # more than a chunk: the output has begun
        running.stdin.flush()
        for _ in range(1000):
            if len(names(folder)) > 1 or running.poll() is not None:
                break
            time.sleep(0.01)
        assert len(names(folder)) == 2
        running.send_signal(number)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (-number, b"", b"")
    assert names(folder) == [target.name]
    assert target.read_bytes() == OLD


def test_leftovers_of_killed_runs_are_swept(good: Path, folder: Path) -> None:
    """Temporary files of ours that are older than a day go when something is written beside them; nothing else does."""
    old = time.time() - DAY - 60
    for name in (f".xent-{'0' * 16}.tmp", ".xent-notours.tmp", f".xent-{'1' * 16}.csv", "losses.tmp"):
        (folder / name).write_bytes(OLD)
        os.utime(folder / name, (old, old))
    (folder / f".xent-{'2' * 16}.tmp").write_bytes(OLD)  # of a run that is still under way
    (folder / f".xent-{'3' * 16}.tmp").symlink_to(good)
    os.utime(folder / f".xent-{'3' * 16}.tmp", (old, old), follow_symlinks=False)
    before = names(folder)
    assert xent("score", good, "-qq", "--losses", folder / "losses.csv").status == 0
    assert set(before) - set(names(folder)) == {f".xent-{'0' * 16}.tmp"}


# --- no room


@pytest.mark.parametrize("words", [["--losses", "{}/l.csv"], ["--losses", "{}/l.parquet"], ["--output", "json={}/r"]])
def test_no_room_for_the_file(words: list[str], tmp_path: Path, folder: Path) -> None:
    """A disk that fills up while a file is written leaves the old file, and says so in one line."""
    path = write_csv(tmp_path / "long.csv", ["label", "prob"], [[i % 2, 0.25] for i in range(3000)])
    target = folder / words[1].rpartition("/")[2]
    target.write_bytes(OLD)
    words = [word.format(folder) for word in words]
    done = run(after(NO_ROOM, "score", path, *words))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [
        "error[disk-full]: cannot write this output: file too large",
        f"  --> {target}",
        "  help: free some space or write to another disk",
    ]
    assert (names(folder), target.read_bytes()) == ([target.name], OLD)


# A disk of 64 KiB that nobody else sees, and that is gone with the process.
SMALL_DISK = (
    'mount -t tmpfs -o size=64k none "$D" && printf old > "$D/l.csv" && "$@"; echo $?; ls -A "$D"; cat "$D/l.csv"'
)


@pytest.mark.parametrize("words", [["--losses", "{}/l.csv"], ["--losses", "{}/l.parquet"], ["--format", "csv"]])
def test_a_disk_that_is_full(words: list[str], tmp_path: Path, folder: Path) -> None:
    """A real disk without room: status 2 in one line, what was there is there, and nothing is left behind."""
    if shutil.which("unshare") is None or run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", folder]).returncode:
        pytest.skip("this system gives nobody a disk of his own")
    path = write_csv(tmp_path / "long.csv", ["label", "prob"], [[i % 2, 0.25 + i / 1e6] for i in range(30_000)])
    words = command("score", path, *(word.format(folder) for word in words))
    redirected = ["/bin/sh", "-c", '"$@" > "$D/out"', "sh", *words] if "--format" in words else words
    done = subprocess.run(
        ["unshare", "-rm", "/bin/sh", "-c", SMALL_DISK, "sh", *redirected],
        env={**os.environ, "D": str(folder)}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    left = ["l.csv", "out"] if "--format" in words else ["l.csv"]
    assert done.stdout.decode().splitlines() == ["2", *left, "old"]
    where = "<stdout>" if "--format" in words else words[-1]
    assert done.stderr.decode().splitlines() == [
        "error[disk-full]: cannot write this output: no space left on device",
        f"  --> {where}",
        "  help: free some space or write to another disk",
    ]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_no_room_for_standard_output(form: str, unbuffered: str, tmp_path: Path) -> None:
    """A result that is cut short is an error, also where Python's stream would not say so (PYTHONUNBUFFERED)."""
    path = write_csv(tmp_path / "long.csv", ["label", "prob"], [[i % 2, 0.25] for i in range(3000)])
    words = after(NO_ROOM, "score", path, "--format", form)
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, env=env, timeout=60, check=False)
    assert done.returncode == 2
    assert b"file too large" in done.stderr.lower()
    assert b"Traceback" not in done.stderr


def test_nothing_is_replaced_before_everything_is_written(good: Path, folder: Path) -> None:
    """Where the last of several outputs cannot be written, the others are as they were, and so is standard output."""
    (folder / "losses.csv").write_bytes(OLD)
    with failing("sync", 2, forever=False):  # the first is that of the losses
        answer = xent("score", good, "--losses", folder / "losses.csv", "--output", f"json={folder}/r.json", "--json")
    assert (answer.status, answer.out, answer.errors[0]["where"]["path"]) == (2, "", f"{folder}/r.json")
    assert (folder / "losses.csv").read_bytes() == OLD
    assert names(folder) == ["losses.csv"]


# --- no permission


@pytest.mark.parametrize("sort", ["folder", "file"])
def test_read_only(sort: str, good: Path, folder: Path) -> None:
    """A read-only folder or file is found before the run, and stays as it is."""
    target = folder / "losses.csv"
    target.write_bytes(OLD)
    place = folder if sort == "folder" else target
    place.chmod(0o555 if sort == "folder" else 0o444)
    done = run(after(NO_PRIVILEGE, "score", good, "--losses", target))
    place.chmod(0o755)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error[not-writable]: cannot write this output: permission denied")
    assert (names(folder), target.read_bytes()) == (["losses.csv"], OLD)


def test_unreadable_input(good: Path) -> None:
    """A file that may not be read is refused with its name."""
    good.chmod(0)
    done = run(after(NO_PRIVILEGE, "score", good))
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"error[unreadable]: cannot read the file: Permission denied")


@pytest.mark.parametrize("words", [["score"], ["inspect"], ["compare", "good.csv"]], ids=" ".join)
def test_input_in_a_folder_that_may_not_be_searched(words: list[str], good: Path, folder: Path) -> None:
    """Nobody can tell whether the file is there: data that cannot be read, not wrong use."""
    folder.chmod(0)
    path = folder / "preds.csv"
    done = subprocess.run(
        after(NO_PRIVILEGE, *words, path),
        cwd=good.parent, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    folder.chmod(0o755)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode().splitlines()[:3] == [
        "error[unreadable]: cannot read the file: Permission denied",
        f"  --> {path}",
        "  help: check who may read the file and the folders above it",
    ]


# --- never over an input


@pytest.mark.parametrize(
    ("inputs", "output"),
    [
        (["in/a.csv"], "in/a.csv"),
        (["in/a.csv"], "in/../in/a.csv"),
        (["in/a.csv"], "soft.csv"),
        (["in/a.csv"], "hard.csv"),
        (["soft.csv"], "in/a.csv"),
        (["in/*.csv"], "in/b.csv"),
        (["in"], "in/deep/c.csv"),
        (["linked"], "in/a.csv"),
        (["in/a.csv", "in/b.csv"], "in/b.csv"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("sort", ["losses", "output"])
def test_never_over_an_input(
    inputs: list[str], output: str, sort: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No input is replaced, whatever name it is called by: links, hard links, globs, folders, links to folders."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("in/a.csv", "in/b.csv", "in/deep/c.csv"):
        write_csv(tmp_path / name, ["label", "prob"], ROWS)
    (tmp_path / "soft.csv").symlink_to("in/a.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "in/a.csv")
    (tmp_path / "linked").symlink_to("in")
    monkeypatch.chdir(tmp_path)
    before = Path("in/a.csv").read_bytes()
    words = ["--losses", output] if sort == "losses" else ["--output", f"json={output}"]
    answer = xent("score", *inputs, *words, "--json")
    assert (answer.status, answer.out) == (2, "")
    assert [error["rule"] for error in answer.errors] == ["output-is-input"]
    assert {path.read_bytes() for path in tmp_path.rglob("*.csv")} == {before}


def test_never_over_redirected_streams(good: Path) -> None:
    """Standard input may be a file that is also the output, and standard output a file that is also an input."""
    before = good.read_bytes()
    for line in ('"$@" - --losses "$F" < "$F"', '"$@" "$F" >> "$F"', '"$@" "$F" --format csv >> "$F"'):
        done = subprocess.run(
            ["/bin/sh", "-c", line, "sh", *command("score")],
            env={**os.environ, "F": str(good)}, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.startswith(b"error[output-is-input]")
        assert good.read_bytes() == before


def test_never_over_the_baseline(good: Path, folder: Path) -> None:
    """The report that a run is held against is an input too."""
    recorded = folder / "base.json"
    assert xent("score", good, "--output", f"json={recorded}", "-qq").status == 0
    before = recorded.read_bytes()
    answer = xent("score", good, "--baseline", recorded, "--output", f"json={recorded}", "--json")
    assert (answer.status, answer.errors[0]["rule"], recorded.read_bytes()) == (2, "output-is-input", before)


# --- interrupted


@pytest.mark.parametrize("source", ["csv", "parquet", "stdin"])
def test_interrupted_while_reading_and_writing(source: str, tmp_path: Path, folder: Path) -> None:
    """Ctrl-C in the middle of the work ends it with 130: the old file stays, nothing is shown, nothing is left."""
    path = write_csv(tmp_path / "part.csv", ["label", "prob"], [[i % 2, 0.25 + i / 1e5] for i in range(20_000)])
    if source == "parquet":
        pa_parquet.write_table(pa_csv.read_csv(path), path := tmp_path / "part.parquet")
    target = folder / "losses.jsonl"
    target.write_bytes(OLD)
    words = ["-"] if source == "stdin" else [path] * 400  # far more than are read before the signal
    with started("score", *words, "--losses", target, "--json") as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        if source == "stdin":
            running.stdin.write(b"label,prob\n" + b"1,0.5\n" * 600_000)
            running.stdin.flush()
        wait_for_rows(folder)
        running.send_signal(signal.SIGINT)
        status = running.wait(timeout=30)
        assert (status, running.stdout.read(), running.stderr.read()) == (130, b"", b"\nxent: interrupted\n")
    assert (names(folder), target.read_bytes()) == (["losses.jsonl"], OLD)


def wait_for_rows(folder: Path) -> None:
    """Wait until rows are being written."""
    for _ in range(3000):
        if any(path.stat().st_size > 100_000 for path in folder.glob(".xent-*.tmp")):
            return
        time.sleep(0.01)
    raise TimeoutError(folder)


# --- secrets and permissions


def test_secrets_in_addresses_are_shown_nowhere(good: Path, folder: Path) -> None:
    """User, password and options of an address are replaced in every message, as text and as JSON."""
    secrets = ("topsecret", "AKIA")
    address = "s3://AKIA:topsecret@bucket/x.csv?no_such_option=topsecret"
    for words in (
        ["score", address],
        ["score", address, "--json"],
        ["score", good, address],
        ["inspect", address],
        ["score", good, "--losses", address],
        ["score", good, "--output", f"json={address}", "--json"],
        ["score", "https://AKIA:topsecret@host/x?key=topsecret"],
        ["score", good, "--label", address],
        ["score", good, "--unit", address],
        ["score", good, f"--{address}"],
        ["compare", good, address],
    ):
        answer = xent(*words)
        assert answer.status in {2, 3}
        assert answer.out == ""
        assert not [secret for secret in secrets if secret in answer.err], answer.err
    assert names(folder) == []


def test_outputs_have_the_permissions_that_the_umask_leaves(good: Path, folder: Path) -> None:
    """A file is as open as one that the shell makes, and one that was there keeps its permissions."""
    before = os.umask(0o027)
    try:
        (folder / "kept.csv").write_bytes(OLD)
        (folder / "kept.csv").chmod(0o604)
        for name, mode in (("new.csv", 0o640), ("kept.csv", 0o604)):
            assert xent("score", good, "-qq", "--losses", folder / name).status == 0
            assert stat.S_IMODE((folder / name).stat().st_mode) == mode
    finally:
        os.umask(before)
