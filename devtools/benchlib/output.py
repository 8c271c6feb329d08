# SPDX-License-Identifier: BSD-3-Clause
"""Results as a table for people, as the guide's table, and as JSON."""
import json

from .measure import ratio


def _peer_of(case, results):
    return next((r for r in results if r.program.name == case.peer), None)


def rows(case, results):
    """A dict per program: case, program, cycles_per_packet, mpps, peer, ratio (None: no verdict), and more."""
    peer = _peer_of(case, results)
    hz = max((r.tsc_hz for r in results), default=0)
    for r in results:
        if r.excuse or r.error:
            continue
        own = r is peer
        cycles = r.cycles * hz / r.tsc_hz   # a program's own clock may be another one
        row = {"case": case.name, "program": r.program.name, "cycles_per_packet": round(cycles, 2),
               "mpps": round(r.mpps, 3), "peer": None if own else case.peer,
               "ratio": None, "spread": round(r.spread, 4), "runs": len(r.minima)}
        if not own:
            value = ratio(r, peer)
            row["ratio"] = None if value is None else round(value, 3)
        yield {**row, **r.extra}


def _cell(row):
    if row["peer"] is None:
        return "-"
    return "too noisy" if row["ratio"] is None else f"{row['ratio']:.2f}"


def table(case, results):
    lines = [f"{case.name}: {case.title}"]
    if case.goal:
        lines.append(f"  goal: {case.goal}")
    lines.append(f"  {'program':<20} {'cycles/packet':>13} {'Mpps':>8} {'spread':>7} {'vs ' + case.peer:>16}")
    for row in rows(case, results):
        lines.append(f"  {row['program']:<20} {row['cycles_per_packet']:>13.1f} {row['mpps']:>8.2f} "
                     f"{row['spread'] * 100:>6.1f}% {_cell(row):>16}")
    for r in results:
        if r.excuse:
            lines.append(f"  {r.program.name:<20} not run: {r.excuse}")
        if r.error:
            lines.append(f"  {r.program.name:<20} ERROR: {r.error.splitlines()[0]}")
    return "\n".join(lines)


def guide(all_rows):
    """The rows as a reStructuredText list table."""
    lines = [".. list-table::", "   :header-rows: 1", "", "   * - Case", "     - Program", "     - Cycles/packet",
             "     - Mpps", "     - Ratio", "     - Peer"]
    for row in all_rows:
        lines += [f"   * - {row['case']}", f"     - {row['program']}", f"     - {row['cycles_per_packet']:.1f}",
                  f"     - {row['mpps']:.1f}", f"     - {_cell(row)}", f"     - {row['peer'] or ''}"]
    return "\n".join(lines)


def write_json(path, all_rows):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(all_rows, f, indent=1)
        f.write("\n")
