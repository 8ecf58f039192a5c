"""Outputs that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.fs
import pytest

from xent_cli.contract.errors import OutputError
from xent_cli.sinks import AtomicFile, check_outputs, check_writable, open_output, write_text
from xent_cli.system import stores


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Another umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def refused(path: str, inputs: tuple[str, ...] = ()) -> str:
    """The rule by which a path is refused before the run."""
    with pytest.raises(OutputError) as caught:
        check_writable(path, inputs)
    assert caught.value.exit_code == 2
    return caught.value.problems[0].rule


def test_file_appears_on_commit_only(tmp_path: Path) -> None:
    """Until the commit the target is as it was; afterwards it is complete, and nothing else is left."""
    target = tmp_path / "out.json"
    target.write_text("old")
    out = AtomicFile(str(target))
    out.write(b"new")
    assert target.read_text() == "old"
    out.commit()
    assert target.read_text() == "new"
    assert names(tmp_path) == ["out.json"]


def test_abort_leaves_no_trace(tmp_path: Path) -> None:
    """After an abort, or an exception in the block, the target is as it was and the temporary file is gone."""
    target = tmp_path / "out.json"
    with pytest.raises(TypeError), AtomicFile(str(target)) as out:
        out.write("half")  # type: ignore[arg-type]  # the exception of the block
    assert names(tmp_path) == []
    target.write_text("old")
    out = AtomicFile(str(target))
    out.write(b"half")
    out.abort()
    out.abort()
    assert (names(tmp_path), target.read_text()) == (["out.json"], "old")


def test_abort_after_a_commit_does_nothing(tmp_path: Path) -> None:
    """A run that tidies up at its end does not undo what it has committed."""
    out = AtomicFile(str(tmp_path / "a"))
    out.write(b"x")
    out.commit()
    out.abort()
    assert (tmp_path / "a").read_bytes() == b"x"


def test_temporary_file_is_hidden_and_beside_the_target(tmp_path: Path) -> None:
    """A rename is atomic only within one file system; readers of part files skip names with a dot."""
    out = AtomicFile(str(tmp_path / "out.json"))
    (temporary,) = names(tmp_path)
    out.abort()
    assert temporary.startswith(".xent-")
    assert temporary.endswith(".tmp")


def test_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    """A new file is no more open and no more closed than one that a shell redirection makes."""
    for mask, expected in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        with umask(mask):
            write_text(str(tmp_path / f"{mask}"), "x")
        assert stat.S_IMODE((tmp_path / f"{mask}").stat().st_mode) == expected


def test_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    """A private file stays private, and is so while it is written; a shared one stays shared under a strict umask."""
    for mode in (0o600, 0o666):
        target = tmp_path / f"{mode}"
        target.write_text("old")
        target.chmod(mode)
        with umask(0o077):
            out = AtomicFile(str(target))
            (temporary,) = tmp_path.glob(".xent-*")
            assert stat.S_IMODE(temporary.stat().st_mode) == mode
            out.commit()
        assert stat.S_IMODE(target.stat().st_mode) == mode


def test_link_stays_a_link(tmp_path: Path) -> None:
    """Writing to a link replaces the file that it leads to, in that file's folder."""
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(str(link), "new")
    assert link.is_symlink()
    assert (target.read_text(), names(tmp_path / "real")) == ("new", ["a.txt"])


def test_dangling_link_is_followed(tmp_path: Path) -> None:
    """A link to a file that does not exist yet makes that file."""
    (tmp_path / "link").symlink_to(tmp_path / "later")
    write_text(str(tmp_path / "link"), "x")
    assert (tmp_path / "later").read_text() == "x"
    assert (tmp_path / "link").is_symlink()


def test_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    """A process killed before its commit leaves the target whole; what remains is a hidden temporary file."""
    target = tmp_path / "out"
    target.write_text("old")
    code = (
        "import os, signal, sys; from xent_cli.sinks import AtomicFile\n"
        "out = AtomicFile(sys.argv[1]); out.write(b'x' * 10_000_000); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "old"
    assert all(name == "out" or name.startswith(".xent-") for name in names(tmp_path))


@pytest.mark.parametrize("step", ["fsync", "replace", "close", "write"])
def test_every_failing_step_is_reported_and_tidied_up(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at any step ends in one error; the old file is whole and no temporary file is left."""
    target = tmp_path / "out"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = AtomicFile(str(target))
    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif step == "replace":
        monkeypatch.setattr(os, "replace", fail)
    else:
        failing: Any = FailingFile(out._file, step)
        monkeypatch.setattr(out, "_file", failing)
    with pytest.raises(OutputError) as caught, out:
        out.write(b"new")
    assert caught.value.problems[0].rule == "disk-full"
    assert caught.value.problems[0].message == "cannot write this output: no space left on device"
    assert (names(tmp_path), target.read_text()) == (["out"], "old")


class FailingFile:
    """A file of which one method fails, once."""

    def __init__(self, file: Any, method: str) -> None:
        self._file, self._method = file, method

    def __getattr__(self, name: str) -> Any:
        """The method of the file, or one that fails."""
        if name != self._method:
            return getattr(self._file, name)
        self._method = ""
        return self._fail

    def _fail(self, *_: object) -> None:
        """Fail as a full disk does."""
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_check_leaves_no_trace(tmp_path: Path) -> None:
    """Checking an output neither makes nor changes anything."""
    (tmp_path / "old").write_text("old")
    check_writable(str(tmp_path / "old"))
    check_writable(str(tmp_path / "new"))
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_check_refuses_what_cannot_be_written(tmp_path: Path) -> None:
    """Missing folder, a file where a folder should be, a folder, a name that ends in a slash, too long, with a NUL."""
    (tmp_path / "file").write_text("x")
    assert refused(str(tmp_path / "no" / "out.json")) == "no-directory"
    assert refused(str(tmp_path / "file" / "out.json")) == "no-directory"
    assert refused(str(tmp_path)) == "is-directory"
    assert refused(str(tmp_path / "new") + "/") == "is-directory"
    assert refused(str(tmp_path / ("x" * 300))) == "write-failed"
    assert refused(str(tmp_path / "a\x00b")) == "bad-path"
    assert refused("") == "bad-path"


def test_check_names_the_missing_directory(tmp_path: Path) -> None:
    """The error says which directory is missing and how to make it."""
    with pytest.raises(OutputError) as caught:
        check_writable(str(tmp_path / "no" / "out.json"))
    help_text = caught.value.problems[0].help
    assert help_text == f"there is no directory {tmp_path / 'no'}: mkdir -p makes it"


def test_check_refuses_a_file_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename could replace a read-only file; that it is read-only counts all the same."""
    target = tmp_path / "out"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert refused(str(target)) == "not-writable"


def test_check_refuses_a_folder_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check tries what the run will do, so a read-only folder or disk is found before the run."""

    def read_only(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", read_only)
    assert refused(str(tmp_path / "out")) == "not-writable"


def test_check_refuses_an_input(tmp_path: Path) -> None:
    """An output that is one of the inputs is refused, also by another name, a link or a hard link."""
    source = tmp_path / "in.csv"
    source.write_text("y,p\n")
    (tmp_path / "soft").symlink_to(source)
    (tmp_path / "hard").hardlink_to(source)
    for name in ("in.csv", "soft", "hard", "../" + tmp_path.name + "/in.csv"):
        assert refused(str(tmp_path / name), ("-", "missing.csv", str(source))) == "output-is-input"
    assert refused("s3://bucket/in.csv", ("s3://bucket/in.csv",)) == "output-is-input"
    check_writable(str(tmp_path / "other"), (str(source),))
    assert source.read_text() == "y,p\n"


def test_check_refuses_addresses_that_nothing_can_write_to() -> None:
    """A web address is no file name; its secrets are not shown."""
    assert refused("https://user:pass@host/x") == "bad-path"
    with pytest.raises(OutputError) as caught:
        open_output("ftp://user:pass@host/x")
    assert "pass" not in repr(caught.value.problems)


def test_check_outputs_refuses_the_same_target_twice(tmp_path: Path) -> None:
    """Two outputs to one file, by whatever name, or to standard output would destroy each other."""
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for pair in ([str(tmp_path / "a"), str(tmp_path / "link")], ["-", "-"]):
        with pytest.raises(OutputError) as caught:
            check_outputs(pair)
        assert caught.value.problems[0].rule == "duplicate-output"
    check_outputs([str(tmp_path / "a"), str(tmp_path / "b"), "-", "/dev/null", "/dev/null"])
    assert names(tmp_path) == ["link"]


def test_devices_are_written_straight_through() -> None:
    """/dev/null takes everything and stays a device; /dev/full fails like a full disk."""
    write_text("/dev/null", "x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(OutputError) as caught:
        write_text("/dev/full", "x")
    assert caught.value.problems[0].rule == "disk-full"


def test_pipe_is_written_straight_through(tmp_path: Path) -> None:
    """A named pipe is not replaced by a file: its reader gets the bytes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_text(str(pipe), "through")
    reader.join(timeout=10)
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is neither file nor stream is refused before the run."""
    import socket

    monkeypatch.chdir(tmp_path)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert refused("s") == "not-a-file"


def test_dev_stdout_keeps_the_redirection_of_the_shell(tmp_path: Path) -> None:
    """Where standard output is a file, /dev/stdout writes into it in order and puts no new file in its place."""
    code = (
        "import sys; from xent_cli.sinks import write_text\n"
        "print('before'); write_text('/dev/stdout', 'middle\\n'); print('after')"
    )
    with (tmp_path / "log").open("wb") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "before\nmiddle\nafter\n"


def test_dash_is_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The bytes come after what was printed before, and standard output stays open."""
    sys.stdout.write("before ")
    write_text("-", "middle é ")
    sys.stdout.write("after")
    sys.stdout.flush()
    assert capsysbinary.readouterr().out.decode() == "before middle é after"


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_closed_standard_output_is_an_error(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that has nowhere to go is never lost silently."""
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stdout", stream)
    assert refused("-") == "stdout-closed"


def test_reader_that_went_away_is_no_output_error() -> None:
    """A closed pipe stays a BrokenPipeError, which ends the process silently with 141."""
    reader, writer = os.pipe()
    os.close(reader)
    out = open_output(f"/dev/fd/{writer}")
    with pytest.raises(BrokenPipeError):
        out.write(b"x" * 1_000_000)
    out.abort()
    os.close(writer)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A store in a folder in the place of s3://, and where an address lies in it."""
    system = pyarrow.fs.SubTreeFileSystem(str(tmp_path), pyarrow.fs.LocalFileSystem())
    monkeypatch.setattr(stores, "open_store", lambda uri: (system, uri.removeprefix("s3://bucket/")))
    return lambda uri: tmp_path / uri.removeprefix("s3://bucket/")


def test_object_appears_on_commit_only(store: Callable[[str], Path]) -> None:
    """Nothing is uploaded before the commit, and nothing at all after an abort."""
    uri = "s3://bucket/out.json"
    check_writable(uri)
    with open_output(uri) as out:
        out.write(b"whole ")
        out.write(b"object")
        assert not store(uri).exists()
    assert store(uri).read_bytes() == b"whole object"
    out = open_output(uri)
    out.write(b"half")
    out.abort()
    assert store(uri).read_bytes() == b"whole object"


def test_failing_store_is_reported_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store answers is passed on, the key in the address is not."""

    def refuse(uri: str) -> None:
        raise OSError(f"access denied for {uri}")

    monkeypatch.setattr(stores, "open_store", refuse)
    with pytest.raises(OutputError) as caught:
        check_writable("s3://KEY:SECRET@bucket/x")
    assert "access denied for s3://***@bucket/x" in caught.value.problems[0].message
    assert "SECRET" not in repr(caught.value.problems)
