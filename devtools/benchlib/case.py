# SPDX-License-Identifier: BSD-3-Clause
"""What is measured: traffic, routes and participants, in terms that every program can be set up from."""
import dataclasses
import random

PORTS = 2
GATEWAY = "10.{port}.0.2"       # the neighbour behind each port
ADDRESS = "10.{port}.0.1"


@dataclasses.dataclass
class Case:
    """flows: per port. table: [(prefix, [port, ...])], more than one port: ECMP; or a function that makes it, as large
    ones take their time. to_cross: port 0's packets are all
    for port 1 and the other way round; else each may leave by either. size: bytes or "imix". vlan: tag on both sides,
    for programs that route between VLANs. packets: per run, all ports together. goals: see goals.py."""
    name: str
    title: str
    programs: tuple
    peer: str
    table: object
    flows: int = 1
    to_cross: bool = False
    size: object = 64
    vlan: int = 0
    zipf: float = 0
    packets: int = 16_000_000
    extra_rounds: int = 5           # at most, as long as runs disagree
    learned: bool = False           # routes come over the control socket, where a program has one
    neighbours: int = 0             # destinations are so many hosts on each port's own network, 100.<64+port>.0.0/16
    goals: tuple = ()
    quick: tuple = ()               # the programs of devtools/bench quick

    @property
    def routes(self):
        return self.table() if callable(self.table) else self.table

    def shrunk(self, routes, flows, packets):
        """The same case with less of everything, to see whether it works."""
        return dataclasses.replace(self, table=self.routes[:routes], flows=min(self.flows, flows), packets=packets,
                                   neighbours=min(self.neighbours, routes))

    def destinations(self, port, routes):
        """(prefix, egress) pairs of what a port's source sends, with a program's routes; 255: any."""
        if self.neighbours:
            return [(f"{host}/32", p) for p in range(PORTS) for host in self.hosts(p)]
        if self.to_cross:
            routes = [r for r in routes if port not in r[1]] or routes
        return [(prefix, ports[0] if len(ports) == 1 else 255) for prefix, ports in routes]

    def hosts(self, port):
        """The neighbours on a port's own network."""
        return [f"100.{64 + port}.{n >> 8}.{n & 255}" for n in range(2, 2 + self.neighbours)]


def alternating(prefixes):
    return [(prefix, [i % PORTS]) for i, prefix in enumerate(dict.fromkeys(prefixes))]


def spread_24s(n, seed=5):
    """n different /24 prefixes all over the unicast space, none nested."""
    rng = random.Random(seed)
    chosen = set()
    while len(chosen) < n:
        net = rng.randrange(1 << 16, 223 << 16)
        if net >> 16 not in (0, 10, 127) and net >> 8 != 0xa9fe and net >> 4 != 0xc000:
            chosen.add(net)
    return [f"{n >> 16}.{n >> 8 & 255}.{n & 255}.0/24" for n in sorted(chosen, key=lambda _: rng.random())]


# Prefix lengths of a full table (share of the 968 428 routed prefixes of the allocation data, 2022), in per mille.
_LENGTHS = {24: 576, 22: 135, 23: 111, 21: 56, 20: 46, 19: 27, 16: 18, 18: 15, 17: 9, 15: 3, 14: 2, 13: 1, 12: 1}


def full_table(n, seed=9):
    """n prefixes with the lengths of a full IPv4 table, nested as they come."""
    rng = random.Random(seed)
    lengths, weights = list(_LENGTHS), list(_LENGTHS.values())
    chosen = set()
    while len(chosen) < n:
        for length in rng.choices(lengths, weights, k=n - len(chosen)):
            addr = rng.randrange(1 << 24, 223 << 24) >> (32 - length) << (32 - length)
            if addr >> 24 not in (0, 10, 127):
                chosen.add((addr, length))
    return [f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}/{length}"
            for a, length in sorted(chosen, key=lambda _: rng.random())]
