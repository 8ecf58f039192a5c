"""Measure xent against the shortest scripts that give the same mean: `python tests/benchmarks/run.py`.

Whole processes, started like from a shell, run in turn (A B C A B C …) on the same file in the page cache. Printed
are the median of the wall time, the ratio xent / contestant (median, smallest and largest of the rounds) and the peak
memory. All contestants must agree on the mean. Nothing here asserts a time: machines differ, and so does their load.

Contestants that are not installed are left out: `pip install --group bench` installs them all.
"""

from __future__ import annotations

import argparse
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
lse = "list_max(logits) + ln(list_sum(list_transform(logits, lambda x: exp(x - list_max(logits)))))"
print(duckdb.sql(f"select avg({lse} - logits[label + 1]) from '{sys.argv[1]}'").fetchall()[0][0])
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
    Case("50 M rows label,prob, Parquet", "binary-50.parquet", 50_000_000, {**BINARY, "limit": LIMIT_PARQUET}),
    Case("1 M rows x 10 classes, CSV", "classes.csv", 1_000_000, {**CLASSES, "limit": LIMIT_CSV}),
    Case("1 M rows x 10 classes, Parquet", "classes.parquet", 1_000_000, {**CLASSES, "limit": LIMIT_PARQUET}),
    Case("100 k rows x 1,000 logits, Parquet", "lists.parquet", 100_000, {**LISTS, "limit": LIMIT_PARQUET}),
)


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    megabytes: float
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
    asked = parser.parse_args()
    asked.data.mkdir(parents=True, exist_ok=True)
    machine = f"{os.cpu_count()} processors, Python {sys.version.split()[0]}"
    print(f"{machine}, {time.strftime('%Y-%m-%d')}, median of {asked.runs}\n")
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
    rows = max(1000, int(case.rows * scale))
    path = folder / f"{rows}-{case.file}"
    if not path.exists():
        make(path, rows)
    words = {"xent": [sys.executable, "-m", "xent_cli", "score", str(path), "--json", "-q"]}
    words |= {
        name: [sys.executable, "-c", code, str(path)] for name, code in case.contestants.items() if installed(name)
    }
    rounds = [{name: run(command) for name, command in words.items()} for _ in range(runs + 1)][1:]
    ours = rounds[0]["xent"].mean
    for name in words:
        took = [each[name] for each in rounds]
        ratios = [each["xent"].seconds / each[name].seconds for each in rounds]
        mean = took[0].mean
        if mean is not None and ours is not None and abs(mean - ours) > AGREE * abs(ours):
            message = f"{name} finds {mean}, xent {ours} on {path}"
            raise SystemExit(message)
        print(
            f"| {case.name} | {name} | {statistics.median(each.seconds for each in took):.2f} | "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | "
            f"{max(each.megabytes for each in took):.0f} |",
            flush=True,
        )


def installed(name: str) -> bool:
    """Whether a contestant can run here."""
    return name == "limit" or find_spec(name) is not None


def run(command: list[str]) -> Run:
    """Run a command to its end; its wall time, peak memory and the mean that it printed."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert child.stdout is not None
    out = child.stdout.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise SystemExit(f"status {child.returncode}: {' '.join(command)[:200]}")
    found = re.search(r'"mean": ([-\d.e]+)', out) or re.fullmatch(r"([-\d.e]+)\s*", out)
    return Run(seconds, usage.ru_maxrss / 1024, None if found is None else float(found[1]))


def make(path: Path, rows: int) -> None:
    """Write the file of a case, piece by piece."""
    kind, extension = path.name.partition("-")[2].split(".")
    build = {"binary": binary, "binary-50": binary, "classes": classes, "lists": lists}[kind]
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
