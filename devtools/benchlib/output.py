# SPDX-License-Identifier: BSD-3-Clause
"""Results as a table for people and as JSON; the guide's page is guide.py."""
import json

from .measure import ratio


def _peer_of(case, result, results):
    name = result.program.beside or case.peer
    return next((r for r in results if r.program.name == name and r is not result), None)


def rows(case, results):
    """A dict per program: case, program, cycles_per_packet, mpps, peer, ratio (None: no verdict), and more."""
    hz = max((r.tsc_hz for r in results), default=0)
    for r in results:
        if r.excuse or r.error:
            continue
        peer = _peer_of(case, r, results)
        value = ratio(r, peer) if peer else None
        # A program's own clock may be another one.
        yield {"case": case.name, "program": r.program.name, "cycles_per_packet": round(r.cycles * hz / r.tsc_hz, 2),
               "mpps": round(r.mpps, 3), "peer": peer and peer.program.name,
               "ratio": None if value is None else round(value, 3), "spread": round(r.spread, 4),
               "runs": len(r.minima)}


def cell(row):
    """The ratio for people."""
    if row["peer"] is None:
        return "-"
    return "too noisy" if row["ratio"] is None else f"{row['ratio']:.2f} {row['peer']}"


def table(case, results):
    lines = [f"{case.name}: {case.title}",
             f"  {'program':<20} {'cycles/packet':>13} {'Mpps':>8} {'spread':>7}   packets per second, times"]
    for row in rows(case, results):
        lines.append(f"  {row['program']:<20} {row['cycles_per_packet']:>13.1f} {row['mpps']:>8.2f} "
                     f"{row['spread'] * 100:>6.1f}%   {cell(row)}")
    for r in results:
        if r.excuse:
            lines.append(f"  {r.program.name:<20} not run: {r.excuse}")
        if r.error:
            lines.append(f"  {r.program.name:<20} ERROR: {r.error.splitlines()[0]}")
    return "\n".join(lines)


def write_json(path, all_rows):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(all_rows, f, indent=1)
        f.write("\n")
