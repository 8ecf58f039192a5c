"""Standard streams that are compressed, closed or gone, and what else surrounds a process: no terminal, no folder."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import xent_cli.cli.border
from tests.running import command, process, write_csv
from xent_cli import __main__ as entry

ROWS = [[0, 0.2], [0, 0.4], [1, 0.7], [1, 0.9]]
MEAN = 0.2990011586691898  # students-model-B of the worked examples


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A small file that scores."""
    return write_csv(tmp_path / "good.csv", ["label", "prob"], ROWS)


def arrow_frame(codec: str) -> Callable[[bytes], bytes]:
    """What compresses into a frame of a codec that Python does not have."""

    def compressed(data: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(data)
        return bytes(sink.getvalue())

    return compressed


FRAMES = {"gz": gzip.compress, "bz2": bz2.compress, "zst": arrow_frame("zstd"), "lz4": arrow_frame("lz4")}


def shell(line: str, *words: object, **more: Path) -> subprocess.CompletedProcess[bytes]:
    """Run xent in a line of the shell, as "$@"."""
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *command(*words)], capture_output=True, timeout=60, check=False, **more
    )


# --- compressed


@pytest.mark.parametrize("codec", FRAMES)
@pytest.mark.parametrize("sort", ["pipe", "file"])
def test_compressed_standard_input(codec: str, sort: str, good: Path) -> None:
    """Every codec gives the number, and the process ends cleanly: Arrow's threads must not outlive the stream."""
    data = FRAMES[codec](good.read_bytes())
    packed = good.with_name("packed")
    packed.write_bytes(data)
    if sort == "pipe":
        done = process("score", "-", "--json", stdin=data)
    else:
        with packed.open("rb") as stream:
            done = subprocess.run(
                command("score", "-", "--json"), stdin=stream, capture_output=True, timeout=60, check=False
            )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["loss"]["mean"] == MEAN


@pytest.mark.parametrize("codec", FRAMES)
def test_compressed_standard_input_cut_short(codec: str, good: Path) -> None:
    """Half a frame is refused, with how far it got, and the process ends cleanly."""
    data = FRAMES[codec](good.read_bytes() + b"1,0.5\n" * 5000)
    done = process("score", "-", stdin=data[: len(data) // 2])
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"error[corrupt-file]")
    assert b"<stdin>" in done.stderr


# --- closed


def test_closed_standard_input(good: Path) -> None:
    """Where nothing can be read, - is refused with a cure; who names a file never notices."""
    done = shell('"$@" <&-', "score", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error[stdin]: standard input is closed\n  help: name a file instead of -\n"
    unread = shell('"$@" <&-', "score", good, "--json")
    assert (unread.returncode, unread.stderr) == (0, b"")
    assert json.loads(unread.stdout)["loss"]["mean"] == MEAN


def test_closed_standard_error(good: Path) -> None:
    """A message that nobody can see changes neither the status nor the result."""
    for words, status in (
        (["score", good, "--json"], 0),
        (["score", good.with_name("none.csv")], 3),
        (["score", "--no-such-flag"], 2),
    ):
        done = shell('"$@" 2>&-', *words)
        assert (done.returncode, done.stderr) == (status, b"")
        assert bool(done.stdout) == (status == 0)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_full_standard_error(unbuffered: str, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a message that cannot be written, not even in the buffer that Python empties at the end."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    done = shell('"$@" 2>/dev/full', "score", good.with_name("none.csv"))
    assert (done.returncode, done.stdout) == (3, b"")
    heard = shell('"$@" 2>/dev/full', "score", good, "--json")
    assert heard.returncode == 0


@pytest.mark.parametrize(
    "words", [["--help"], ["score", "-h"], ["--version"], ["schema", "score"], ["score", "{good}", "--format", "csv"]]
)
def test_closed_standard_output_is_never_a_success(words: list[str], good: Path) -> None:
    """What cannot be shown was not done: 2, also for the help."""
    done = shell('"$@" >&-', *(word.format(good=good) for word in words))
    assert done.returncode == 2
    assert b"standard output is closed" in done.stderr
    everything = shell('"$@" >&- 2>&- <&-', *(word.format(good=good) for word in words))
    assert (everything.returncode, everything.stdout, everything.stderr) == (2, b"", b"")


def test_no_file_takes_the_place_of_a_closed_stream(good: Path, tmp_path: Path) -> None:
    """With standard output closed the next file would get its number, and /dev/stdout would be that file."""
    (tmp_path / "out").mkdir()
    losses = tmp_path / "out" / "losses.csv"
    done = shell('"$@" >&-', "score", good, "--losses", losses, "--output", "json=/dev/stdout")
    assert (done.returncode, list(losses.parent.iterdir())) == (2, [])
    assert b"standard output is closed" in done.stderr
    quiet = shell('"$@" >&- <&-', "score", good, "--losses", losses, "-qq")
    assert (quiet.returncode, quiet.stderr) == (0, b"")
    assert losses.read_bytes().startswith(b"row,label,p,loss,weight\n1,0,")


# --- around


def test_working_directory_that_is_gone(good: Path, tmp_path: Path) -> None:
    """A process may stand in a directory that was removed: paths from the root still work, others are refused."""
    gone = tmp_path / "gone"
    for words, status in (
        (["score", good, "--json"], 0),
        (["score", good, "-qq", "--losses", tmp_path / "losses.csv"], 0),
        (["score", "good.csv"], 3),
        (["score", good, "--losses", "losses.csv"], 2),
    ):
        gone.mkdir()
        done = shell('rmdir "$PWD" && "$@"', *words, cwd=gone)
        assert done.returncode == status, done.stderr
        assert b"Traceback" not in done.stderr
        assert bool(done.stderr) == bool(status)


def test_without_a_terminal(good: Path) -> None:
    """A session without a terminal, as a daemon or a CI runner gives it."""
    done = subprocess.run(
        command("score", good, "--json"),
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, start_new_session=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["loss"]["mean"] == MEAN


def test_interrupted_while_it_is_loaded(good: Path, tmp_path: Path) -> None:
    """Ctrl-C while the parts of the program are being loaded ends it as it ends any program, without a traceback."""
    (tmp_path / "click.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    done = process("score", good, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


@pytest.fixture
def handlers() -> Iterator[None]:
    """Handlers of signals as they were, whatever a test puts in their place."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_signals_that_are_ignored_stay_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under nohup a terminal that is closed ends nothing."""
    seen: list[object] = []
    monkeypatch.setattr(xent_cli.cli.border, "main", lambda: seen.append(signal.getsignal(signal.SIGHUP)) or 0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    entry.guarded()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    entry.guarded()
    assert seen[0] == signal.SIG_IGN
    assert callable(seen[1])


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("given", [signal.default_int_handler, signal.SIG_IGN])
def test_interrupts_that_are_ignored_stay_ignored(given: signal.Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under nohup Ctrl-C does nothing, and must not begin to; elsewhere the run itself hears it."""
    seen: list[object] = []
    monkeypatch.setattr(xent_cli.cli.border, "main", lambda: seen.append(signal.getsignal(signal.SIGINT)) or 7)
    before = signal.signal(signal.SIGINT, given)
    try:
        assert entry.guarded() == 7
        after = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [given]
    assert after == (signal.SIG_IGN if given is signal.SIG_IGN else signal.SIG_DFL)


@pytest.mark.parametrize(("word", "status"), [("--version", 0), ("--nothing", 2)])
def test_the_end_of_a_process(word: str, status: int) -> None:
    """The process is not taken apart, but what is registered for its end runs, and what is buffered is written."""
    lines = (
        f"import atexit, sys\natexit.register(print, 'the end')\nsys.argv = ['xent', {word!r}]\n"
        "from xent_cli.__main__ import run\nsys.stdout.write('begin ')\nrun()\nprint('never')"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == status
    assert done.stdout.startswith("begin ")
    assert done.stdout.endswith("the end\n")
    assert "never" not in done.stdout


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        ("MemoryError", 3, "xent: MemoryError: "),
        ("OSError(24, 'Too many open files', 'x.py')", 2, "xent: OSError: [Errno 24] Too many open files: 'x.py'"),
        ("ImportError('no\\nclick')", 70, "xent: internal error: ImportError: no click"),
    ],
    ids=["memory", "files", "broken"],
)
def test_what_ends_while_it_is_loaded(failure: str, status: int, said: str, good: Path, tmp_path: Path) -> None:
    """Where not even the words for a failure can be loaded there is a line for it, and never the status of a gate."""
    (tmp_path / "click.py").write_text(f"raise {failure}")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    done = process("score", good, env=env)
    assert (done.returncode, done.stdout) == (status, b"")
    first, second = done.stderr.decode().splitlines()
    assert first == said
    assert second.startswith("  help: ")


@pytest.mark.skipif(sys.platform != "linux", reason="the size of the data is told on Linux only")
def test_the_allocator_leaves_memory_to_others() -> None:
    """The first buffer of Arrow does not make a process so much larger that a limit on its data has no room left."""
    lines = (
        "from xent_cli import __main__ as entry\nfrom xent_cli.cli import border\n"
        "def grown():\n"
        "    import os, pyarrow as pa\n"
        "    data = lambda: int(open('/proc/self/statm').read().split()[5]) * os.sysconf('SC_PAGE_SIZE')\n"
        "    before = data()\n"
        "    buffer = pa.allocate_buffer(1 << 20)\n"
        "    print(1 << 20 <= data() - before < 200 << 20)\n"
        "    return 0\n"
        "border.main = grown\nentry.run()"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ARROW", "MIMALLOC"))}
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False, timeout=60, env=env
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_second_interrupt_at_the_end_says_nothing() -> None:
    """Ctrl-C that comes once the first has been answered, before the process has ended, is no traceback."""
    lines = (
        "import os, signal\nfrom xent_cli import __main__ as entry\nfrom xent_cli.cli import border\n"
        "border.main = lambda: os.kill(os.getpid(), signal.SIGINT)\nentry.run()"
    )
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(("given", "found"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")], ids=["none", "stated"])
def test_no_threads_without_work(given: dict[str, str], found: str) -> None:
    """The command line starts no threads of BLAS, which it would never use, unless the environment asks for them."""
    lines = (
        "import os, sys\nfrom xent_cli import __main__ as entry\nfrom xent_cli.cli import border\n"
        "assert 'numpy' not in sys.modules\n"
        "border.main = lambda: print(os.environ['OPENBLAS_NUM_THREADS']) or 0\nentry.run()"
    )
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | given
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False, timeout=60, env=env
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{found}\n", "")
