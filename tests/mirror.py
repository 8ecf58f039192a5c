"""Which test file covers which module: tests stand in folders like those of the package.

`tests/readers/csv/test_records.py` tests `readers.csv.records`, `tests/losses/test_losses.py` the folder `losses`. What
a module does that shows through another or a command is tested by the file named in COVERED. Tests of the program as a
whole are in `tests/program`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tests.places import TESTS

COVERED: Mapping[str, str] = {
    "api/test_score": "api.errors_in_full api.inputs api.inspect api.requests",
    "cli/help/test_hints": "cli.help.help_layout",
    "columns/test_inference": "columns",
    "comparisons/test_run": "comparisons",
    "contract/test_documents": "contract",
    "engine/test_pipeline": "engine",
    "explain/test_command": "cli.help.pages renderers.pages renderers.prose",
    "explain/test_pages": "explain",
    "program/test_exit_statuses": "__main__ cli.commands cli.exits cli.runs",
    "program/test_faults": "readers.refusals sinks.failures",
    "program/test_outputs": "cli.outputs",
    "program/test_packaging": "__init__ _version",
    "readers/arrow/test_ipc": "readers.arrow.batches",
    "readers/csv/test_file": "readers.csv",
    "readers/decoding/test_columns": "readers.column_checks readers.decoding.blocks readers.decoding.lists",
    "readers/joins/test_file": "columns.two_files readers.joins.held readers.joins.keys readers.joins.matching",
    "readers/parquet/test_footer": "readers.parquet.page_headers readers.parquet.thrift",
    "readers/sources/test_expand": "readers.opening readers.sources.byte_source readers.sources.remote",
    "readers/sources/test_foreign": "readers.sources.magic",
    "renderers/ci/test_comparison": "renderers.ci.figures",
    "renderers/tables/test_comparison": "renderers.markup.comparison renderers.verdicts",
    "renderers/tables/test_report": "renderers.tables.settings renderers.words",
    "renderers/test_formats": "renderers.view",
    "renderers/test_problems": "renderers.lines",
    "reports/test_refusals": "scoring.rules",
    "reports/test_report": "reports.roles reports.totals",
    "scoring/tally/test_tally": "scoring.tally.monoids scoring.tally.outcome scoring.tally.samples",
    "scoring/test_rows": "scoring.keyed scoring.labels",
    "sinks/test_files": "sinks.checks",
    "sinks/test_sample_sink": "contract.row_columns scoring.scored_rows sinks.fields sinks.writers",
    "statistics/test_paired": "statistics.multiple_tests statistics.non_inferiority",
}
"""The test file that covers modules which have none of their own; one named by its folder covers what is left there."""


def covering(module: str) -> tuple[str, ...]:
    """The test files for a module, the closest first, as paths below `tests` without their ending."""
    folder, _, name = module.rpartition(".")
    own = f"{folder.replace('.', '/')}/test_{name}".lstrip("/")
    whole = f"{folder.replace('.', '/')}/test_{folder.rpartition('.')[2]}".lstrip("/")
    named = [path for path, names in COVERED.items() if module in names.split()]
    rest = [path for path, names in COVERED.items() if folder in names.split()]
    return tuple(path for path in [own, *named, whole, *rest] if (TESTS / f"{path}.py").is_file())


def uncovered(modules: Iterable[str], folders: Iterable[str]) -> set[str]:
    """The modules without a test file; the folders themselves hold no more than their docstring and a list."""
    return {module for module in set(modules) - set(folders) if not covering(module)}


def astray(modules: Iterable[str]) -> Iterator[str]:
    """The test files in folders of the package that are called neither like a module there nor like the folder."""
    known = {*modules}
    rooms = {module.partition(".")[0] for module in known if "." in module}
    for path in sorted(TESTS.rglob("test_*.py")):
        parts = path.relative_to(TESTS).with_suffix("").parts
        name = parts[-1].removeprefix("test_")
        if parts[0] in rooms and ".".join([*parts[:-1], name]) not in known and parts[-2] != name:
            yield "/".join(parts)
