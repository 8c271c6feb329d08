# SPDX-License-Identifier: BSD-3-Clause
"""A plot per case: bars of time per packet, shortest window; a tick at the median of the runs' medians."""
import os
from xml.sax.saxutils import escape

_BAR, _GAP, _LEFT, _WIDTH = 22, 8, 170, 420


def _bar(i, result, scale):
    y = 40 + i * (_BAR + _GAP)
    width = result.ns * scale
    median = result.median_ns * scale
    colour = "#2a6f97" if result.program.ours else "#a9b4bd"
    return (f'<text x="{_LEFT - 8}" y="{y + 16}" text-anchor="end">{escape(result.program.name)}</text>'
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'
            f'<line x1="{_LEFT + median:.1f}" x2="{_LEFT + median:.1f}" y1="{y}" y2="{y + _BAR}" stroke="#333"/>'
            f'<text x="{_LEFT + max(width, median) + 6:.1f}" y="{y + 16}">{result.ns:.1f}</text>')


def write(folder, case, results):
    measured = [r for r in results if not r.excuse and not r.error]
    if not measured:
        return None
    scale = _WIDTH / max(max(r.ns, r.median_ns) for r in measured)
    height = 50 + len(measured) * (_BAR + _GAP)
    body = "".join(_bar(i, r, scale) for i, r in enumerate(measured))
    path = os.path.join(folder, f"{case.name}.svg")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 70}" height="{height}" '
                f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#fff"/>'
                f'<text x="10" y="22" font-weight="bold">{escape(case.title)}: ns per packet</text>{body}</svg>\n')
    return path
