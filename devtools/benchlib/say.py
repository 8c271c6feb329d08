# SPDX-License-Identifier: BSD-3-Clause
"""Progress goes to stderr, results to stdout."""
import sys


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class BenchError(Exception):
    """A run that is no measurement: why, for a person."""
