"""Where results go: files that appear whole or not at all, standard output, object stores; formats of samples."""

from __future__ import annotations

from xent_cli.sinks.checks import check_is_no_input, check_outputs, check_writable
from xent_cli.sinks.fields import PairFields, SampleFields
from xent_cli.sinks.files import AtomicFile, Output, open_output, write_text
from xent_cli.sinks.sample_sink import SAMPLE_FORMATS, SampleSink, open_rows, open_samples, sample_format

__all__ = [
    "SAMPLE_FORMATS",
    "AtomicFile",
    "Output",
    "PairFields",
    "SampleFields",
    "SampleSink",
    "check_is_no_input",
    "check_outputs",
    "check_writable",
    "open_output",
    "open_rows",
    "open_samples",
    "sample_format",
    "write_text",
]
