# SPDX-License-Identifier: BSD-3-Clause
"""Commands with a log, a time limit, and a sign of life while they run."""
import os
import re
import signal
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_began = time.monotonic()
_progress = sys.stdout


def say_on(stream):
    """Where progress goes from now on; without it standard output."""
    global _progress
    _progress = stream


def say(text):
    """One line of progress."""
    print(f"[{time.monotonic() - _began:5.0f} s] {text}", file=_progress, flush=True)


class Done:
    """How a command ended: `status` (exit status; negative: signal; None: out of time) and `output`."""

    def __init__(self, status, output):
        self.status = status
        self.output = output

    @property
    def ok(self):
        return self.status == 0

    def why(self, lines=60):
        """For people: how it ended and the end of what it said."""
        if self.status is None:
            how = "ran out of time and was killed"
        elif self.status < 0:
            how = f"was killed by {signal.Signals(-self.status).name}"
        else:
            how = f"exit status {self.status}"
        return how + "\n" + tail(self.output, lines)


def tail(text, lines):
    """The last lines of a text, saying so when there were more."""
    every = text.rstrip().split("\n")
    if len(every) <= lines:
        return "\n".join(every)
    return f"... {len(every) - lines} lines before\n" + "\n".join(every[-lines:])


def run(command, limit, env=None, cwd=TOP, progress=None, fds=(), since=None):
    """Run a command to its end in a process group of its own, which is killed when `limit` seconds are over.

    since: gives the time (time.monotonic()) from which the limit counts, where that is not the start.
    progress: words for a line every 15 s in which nothing else was said; ninja's [n/m] is added to them.
    fds: file descriptors that it inherits.
    """
    process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=fds,
                               start_new_session=True)
    os.set_blocking(process.stdout.fileno(), False)
    output = b""
    said = began = time.monotonic()
    status = None
    try:
        while time.monotonic() < (since() if since else began) + limit:
            status = process.poll()     # before reading, so that nothing is missed at the end
            more = process.stdout.read()
            output += more or b""
            if status is not None:
                break
            if progress and time.monotonic() - said > 15:
                steps = re.findall(rb"^\[(\d+/\d+)\]", output, re.M)
                say(progress + (f" [{steps[-1].decode()}]" if steps else ""))
                said = time.monotonic()
            time.sleep(0.02 if more is None else 0)
    finally:
        # Also what it started and left behind, and also when we are interrupted.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        process.stdout.close()
    return Done(status, output.decode(errors="replace"))


def die(text):
    print(text, file=sys.stderr, flush=True)
    sys.exit(1)
