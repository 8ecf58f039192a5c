"""`python -m xent_cli` is `xent`."""

from __future__ import annotations

import gc
import signal
import sys


def run() -> int:
    """Run the command line; while its parts are loaded, and once it is done, Ctrl-C ends the process without a word."""
    gc.disable()  # what is loaded stays: to look through it for garbage takes longer than to score a small file
    python = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else it is ignored, as under nohup
    if python:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from xent_cli.cli import main

    if python:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    status = main()
    gc.freeze()  # nor is it looked through at the end
    gc.enable()
    if python:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return status


if __name__ == "__main__":
    sys.exit(run())
