"""Limits: files that would fill the memory or never end, --max-rows, --max-memory."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tests.hostile import refused, score, write
from tests.running import command, xent
from xent_cli.contract.errors import DataError, UsageError
from xent_cli.system import memory as limits

MEBI = 1 << 20
MOST_MEMORY = 500_000_000

# The command, and then the most memory that its process ever held.
WATCHED = """
import sys
from xent_cli.cli.border import main
status = main(sys.argv[1:])
with open("/proc/self/status", encoding="ascii") as told:
    print(next(line.split()[1] for line in told if line.startswith("VmHWM:")), file=sys.stderr)
sys.exit(status)
"""


@dataclass(frozen=True)
class Run:
    """What a process gave, and the most memory it held, in bytes."""

    status: int
    out: str
    err: list[str]
    memory: int


def watched(path: Path, *flags: object) -> Run:
    """Score a file in a process of its own; the timeout is for a file that never ends."""
    words = [sys.executable, "-c", WATCHED, "score", str(path), *map(str, flags)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    *lines, memory = done.stderr.replace(str(path), path.name).splitlines()
    return Run(done.returncode, done.stdout, lines, 1024 * int(memory))


def packed(folder: Path, head: bytes, piece: bytes, times: int) -> Path:
    """A file of gzip that holds `piece` many times."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [squeeze.compress(head), *(squeeze.compress(piece) for _ in range(times)), squeeze.flush()]
    return write(b"".join(parts), folder, "bomb.csv.gz")


def one_line(folder: Path) -> Path:
    """200 MiB in one line."""
    return packed(folder, b"label,prob\n1,", b"0" * MEBI, 200)


def one_name(folder: Path) -> Path:
    """200 MiB in the name of one column."""
    return packed(folder, b"", b"0" * MEBI, 200)


def columns(folder: Path) -> Path:
    """20 million columns."""
    return packed(folder, b"label,", b"p," * (MEBI // 2), 40)


def one_list(folder: Path) -> Path:
    """One row with a list of 20 million values."""
    size = 20_000_000
    values = pa.array(np.zeros(size, np.int8))
    table = pa.table({"label": [0], "probs": pa.ListArray.from_arrays(pa.array([0, size], pa.int32()), values)})
    parquet.write_table(table, folder / "bomb.parquet", compression="zstd")
    return folder / "bomb.parquet"


def one_text(folder: Path) -> Path:
    """One label of 140 million letters."""
    table = pa.table({"label": ["1", "x" * 140_000_000], "prob": [0.5, 0.5]})
    parquet.write_table(table, folder / "bomb.parquet", compression="zstd")
    return folder / "bomb.parquet"


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "one line": (one_line, "error[corrupt-file]: the record that starts on line 2 is longer than 64 MiB"),
    "one name": (one_name, "error[bad-header]: the first line is longer than 16 MiB"),
    "columns": (columns, "error[too-many-columns]: the header has more than 20,000 columns"),
    "one list": (
        one_list,
        "error[too-many-columns]: a row group holds 20,000,000 list values in 1 rows: more than 1,000,000 a row",
    ),
    "one text": (one_text, "error[too-long-text]: a row group holds 2 texts of 140,000,0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bombs_are_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    """A small file that stands for a huge one ends with its reason, within 500 MB."""
    build, message = REFUSED[name]
    path = build(tmp_path)
    assert path.stat().st_size < 2_000_000
    run = watched(path)
    assert (run.status, run.out) == (3, "")
    assert run.err[0].startswith(message)
    assert run.err[1].startswith(f"  --> {path.name}")
    assert run.memory < MOST_MEMORY


def constant_rows(folder: Path) -> Path:
    """Five million rows that are all the same, in one row group."""
    path, rows = folder / "rows.parquet", 5_000_000
    table = pa.table({"label": np.ones(rows, np.int8), "prob": np.full(rows, 0.5, np.float32)})
    parquet.write_table(table, path, row_group_size=rows)
    return path


def packed_rows(folder: Path) -> Path:
    """Eight million rows of CSV in a few hundred kilobytes."""
    return packed(folder, b"label,prob\n", b"1,0.5\n" * 160_000, 50)


@pytest.mark.parametrize("build", [constant_rows, packed_rows])
def test_any_number_of_rows_takes_the_same_memory(build: Callable[[Path], Path], tmp_path: Path) -> None:
    """Rows are counted, not kept: a hundred million take no more than these."""
    run = watched(build(tmp_path), "--format", "json")
    assert run.status == 0
    assert '"mean": 0.6931471805599453,' in run.out
    assert run.memory < 220_000_000


def test_blank_lines_without_end(tmp_path: Path) -> None:
    """64 MiB of line ends have no rows, and take no memory."""
    run = watched(packed(tmp_path, b"label,prob\n", b"\n" * MEBI, 64))
    assert (run.status, run.err[0]) == (3, "error[no-rows]: there are no rows to score")
    assert run.memory < 220_000_000


def test_a_footer_that_lies_about_a_list(tmp_path: Path) -> None:
    """A footer of ten list values over a page of twenty million does not make Arrow read without end."""
    size, told = 20_000_000, 10
    values = pa.array(np.zeros(size, np.int8))
    table = pa.table({"label": [0], "probs": pa.ListArray.from_arrays(pa.array([0, size], pa.int32()), values)})
    parquet.write_table(table, tmp_path / "p.parquet", compression="zstd", store_schema=False, write_statistics=False)
    data = (tmp_path / "p.parquet").read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    footer = data[-8 - length : -8].replace(_zigzag(size), _zigzag(told))
    path = write(data[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1", tmp_path, "p.parquet")
    assert refused(path)[0] == (
        "error[corrupt-file]: the file is damaged or not a complete Parquet file: "
        "10 list values, and 20,000,000 in the pages"
    )


@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "packed"])
def test_a_page_that_says_it_is_huge(packed: bool, tmp_path: Path) -> None:
    """Arrow makes room for what the header of a page says, before it sees that the page is none: 2 GB a column."""
    names, dice = "abcd", np.random.default_rng(3)
    columns = {"label": ["a"] * 1000, **{f"p_{name}": dice.random(1000) for name in names}}
    parquet.write_table(
        pa.table(columns), tmp_path / "p.parquet", use_dictionary=False, compression="none", write_statistics=False
    )
    data, size, huge, pages = (tmp_path / "p.parquet").read_bytes(), _zigzag(8007), _zigzag(2**31 - 1), 0
    head, longer = b"\x15" + size + b"\x15" + size, b"\x15" + (size if packed else huge) + b"\x15" + huge
    place = data.find(head)
    while place > 0:  # the header grows, and the page behind it is cut by as many bytes
        end = place + len(head) + 4000
        data = data[:place] + longer + data[place + len(head) : end] + data[end + len(longer) - len(head) :]
        place, pages = data.find(head), pages + 1
    assert pages == len(names)
    run = watched(write(data, tmp_path, "p.parquet"))
    assert (run.status, run.out) == (3, "")
    assert re.fullmatch(
        r"error\[corrupt-file\]: the file is damaged or not a complete Parquet file: "
        r"a page of 2,147,483,\d\d\d bytes in a column of 8,0\d\d",
        run.err[0],
    )
    assert run.err[1:] == [
        "  --> p.parquet",
        "   |  the pages cannot be read",
        "  help: copy or write the file again",
        "  page: xent explain corrupt-file",
    ]
    assert run.memory < MOST_MEMORY


def _zigzag(number: int) -> bytes:
    """A number in Thrift's compact form."""
    found, rest = bytearray(), 2 * number
    while rest > 127:
        found.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*found, rest])


def test_well_packed_lists_that_could_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many values of one row group in few bytes may be a single list: the number of classes settles it."""
    monkeypatch.setattr("xent_cli.readers.parquet.file.MOST_VALUES", 1_000_000)
    rows, width = 20_000, 100
    lists = pa.ListArray.from_arrays(
        pa.array(np.arange(rows + 1) * width, pa.int32()), pa.array(np.zeros(rows * width))
    )
    path = tmp_path / "p.parquet"
    parquet.write_table(pa.table({"label": np.zeros(rows, np.int8), "logits": lists}), path, compression="zstd")
    lines = refused(path)
    assert lines[0].startswith("error[list-length]: a row group holds 2,000,000 list values in ")
    assert lines[-1] == "  help: --classes A,B,… gives the length of the lists; or write smaller row groups"
    assert score(path, "--classes", ",".join(map(str, range(width))))["rows"]["scored"] == rows


GOOD = "label,prob\n" + "1,0.5\n" * 1000


@pytest.mark.parametrize("name", ["score", "binary", "inspect"])
def test_max_rows(name: str, tmp_path: Path) -> None:
    """As many rows as stated are fine, one more is refused, whatever their format."""
    path = write(GOOD, tmp_path)
    assert xent(name, path, "--max-rows", 1000).status == 0
    answer = xent(name, path, "--max-rows", 999)
    assert answer.status == 3
    assert "error[too-many-rows]: there are more rows than --max-rows allows (999)\n" in answer.out + answer.err
    assert "  help: raise --max-rows, or split the input\n" in answer.out + answer.err


def test_max_rows_counts_all_files_and_bad_rows(tmp_path: Path) -> None:
    """Two files of a thousand rows are two thousand, also where rows are skipped or ignored."""
    first = write(GOOD, tmp_path, "a.csv")
    second = write("label,prob\n" + "x,0.5\n" * 500 + ",\n" * 500, tmp_path, "b.csv")
    flags = ("--ignore-label", "x", "--on-bad-row", "skip")
    assert xent("score", first, second, *flags, "--max-rows", 2000).status == 0
    answer = xent("score", first, second, *flags, "--max-rows", 1999)
    assert (answer.status, answer.out) == (3, "")
    assert answer.err.splitlines()[:2] == [
        "error[too-many-rows]: there are more rows than --max-rows allows (1,999)",
        f"  --> {second}",
    ]


def test_max_rows_stops_early(tmp_path: Path) -> None:
    """The rest of a long file is not read: damage behind the limit is not seen."""
    data = GOOD.encode() * 1 + b"1,0.5\n" * 3_000_000
    lines = refused(write(data + b'1,"0.5\n', tmp_path), "--max-rows", 10)
    assert lines[0] == "error[too-many-rows]: there are more rows than --max-rows allows (10)"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500M", 500_000_000),
        ("1.5GB", 1_500_000_000),
        ("2g", 2_000_000_000),
        ("512MiB", 512 << 20),
        ("64 KiB", 64 << 10),
        ("1T", 10**12),
        ("123456789", 123_456_789),
        ("7B", 7),
    ],
)
def test_sizes(text: str, size: int) -> None:
    """Powers of 1000, with an i of 1024; bytes without a unit."""
    assert limits.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "lots", "-5M", "5 i", "5iB", "1e9", "0x10", "5MM", "1,000M", "５M"])
def test_what_is_no_size(text: str) -> None:
    """Anything else is wrong use, with an example."""
    with pytest.raises(UsageError) as refusal:
        limits.parse_size(text)
    assert refusal.value.problems[0].help == "write a size such as --max-memory 500M or --max-memory 2GiB"


def big(folder: Path) -> list[Path]:
    """A CSV, Parquet and Arrow file for which there has to be some memory."""
    rows = 1_000_000
    table = pa.table({"label": np.arange(rows) % 2, "prob": np.linspace(0.01, 0.99, rows)})
    parquet.write_table(
        table, folder / "p.parquet", row_group_size=rows, use_dictionary=False, data_page_size=64 * MEBI
    )
    feather.write_feather(table, folder / "p.arrow", chunksize=rows, compression="zstd")
    return [folder / "p.parquet", folder / "p.arrow"]


def test_max_memory_is_held(tmp_path: Path) -> None:
    """Too little memory for a file is an error with its cure, never a crash; the process does not grow beyond it."""
    needed = {path: watched(path, "--format", "json") for path in big(tmp_path)}
    for path, free in needed.items():
        assert free.status == 0
        for size in (205, 600):
            run = watched(path, "--format", "json", "--max-memory", f"{size}M")
            assert run.memory < size * 1_000_000
            if run.status == 0:
                assert run.out == free.out
            else:
                assert (run.status, run.out) == (3, "")
                assert run.err[0].startswith(
                    '{"schema": "xent.error/1", "exit": 3, "errors": [{"rule": "out-of-memory"'
                )
        assert run.status == 0


def test_too_little_memory_to_begin_with(tmp_path: Path) -> None:
    """A limit below what the interpreter itself takes is wrong use, and says what would do."""
    run = watched(write(GOOD, tmp_path), "--max-memory", "50M")
    assert (run.status, run.out) == (2, "")
    words = r"error\[option\]: --max-memory 50\.0 MB is too little: xent takes [\d.]+ MB before it reads anything"
    assert re.fullmatch(words, run.err[0])
    assert run.err[1] == "  help: --max-memory 500M is a start"


@pytest.mark.parametrize(("flag", "kind"), [("-v", resource.RLIMIT_AS), ("-d", resource.RLIMIT_DATA)])
def test_too_little_memory_from_outside(flag: str, kind: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of the shell that leaves no room is told before anything is read, with its name and what is needed."""
    path, limit = write(GOOD, tmp_path), 70_000_000
    of_the_system = resource.getrlimit
    monkeypatch.setattr(resource, "getrlimit", lambda asked: (limit, limit) if asked == kind else of_the_system(asked))
    answer = xent("score", path)
    assert (answer.status, answer.out) == (2, "")
    first, second = answer.err.splitlines()
    words = rf"error\[system\]: ulimit {flag} allows 70\.0 MB: xent takes [\d.]+ [MG]B before it reads anything"
    assert re.fullmatch(words, first)
    assert second == f"  help: raise it: ulimit {flag} 1000000, or unlimited"


def test_room_enough_from_outside(tmp_path: Path) -> None:
    """A limit of the shell that leaves room changes nothing."""
    path, flags = write(GOOD, tmp_path), ("--json", "--no-config")
    words = ["bash", "-c", 'ulimit -v 4000000 && exec "$@"', "bash", *command("score", path, *flags)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, xent("score", path, *flags).out, "")


def test_the_limit_is_taken_back(tmp_path: Path) -> None:
    """A run within a process leaves its limits and Arrow's allocator as they were, also where it fails."""
    before = resource.getrlimit(resource.RLIMIT_DATA), pa.default_memory_pool().backend_name
    for text in (GOOD, "label,prob\n1,x\n"):
        xent("score", write(text, tmp_path), "--max-memory", "20G")
        assert (resource.getrlimit(resource.RLIMIT_DATA), pa.default_memory_pool().backend_name) == before


def test_without_a_stated_limit_there_is_that_of_the_machine() -> None:
    """A run may take most of the memory that is left, so that the system need not choose a process to end."""
    before = resource.getrlimit(resource.RLIMIT_DATA)[0]
    with limits.memory_limit(None):
        within = resource.getrlimit(resource.RLIMIT_DATA)[0]
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert before == resource.RLIM_INFINITY
    assert 64 * MEBI <= within < 2 * machine
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == before


def test_the_memory_of_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of the limit of a control group counts, where that is less; without any word there is no limit."""
    told = {
        "/proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n",
        "/sys/fs/cgroup/memory.max": "1000000000\n",
        "/sys/fs/cgroup/memory.current": "400000000\n",
    }
    monkeypatch.setattr(limits, "_read", lambda path: told.get(path, ""))
    assert limits._memory_left() == 480_000_000
    told["/sys/fs/cgroup/memory.max"] = "max\n"
    assert limits._memory_left() == 4_000_000 * 1024 * 8 // 10
    told["/proc/meminfo"] = "MemTotal: 8000000 kB\n"
    assert limits._memory_left() is None
    with limits.memory_limit(None):
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY
        limits.check_memory()


def of_numpy() -> MemoryError:
    """What NumPy raises where an array does not fit."""
    with pytest.raises(MemoryError) as raised:
        np.empty(1 << 58)
    return raised.value


@pytest.mark.parametrize(
    "error",
    [MemoryError(), pa.lib.ArrowMemoryError("malloc failed"), RuntimeError("can't start new thread"), of_numpy()],
    ids=["python", "arrow", "thread", "numpy"],
)
def test_memory_that_runs_out_is_told(error: Exception) -> None:
    """Wherever it runs out the run ends with exit 3 and a cure."""
    with pytest.raises(DataError) as refusal, limits.memory_limit(None):
        raise error
    assert refusal.value.problems[0].rule == "out-of-memory"
    assert refusal.value.problems[0].message == "there is not enough memory for this run"


def test_other_failures_pass_through() -> None:
    """Only a lack of memory is told as one."""
    with pytest.raises(RuntimeError, match="something else"), limits.memory_limit(None):
        raise RuntimeError("something else")


def test_a_system_without_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Elsewhere than on Linux --max-memory is wrong use, and runs without it go on."""
    monkeypatch.setattr(sys, "platform", "darwin")
    path = write(GOOD, tmp_path)
    answer = xent("score", path, "--max-memory", "1G")
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error[option]: --max-memory works on Linux only\n")
    assert score(path)["rows"]["scored"] == 1000
