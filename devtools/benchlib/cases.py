# SPDX-License-Identifier: BSD-3-Clause
"""The cases, most important first."""
import functools

from .case import Case, alternating, full_table, spread_24s
from .ccn import Exchange, Memory
from .goals import at_least, at_most, takes_at_most, unless_noisy
from .measure import AGREE
from .routes import Churn, Learn
from .special import Idle, Latency, Table

_LOW = [(f"198.18.{i}.0/24", [i]) for i in range(2)]
_L3 = ("xebra", "l3fwd-lpm")
_FASTER = (at_least("xebra", 1.2),)


def _cycles(rows, name):
    """None, which allows no verdict, when a program's runs disagree."""
    row = rows[name]
    return None if row["spread"] > AGREE else row["cycles_per_packet"] or row["cycles_per_exchange"]


@functools.cache
def _million():
    """l3fwd's 1024 come first."""
    return alternating(spread_24s(1024) + full_table(1_000_000))[:1_000_000]


@functools.cache
def _thousand():
    return alternating(spread_24s(1024))


def _ip4():
    yield Case("ip4-1flow", "IPv4, 64 bytes, one flow per port",
               (*_L3, "l3fwd-fib", "l3fwd-graph", "testpmd-io", "testpmd-macswap"), "l3fwd-lpm",
               [(f"198.18.{i}.1/32", [i]) for i in range(2)], to_cross=True,
               quick=(*_L3, "testpmd-macswap"),
               goals=(*_FASTER, ("xebra at most 1.5 times the cycles of testpmd-macswap",
                                 lambda r: _cycles(r, "xebra") <= 1.5 * _cycles(r, "testpmd-macswap"))))
    yield Case("ip4-4096", "IPv4, 64 bytes, 4096 flows, egress alternating at random",
               (*_L3, "l3fwd-fib", "l3fwd-graph"), "l3fwd-lpm", _LOW, flows=4096, quick=_L3, goals=_FASTER)
    yield Case("ip4-65536", "IPv4, 64 bytes, 65536 random flows over 1024 routes",
               (*_L3, "l3fwd-fib"), "l3fwd-lpm", _thousand, flows=65536, quick=_L3, goals=_FASTER)
    yield Case("ip4-1mroutes", "IPv4, 64 bytes, 262144 random destinations, 1 M routes (l3fwd: its 1024)",
               _L3, "l3fwd-lpm", _million, flows=262144, learned=True, goals=(at_least("xebra", 1),))
    yield Case("ip4-imix", "IPv4, IMIX (7 of 64, 4 of 570, 1 of 1518 bytes), 4096 flows",
               _L3, "l3fwd-lpm", _LOW, flows=4096, size="imix")
    yield Case("ip4-zipf", "IPv4, 64 bytes, 65536 flows of Zipf popularity over 1024 routes",
               _L3, "l3fwd-lpm", _thousand, flows=65536, zipf=1.0)
    yield Case("ip4-vlan", "IPv4, 64 bytes, 4096 flows, VLAN tag in and out (l3fwd: untagged)",
               _L3, "l3fwd-lpm", _LOW, flows=4096, vlan=100)
    yield Case("ip4-ecmp8", "IPv4, 64 bytes, 4096 flows over 8 next hops (l3fwd: one for each route)",
               _L3, "l3fwd-lpm", [(f"198.18.{i}.0/24", [0, 1] * 4) for i in range(2)], flows=4096)
    yield Case("ip4-neighbours", "IPv4, 64 bytes, 100 000 neighbours on the ports' own networks (l3fwd: 2 routes)",
               _L3, "l3fwd-lpm", [(f"100.{64 + i}.0.0/16", [i]) for i in range(2)], flows=50_000, neighbours=50_000)
    yield Case("ip4-2workers", "IPv4, 64 bytes, 4096 flows, two workers with a queue of each port beside one",
               ("xebra-2workers", "xebra", "l3fwd-lpm-2workers", "l3fwd-lpm"), "l3fwd-lpm", _LOW, flows=4096)
    yield Case("ip4-features", "IPv4, 64 bytes, 4096 flows: CCN and V-Channel not built in, not used, or CCN configured",
               ("xebra", "xebra-ccn", "xebra-lean"), "xebra-lean", _LOW, flows=4096, extra_rounds=10,
               goals=tuple(at_least(name, 0.98) for name in ("xebra", "xebra-ccn")))


def _kernel():
    yield Case("ip4-kernel", "IPv4, 64 bytes, one flow, beside the Linux kernel", ("xebra", "kernel"), "kernel",
               [(f"198.18.{i}.1/32", [i]) for i in range(2)], to_cross=True, goals=(at_least("xebra", 10),))


def _added(rows, name):
    return _cycles(rows, name) - _cycles(rows, "testpmd-direct")


def _vchannel():
    for flows in (1, 10000):
        yield Case(f"vchannel-{flows}", f"V-Channel over 3 members, 64 bytes, {flows} flows from one port",
                   ("net_vchannel", "net_vchannel-nohash", "net_bonding", "testpmd-direct"), "net_bonding",
                   [("198.18.0.0/16", [255])], flows=flows,
                   quick=("net_vchannel", "net_bonding", "testpmd-direct") if flows == 10000 else (),
                   goals=(("net_vchannel adds at most half of what net_bonding adds to testpmd-direct",
                           lambda r: _added(r, "net_vchannel") <= 0.5 * _added(r, "net_bonding")),
                          ("net_vchannel adds at most 15 cycles", lambda r: _added(r, "net_vchannel") <= 15)))


def _nic():
    yield Case("nic-vfs", "Software NIC, 64 bytes, all VFs send to the uplink, each in a VLAN of its own",
               ("nic-1vf", "nic-8vf", "nic-25vf"), "nic-1vf", [("198.18.0.0/16", [255])])
    yield Case("nic-63vfs", "Software NIC's worker without devices, 64 bytes, all VFs send to the uplink",
               ("worker-1vf", "worker-63vf"), "worker-1vf", [], extra_rounds=10,
               goals=(("63 VFs at most 1.3 times the cycles of one",
                       lambda r: _cycles(r, "worker-63vf") <= 1.3 * _cycles(r, "worker-1vf")),))


def _special():
    low = Case("low", "", _L3, "l3fwd-lpm", _LOW, flows=4096)
    yield Latency("latency", "Latency with 4096 flows at half of the slower program's pace", case=low)
    yield Idle("idle", "Adaptive polling: CPU time of an idle router, latency of 1000 packets/s", case=low, seconds=3)
    yield Table("table", "Start-up and memory with 1 M routes in the configuration",
                case=Case("table", "", _L3, "l3fwd-lpm", _million, flows=1000))
    lossless = at_most("xebra", "lost", 0, "no packet lost")
    yield Learn("learn", "1 M routes over the control socket at half of the pace",
                (takes_at_most("xebra", "learn_s", 2, "under 2 s"),
                 at_most("xebra", "memory_mb", 150, "under 150 MB"), lossless), case=low, seconds=3)
    yield Churn("churn", "Half of the pace while 100 000 routes a second change",
                (lossless, ("100 000 changes a second", lambda r: r["xebra"]["updates_per_s"] >= 99_000)), case=low, seconds=3)


def _exchanges(millions):
    return (f"at least {millions} M exchanges/s",
            lambda r: unless_noisy(r["xebra"], r["xebra"]["exchanges_mps"] >= millions))


def _ccn():
    grown = ("at most 1.5 times the cycles of ccn-1k",
             lambda r: _cycles(r, "ccn-1m/xebra") <= 1.5 * _cycles(r, "ccn-1k/xebra"))
    for name, prefixes, goals in (("1k", 1000, ()), ("100k", 100_000, (_exchanges(1),)), ("1m", 1_000_000, (grown,))):
        yield Exchange(f"ccn-{name}", f"CCN, {prefixes} prefixes, names of 4 to 8 components, no store", goals,
                       prefixes=prefixes, quick=prefixes == 100_000)
    yield Exchange("ccn-pit1m", "CCN, 100 000 prefixes, 1 M pending Interests, no store", prefixes=100_000,
                   pit=1_100_000, pending=1_000_000)
    yield Exchange("ccn-miss", "CCN, 100 000 prefixes, each Data goes into a store of 64 MB and never comes out",
                   (_exchanges(1),), prefixes=100_000, store=64 << 20, packets=2_000_000)
    yield Exchange("ccn-hit", "CCN, 100 000 prefixes, 65 536 names that the store has", (_exchanges(2),),
                   prefixes=100_000, flows=1 << 16, store=128 << 20, hits=True, quick=True)
    yield Memory("ccn-memory", "CCN, memory per entry")


def all_cases():
    return {case.name: case for case in [*_ip4(), *_kernel(), *_vchannel(), *_nic(), *_special(), *_ccn()]}
