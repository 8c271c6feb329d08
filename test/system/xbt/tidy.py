# SPDX-License-Identifier: BSD-3-Clause
"""What this process has made on the machine and takes away again, whatever happens.

Whoever makes something (a namespace, a process, a folder) says at once how it is undone. conftest.py undoes
after every test what the test made; the rest goes at exit, newest first.
"""
import atexit
import os
import sys

_made = []
_pid = os.getpid()


class Made:
    """One thing that was made; `undone()` when its owner has taken it away himself."""

    def __init__(self, what, undo):
        self.what = what
        self.undo = undo
        _made.append(self)

    def undone(self):
        if self in _made:
            _made.remove(self)


def mark():
    """A point in time, for undo_since()."""
    return list(_made)


def undo_since(point):
    """Undo what was made after `point`, newest first. Returns the problems met as text."""
    problems = []
    for thing in reversed(_made[:]):
        if thing in point:
            continue
        thing.undone()
        try:
            thing.undo()
        except Exception as e:      # one thing that cannot be undone must not keep the others
            problems.append(f"{thing.what}: {e}")
    return problems


@atexit.register
def _at_exit():
    if os.getpid() != _pid:     # a forked child owns nothing
        return
    for problem in undo_since([]):
        print("xbt:", problem, file=sys.stderr)
