# SPDX-License-Identifier: BSD-3-Clause
"""What one run found, as a part of the guide: doc/guides/performance.rst includes it."""
import os
import re

from .goals import verdicts
from .output import cell, not_measured, percent
from .special import Special, figures

_UNITS = {"s": "s", "mb": "MB", "us": "\u00b5s", "ns": "ns", "percent": "%", "mps": "M/s"}


def _list_table(head, rows):
    lines = ["", ".. list-table::", "   :header-rows: 1", ""]
    for row in [head, *rows]:
        lines += [f"   {'* -' if i == 0 else '  -'} {text}".rstrip() for i, text in enumerate(row)]
    return [*lines, ""]


def _named(key):
    """"memory_mb" is memory, MB."""
    words, _, unit = key.rpartition("_")
    if unit not in _UNITS or not words or words.endswith("_per"):
        return key.replace("_", " ")
    return f"{words.replace('_', ' ')}, {_UNITS[unit]}"


def _number(value):
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", "\u202f", str(value)) if isinstance(value, int) else str(value)


def _why(row):
    """Why there are no figures, with nothing in it that means something in a guide."""
    return re.sub(r"([\\`*_|])", r"\\\1", not_measured(row))


def _line(row):
    if not_measured(row):
        return [row["program"], "", "", "", _why(row)]
    return [row["program"], f"{row['cycles_per_packet']:.1f}", f"{row['mpps']:.1f}", percent(row["spread"]), cell(row)]


def _compared(rows):
    return _list_table(["Program", "Cycles/packet", "Mpps", "Spread", "Packets/s, times"], map(_line, rows))


def _special(rows):
    shown = []
    for row in rows:
        lines = [["", _why(row)]] if not_measured(row) else [[_named(k), _number(v)] for k, v in figures(row).items()]
        shown += [[row["program"], *line] for line in lines]
    return _list_table(["Program", "Figure", "Value"], shown)


def _case(case, rows, plot):
    lines = ["", f".. rubric:: {case.name}: {case.title}"]
    lines += _special(rows) if isinstance(case, Special) else _compared(rows)
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
        lines += _case(case, own, plot and os.path.relpath(plot, folder))
    return "\n".join(lines) + "\n"


def write(path, cases, rows, plots, where):
    """The page is replaced as a whole."""
    new = f"{path}.new"
    with open(new, "w", encoding="utf-8") as f:
        f.write(page(cases, rows, plots, where, os.path.dirname(os.path.abspath(path))))
    os.replace(new, path)
