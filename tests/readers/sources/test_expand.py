"""What the arguments name: paths, globs, directories, standard input, object-store addresses without their secrets."""

from __future__ import annotations

import errno
import io
import os
import resource
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.reading import problem, read, whole
from xent_cli.contract.errors import DataError, UsageError
from xent_cli.readers import Request, expand, open_file
from xent_cli.readers.interface import Target
from xent_cli.readers.sources import remote
from xent_cli.system import stores


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of part files and of what is none, as the working directory."""
    for name in (
        "part-1.csv", "part-0.csv", "sub/part-2.csv", "sub/deep/part-3.csv", "_SUCCESS", ".hidden.csv",
        "part-0.csv.crc", "_tmp/part-9.csv", ".git/part-8.csv", "odd[1].csv", "odd1.csv",
    ):  # fmt: skip
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"label,prob\na,0.5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


def paths(*words: str) -> list[str]:
    """The paths that arguments expand to."""
    return [target.path for target in expand(words)]


@pytest.mark.usefixtures("folder")
def test_directories_give_their_part_files() -> None:
    """A directory stands for its files, sorted, recursively, without hidden files, markers and checksums."""
    expected = ["odd1.csv", "odd[1].csv", "part-0.csv", "part-1.csv", "sub/deep/part-3.csv", "sub/part-2.csv"]
    assert paths("data") == paths("data/") == [f"data/{name}" for name in expected]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("data/part-*.csv", ["data/part-0.csv", "data/part-1.csv"]),
        ("data/part-[1-9].csv", ["data/part-1.csv"]),
        ("data/**/part-[1-3].csv", ["data/part-1.csv", "data/sub/deep/part-3.csv", "data/sub/part-2.csv"]),
        ("data/su*", ["data/sub/deep/part-3.csv", "data/sub/part-2.csv"]),
        ("data/odd[1].csv", ["data/odd[1].csv"]),
        ("data/odd[!x].csv", ["data/odd1.csv"]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_globs(pattern: str, found: list[str]) -> None:
    """A glob gives its files sorted by name; a path that exists as it is written is no glob."""
    assert paths(pattern) == found


@pytest.mark.usefixtures("folder")
def test_order_of_arguments_is_kept() -> None:
    """Files are read in the order given, a file given twice twice."""
    assert paths("data/part-1.csv", "-", "data/part-0.csv", "data/part-1.csv") == [
        "data/part-1.csv",
        "<stdin>",
        "data/part-0.csv",
        "data/part-1.csv",
    ]


@pytest.mark.parametrize(
    ("path", "message", "help_"),
    [
        (
            "data/part-0.cvs",
            "there is no such file",
            "did you mean 'data/part-0.csv', 'data/part-1.csv', 'data/odd1.csv'?",
        ),
        ("dta/part-0.csv", "there is no such file", "there is no directory 'dta'"),
        ("zzz", "there is no such file", "ls . shows what there is"),
        ("data/qqq*", "no file matches this pattern", "ls data shows what there is"),
        ("empty", "the directory holds no part files", "names that begin with . or _ and *.crc are left out"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_not_there(path: str, message: str, help_: str) -> None:
    """A missing file is refused with the names that are close to it."""
    Path("empty").mkdir()
    Path("empty/_SUCCESS").touch()
    found = problem(expand, [path])
    assert found.rule == "no-file"
    assert found.message == message
    assert (found.help or "").removesuffix("?").split(",")[0] == help_.removesuffix("?").split(",")[0]
    assert found.where is not None
    assert found.where.path == path


def test_standard_input_is_read_once() -> None:
    """Two dashes are wrong use."""
    with pytest.raises(UsageError, match="more than once"):
        expand(["-", "-"])


def test_standard_input_by_its_dash() -> None:
    """The dash is standard input, by whatever object it is given; it is not closed."""

    class Plain:
        """A stream with nothing but read."""

        def __init__(self, data: bytes) -> None:
            self.inner = io.BytesIO(data)

        def read(self, size: int) -> bytes:
            return self.inner.read(min(size, 3))

    for stream in (io.BytesIO(b"label,prob\na,0.5\n"), Plain(b"label,prob\na,0.5\n")):
        source: Any = stream
        file = open_file(*expand(["-"]), stdin=source)
        assert (file.path, file.format, file.bytes) == ("<stdin>", "csv", None)
        assert whole(file).column == [0.5]
        assert not getattr(stream, "closed", False)


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input is told so."""
    monkeypatch.setattr("sys.stdin", None)
    found = problem(open_file, *expand(["-"]))
    assert (found.rule, found.message) == ("unreadable", "cannot read the file: standard input is closed")


def test_a_stream_without_data_ready() -> None:
    """A stream in non-blocking mode is refused, not taken for its end."""

    class Empty(io.RawIOBase):
        """A stream that has nothing yet."""

        def readable(self) -> bool:
            return True

        def readinto(self, _: Any) -> None:
            return None

    class Later(Empty):
        """A stream that has its first bytes only."""

        def __init__(self) -> None:
            self.first = b"label,prob\n" + b"a,1\n" * 20

        def readinto(self, buffer: Any) -> Any:
            count = min(len(buffer), len(self.first))
            buffer[:count] = self.first[:count]
            self.first = self.first[count:]
            return count or None

    source: Any = Later()
    assert "non-blocking" in problem(open_file, *expand(["-"]), stdin=source).message


@pytest.mark.parametrize("data", [b"label,prob\na,0.5\n", b"label,prob\n" + b"a,0.5\n" * 100_000])
def test_pipes_by_path(data: bytes, tmp_path: Path) -> None:
    """A named pipe, as a shell makes for <(…), is read like standard input."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    file = open_file(*expand([str(pipe)]))
    assert (file.bytes, whole(file).rows) == (None, data.count(b"\n") - 1)
    writer.join()


def test_nothing_can_be_read_from_the_null_device() -> None:
    """/dev/null is an empty file."""
    assert problem(open_file, *expand(["/dev/null"])).rule == "empty-file"


def test_files_behind_a_thousand_others(tmp_path: Path) -> None:
    """A process may have more files open than `select` can wait for."""
    (tmp_path / "a.csv").write_text("label,prob\n1,0.5\n")
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert read(tmp_path / "a.csv").column == [0.5]
    finally:
        for other in others:
            os.close(other)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def test_files_that_vanish_or_cannot_be_opened(tmp_path: Path) -> None:
    """A file that is gone when it is opened, or is no file at all, is a problem of the data."""
    assert problem(open_file, Target(str(tmp_path / "gone"), str(tmp_path / "gone"))).rule == "no-file"
    assert problem(open_file, Target(str(tmp_path), str(tmp_path))).rule == "unreadable"


def test_files_that_shrink_while_they_are_read(tmp_path: Path) -> None:
    """A file that ends before the size it had at the start is refused."""
    path = tmp_path / "p.csv"
    path.write_bytes(b"label,prob\n" + b"a,0.5\n" * 100_000)
    with open_file(*expand([str(path)])) as file:
        os.truncate(path, 300_000)
        chunks = file.chunks(Request(matrix=("prob",)))
        with pytest.raises(DataError, match="ended after 300,000 of 600,011 bytes: it shrank while it was read"):
            [chunk.decode() for chunk in chunks]


def test_a_file_is_read_again_a_pipe_is_not(tmp_path: Path) -> None:
    """CSV on disk gives its rows twice; standard input says that it cannot."""
    path = tmp_path / "p.csv"
    path.write_bytes(b"label,prob\na,0.5\n")
    with open_file(*expand([str(path)])) as file:
        assert [sum(chunk.decode().rows for chunk in file.chunks(Request())) for _ in range(2)] == [1, 1]
    with open_file(*expand(["-"]), stdin=io.BytesIO(path.read_bytes())) as file:
        assert len(list(file.chunks(Request()))) == 1
        assert "only once" in problem(file.chunks, Request()).message


# --- what a file is


def test_text_under_another_name_is_read_with_a_notice(tmp_path: Path) -> None:
    """A CSV called .parquet is read as the CSV that it is; bytes that are neither are refused."""
    path = tmp_path / "p.parquet"
    path.write_bytes(b"label,prob\na,0.5\n")
    assert read(path).notices == ["format-by-content"]
    path.write_bytes(b"\0\1\2\3" * 10)
    assert problem(read, path).message.startswith("the file is not Parquet: its first bytes are")
    path.write_bytes(b"label,prob\na,0.5\n")
    assert problem(read, path, format="parquet").message.startswith("the file is not Parquet")


def test_unknown_formats_are_wrong_use() -> None:
    """A format that no reader knows is refused before anything is opened."""
    with pytest.raises(UsageError, match="unknown input format 'json'"):
        open_file(*expand(["-"]), format="json")


# --- addresses


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://bucket/key.csv", "s3://bucket/key.csv"),
        ("s3://AKIA:se/cret@bucket/key.csv?region=eu", "s3://***@bucket/key.csv"),
        ("s3://AKIA:se%2Fcret@bucket/key", "s3://***@bucket/key"),
        ("gs://anonymous@bucket/key", "gs://***@bucket/key"),
        (
            "abfss://container@account.dfs.core.windows.net/a.csv",
            "abfss://container@account.dfs.core.windows.net/a.csv",
        ),
        ("abfss://account:se/cret@host/a.csv?sas=x", "abfss://account:***@host/a.csv"),
        ("az://bucket/p?sig=secret", "az://bucket/p"),
        ("az://container:secret@account/p", "az://container:***@account/p"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, shown: str) -> None:
    """User, password and query never appear; what names a container does."""
    assert stores.shown(address) == shown


def test_messages_of_libraries_lose_the_secrets() -> None:
    """Whatever a library says of an address, its secret parts are replaced."""
    address = "s3://AKIA:se%2Fcret@bucket/key?endpoint_override=hidden.example"
    said = f"cannot open {address}: secret se%2Fcret, also se/cret of AKIA at hidden.example"
    assert stores.scrub(said, address) == "cannot open s3://***@bucket/key: secret ***, also *** of *** at ***"
    assert stores.scrub("c says topsecret", "abfss://c:topsecret@host/a") == "c says ***"
    assert stores.scrub("bucket says no", "s3://bucket/key") == "bucket says no"


@pytest.mark.parametrize("address", ["http://user:secret@host/p.csv?key=secret", "hdfs://host/p", "hf://datasets/x"])
def test_other_schemes_are_wrong_use(address: str) -> None:
    """Addresses that pyarrow's own file systems do not open are refused, without what is secret in them."""
    with pytest.raises(UsageError, match="addresses that begin with") as refused:
        expand([address])
    assert "secret" not in str(refused.value)


def test_addresses_that_cannot_be_used_hide_their_secrets() -> None:
    """An address that the library refuses is told without its secrets, in the error and behind it."""
    with pytest.raises(DataError) as refused:
        expand(["s3://AKIA:topsecret@bucket/key?no_such_option=alsosecret"])
    (found,) = refused.value.problems
    assert found.rule == "unreadable"
    assert "secret" not in repr(refused.value) + repr(found)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("kind", ["csv", "csv.gz"])
def test_objects_are_read_through_their_file_system(kind: str, folder: Path) -> None:
    """An object is opened by its address, whatever is in it (here by the file system of file://)."""
    import gzip

    data = b"label,prob\n" + b"a,0.5\n" * 1000
    (folder / "x.bin").write_bytes(gzip.compress(data) if kind == "csv.gz" else data)
    (target,) = expand([f"file://{folder}/x.bin"])
    assert (target.path, target.kind) == (f"file://{folder}/x.bin", "remote")
    with open_file(target) as file:
        assert (file.format, file.bytes) == (kind, (folder / "x.bin").stat().st_size)
        assert sum(chunk.decode().rows for chunk in file.chunks(Request(matrix=("prob",)))) == 1000
        assert sum(chunk.decode().rows for chunk in file.chunks(Request(matrix=("prob",)))) == 1000


def test_parquet_objects(folder: Path) -> None:
    """Parquet and Arrow need to seek; an object can."""
    import pyarrow as pa
    from pyarrow import feather, parquet

    table = pa.table({"label": ["a"], "prob": [0.5]})
    parquet.write_table(table, folder / "x.parquet")
    feather.write_feather(table, folder / "x.feather")
    for name in ("x.parquet", "x.feather"):
        assert read(f"file://{folder}/{name}").column == [0.5]


def test_prefixes_and_patterns_of_objects(folder: Path) -> None:
    """A prefix stands for its part files, a pattern for what it matches, `**` crossing directories."""

    def names(address: str) -> list[str]:
        return [target.path.removeprefix(f"file://{folder}/") for target in expand([address])]

    assert names(f"file://{folder}")[-2:] == ["sub/deep/part-3.csv", "sub/part-2.csv"]
    assert names(f"file://{folder}/part-*.csv") == ["part-0.csv", "part-1.csv"]
    assert names(f"file://{folder}/**/part-[23].csv") == ["sub/deep/part-3.csv", "sub/part-2.csv"]
    assert names(f"file://{folder}/*/part-?.csv") == [".git/part-8.csv", "_tmp/part-9.csv", "sub/part-2.csv"]


def test_stores_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that says no is told with its reason, without the secrets in it."""

    class Closed:
        """A file system that refuses."""

        def get_file_info(self, _: Any) -> None:
            message = "access denied for topsecret"
            raise OSError(message)

    monkeypatch.setattr(remote, "open_address", lambda _: (Closed(), "bucket/key"))
    found = problem(expand, ["s3://AKIA:topsecret@bucket/key"])
    assert (found.rule, found.message) == ("unreadable", "cannot reach the object store: access denied for ***")
    assert found.where is not None
    assert found.where.path == "s3://***@bucket/key"


def test_no_room_for_a_copy_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet from standard input needs room in the temporary directory; without it the reason is told."""

    def refuse() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    found = problem(open_file, *expand(["-"]), stdin=io.BytesIO(b"PAR1" + b"\0" * 100))
    assert (found.rule, found.message) == ("unreadable", "cannot read the file: No space left on device")


@pytest.mark.parametrize("name", ["gone.csv", "gone/*.csv", "part-x*.csv"])
def test_objects_that_are_not_there(name: str, folder: Path) -> None:
    """An address with nothing behind it is refused."""
    found = problem(expand, [f"file://{folder}/{name}"])
    assert found.rule == "no-file"
