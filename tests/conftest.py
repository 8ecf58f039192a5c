"""What all tests share: the options, and the fixture that compares with golden files."""

from __future__ import annotations

import csv
import signal
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from tests.places import GOLDEN

# Seeds are fixed, and no example is timed: a busy machine must not fail a test, nor a lucky one pass it.
settings.register_profile("xent", deadline=None, derandomize=True)
settings.load_profile("xent")


# A suite in the background (`pytest &`, nohup) is started with these ignored, and so are the processes that it starts.
for number, heard in ((signal.SIGINT, signal.default_int_handler), (getattr(signal, "SIGHUP", 0), signal.SIG_DFL)):
    if number and signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, heard)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --rewrite-golden and --comparisons."""
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden files instead of comparing")
    many = "how many comparisons of a model with itself to simulate (README.md gives the rate of 100000)"
    parser.addoption("--comparisons", type=int, default=3000, metavar="N", help=many)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of a name, or write that file where --rewrite-golden is given."""
    rewrite = request.config.getoption("--rewrite-golden")

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if rewrite:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def long_fields() -> Iterator[None]:
    """The csv module reads fields of a million characters, for one test: the limit is that of the whole process."""
    before = csv.field_size_limit(1_000_000)
    yield
    csv.field_size_limit(before)
