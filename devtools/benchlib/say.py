# SPDX-License-Identifier: BSD-3-Clause
"""Progress goes to stderr, results to stdout."""
import subprocess
import sys


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class BenchError(Exception):
    """A run that is no measurement: why, for a person."""


# What ends the measurement of one program, not that of the others.
FAILURES = (BenchError, OSError, subprocess.SubprocessError, ValueError)


def told(error, where):
    """A failure's text; `where` is told as well when it does not say so itself."""
    return str(error) if isinstance(error, BenchError) else f"{where}: {error!r}"
