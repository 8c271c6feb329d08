# SPDX-License-Identifier: BSD-3-Clause
"""Goals: what a case's figures are to be.

A case has a tuple of pairs: the goal in words, and a function that is given the rows of this run and says whether it is
met, or None when the runs disagree too much to say. The rows of the case itself are found by the program's name, those of
another case by "case/program".
"""
from .measure import AGREE


def unless_noisy(row, met):
    """Noise only slows: what the best run meets is met. What it misses may be noise, unless the runs agree."""
    return None if not met and row["spread"] > AGREE else met


def at_least(program, ratio):
    return f"{program} at least {ratio} times {{peer}}", lambda rows: rows[program]["ratio"] >= ratio


def at_most(program, key, most, words):
    return words, lambda rows: rows[program][key] <= most


def takes_at_most(program, key, most, words):
    return words, lambda rows: unless_noisy(rows[program], rows[program][key] <= most)


def verdict(judge, case, rows):
    """"met", "not met", or "no verdict" when a figure is missing or there was too much noise for it."""
    found = {f"{row['case']}/{row['program']}": row for row in rows}
    found.update({row["program"]: row for row in rows if row["case"] == case.name})
    try:
        return {True: "met", False: "not met", None: "no verdict"}[judge(found)]
    except (KeyError, TypeError):
        return "no verdict"


def verdicts(case, rows):
    """(words, verdict) of each goal of a case."""
    peer = getattr(case, "peer", "")
    return [(words.replace("{peer}", peer), verdict(judge, case, rows)) for words, judge in case.goals]
