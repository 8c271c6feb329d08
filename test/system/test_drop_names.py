# SPDX-License-Identifier: BSD-3-Clause
"""Every reason to drop a packet is provoked by some test: at least, no name is unknown to all of them."""
import glob
import os
import re

from xbt import Lab

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _words(pattern):
    words = set()
    for path in glob.glob(os.path.join(TESTS, pattern)):
        with open(path, encoding="utf-8") as f:
            words.update(re.findall(r"\w+", f.read()))
    return words


def test_no_reason_to_drop_is_without_a_test():
    lab = Lab()
    router = lab.start()
    names = {row["drop"] for row in router.ctl("show", "stats")["drops"]}
    router.stop()
    assert len(names) > 50
    assert sorted(names - _words("system/test_*.py") - _words("unit/test_*.c")) == []
