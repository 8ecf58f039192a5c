"""Measure xent against the shortest scripts that give the same mean: `python tests/benchmarks/run.py`.

Whole processes, started like from a shell, run in turn (A B C A B C …) on the same file in the page cache. Printed
are the median of the wall time, the ratio xent / contestant (median, smallest and largest of the rounds) and the peak
memory of one more run: what a process and its children take together, each shared page counted once, looked at every
few milliseconds. All contestants must agree on the mean. Nothing here asserts a time: machines differ, and so does
their load. `--tenfold` holds xent against itself on files of ten times the rows instead.

Contestants that are not installed are left out: `pip install --group bench` installs them all.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

AGREE = 1e-6  # float32 contestants differ in the seventh digit

IMPORTS = "import click, numpy, pyarrow.csv"

POLARS_BINARY = """
import polars as pl, sys
f = sys.argv[1]
d = pl.scan_csv(f) if f.endswith(".csv") else pl.scan_parquet(f)
p = pl.when(pl.col("label") == 1).then(pl.col("prob")).otherwise(1 - pl.col("prob"))
print(d.select(-p.log().mean()).collect().item())
"""

DUCKDB_BINARY = """
import duckdb, sys
loss = "avg(-ln(case when label = 1 then prob else 1 - prob end))"
print(duckdb.sql(f"select {loss} from '{sys.argv[1]}'").fetchall()[0][0])
"""

PANDAS = """
import pandas as pd, sys
from sklearn.metrics import log_loss
f = sys.argv[1]
d = pd.read_csv(f) if f.endswith(".csv") else pd.read_parquet(f)
print(log_loss(d.label, d.drop(columns="label")))
"""

POLARS_CLASSES = """
import polars as pl, sys
f = sys.argv[1]
d = pl.scan_csv(f) if f.endswith(".csv") else pl.scan_parquet(f)
p = pl.coalesce([pl.when(pl.col("label") == j).then(pl.col(f"p{j}")) for j in range(10)])
print(d.select(-p.log().mean()).collect().item())
"""

DUCKDB_CLASSES = """
import duckdb, sys
cases = " ".join(f"when {j} then p{j}" for j in range(10))
print(duckdb.sql(f"select avg(-ln(case label {cases} end)) from '{sys.argv[1]}'").fetchall()[0][0])
"""

TORCH_LISTS = """
import pyarrow.parquet as pq, sys, torch
t = pq.read_table(sys.argv[1])
z = torch.from_numpy(t["logits"].combine_chunks().values.to_numpy()).reshape(len(t), -1)
print(torch.nn.functional.cross_entropy(z, torch.from_numpy(t["label"].to_numpy())).item())
"""

POLARS_LISTS = """
import polars as pl, sys
d = pl.scan_parquet(sys.argv[1])
z = pl.col("logits")
m = z.list.max()
lse = m + z.list.eval((pl.element() - pl.element().max()).exp()).list.sum().log()
print(d.select((lse - z.list.get(pl.col("label"))).mean()).collect(engine="streaming").item())
"""

DUCKDB_LISTS = """
import duckdb, sys
rows = f"select *, list_max(logits) as m from '{sys.argv[1]}'"
loss = "m + ln(list_sum(list_transform(logits, lambda x: exp(x - m)))) - logits[label + 1]"
print(duckdb.sql(f"select avg({loss}) from ({rows})").fetchall()[0][0])
"""

LIMIT_CSV = """
import click, numpy, pyarrow as pa, pyarrow.csv as c, sys
types = {"label": pa.dictionary(pa.int32(), pa.string())}
c.read_csv(sys.argv[1], convert_options=c.ConvertOptions(column_types=types))
"""

LIMIT_PARQUET = """
import click, numpy, pyarrow.parquet as pq, sys
for batch in pq.ParquetFile(sys.argv[1], page_checksum_verification=True).iter_batches(): pass
"""


@dataclass(frozen=True)
class Case:
    """A kind of file, how it is made, and the scripts that compete on it."""

    name: str
    file: str
    rows: int
    contestants: dict[str, str]


BINARY = {"polars": POLARS_BINARY, "duckdb": DUCKDB_BINARY, "sklearn": PANDAS}
CLASSES = {"polars": POLARS_CLASSES, "duckdb": DUCKDB_CLASSES, "sklearn": PANDAS}
LISTS = {"torch": TORCH_LISTS, "polars": POLARS_LISTS, "duckdb": DUCKDB_LISTS}

CASES = (
    Case("5 M rows label,prob, CSV", "binary.csv", 5_000_000, {**BINARY, "limit": LIMIT_CSV}),
    Case("5 M rows label,prob, Parquet", "binary.parquet", 5_000_000, {**BINARY, "limit": LIMIT_PARQUET}),
    Case("50 M rows label,prob, Parquet", "binary.parquet", 50_000_000, {**BINARY, "limit": LIMIT_PARQUET}),
    Case("1 M rows x 10 classes, CSV", "classes.csv", 1_000_000, {**CLASSES, "limit": LIMIT_CSV}),
    Case("1 M rows x 10 classes, Parquet", "classes.parquet", 1_000_000, {**CLASSES, "limit": LIMIT_PARQUET}),
    Case("100 k rows x 1,000 logits, Parquet", "lists.parquet", 100_000, {**LISTS, "limit": LIMIT_PARQUET}),
)


TENFOLD = (
    ("label,prob, CSV", "binary.csv", 5_000_000),
    ("label,prob, Parquet", "binary.parquet", 5_000_000),
    ("10 classes, CSV", "classes.csv", 100_000),
    ("10 classes, Parquet", "classes.parquet", 100_000),
    ("1,000 logits, Parquet", "lists.parquet", 10_000),
)

LOOK = 0.004  # seconds between two looks at the memory


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    mean: float | None


def main() -> None:
    """Make the data, run every case, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="rounds of each case")
    parser.add_argument("--scale", type=float, default=1.0, help="a factor for the number of rows")
    parser.add_argument("--only", default="", help="run only the cases whose name contains this")
    parser.add_argument(
        "--data", type=Path, default=Path(tempfile.gettempdir()) / "xent-benchmark", help="where files go"
    )
    parser.add_argument("--tenfold", action="store_true", help="hold xent against itself at ten times the rows")
    asked = parser.parse_args()
    asked.data = asked.data.resolve()
    asked.data.mkdir(parents=True, exist_ok=True)
    os.chdir(asked.data)  # where no configuration is read
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages have theirs, and so does an installed xent
    machine = f"{os.cpu_count()} processors, Python {sys.version.split()[0]}"
    print(f"{machine}, {time.strftime('%Y-%m-%d')}, median of {asked.runs}\n")
    if asked.tenfold:
        tenfold(asked.data, asked.runs, asked.scale, asked.only)
        return
    start_up(asked.runs, asked.data)
    print("\n| work | contestant | seconds | xent / it (range) | peak MB |\n|---|---|---|---|---|")
    for case in CASES:
        if asked.only in case.name:
            measure(case, asked.data, asked.runs, asked.scale)


def start_up(runs: int, folder: Path) -> None:
    """The two budgets of small work: --help against click, a small file against the imports it cannot do without."""
    small = folder / "small.csv"
    if not small.exists():
        pacsv.write_csv(binary(1_000, 0), small)
    pairs = {
        "xent --help / import click": (["-m", "xent_cli", "--help"], ["-c", "import click"]),
        f"xent score of 1,000 rows / {IMPORTS}": (["-m", "xent_cli", "score", str(small), "--json"], ["-c", IMPORTS]),
    }
    print("| work | ratio (range) |\n|---|---|")
    for name, (ours, theirs) in pairs.items():
        ratios = [
            run([sys.executable, *ours]).seconds / run([sys.executable, *theirs]).seconds for _ in range(2 * runs)
        ]
        print(f"| {name} | {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |")


def measure(case: Case, folder: Path, runs: int, scale: float) -> None:
    """Run one case and print its rows of the table."""
    path = made(folder, case.file, max(1000, int(case.rows * scale)))
    words = {"xent": scoring(path)}
    words |= {
        name: [sys.executable, "-c", code, str(path)] for name, code in case.contestants.items() if installed(name)
    }
    rounds = [{name: run(command) for name, command in words.items()} for _ in range(runs + 1)][1:]
    ours = rounds[0]["xent"].mean
    for name, command in words.items():
        took = [each[name] for each in rounds]
        ratios = [each["xent"].seconds / each[name].seconds for each in rounds]
        mean = took[0].mean
        if mean is not None and ours is not None and abs(mean - ours) > AGREE * abs(ours):
            message = f"{name} finds {mean}, xent {ours} on {path}"
            raise SystemExit(message)
        print(
            f"| {case.name} | {name} | {statistics.median(each.seconds for each in took):.2f} | "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | {megabytes(command):.0f} |",
            flush=True,
        )


def tenfold(folder: Path, runs: int, scale: float, only: str) -> None:
    """How the time and memory of xent grow with the number of rows."""
    print("| file | rows | seconds | at ten times the rows | MB | at ten times the rows |\n|---|---|---|---|---|---|")
    for name, file, rows in TENFOLD:
        if only in name:
            count = max(1000, int(rows * scale))
            small, large = (scoring(made(folder, file, n)) for n in (count, 10 * count))
            pairs = [(run(small).seconds, run(large).seconds) for _ in range(runs + 1)][1:]
            seconds, ratio = (statistics.median(found) for found in zip(*((a, b / a) for a, b in pairs), strict=True))
            memory = megabytes(small)
            growth = f"{seconds:.2f} | {ratio:.2f} x | {memory:.0f} | {megabytes(large) / memory:.2f} x"
            print(f"| {name} | {count:,} | {growth} |", flush=True)


def scoring(path: Path) -> list[str]:
    """The command of xent."""
    return [sys.executable, "-m", "xent_cli", "score", str(path), "--json", "-q"]


def made(folder: Path, file: str, rows: int) -> Path:
    """The file of a case. Another process makes it, so that none that is measured begins with the memory of this one."""
    path = folder / f"{rows}-{file}"
    if not path.exists():
        maker = multiprocessing.get_context("spawn").Process(target=make, args=(path, rows))
        maker.start()
        maker.join()
        if maker.exitcode:
            path.unlink(missing_ok=True)
            raise SystemExit(f"{path} could not be made")
    return path


def installed(name: str) -> bool:
    """Whether a contestant can run here."""
    return name == "limit" or find_spec(name) is not None


def run(command: list[str]) -> Run:
    """Run a command to its end; its wall time and the mean that it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"status {done.returncode}: {' '.join(command)[:200]}")
    found = re.search(r'"mean": ([-\d.e]+)', done.stdout) or re.fullmatch(r"([-\d.e]+)\s*", done.stdout)
    return Run(seconds, None if found is None else float(found[1]))


def megabytes(command: list[str]) -> float:
    """The most memory that a command and its children take together; NaN where the system does not tell."""
    most = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            most = max(most, sum(_share(process) for process in _family(running.pid)))
            time.sleep(LOOK)
    return most / 1024 if most else float("nan")


def _family(process: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        children = []
    return [process, *map(int, children)]


def _share(process: int) -> float:
    """The kilobytes of a process, of shared pages its share."""
    try:
        told = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"Pss: +([0-9]+) kB", told)
    return float(found[1]) if found else 0.0


def make(path: Path, rows: int) -> None:
    """Write the file of a case, piece by piece."""
    kind, extension = path.name.partition("-")[2].split(".")
    build = {"binary": binary, "classes": classes, "lists": lists}[kind]
    step = 10_000 if kind == "lists" else 500_000
    pieces = (build(min(step, rows - start), start) for start in range(0, rows, step))
    first = next(pieces)
    if extension == "csv":
        with pacsv.CSVWriter(path, first.schema, write_options=pacsv.WriteOptions(quoting_style="none")) as writer:
            for piece in (first, *pieces):
                writer.write_table(piece)
    else:
        with pq.ParquetWriter(path, first.schema) as writer:
            for piece in (first, *pieces):
                writer.write_table(piece)


def binary(rows: int, seed: int) -> pa.Table:
    """Labels and calibrated probabilities."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-rng.normal(0, 2, rows)))
    return pa.table({"label": (rng.random(rows) < p).astype(np.int64), "prob": p})


def classes(rows: int, seed: int) -> pa.Table:
    """Labels and probabilities of ten classes."""
    rng = np.random.default_rng(seed)
    e = np.exp(rng.normal(0, 2, (rows, 10)))
    p = e / e.sum(axis=1, keepdims=True)
    y = np.minimum((p.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1), 9)
    return pa.table({"label": y, **{f"p{j}": p[:, j] for j in range(10)}})


def lists(rows: int, seed: int) -> pa.Table:
    """Labels and a list of a thousand float32 logits."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 3, (rows, 1000)).astype(np.float32)
    return pa.table(
        {
            "label": rng.integers(0, 1000, rows),
            "logits": pa.FixedSizeListArray.from_arrays(z.ravel(), 1000).cast(pa.list_(pa.float32())),
        }
    )


if __name__ == "__main__":
    main()
