# SPDX-License-Identifier: BSD-3-Clause
"""Waiting for a condition instead of for a time."""
import time

LONG = 60.0     # seconds: what a slow, busy machine may need for anything that takes a good one a second


class Timeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(what, condition, timeout=LONG, every=0.05):
    """Call `condition()` until it returns something true, and return that.

    what: the condition in words, for the error. An AssertionError inside counts as "not yet".
    """
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except AssertionError as e:
            last = e
        if time.monotonic() >= deadline:
            raise Timeout(f"waited {timeout:.0f} s until {what}; last: {str(last)[:2000]}")
        time.sleep(every)


def wait_same(what, value, times=5, timeout=LONG, every=0.1):
    """Call `value()` until it returned the same `times` times in a row (a counter at rest), and return it."""
    deadline = time.monotonic() + timeout
    last, seen = value(), 1
    while seen < times:
        if time.monotonic() >= deadline:
            raise Timeout(f"waited {timeout:.0f} s until {what} is at rest; last: {str(last)[:2000]}")
        time.sleep(every)
        now = value()
        seen = seen + 1 if now == last else 1
        last = now
    return last
