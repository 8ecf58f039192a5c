"""Object stores, against an S3 server on loopback: what is read and written there, and every way in which it fails."""

from __future__ import annotations

import gc
import http.server
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from tests.places import SAMPLES
from tests.running import Answer, process, write_csv, xent
from xent_cli.sinks import files

ROWS = [[0, 0.2], [0, 0.4], [1, 0.7], [1, 0.9]]
MEAN = 0.2990011586691898  # students-model-B of the worked examples
BUCKET = "s3://bucket"
SECRET = "topsecret"  # noqa: S105  (of nothing)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """An S3 server with an empty bucket; the port it listens on."""
    number = free_port()
    log = (tmp_path_factory.mktemp("moto") / "log").open("wb")
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(number)]
    with subprocess.Popen(words, stdout=log, stderr=log) as server:
        try:
            make_bucket(f"http://127.0.0.1:{number}/bucket")
            yield number
        finally:
            server.terminate()
            log.close()


def make_bucket(url: str) -> None:
    """Make the bucket as soon as the server answers."""
    request = urllib.request.Request(url, method="PUT")  # noqa: S310  (our own server)
    for _ in range(600):
        try:
            urllib.request.urlopen(request).close()  # noqa: S310  (the same)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


@pytest.fixture
def store(port: int, monkeypatch: pytest.MonkeyPatch) -> fs.FileSystem:
    """The server as a file system, and as what xent finds in its environment."""
    point_at(f"http://127.0.0.1:{port}", monkeypatch)
    return fs.S3FileSystem(endpoint_override=f"http://127.0.0.1:{port}", region="us-east-1")


def point_at(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that makes s3:// mean a server on loopback, and nothing of this machine."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, text in {
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, text)


def put(store: fs.FileSystem, name: str, data: bytes) -> str:
    """Write an object; its address."""
    with store.open_output_stream(f"bucket/{name}") as out:
        out.write(data)
    return f"{BUCKET}/{name}"


def get(store: fs.FileSystem, name: str) -> bytes:
    """The bytes of an object."""
    with store.open_input_stream(f"bucket/{name}") as stream:
        return bytes(stream.read())


def csv_bytes(rows: list[list[Any]]) -> bytes:
    """Rows of label and probability as CSV."""
    return b"label,prob\n" + b"".join(f"{label},{prob!r}\n".encode() for label, prob in rows)


def refused(answer: Answer, status: int, rule: str) -> dict[str, Any]:
    """The one error of a run that was refused, nothing on standard output."""
    assert (answer.status, answer.out) == (status, "")
    (error,) = answer.errors
    assert error["rule"] == rule
    return error


# --- reading


def test_one_object(store: fs.FileSystem) -> None:
    """A CSV object gives the number that the file gives, and is shown by its address."""
    address = put(store, "one.csv", csv_bytes(ROWS))
    document = xent("score", address, "--json").document
    assert document["loss"]["mean"] == MEAN
    assert document["inputs"] == [{"path": address, "format": "csv", "rows": 4, "bytes": len(csv_bytes(ROWS))}]


@pytest.mark.parametrize("name", ["digits.parquet", "digits-logits.parquet", "wine.csv"])
def test_objects_are_read_like_files(name: str, store: fs.FileSystem) -> None:
    """Parquet is read in place, in pieces; every number is that of the file on the disk."""
    address = put(store, name, (SAMPLES / name).read_bytes())
    remote, local = (xent("score", path, "--json").document for path in (address, SAMPLES / name))
    assert {**remote, "inputs": None} == {**local, "inputs": None}


def test_prefix_and_pattern(store: fs.FileSystem) -> None:
    """A prefix stands for the part files below it, a pattern for what it matches, both in the order of their names."""
    put(store, "parts/part-1.csv", csv_bytes(ROWS[2:]))
    put(store, "parts/part-0.csv", csv_bytes(ROWS[:2]))
    put(store, "parts/_SUCCESS", b"x")
    put(store, "parts/.part-0.csv.crc", b"x")
    for address in (f"{BUCKET}/parts", f"{BUCKET}/parts/", f"{BUCKET}/parts/part-*.csv", f"{BUCKET}/**/part-?.csv"):
        document = xent("score", address, "--json").document
        assert document["loss"]["mean"] == MEAN
        assert [entry["path"] for entry in document["inputs"]] == [f"{BUCKET}/parts/part-{i}.csv" for i in (0, 1)]


def test_endpoint_and_keys_in_the_address(port: int, store: fs.FileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyarrow's options work in an address, and neither they nor the keys are ever shown."""
    put(store, "one.csv", csv_bytes(ROWS))
    point_at("http://127.0.0.1:9", monkeypatch)
    options = f"endpoint_override=127.0.0.1:{port}&scheme=http&region=us-east-1"
    for name, status in (("one.csv", 0), ("two.csv", 3)):
        answer = xent("score", f"s3://AKIA:{SECRET}@bucket/{name}?{options}", "--json", "--samples", "0")
        assert answer.status == status
        assert f"s3://***@bucket/{name}" in answer.out + answer.err
        assert not any(secret in answer.out + answer.err for secret in (SECRET, "AKIA", "endpoint", str(port)))


# --- reading that fails


@pytest.mark.parametrize("address", [f"{BUCKET}/nothing.csv", "s3://nobucket/a.csv", "s3://nobucket/a/*.csv"])
@pytest.mark.usefixtures("store")
def test_missing_objects_and_buckets(address: str) -> None:
    """What is not there is refused as a missing file is, with what to check."""
    error = refused(xent("score", address, "--json"), 3, "no-file")
    assert error["message"] == "there is nothing at this address"
    assert error["help"] == "check the bucket and the key"


class Forbidding(http.server.BaseHTTPRequestHandler):
    """A store that knows nobody."""

    def answer(self) -> None:
        """Say no."""
        body = b"<Error><Code>InvalidAccessKeyId</Code><Message>unknown key</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET = do_PUT = do_POST = answer  # noqa: N815  (the names that http.server asks for)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    """A server on loopback for a while; its address."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_refused_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not know the keys is told from one that is not there, and the keys are what to check."""
    path = write_csv(tmp_path / "good.csv", ["label", "prob"], ROWS)
    with serving(Forbidding) as endpoint:
        point_at(endpoint, monkeypatch)
        error = refused(xent("score", f"{BUCKET}/a.csv", "--json"), 3, "unreadable")
        assert error["message"].startswith("cannot reach the object store: ")
        assert error["help"].startswith("check the credentials (AWS_ACCESS_KEY_ID")
        written = xent("score", path, "--losses", f"{BUCKET}/losses.csv", "--json")
        assert (written.status, written.out) == (2, "")
        assert "check the credentials" in written.err
    assert SECRET not in error["message"] + written.err


class Silent(socketserver.BaseRequestHandler):
    """A server that takes connections and never says a word."""

    def handle(self) -> None:
        """Wait until the other side is tired of it."""
        while self.request.recv(65536):
            pass


@pytest.mark.parametrize("sort", ["closed", "silent", "unknown"])
def test_stores_that_do_not_answer(sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong address, a dead server and one that hangs end in seconds (not after ten tries), and say what to check."""
    with serving(Silent) as silent:
        endpoint = {"closed": f"http://127.0.0.1:{free_port()}", "silent": silent, "unknown": "http://no.invalid"}[sort]
        point_at(endpoint, monkeypatch)
        done = process("score", f"{BUCKET}/a.csv", timeout=40)  # ten tries take 99 seconds
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"error[unreadable]: cannot reach the object store: ")
    assert b"help: check the address and the network; AWS_ENDPOINT_URL" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "scheme"),
    [("http://host/p.csv", "http"), ("https://u:topsecret@host/p.csv?k=topsecret", "https")],
)
def test_web_addresses_are_refused_with_a_cure(address: str, scheme: str, tmp_path: Path) -> None:
    """xent downloads nothing from the web: the refusal says how to pipe it in; nothing is written there either."""
    answer = xent("score", address, "--json")
    error = refused(answer, 2, "unsupported-address")
    assert error["message"].startswith(f"addresses that begin with {scheme}:// cannot be read")
    assert error["help"] == "download it first, or pipe it: curl -fsSL ADDRESS | xent score -"
    path = write_csv(tmp_path / "good.csv", ["label", "prob"], ROWS)
    written = xent("score", path, "--json", "--output", f"json={address}")
    refused(written, 2, "bad-path")
    assert SECRET not in answer.err + written.err


class Cutting(socketserver.BaseRequestHandler):
    """A proxy that passes a number of bytes each way and then hangs up."""

    upstream = 0
    down = up = 1 << 60

    def handle(self) -> None:
        """Pass bytes both ways until one of them has had enough."""
        with socket.create_connection(("127.0.0.1", self.upstream)) as server:
            upload = threading.Thread(target=self._pass_on, args=(self.request, server, self.up))
            upload.start()
            self._pass_on(server, self.request, self.down)
            upload.join()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket, left: int) -> None:
        """Copy bytes; at the end both sides are shut down."""
        try:
            while left > 0 and (data := source.recv(min(65536, left))):
                sink.sendall(data)
                left -= len(data)
        except OSError:
            pass
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_connection_cut_while_reading(
    form: str, port: int, store: fs.FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an object is no object: the run is refused as unreadable (not as damaged), and says what to check."""
    path = write_csv(tmp_path / "long.csv", ["label", "prob"], [[i % 2, 0.25 + i / 1e6] for i in range(60_000)])
    if form != "csv":
        xent("score", path, "--losses", tmp_path / f"long.{form}")
        path = tmp_path / f"long.{form}"
    address = put(store, path.name, path.read_bytes())
    words = ["score", address, "--json", "--samples", "0"]
    if form != "csv":
        words += ["--label", "label", "--preds", "p", "--from", "probs"]
    assert xent(*words).status == 0
    monkeypatch.setattr(Cutting, "upstream", port)
    monkeypatch.setattr(Cutting, "down", 100_000)
    with serving(Cutting) as endpoint:
        point_at(endpoint, monkeypatch)
        error = refused(xent(*words), 3, "unreadable")
    assert error["where"]["path"] == address
    assert error["help"].startswith("check the address and the network")


# --- writing


def test_outputs_are_written_there(store: fs.FileSystem, tmp_path: Path) -> None:
    """Losses and reports are the bytes that would be in a file."""
    path = write_csv(tmp_path / "good.csv", ["label", "prob"], ROWS)
    for sort, name in (("losses", "losses.csv"), ("losses", "losses.parquet"), ("output", "json=report.json")):
        form, _, file = name.rpartition("=")
        prefix = f"{form}=" if form else ""
        there = xent("score", path, f"--{sort}", f"{prefix}{BUCKET}/{file}", "-qq")
        here = xent("score", path, f"--{sort}", f"{prefix}{tmp_path / file}", "-qq")
        assert (there.status, here.status) == (0, 0), there.err
        assert get(store, file) == (tmp_path / file).read_bytes()


def test_a_process_ends_cleanly_after_reading_and_writing(store: fs.FileSystem, tmp_path: Path) -> None:
    """The threads of the S3 client do not outlive the run: status 0 and nothing on standard error."""
    address = put(store, "process.csv", csv_bytes(ROWS))
    done = process("score", address, "--losses", f"{BUCKET}/process.parquet", "--output", f"json={tmp_path / 'r.json'}")
    assert (done.returncode, done.stderr) == (0, b"")
    assert pq.read_table(store.open_input_file("bucket/process.parquet")).num_rows == 4


def test_outputs_that_cannot_be_written_are_found_before_the_run(store: fs.FileSystem) -> None:
    """A missing bucket, and an object that is also an input (however it is addressed), refuse the run."""
    address = put(store, "in.csv", csv_bytes(ROWS))
    before = get(store, "in.csv")
    error = refused(xent("score", address, "--losses", "s3://nobucket/x.csv", "--json"), 2, "no-directory")
    assert error["message"] == "cannot write this output: there is no such bucket"
    for output in (address, f"{address}?region=us-east-1", f"s3://key:{SECRET}@bucket/in.csv?region=us-east-1"):
        error = refused(xent("score", BUCKET + "/in*.csv", "--json", "--losses", output), 2, "output-is-input")
        assert SECRET not in str(error)
    assert get(store, "in.csv") == before


def test_connection_cut_while_writing(
    port: int, store: fs.FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload that breaks off leaves the old object, standard output stays empty, and the status is 2."""
    put(store, "big.jsonl", b"old")
    path = write_csv(tmp_path / "long.csv", ["label", "prob"], [[i % 2, 0.25 + i / 1e6] for i in range(150_000)])
    monkeypatch.setattr(Cutting, "upstream", port)
    monkeypatch.setattr(Cutting, "up", 2_000_000)
    with serving(Cutting) as endpoint:
        point_at(endpoint, monkeypatch)
        answer = xent("score", path, "--losses", f"{BUCKET}/big.jsonl", "--json", "--samples", "0")
    refused(answer, 2, "write-failed")
    gc.collect()
    assert get(store, "big.jsonl") == b"old"


def test_interrupted_upload_publishes_nothing(
    store: fs.FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrow publishes what was written when a stream is dropped; an interrupted one must not be, nor closed."""
    put(store, "kept.csv", b"old")
    path = write_csv(tmp_path / "good.csv", ["label", "prob"], ROWS)

    def interrupted(_: Any, out: Any, *__: Any) -> None:
        out.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_copy", interrupted)
    answer = xent("score", path, "--losses", f"{BUCKET}/kept.csv")
    assert (answer.status, answer.out) == (130, "")
    gc.collect()
    assert get(store, "kept.csv") == b"old"
