"""Mutation testing: `python tests/mutation/run.py validation rows row_losses`.

Each mutant of a module is tested in a process forked from one that has loaded everything heavy; the mutant takes the
place of the module when the tests import it. The tests that noticed the mutants before it run first, then the quick
ones: that saves time and leaves none out. A mutant that no test notices survives. `survivors.txt` holds those that are
known, one to a line, each with the reason why no test can or need see it. The exit status is 1 where there is another,
and where the tests notice less than 95 % of a module of 20 mutants or more.
"""

from __future__ import annotations

import argparse
import gc
import importlib.abc
import importlib.machinery
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.mirror import covering  # noqa: E402  (the path has to be known first)
from tests.mutation.mutants import Mutant, mutants  # noqa: E402  (the same)

if TYPE_CHECKING:
    import pytest

TESTED = (
    "scoring.validation", "scoring.rows", "scoring.labels", "scoring.row_losses", "scoring.scheme",
    "statistics.quantiles", "statistics.intervals", "statistics.student_t", "statistics.exact.sums",
    "statistics.exact.moments", "statistics.exact.bit_slices", "statistics.paired", "statistics.multiple_tests",
    "losses.binary", "losses.cache_blocks", "losses.classes", "losses.gradients", "losses.logits", "reports.gates",
    "reports.baseline",
)  # fmt: skip
ALSO: dict[str, tuple[str, ...]] = {
    "scoring": (
        "scoring/test_rows", "scoring/test_scheme", "scoring/test_validation", "reports/test_refusals",
        "program/test_golden", "engine/test_pipeline", "reports/test_report",
    ),
    "losses": ("losses/test_losses", "losses/test_logits", "losses/test_classes", "losses/test_gradients"),
    "reports": ("reports/test_baseline", "reports/test_gates", "reports/test_thresholds"),
    "statistics": ("statistics/exact/test_moments", "statistics/test_intervals"),
}  # fmt: skip
"""The tests that notice mutants of a room, besides the test file of the module."""
KNOWN = Path(__file__).with_name("survivors.txt")
ENOUGH = 0.95  # of the mutants of a module, excused or not, have to be noticed
PATIENCE = 3  # times the computing of the module as it is, and 10 seconds: a mutant that takes more counts as noticed
ASLEEP = 900  # seconds after which one that only waits does; a busy or halted machine must not come to this
MEMORY = 8 << 30  # bytes of addresses for a child: a mutant that wants more is noticed, and the machine is spared


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


@dataclass
class Notices:
    """A plug-in of pytest: the most telling and the quickest tests run first; what each did is written down."""

    first: list[str]
    seconds: dict[str, float]
    paper: int

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put in front the tests that noticed something lately; then come quick files, and in a file quick tests."""
        rank = {name: place for place, name in enumerate(self.first)}
        files: dict[str, float] = {}
        for name, seconds in self.seconds.items():
            file = name.partition("::")[0]
            files[file] = files.get(file, 0.0) + seconds

        def key(item: pytest.Item) -> tuple[float, float, float]:
            name = item.nodeid
            return rank.get(name, len(rank)), files.get(name.partition("::")[0], 0.0), self.seconds.get(name, 0.0)

        items.sort(key=key)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down how long a test took, or that it failed."""
        if report.failed:
            os.write(self.paper, f"failed\t{report.nodeid}\n".encode())
        elif report.when == "call":
            os.write(self.paper, f"{report.duration}\t{report.nodeid}\n".encode())


@dataclass
class Trial:
    """One module and its tests: what its mutants go through."""

    module: str
    seconds: float = 0.0  # of computing, with the module as it is
    first: list[str] = field(default_factory=list)
    each: dict[str, float] = field(default_factory=dict)  # and what each test takes
    overrun: int = 0

    @property
    def path(self) -> Path:
        """The file of the module."""
        package = find_spec("xent_cli")  # the installed one where there is no source tree
        assert package is not None
        assert package.origin is not None
        return Path(package.origin).parent / (self.module.replace(".", "/") + ".py")

    def survives(self, source: str) -> bool:
        """Whether the tests pass with this source, in a child of this process."""
        with tempfile.TemporaryFile(buffering=0) as paper:
            child = os.fork()
            if child == 0:
                os._exit(self._test(source, paper.fileno()))
            _, status, usage = os.wait4(child, 0)
            paper.seek(0)
            lines = [line.split("\t", 1) for line in paper.read().decode().splitlines()]
        for name in [name for what, name in lines if what == "failed"]:
            self.first = [name, *(other for other in self.first if other != name)]
        self.each = self.each or {name: float(what) for what, name in lines if what != "failed"}
        self.seconds = self.seconds or usage.ru_utime + usage.ru_stime
        self.overrun += os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGALRM}
        return status == 0

    def _test(self, source: str, paper: int) -> int:
        """Run the tests in this process, in silence; the status of pytest."""
        import pytest

        patience = 10 + int(PATIENCE * self.seconds) if self.seconds else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_CPU, (patience, resource.RLIM_INFINITY))
        signal.alarm(ASLEEP)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        sys.meta_path.insert(0, Replaced(f"xent_cli.{self.module}", self.path, source))
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = os.devnull
        # Nobody reads how an assertion failed, and to rewrite it would warn of what is loaded already, an error here.
        options = ["-x", "-q", "--assert=plain", "--tb=native", "--rootdir", str(ROOT)]
        options += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
        tests = [str(ROOT / "tests" / f"{name}.py") for name in noticing(self.module)]
        notices = Notices(self.first, self.each, paper)
        try:  # the file that is the module's own notices most: often the others need not be collected
            return int(
                pytest.main([*options, *tests[:1]], plugins=[notices])
                or (tests[1:] and pytest.main([*options, *tests[1:]], plugins=[notices]))
                or 0
            )
        except BaseException:  # noqa: BLE001  (whatever it was, the mutant was noticed)
            return 1


def noticing(module: str) -> tuple[str, ...]:
    """The test files that a mutant of a module goes through: its own first, as the folders mirror each other."""
    return tuple(dict.fromkeys([*covering(module), *ALSO.get(module.partition(".")[0], ())]))


def main() -> int:
    """Test the mutants of the modules that are named, or of all."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("modules", nargs="*", default=list(TESTED))
    words.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    words.add_argument("--every", type=int, default=1, help="test only every n-th mutant")
    words.add_argument("--json", type=Path, help="write the survivors that are not known here")
    words.add_argument("--again", type=Path, help="test only the mutants that such a file names")
    chosen = words.parse_args()
    _load()
    known = _known()
    again = (
        None if chosen.again is None else {(row["module"], row["name"]) for row in json.loads(chosen.again.read_text())}
    )
    left: list[dict[str, Any]] = []
    enough = True
    with tempfile.TemporaryDirectory() as compiled:
        sys.pycache_prefix, sys.dont_write_bytecode = compiled, False  # the children compile nothing twice
        for module in chosen.modules:
            made = list(mutants(Trial(module).path.read_text(encoding="utf-8")))[:: chosen.every]
            if again is not None:
                made = [mutant for mutant in made if (module, mutant.name) in again]
            if not made:
                continue
            killed, new = _module(module, made, chosen.jobs, known)
            small = len(made) * (1 - ENOUGH) < 1  # a single known survivor is more than the rest
            enough &= killed >= ENOUGH or again is not None or small
            left += [{"module": module, "line": mutant.line, "name": mutant.name} for mutant in new]
    if chosen.json:
        chosen.json.write_text(json.dumps(left, indent=1, ensure_ascii=False))
    return 0 if enough and not left else 1


def _load() -> None:
    """Load what the tests need and no mutant touches, once for all children."""
    import click  # noqa: F401
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

    assert not any(name.partition(".")[0] == "xent_cli" for name in sys.modules), "a child has to import it itself"
    gc.freeze()  # the children need not look through all this for garbage


def _known() -> Counter[tuple[str, str]]:
    """The survivors whose reason is known: lines of `module:function: before  →  after  # reason`, one for each."""
    lines = KNOWN.read_text(encoding="utf-8").splitlines() if KNOWN.exists() else []
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return Counter((module, rest.rpartition("  # ")[0].strip()) for module, _, rest in pairs)


def _module(module: str, made: list[Mutant], jobs: int, known: Counter[tuple[str, str]]) -> tuple[float, list[Mutant]]:
    """Test mutants of one module: the share of them that is noticed, and the survivors that are not known."""
    trial = Trial(module)
    began = time.monotonic()
    assert trial.survives(trial.path.read_text(encoding="utf-8")), f"the tests of {module} fail as it is"
    excuses = Counter({name: count for (of, name), count in known.items() if of == module})
    survivors, new = 0, []
    with ThreadPoolExecutor(jobs) as pool:
        for mutant, lives in zip(made, pool.map(lambda mutant: trial.survives(mutant.source), made), strict=True):
            survivors += lives
            if lives and excuses[mutant.name]:
                excuses[mutant.name] -= 1
            elif lives:
                new.append(mutant)
                print(f"  {module}:{mutant.line}: {mutant.name}", flush=True)
    _say(trial, len(made), survivors, len(new), time.monotonic() - began)
    for name in excuses.elements():
        print(f"  {module}: no survivor, or not tested: {name}", flush=True)
    return 1 - survivors / len(made), new


def _say(trial: Trial, count: int, survivors: int, new: int, seconds: float) -> None:
    """Show the figures of a module."""
    overrun = f" ({trial.overrun} by running on)" if trial.overrun else ""
    print(f"{trial.module}: {count - survivors} of {count} mutants killed{overrun}, {1 - survivors / count:.1%}, {seconds:.0f} s; "
          f"{survivors - new} survivors are known, {new} are new", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
