# SPDX-License-Identifier: BSD-3-Clause
"""devtools/bench: Xebra beside its peers, on one core, in one run.

How a number comes about:

    case.py, cases.py   what is measured: the traffic and the routes, and who takes part
    program.py and the  how each program is started for a case, and how to know that it forwards
    programs' modules
    run.py              one run: start, open the gate of the sources, wait for their report, stop, check
    measure.py          runs in turn (A B C, C B A, ...), shortest windows, ratios, or no verdict
    goals.py            what the figures are to be, and whether they are
    output.py, svg.py,  table, JSON, plots, and the part of doc/guides/performance.rst that a run writes
    guide.py

Every program, ours or not, is fed by the same driver (drivers/net/xbench), which gives packets, counts and checks
what comes out, and takes the time. A run that lost a packet or forwarded one wrongly is an error, never a number;
where routes change meanwhile (routes.py), what was lost is itself a figure.
"""
