"""Mutation testing: `python tests/mutation/run.py validation rows row_losses`.

Each mutant of a module is tested in a process forked from one that has loaded everything heavy; the mutant takes the
place of the module when the tests import it. A mutant that no test notices survives. `survivors.txt` holds those that
are known, each with the reason why no test can or need see it; the exit status is 1 where there is another.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.mutation.mutants import Mutant, mutants  # noqa: E402  (the path has to be known first)

TESTS: dict[str, tuple[str, ...]] = {
    "validation": ("test_validation", "test_bad_rows"),
    "rows": ("test_bad_rows", "test_scoring", "test_validation", "test_scheme", "test_golden"),
    "row_losses": ("test_row_losses", "test_golden", "test_scoring", "test_scheme", "test_reporting"),
    "scheme": ("test_scheme", "test_bad_rows", "test_golden", "test_scoring"),
    "quantiles": ("test_quantiles",),
    "uncertainty": ("test_uncertainty",),
    "exactsum": ("test_exactsum",),
    "exactsum_slices": ("test_exactsum",),
    "losses.binary": ("test_losses",),
    "losses.blocks": ("test_losses",),
    "losses.classes": ("test_losses",),
    "losses.gradients": ("test_losses",),
    "losses.logits": ("test_losses",),
}
KNOWN = Path(__file__).with_name("survivors.txt")
PATIENCE = 120  # seconds after which a mutant that runs on counts as noticed


class Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name, self._path, self._source = name, path, source

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Answer for the one module."""
        if name != self._name:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=str(self._path))

    def exec_module(self, module: ModuleType) -> None:
        """Run the other source."""
        module.__file__ = str(self._path)
        exec(compile(self._source, str(self._path), "exec"), module.__dict__)  # noqa: S102  (that is the point)


def main() -> int:
    """Test the mutants of the modules that are named, or of all."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("modules", nargs="*", default=list(TESTS))
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    words.add_argument("--every", type=int, default=1, help="test only every n-th mutant")
    words.add_argument("--json", type=Path, help="write the survivors here")
    chosen = words.parse_args()
    _load()
    known = _known()
    left: list[dict[str, Any]] = []
    for module in chosen.modules:
        left += _module(module, chosen.jobs, chosen.every, known)
    if chosen.json:
        chosen.json.write_text(json.dumps(left, indent=1, ensure_ascii=False))
    return 1 if left else 0


def _load() -> None:
    """Load what the tests need and no mutant touches, once for all children."""
    import hypothesis  # noqa: F401
    import mpmath  # noqa: F401
    import numpy  # noqa: F401, ICN001
    import pandas  # noqa: F401, ICN001
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401
    import pytest  # noqa: F401
    import rich.console  # noqa: F401
    import scipy.stats  # noqa: F401
    import sklearn.metrics  # noqa: F401


def _known() -> set[tuple[str, str]]:
    """The survivors whose reason is known: lines of `module: before  →  after  # reason`."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines() if KNOWN.exists() else []
    pairs = (line.partition(": ") for line in lines if line and not line.startswith("#"))
    return {(module, rest.partition("  # ")[0].strip()) for module, _, rest in pairs}


def _module(module: str, jobs: int, every: int, known: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Test one module; the survivors that are not known."""
    path = ROOT / "xent_cli" / (module.replace(".", "/") + ".py")
    made = list(mutants(path.read_text(encoding="utf-8")))[::every]
    tests = [str(ROOT / "tests" / f"{name}.py") for name in TESTS[module]]
    assert _survives(module, path, path.read_text(encoding="utf-8"), tests), f"the tests of {module} fail as it is"
    began = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        alive = list(pool.map(lambda mutant: _survives(module, path, mutant.source, tests), made))
    survivors = [mutant for mutant, lives in zip(made, alive, strict=True) if lives]
    new = [mutant for mutant in survivors if (module, mutant.name) not in known]
    _say(module, len(made), survivors, new, time.monotonic() - began)
    return [{"module": module, "line": mutant.line, "name": mutant.name} for mutant in new]


def _say(module: str, count: int, survivors: list[Mutant], new: list[Mutant], seconds: float) -> None:
    """Show the figures of a module."""
    killed = count - len(survivors)
    print(f"{module}: {killed} of {count} mutants killed ({killed / count:.1%}), {seconds:.0f} s; "
          f"{len(survivors) - len(new)} survivors are known, {len(new)} are new", flush=True)  # fmt: skip
    for mutant in new:
        print(f"  {module}:{mutant.line}: {mutant.name}", flush=True)


def _survives(module: str, path: Path, source: str, tests: list[str]) -> bool:
    """Whether the tests pass with this source, in a child of this process."""
    child = os.fork()
    if child == 0:
        os._exit(_test(module, path, source, tests))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _test(module: str, path: Path, source: str, tests: list[str]) -> int:
    """Run the tests in this process, in silence; the status of pytest."""
    import pytest

    signal.alarm(PATIENCE)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.meta_path.insert(0, Replaced(f"xent_cli.{module}", path, source))
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = os.devnull
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "--rootdir", str(ROOT)]
    try:
        return int(pytest.main([*options, *tests]))
    except BaseException:  # noqa: BLE001  (whatever it was, the mutant was noticed)
        return 1


if __name__ == "__main__":
    sys.exit(main())
