"""The fuzzing campaign: `python tests/fuzz/run.py --files 100000 --seed 1`.

Every case is made from the seed and its number, so that `--only 1234` repeats one. Cases run in batches, each in a
process of its own; finished batches are noted in the folder of `--state`, and a campaign that was stopped goes on from
there. The exit status is 1 where anything was found.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.fuzz.cases import Case, case
from tests.fuzz.check import Outcome, check

BATCH = 500
SHOWN = 50
SLOW = 10.0  # seconds of processor time after which a run is a finding by itself


def main() -> int:
    """Run what is left of a campaign and show its figures."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--files", type=int, default=1000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    words.add_argument("--state", type=Path, help="where finished batches are noted (default: a folder for the seed)")
    words.add_argument("--only", type=int, help="run one case and show it")
    words.add_argument("--batch", type=int, nargs=2, metavar=("FROM", "TO"), help="run these cases in this process")
    words.add_argument("--keep", type=Path, help="write the files of the case of --only here")
    chosen = words.parse_args()
    if chosen.only is not None:
        return _show(case(chosen.seed, chosen.only), chosen.keep)
    state = chosen.state or Path(tempfile.gettempdir()) / f"xent-fuzz-{chosen.seed}"
    state.mkdir(parents=True, exist_ok=True)
    if chosen.batch is not None:
        run_batch((chosen.seed, *chosen.batch, state))
        return 0
    return campaign(chosen.seed, chosen.files, chosen.jobs, state)


def campaign(seed: int, files: int, jobs: int, state: Path) -> int:
    """Run every batch that has no note yet, then add up the notes."""
    batches = [(seed, start, min(start + BATCH, files), state) for start in range(0, files, BATCH)]
    left = [batch for batch in batches if not note(batch).exists()]
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        for done, _ in enumerate(pool.map(_guarded, left), start=1):
            if done % 10 == 0:
                _say(f"{done} of {len(left)} batches, {time.monotonic() - started:.0f} s")
    return _summary([json.loads(note(batch).read_text()) for batch in batches], time.monotonic() - started)


def note(batch: tuple[int, int, int, Path]) -> Path:
    """Where the outcome of a batch is noted."""
    seed, start, end, state = batch
    return state / f"{seed}-{start}-{end}.json"


def _guarded(batch: tuple[int, int, int, Path]) -> None:
    """Run a batch in a process: a crash of a library is a finding and not the end of the campaign."""
    seed, start, end, state = batch
    words = ["--seed", str(seed), "--state", str(state), "--batch", str(start), str(end)]
    done = subprocess.run([sys.executable, __file__, *words], check=False)
    if done.returncode:
        _crashed(batch, done.returncode)


def _crashed(batch: tuple[int, int, int, Path], status: int) -> None:
    """Note which case was under way when the process died."""
    marker = note(batch).with_suffix(".now")
    number = marker.read_text() if marker.exists() else "?"
    found = {"counts": {"crashed": 1}, "findings": [[number, "", f"the process died with {status}"]]}
    note(batch).write_text(json.dumps(found))


def run_batch(batch: tuple[int, int, int, Path]) -> None:
    """Run the cases of a batch and note what they came to."""
    seed, start, end, _ = batch
    counts: Counter[str] = Counter()
    findings: list[list[Any]] = []
    marker = note(batch).with_suffix(".now")
    with tempfile.TemporaryDirectory(prefix="xent-fuzz-") as folder:
        for number in range(start, end):
            marker.write_text(str(number))
            made, outcome = guarded_check(seed, number, Path(folder))
            outcome.expect(outcome.seconds < SLOW, f"it took {outcome.seconds:.1f} s")
            counts[outcome.kind] += 1
            findings += [[number, made.damage if made else "", message] for message in outcome.findings]
    note(batch).write_text(json.dumps({"counts": counts, "findings": findings}))
    marker.unlink()


def guarded_check(seed: int, number: int, folder: Path) -> tuple[Case | None, Outcome]:
    """One case; a failure of the fuzzer itself is a finding too."""
    made = None
    try:
        made = case(seed, number)
        return made, check(made, folder)
    except Exception:  # noqa: BLE001  (one broken case must not end the campaign)
        return made, Outcome("broken", [traceback.format_exc(limit=-4)])


def _summary(notes: list[dict[str, Any]], seconds: float) -> int:
    """Show the figures; 1 where anything was found."""
    counts: Counter[str] = Counter()
    findings: list[list[Any]] = []
    for found in notes:
        counts.update(found["counts"])
        findings += found["findings"]
    figures = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    _say(f"{counts.total()} files ({figures}), {len(findings)} findings, {seconds:.0f} s")
    for number, damage, message in findings[:SHOWN]:
        _say(f"  {number} [{damage}] {message[:400]}")
    return 1 if findings else 0


def _show(made: Case, keep: Path | None) -> int:
    """Run one case and show everything about it."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        for name, data in made.files:
            (keep / name).write_bytes(data)
    _say(
        f"{made.words} {made.show} stdin={made.stdin} damage={made.damage!r} codec={made.codec}\n{made.roles}\n{made.options}"
    )
    folder = Path(tempfile.mkdtemp(prefix="xent-fuzz-"))
    try:
        outcome = check(made, folder)
    finally:
        shutil.rmtree(folder)
    _say(f"{outcome.kind}: {outcome.findings or 'nothing found'}")
    return 1 if outcome.findings else 0


def _say(text: str) -> None:
    """Show a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
