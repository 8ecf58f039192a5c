"""Every call that can fail, failing: the n-th read, write, fsync, replace, open or allocation, for n = 1 until success.

After each run: no traceback, an exit status of the table, nothing on standard output where it refused, and every output
either what it was or all that it was to be. This is how SQLite tests itself (sqlite.org/testing.html).
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.feather as pa_feather
import pyarrow.parquet as pa_parquet
import pytest

from tests.faults import ERRORS, failing
from tests.places import ROOT
from tests.running import Answer, write_csv, xent

INPUTS = ("csv", "gzip", "parquet", "arrow", "stdin", "stdin-parquet")
OUTPUTS = ("json", "rows", "csv", "parquet", "arrow", "jsonl")
OLD = b"what was there before"


@dataclass(frozen=True)
class Run:
    """A run of xent that works when nothing fails."""

    words: tuple[object, ...]
    stdin: bytes
    folder: Path

    def answer(self) -> Answer:
        """Run it."""
        return xent("score", *self.words, stdin=self.stdin)

    def files(self) -> dict[str, bytes]:
        """Every file in the folder of its outputs."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def reset(self, names: list[str]) -> None:
        """Put the outputs back to what they were before."""
        for path in self.folder.iterdir():
            path.unlink()
        for name in names:
            (self.folder / name).write_bytes(OLD)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, bytes]]:
    """One data set in every form: the word that names it, and what standard input holds."""
    folder = tmp_path_factory.mktemp("inputs")
    path = write_csv(folder / "a.csv", ["label", "p_0", "p_1", "p_2"], [[i % 3, 0.2, 0.3, 0.5] for i in range(30)])
    (folder / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    table = pa_csv.read_csv(path)
    pa_parquet.write_table(table, folder / "a.parquet")
    pa_feather.write_feather(table, folder / "a.arrow")
    return {
        "csv": (path, b""),
        "gzip": (folder / "a.csv.gz", b""),
        "parquet": (folder / "a.parquet", b""),
        "arrow": (folder / "a.arrow", b""),
        "stdin": ("-", path.read_bytes()),
        "stdin-parquet": ("-", (folder / "a.parquet").read_bytes()),
    }


def outputs(name: str, folder: Path) -> tuple[object, ...]:
    """The flags of one sort of output."""
    if name == "json":
        return ("--json",)
    if name == "rows":
        return ("--format", "csv")
    return ("--losses", folder / f"losses.{name}", "--output", f"json={folder}/report.json")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize(("source", "sink"), list(zip(INPUTS, OUTPUTS, strict=True)), ids=INPUTS)
def test_every_call_fails_once_and_forever(
    source: str, sink: str, kind: str, inputs: dict[str, tuple[object, bytes]], tmp_path: Path
) -> None:
    """Whichever call fails, the run ends as the table says, and no output is torn, lost or left half-made."""
    word, stdin = inputs[source]
    run = Run((word, *outputs(sink, tmp_path)), stdin, tmp_path)
    good, new = run.answer(), run.files()
    assert good.status == 0
    for forever in (False, True):
        for nth in range(1, 1000):
            run.reset(list(new))
            with failing(kind, nth, forever=forever) as plan:
                answer = run.answer()
            if not plan.hit:
                break
            check(answer, good, tidy=kind == "tidy")
            assert_whole(answer, run.files(), new, tidy=kind == "tidy")
        else:
            pytest.fail("the run never succeeds")


OTHERS = {
    "compare": ("compare", "{}/a.csv", "{}/a.csv", "--on", "id", "--json"),
    "labels": (
        "score",
        "{}/p.csv",
        "--labels",
        "{}/a.csv",
        "--on",
        "id",
        "--preds",
        "q_*",
        "--from",
        "probs",
        "--json",
    ),
    "inspect": ("inspect", "{}/a.csv", "--json"),
}


@pytest.mark.parametrize("kind", ["read", "open", "memory", "arrow"])
@pytest.mark.parametrize("name", OTHERS)
def test_every_call_of_other_commands_fails(name: str, kind: str, tmp_path: Path) -> None:
    """Comparing, joining and inspecting end as the table says too, whichever call fails."""
    rows = [[i, i % 2, 0.25, 0.75] for i in range(30)]
    write_csv(tmp_path / "a.csv", ["id", "label", "p_0", "p_1"], rows)
    write_csv(tmp_path / "p.csv", ["id", "q_0", "q_1"], [[i, *p] for i, _, *p in rows])
    words = [word.format(tmp_path) for word in OTHERS[name]]
    good = xent(*words)
    assert good.status == 0, good.err
    for nth in range(1, 1000):
        with failing(kind, nth, forever=False) as plan:
            answer = xent(*words)
        if not plan.hit:
            break
        if name == "inspect" and answer.status == 3:  # what is wrong with the file is its result
            assert "Traceback" not in answer.out + answer.err
            assert "internal error" not in answer.err
        else:
            check(answer, good, tidy=False)
    else:
        pytest.fail("the run never succeeds")
    assert nth > 1


def check(answer: Answer, good: Answer, *, tidy: bool) -> None:
    """The promises to whoever reads the streams and the status."""
    assert answer.status in ({0} if tidy else {0, 2, 3})
    assert "Traceback" not in answer.err
    assert "internal error" not in answer.err
    assert answer.out == ("" if answer.status else good.out)
    assert bool(answer.err) == bool(answer.status)


def assert_whole(answer: Answer, found: dict[str, bytes], new: dict[str, bytes], *, tidy: bool) -> None:
    """Every output is the old one or the whole new one, and no other file is left (unless removing it failed)."""
    for name, content in new.items():
        assert found[name] == content or (answer.status != 0 and found[name] == OLD)
    left = set(found) - set(new)
    assert not left or (tidy and all(name.startswith(".xent-") for name in left))


FIRST = {
    "read": (3, "error[unreadable]: cannot read the file: Input/output error"),
    "open": (2, "error[write-failed]: cannot write this output: too many open files"),
    "write": (2, "error[disk-full]: cannot write this output: no space left on device"),
    "sync": (2, "error[write-failed]: cannot write this output: input/output error"),
    "replace": (2, "error[not-writable]: cannot write this output: permission denied"),
    "memory": (3, "error[out-of-memory]: there is not enough memory"),
    "arrow": (3, "error[out-of-memory]: there is not enough memory"),
}
"""The status and the words where the first call of a kind fails, and all after it."""


@pytest.mark.parametrize(("kind", "nth"), [*((kind, 1) for kind in FIRST), ("read", 2)])
def test_failures_have_their_words(
    kind: str, nth: int, inputs: dict[str, tuple[object, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed is named, where it is an output as where it is an input, and what was there before stays."""
    target = tmp_path / "losses.csv"
    target.write_bytes(OLD)
    monkeypatch.chdir(tmp_path)  # where no pyproject.toml is in the way
    with failing(kind, nth, forever=True):
        answer = xent("score", inputs["csv"][0], "--losses", target)
    status, message = FIRST[kind]
    assert (answer.status, answer.out) == (status, "")
    assert answer.err.startswith(message)
    assert (target.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (OLD, ["losses.csv"])


@pytest.mark.parametrize("kind", ["read", "write", "arrow"])
def test_the_same_as_a_process(kind: str, inputs: dict[str, tuple[object, bytes]], tmp_path: Path) -> None:
    """In a process of its own the first failures have these words, and nothing is said when it ends either."""
    target = tmp_path / "losses.csv"
    target.write_bytes(OLD)
    words = ["-m", "tests.faults", kind, "1", "forever", "score", str(inputs["csv"][0]), "--losses", str(target)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    done = subprocess.run(  # where no pyproject.toml is in the way
        [sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False
    )
    status, message = FIRST[kind]
    assert (done.returncode, done.stdout) == (status, b"")
    assert done.stderr.startswith(message.encode())
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert (target.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (OLD, ["losses.csv"])


def test_the_harness_lets_the_call_fail_that_it_says() -> None:
    """The third call and no other, or the third and all after it."""
    for forever, expected in ((False, [2]), (True, [2, 3, 4])):
        with failing("sync", 3, forever=forever) as plan:
            failed = []
            for place in range(5):
                try:
                    plan.call("sync")
                except OSError:
                    failed.append(place)
        assert (failed, plan.calls, plan.hit) == (expected, 5, True)
