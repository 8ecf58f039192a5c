"""Where results go: files that appear whole or not at all, standard output, object stores; formats of samples."""

from __future__ import annotations

from xent_cli.sinks.files import AtomicFile, Output, check_outputs, check_writable, open_output, write_text
from xent_cli.sinks.samples import SAMPLE_FORMATS, SampleFields, SampleSink, open_samples, sample_format

__all__ = [
    "SAMPLE_FORMATS",
    "AtomicFile",
    "Output",
    "SampleFields",
    "SampleSink",
    "check_outputs",
    "check_writable",
    "open_output",
    "open_samples",
    "sample_format",
    "write_text",
]
