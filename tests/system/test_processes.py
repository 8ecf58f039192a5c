"""Processes that share the work on one file: the same bytes as one process, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tests.running import started, xent
from xent_cli.contract.errors import DataError
from xent_cli.readers import Request, expand, open_file
from xent_cli.readers.interface import NotDivisibleError
from xent_cli.statistics.quantiles import EXACT_ROWS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes share the work on Linux only")

ROWS = 450_000
"""As many rows as make a file large enough to be divided."""

XENT = (sys.executable, "-m", "xent_cli")


def script(body: str) -> str:
    """What a new process prints that runs some lines in which `divided` is known."""
    lines = "import os, signal, sys, time\nfrom xent_cli.system.processes import divided\n" + body
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def score(*words: object) -> tuple[int, str, str]:
    """Status, output and errors of `xent score` in a process of its own."""
    done = subprocess.run([*XENT, "score", *map(str, words)], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


def alone(path: Path, *words: str) -> tuple[int, str, str]:
    """What one process gives, which is this one."""
    answer = xent("score", path, "--json", "--threads", "1", *words)
    return answer.status, answer.out, answer.err


def same(path: Path, *words: str) -> tuple[int, str, str]:
    """What two processes give, which is what one gives."""
    found = score(path, "--json", *words)
    assert found == alone(path, *words)
    return found


def put(table: pa.Table, path: Path) -> Path:
    """A table as the file of a name that ends in csv or parquet."""
    if path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        parquet.write_table(table, path, row_group_size=100_000)
    return path


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Labels, probabilities and slices, some of the probabilities so small that their exponents differ."""
    rng = np.random.default_rng(5)
    p = 1 / (1 + np.exp(-rng.normal(0, 4, ROWS)))
    return pa.table({"label": (rng.random(ROWS) < p).astype(np.int64), "prob": p, "site": rng.integers(0, 5, ROWS)})


@pytest.fixture(scope="module")
def plain(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table as CSV, which no test changes."""
    path = tmp_path_factory.mktemp("divided") / "p.csv"
    csv.write_csv(table, path, csv.WriteOptions(quoting_style="none"))
    return path


@pytest.fixture(scope="module")
def text(plain: Path) -> bytes:
    """The bytes of that file."""
    return plain.read_bytes()


@pytest.fixture(scope="module")
def usual(plain: Path) -> tuple[int, str, str]:
    """What one process gives for that file."""
    return alone(plain)


def test_every_item_once() -> None:
    """Each item is worked on once, by at most so many processes, whatever order they are ready in."""
    out = script(
        "found = list(divided(lambda n: (n * n, os.getpid(), time.sleep(n % 3 / 100)), range(20), 3))\n"
        "assert sorted((number, result[0]) for number, result in found) == [(n, n * n) for n in range(20)]\n"
        "workers = {result[1] for _, result in found}\n"
        "assert len(workers) <= 3 and os.getpid() in workers\n"
        "print('good')"
    )
    assert out == "good\n"


def test_what_each_process_says_at_its_end() -> None:
    """Behind the last item each process gives one result more, made of what it worked on."""
    out = script(
        "from xent_cli.system.processes import LAST\n"
        "mine = []\n"
        "found = list(divided(lambda n: mine.append(n), range(20), 2, end=lambda: (os.getpid(), sum(mine))))\n"
        "last = [result for number, result in found if number == LAST]\n"
        "assert len({process for process, _ in last}) == len(last) == 2 and len(found) == 22, found\n"
        "print(sum(total for _, total in last))"
    )
    assert out == "190\n"


def test_who_fails_at_its_end_has_failed() -> None:
    """A process that cannot give its last result is one that failed, be it this one or another."""
    assert script("print(list(divided(lambda n: n, range(1), 1, end=lambda: 1 / 0)))") == "[(0, 0), None]\n"
    lines = "me = os.getpid()\nprint(list(divided(lambda n: n, range(2), 2, end=lambda: 1 / (os.getpid() == me)))[-1])"
    assert script(lines) == "None\n"


@pytest.mark.parametrize("failure", ["1 / 0", "os._exit(0)", "os._exit(7)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_what_fails_ends_with_none(failure: str) -> None:
    """An exception, an early end or a kill in a process is one None, after which there is nothing, and no process."""
    out = script(
        f"me = os.getpid()\ndef work(n):\n    if os.getpid() != me: {failure}\n    time.sleep(0.2)\n    return n\n"
        "found = list(divided(work, range(8), 2))\n"
        "assert found[-1] is None and None not in found[:-1], found\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('none left')"
    )
    assert out == "none left\n"


def test_a_failure_of_this_process_is_the_end() -> None:
    """An exception in the work that this process does itself is a None as well, and the others are ended."""
    out = script(
        "me = os.getpid()\ndef work(n):\n    if os.getpid() == me: 1 / 0\n    time.sleep(60)\n"
        "assert list(divided(work, range(8), 3)) == [None]\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('none left')"
    )
    assert out == "none left\n"


def test_an_interrupt_of_this_process_goes_through() -> None:
    """Who is interrupted at work says so, and leaves no process."""
    out = script(
        "me = os.getpid()\ndef work(n):\n    if os.getpid() == me: raise KeyboardInterrupt\n    time.sleep(60)\n"
        "try: list(divided(work, range(8), 3))\n"
        "except KeyboardInterrupt: print('interrupted')\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('none left')"
    )
    assert out == "interrupted\nnone left\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_a_process_starts_goes_through(name: str) -> None:
    """Python drops what is raised in what it runs after a fork: a signal there is heard once the child is known."""
    out = script(
        "class Asked(BaseException): pass\n"
        "def ask(number, frame): raise Asked\n"
        f"signal.signal(signal.{name}, ask)\n"
        f"os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.{name}))\n"
        "try: list(divided(lambda n: time.sleep(60), range(8), 3))\n"
        "except Asked: print('asked')\n"
        f"print(signal.getsignal(signal.{name}) is ask)\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('none left')"
    )
    assert out == "asked\nTrue\nnone left\n"


def test_all_processes_are_ended_before_one_is_waited_for() -> None:
    """A second signal may end the waiting: then no process goes on for nobody."""
    out = script(
        "kill, waitpid = os.kill, os.waitpid\n"
        "said = []\n"
        "os.kill = lambda *given: (said.append('kill'), kill(*given))\n"
        "os.waitpid = lambda *given: (said.append('wait'), waitpid(*given))[1]\n"
        "me = os.getpid()\n"
        "results = divided(lambda n: time.sleep(60 * (os.getpid() != me)), range(20), 4)\n"
        "next(results)\n"
        "results.close()\n"
        "print(*said)"
    )
    assert out == "kill kill kill wait wait wait\n"


def test_results_do_not_wait_for_this_process() -> None:
    """What others send is taken between two items of this process: a pipe that is full would stop them."""
    out = script(
        "me = os.getpid()\n"
        "def work(n):\n    if os.getpid() == me: time.sleep(0.05)\n    return os.getpid(), bytes(900_000)\n"
        "found = [result[0] for _, result in divided(work, range(200), 2)]\n"
        "assert found.count(me) < 100, found\n"
        "print(len(found))"
    )
    assert out == "200\n"


def test_who_stops_listening_leaves_no_process() -> None:
    """An iteration that is given up ends the processes that still work."""
    out = script(
        "me = os.getpid()\n"
        "results = divided(lambda n: time.sleep(60 * (os.getpid() != me)), range(20), 2)\n"
        "assert next(results)[1] is None\n"
        "results.close()\n"
        "try: os.waitpid(-1, os.WNOHANG)\n"
        "except ChildProcessError: print('none left')"
    )
    assert out == "none left\n"


def test_a_process_with_other_threads_is_not_forked() -> None:
    """A lock that another thread holds would never be free in a child."""
    out = script(
        "import threading\nfrom xent_cli.system.processes import possible\n"
        "end = threading.Event()\nother = threading.Thread(target=end.wait)\n"
        "before = possible()\nother.start()\nprint(before, possible())\nend.set()"
    )
    assert out == "True False\n"


def test_large_results() -> None:
    """A result may be larger than what a pipe holds."""
    out = script(
        "me = os.getpid()\ndef work(n):\n    if os.getpid() == me: time.sleep(0.2)\n    return bytes(10_000_000)\n"
        "print([len(found[1]) for found in divided(work, range(4), 2)])"
    )
    assert out == f"{[10_000_000] * 4}\n"


def test_csv_in_sections_is_the_same(plain: Path) -> None:
    """Mean, samples, slices and quantiles of a large CSV file are those of one process, to the last byte."""
    status, out, err = same(plain, "--by", "site")
    assert (status, err) == (0, "")
    assert f'"rows": {ROWS}' in out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\n", b"\r\n"),
        (b"\n", b"\r"),
        (b"\n", b"\n\n"),
    ],
    ids=["crlf", "cr", "blank"],
)
def test_line_ends(old: bytes, new: bytes, text: bytes, tmp_path: Path) -> None:
    """Sections begin where lines do, however these end."""
    path = tmp_path / "p.csv"
    path.write_bytes(text.replace(old, new))
    status, out, _ = same(path)
    assert (status, f'"rows": {ROWS}' in out) == (0, True)


def rows_in_sections(path: Path) -> list[int]:
    """The rows of each section of a CSV file, read by itself."""
    request = Request(coded=("label",), matrix=("prob",))
    with open_file(*expand([str(path)])) as file:
        file.chunks(request)
        return [sum(chunk.decode().rows for chunk in section.chunks()) for section in file.sections(request, 8)]


def test_pieces_of_a_section_are_alike(text: bytes, tmp_path: Path) -> None:
    """A section is cut into pieces of about one size, none of them small: each costs a fixed time."""
    path = tmp_path / "p.csv"
    head, _, body = text.partition(b"\n")
    path.write_bytes(head + b"\n" + 3 * body)
    request = Request(coded=("label",), matrix=("prob",))
    with open_file(*expand([str(path)])) as file:
        file.chunks(request)
        sections = file.sections(request, 2)
        assert len(sections) > 1
        for section in sections:
            sizes = [chunk.piece.data.size for chunk in section.chunks()]
            assert len(sizes) > 1
            assert sum(sizes) == section.end - section.begin
            assert max(sizes) - min(sizes) < 10_000


def test_quoted_fields_are_divided(text: bytes, tmp_path: Path) -> None:
    """Quotes alone do not make a file indivisible: sections that all end outside of quotes all began outside."""
    path = tmp_path / "p.csv"
    head, _, body = text.partition(b"\n")
    path.write_bytes(head + b",note\n" + body.replace(b"\n", b',"a ""b"", c"\n'))
    assert len(found := rows_in_sections(path)) > 1
    assert sum(found) == ROWS
    status, out, _ = same(path)
    assert (status, f'"rows": {ROWS}' in out) == (0, True)


@pytest.mark.parametrize("every", [1, 1000])
def test_lines_that_start_inside_quotes(every: int, text: bytes, tmp_path: Path) -> None:
    """A section that would begin inside a quoted field is noticed, and one process reads the file."""
    path = tmp_path / "p.csv"
    head, _, body = text.partition(b"\n")
    lines = [line + (b',"\n1,0.5,0,x\n"' if at % every == 0 else b",") for at, line in enumerate(body.splitlines())]
    path.write_bytes(head + b",note\n" + b"\n".join(lines) + b"\n")
    if every == 1:
        with pytest.raises(DataError, match="never closed"):
            rows_in_sections(path)
    status, out, _ = same(path)
    assert (status, f'"rows": {ROWS}' in out) == (0, True)


def test_quotes_anywhere(text: bytes, tmp_path: Path) -> None:
    """A quoted field may hold the start of a line: such a file is read from its start."""
    path = tmp_path / "p.csv"
    head, _, body = text.partition(b"\n")
    lines = body.splitlines()
    lines[-5] += b',"one\n1,0.5,7,x\ntwo"'
    lines = [line if b'"' in line else line + b"," for line in lines]
    path.write_bytes(head + b",note\n" + b"\n".join(lines) + b"\n")
    status, out, _ = same(path)
    assert (status, f'"rows": {ROWS}' in out) == (0, True)


def test_last_line_without_end(text: bytes, tmp_path: Path) -> None:
    """A remark that a section gives rise to is told once."""
    path = tmp_path / "p.csv"
    path.write_bytes(text.removesuffix(b"\n"))
    status, out, _ = same(path)
    assert (status, out.count('"code": "no-final-newline"')) == (0, 1)


def test_bad_rows_are_told_as_ever(text: bytes, tmp_path: Path) -> None:
    """Rows, lines and counts of a section's bad rows are those of the file; nothing is on standard output."""
    path = tmp_path / "p.csv"
    lines = text.splitlines()
    lines[300_001] = b"1,oops,0"
    lines[400_001] = b"1,1.5,0"
    path.write_bytes(b"\n".join(lines) + b"\n")
    status, out, err = same(path)
    assert (status, out) == (3, "")
    errors = json.loads(err)["errors"]
    assert [error["rows"] for error in errors] == [[300_001], [400_001]]
    assert [error["where"]["line"] for error in errors] == [300_002, 400_002]


@pytest.mark.parametrize("layout", ["numbers", "texts", "lists"])
def test_parquet_in_sections_is_the_same(layout: str, table: pa.Table, tmp_path: Path) -> None:
    """Row groups of a large Parquet file, of any size, give what one process finds."""
    if layout == "texts":
        table = table.set_column(0, "label", pa.array(np.array(["no", "yes"])[table["label"].to_numpy()]))
    if layout == "lists":
        p = table["prob"].to_numpy()
        lists = pa.FixedSizeListArray.from_arrays(np.stack([1 - p, p], 1).ravel(), 2)
        table = pa.table({"label": table["label"], "probs": lists})
    path = tmp_path / "p.parquet"
    with parquet.ParquetWriter(path, table.schema) as writer:
        for start, size in ((0, 1), (1, 200_000), (200_001, 0), (200_001, 49_999), (250_000, 200_000)):
            writer.write_table(table.slice(start, size), row_group_size=max(size, 1))
    status, out, err = same(path, *(["--positive", "yes"] if layout == "texts" else []))
    assert (status, err) == (0, "")
    assert f'"rows": {ROWS}' in out


@pytest.mark.parametrize("checksums", [True, False])
def test_checksums_are_told(checksums: bool, table: pa.Table, tmp_path: Path) -> None:
    """Whether all pages have checksums is known although each process looks at those of its own row groups alone."""
    path = tmp_path / "p.parquet"
    parquet.write_table(table, path, row_group_size=100_000, write_page_checksum=checksums)
    assert json.loads(same(path)[1])["inputs"][0]["checksums"] is checksums


def test_a_page_that_says_it_is_huge(table: pa.Table, tmp_path: Path) -> None:
    """A process refuses the pages of its row groups before Arrow makes room for them, and one process tells why."""
    path = tmp_path / "p.parquet"
    parquet.write_table(
        table.select(["label", "prob"]), path, row_group_size=100_000, use_dictionary=["label"], compression="none"
    )
    data, place = path.read_bytes(), parquet.ParquetFile(path).metadata.row_group(2).column(1).data_page_offset
    size, huge = data[place + 3 : place + 6], b"\xfe\xff\xff\xff\x0f"  # of 2 * 2 GB, as Thrift writes numbers
    head = b"\x15\x00\x15" + size + b"\x15" + size
    assert data[place:].startswith(head)
    cut = place + 500_000  # the header grows, and the page behind it is cut by as many bytes
    path.write_bytes(data[:place] + head.replace(size, huge) + data[place + len(head) : cut - 4] + data[cut:])
    status, out, err = same(path)
    assert (status, out) == (3, "")
    message = json.loads(err)["errors"][0]["message"]
    assert re.search(r": a page of 2,147,483,\d{3} bytes in a column of 800,\d{3}$", message)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_more_values_than_exact_quantiles_keep(suffix: str, table: pa.Table, tmp_path: Path) -> None:
    """Where values are counted and not kept, as the footer or the rows so far call for, the quantiles are the same."""
    large = pa.concat_tables([table] * 3)
    assert len(large) > EXACT_ROWS
    path = put(large, tmp_path / f"p.{suffix}")
    assert same(path)[0] == 0


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_ignored_rows_keep_no_quantile_from_being_exact(suffix: str, table: pa.Table, tmp_path: Path) -> None:
    """More rows than exact quantiles allow, of which not so many have a loss, give the same as in one process."""
    labels = np.resize(np.array([0, 1, 7], np.int64), 3 * ROWS)
    large = pa.concat_tables([table] * 3).set_column(0, "label", pa.array(labels))
    path = put(large, tmp_path / f"p.{suffix}")
    status, out, _ = same(path, "--ignore-label", "7")
    assert (status, "quantiles-rounded" in out) == (0, False)


@pytest.mark.parametrize("flags", [["--on-bad-row", "skip"], ["--max-rows", "9999999"], ["--bootstrap", "100"]])
def test_options_that_need_every_row_in_order(flags: list[str], plain: Path) -> None:
    """What one process has to do alone gives the same as ever."""
    assert same(plain, *flags)[0] == 0


@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_no_processes_to_be_had(call: str, plain: Path, usual: tuple[int, str, str]) -> None:
    """Where the system gives no process or pipe, one process does the work."""
    lines = (
        f"import os, sys\ndef refuse(): raise BlockingIOError(11, 'Resource temporarily unavailable')\n"
        f"os.{call} = refuse\nfrom xent_cli.cli.border import main\nsys.exit(main())"
    )
    words = [sys.executable, "-c", lines, "score", str(plain), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == usual


def test_no_threads_that_nobody_asked_for(table: pa.Table, tmp_path: Path) -> None:
    """To read Parquet starts no threads: where there are no more to be had, Arrow's end in a crash, not in an error."""
    path = tmp_path / "p.parquet"
    parquet.write_table(table, path, row_group_size=ROWS)
    lines = (
        "import os, sys\nfrom xent_cli.cli import runs\nfrom xent_cli.cli.border import main\n"
        "def threads(): return len(os.listdir('/proc/self/task'))\n"
        "before = threads()\nstatus = main()\nprint(status, threads() - before)"
    )
    words = [sys.executable, "-c", lines, "score", str(path), "-qq", "--threads", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 0\n", "")


@pytest.mark.parametrize("spared", [0, 1], ids=["none", "one"])
def test_no_threads_to_be_had(spared: int, plain: Path, usual: tuple[int, str, str]) -> None:
    """Where the system gives neither a process nor a thread, or not as many as are asked for, those there are do it."""
    lines = (
        f"import os, sys, threading\ndef refuse(): raise BlockingIOError(11, 'Resource temporarily unavailable')\n"
        f"os.fork, start, left = refuse, threading.Thread.start, [None] * {spared}\n"
        "def last(self):\n"
        '    if not left: raise RuntimeError("can\'t start new thread")\n'
        "    left.pop(), start(self)\n"
        "threading.Thread.start = last\nfrom xent_cli.cli.border import main\nstatus = main()\nassert not left\n"
        "sys.exit(status)"
    )
    words = [sys.executable, "-c", lines, "score", str(plain), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == usual


def test_more_threads_than_there_is_work_for(plain: Path, usual: tuple[int, str, str]) -> None:
    """Any number of threads may be asked for; the numbers of the sections always fit into their pipe."""
    assert score(plain, "--json", "--threads", "5000") == usual


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_a_file_that_changed_is_not_divided(name: str, table: pa.Table, text: bytes, tmp_path: Path) -> None:
    """A section of a file whose name another has taken meanwhile is refused."""
    path = tmp_path / name
    request = Request(coded=("label", "site"), matrix=("prob",))
    for _ in range(2):
        if name == "p.csv":
            path.with_name("new").write_bytes(text)
        else:
            parquet.write_table(table, path.with_name("new"), row_group_size=100_000)
        path.with_name("new").replace(path)
        if _ == 0:
            with open_file(*expand([str(path)])) as file:
                file.chunks(request)
                sections = file.sections(request, 4)
            assert sum(chunk.decode().rows for section in sections for chunk in section.chunks()) == ROWS
    assert len(sections) >= 2
    for section in sections:
        with pytest.raises(NotDivisibleError):
            next(iter(section.chunks()))


def test_an_interrupt_leaves_no_process(table: pa.Table, tmp_path: Path) -> None:
    """Ctrl-C while processes work ends all of them without a word, with 130."""
    path = tmp_path / "p.parquet"
    pair = table.select(["label", "prob"])
    with parquet.ParquetWriter(path, pair.schema, compression="none", use_dictionary=False) as writer:
        for _ in range(40):
            writer.write_table(pair)
    with started("score", path, "--json", start_new_session=True) as running:
        for _ in range(1000):
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text(encoding="ascii").split()
            if children or running.poll() is not None:
                break
            time.sleep(0.01)
        assert children
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err.strip()) == (130, b"", b"xent: interrupted")
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
