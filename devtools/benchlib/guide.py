# SPDX-License-Identifier: BSD-3-Clause
"""What one run found, as a part of the guide: doc/guides/performance.rst includes it."""
import os
import re

from .goals import verdicts
from .output import cell
from .special import figures

_UNITS = {"s": "s", "mb": "MB", "us": "\u00b5s", "ns": "ns", "percent": "%", "mps": "M/s"}


def _list_table(head, rows):
    lines = ["", ".. list-table::", "   :header-rows: 1", ""]
    for row in [head, *rows]:
        lines += [f"   {'* -' if i == 0 else '  -'} {text}".rstrip() for i, text in enumerate(row)]
    return [*lines, ""]


def _named(key):
    """"memory_mb" is memory, MB."""
    words, _, unit = key.rpartition("_")
    if unit not in _UNITS or not words:
        return key.replace("_", " ")
    return f"{words.replace('_per', ' per').replace('_', ' ')}, {_UNITS[unit]}"


def _number(value):
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", "\u202f", str(value)) if isinstance(value, int) else str(value)


def _compared(rows):
    return _list_table(
        ["Program", "Cycles/packet", "Mpps", "Spread", "Packets/s, times"],
        [[r["program"], f"{r['cycles_per_packet']:.1f}", f"{r['mpps']:.1f}", f"{r['spread'] * 100:.1f} %", cell(r)]
         for r in rows])


def _special(rows):
    shown = [(r["program"], key, value) for r in rows for key, value in figures(r).items()]
    return _list_table(["Program", "Figure", "Value"],
                       [[program, _named(key), _number(value)] for program, key, value in shown])


def _case(case, rows, plot):
    lines = ["", f".. rubric:: {case.name}: {case.title}"]
    lines += _compared(rows) if rows[0]["cycles_per_packet"] else _special(rows)
    return lines + (["", f".. image:: {plot}", ""] if plot else [])


def _goals(cases, rows):
    return [[case.name, words, what] for case in cases for words, what in verdicts(case, rows)]


def page(cases, rows, plots, where, folder):
    """The text. where: machine and versions. plots: SVG files by case; they are named as seen from the page's folder."""
    lines = [".. Written by devtools/bench --guide.", "", f"{where}.",
             *_list_table(["Case", "Goal", "Verdict"], _goals(cases, rows))]
    for case in cases:
        own = [row for row in rows if row["case"] == case.name]
        plot = plots.get(case.name)
        if own:
            lines += _case(case, own, plot and os.path.relpath(plot, folder))
    return "\n".join(lines) + "\n"


def write(path, cases, rows, plots, where):
    with open(path, "w", encoding="utf-8") as f:
        f.write(page(cases, rows, plots, where, os.path.dirname(os.path.abspath(path))))
