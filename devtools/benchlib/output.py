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
            yield {"case": case.name, "program": r.program.name, "cycles_per_packet": None, "mpps": None, "peer": None,
                   "ratio": None, "spread": None, "runs": len(r.minima),
                   **({"error": r.error} if r.error else {"excuse": r.excuse})}
            continue
        peer = _peer_of(case, r, results)
        value = ratio(r, peer) if peer else None
        # A program's own clock may be another one.
        yield {"case": case.name, "program": r.program.name, "cycles_per_packet": round(r.cycles * hz / r.tsc_hz, 2),
               "mpps": round(r.mpps, 3), "peer": peer and peer.program.name,
               "ratio": None if value is None else round(value, 3), "spread": r.spread, "runs": len(r.minima)}


def not_measured(row):
    """Why there are no figures, or nothing."""
    if "error" in row:
        return f"ERROR: {row['error'].splitlines()[0]}"
    return f"not run: {row['excuse']}" if "excuse" in row else ""


def percent(share):
    return "-" if share is None else f"{share * 100:.1f} %"


def cell(row):
    """The ratio for people."""
    if row["peer"] is None:
        return "-"
    return "too noisy" if row["ratio"] is None else f"{row['ratio']:.2f} {row['peer']}"


def table(case, results):
    lines = [f"{case.name}: {case.title}",
             f"  {'program':<20} {'cycles/packet':>13} {'Mpps':>8} {'spread':>7}   packets per second, times"]
    for row in rows(case, results):
        lines.append(f"  {row['program']:<20} " + (not_measured(row) or
                     f"{row['cycles_per_packet']:>13.1f} {row['mpps']:>8.2f} {percent(row['spread']):>7}   {cell(row)}"))
    return "\n".join(lines)


def write_json(path, all_rows):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(all_rows, f, indent=1)
        f.write("\n")
