# SPDX-License-Identifier: BSD-3-Clause
"""CCN: exchanges of an Interest and its Data. Port 0 is all consumers, port 1 all producers.

There is no peer to compare with: no other forwarder of this kind is to be had from the distribution. What is told is
what an exchange costs, and how that grows with the tables.
"""
import dataclasses
import functools
import random

from .case import Case
from .measure import Result
from .run import Run
from .special import Special, resident_mb
from .xebra import Xebra

_MAC = "02:58:42:00:{port:02x}:02"
_CONSUMER, _PRODUCER = 0, 1
_ROUNDS = 3         # nobody to take turns with


@functools.cache
def name_prefixes(n, seed=3):
    """n different prefixes of one to four components, as an organization's, its sites', a project's might be."""
    rng = random.Random(seed)
    chosen = {}
    while len(chosen) < n:
        depth = rng.choices((1, 2, 3, 4), (1, 4, 3, 2))[0]
        words = (f"org{rng.randrange(n // 4 + 1)}", f"site{rng.randrange(64)}", f"lab{rng.randrange(64)}",
                 f"data{rng.randrange(64)}")
        chosen["/" + "/".join(words[:depth])] = None
    return list(chosen)


class _Ccn(Xebra):
    """dpdk-xebra as a CCN router between two Ethernet neighbours."""

    def __init__(self, exchange):
        self.exchange = exchange

    def config(self, run):
        e = self.exchange
        run.write("names", "\n".join(e.names()) + "\n")
        return {
            "control": {"socket": run.path("xebra.sock")},
            "workers": {"polling": self.polling},
            "ports": {"p0": {"device": self._device(run, _CONSUMER, proto="interest", packets=run.packets)},
                      "p1": {"device": self._device(run, _PRODUCER, proto="data", packets=self._answers(run),
                                                    size=e.size, lag=e.pending)}},
            "interfaces": {f"if{port}": {"port": f"p{port}"} for port in (_CONSUMER, _PRODUCER)},
            "ccn": {
                "faces": {f"f{port}": {"interface": f"if{port}", "remote": _MAC.format(port=port)}
                          for port in (_CONSUMER, _PRODUCER)},
                "routes": {prefix: {"via": [{"face": "f1"}]} for prefix in e.names()},
                "fib": {"prefixes": max(16, e.prefixes, e.room)},
                "pit": {"entries": e.pit, "entries_per_face": e.pit},
                "content_store": {"bytes": e.store},
            },
        }

    def _device(self, run, port, **more):
        return run.xbench(port, namefile=run.path("names"), **more)

    def _answers(self, run):
        """With a store that has everything each name is asked of the producer once."""
        return self.exchange.flows if self.exchange.hits else run.packets

    def ready(self, run):
        last = self.exchange.names()[-1]
        return bool(self.ctl(run, "show", "ccn", "fib", last, check=False))

    def excuse(self, case, build):
        return None if build.has_plugin("xbench") else "this build has no net_xbench"


class _Run(Run):
    """Its folder is known before it runs; what came back is checked against what was asked."""

    def __init__(self, exchange, build, machine, **more):
        super().__init__(_Ccn(exchange), Case(exchange.name, exchange.title, (), "", [], flows=exchange.flows),
                         build, machine, **more)
        self.exchange = exchange
        self.sources = 0    # the devices' arguments say themselves what they give

    def xbench(self, port, vlan=0, **more):
        return super().xbench(port, vlan, flows=self.exchange.flows, **more)

    def checked(self, report):
        consumer, producer = sorted(report["ports"], key=lambda p: p["id"])
        asked = self.exchange.flows if self.exchange.hits else self.packets
        for name, port, taken in (("Data", consumer, self.packets), ("Interests", producer, asked)):
            if port["taken"] != taken:
                self.fail(f"{port['taken']} {name} came of {taken}")
            if port["good"] != -(-taken // self.check) and self.check:
                self.fail(f"of {taken} {name} only {port['good']} are as they should be: {port}")
        return report


@dataclasses.dataclass
class Exchange(Special):
    """prefixes: in the FIB, which has room for `room`. flows: names in use, one after the other. pending: Interests that wait while others come.
    store: bytes of the content store. hits: the store has everything. size: of the Data's frame."""
    prefixes: int = 1000
    room: int = 0
    flows: int = 1 << 20
    packets: int = 4_000_000
    pit: int = 1 << 16
    pending: int = 0
    store: int = 0
    hits: bool = False
    size: int = 512

    def names(self):
        return name_prefixes(self.prefixes)

    def shrunk(self, routes, flows, packets):
        packets *= 2 if self.hits else 1    # for more than a window of frames
        pending = min(self.pending, packets // 4)
        return dataclasses.replace(self, prefixes=min(self.prefixes, routes), flows=flows if self.hits else packets,
                                   packets=packets, pending=pending, pit=max(4096, 2 * pending),
                                   store=min(self.store, 4 << 20))

    def measure(self, build, machine, check=256):
        return _Run(self, build, machine, packets=self.packets, check=check).whole()

    def excuse(self, build):
        return _Ccn(self).excuse(None, build)

    def rows(self, build, machine, rounds):
        result = Result(_Ccn(self))
        for _ in range(min(rounds, _ROUNDS)):
            result.add(self.measure(build, machine, check=256 if self.packets > 100_000 else 1))
        # The meter counts frames taken: an exchange is two, with a hit one.
        frames = 1 if self.hits else 2
        yield {"program": "xebra", "exchanges_mps": round(result.mpps / frames, 3),
               "cycles_per_exchange": round(result.cycles * frames, 1), "median_ns": round(result.median_ns * frames),
               "prefixes": self.prefixes, "spread": result.spread}


@dataclasses.dataclass
class Memory(Special):
    """What an entry takes: how much larger the process is with so many of them, or with room for so many. What a
    configured prefix takes is above all its part of the configuration, which is kept as JSON."""
    entries: int = 1_000_000

    def shrunk(self, routes, flows, packets):
        return dataclasses.replace(self, entries=packets)

    def excuse(self, build):
        return _Ccn(None).excuse(None, build)

    def rows(self, build, machine, rounds):
        small = Exchange(self.name, self.title, prefixes=16, flows=4096, packets=20_000, pit=64 * 1024)
        base, _ = self._look(small, build, machine)
        row = {"program": "xebra", "entries": self.entries}
        for key, more in (("prefix", {"room": self.entries}), ("configured_prefix", {"prefixes": self.entries}),
                          ("pending", {"pit": self.entries + small.pit})):
            used, _ = self._look(dataclasses.replace(small, **more), build, machine)
            row[f"bytes_per_{key}"] = round((used - base) * (1 << 20) / self.entries)
        store = dataclasses.replace(small, store=4 << 20, flows=20_000)
        _, cs = self._look(store, build, machine)
        yield {**row, "bytes_per_stored_data": round(store.store / cs["packets"]), "data_bytes": store.size}

    def _look(self, exchange, build, machine):
        run = _Run(exchange, build, machine, packets=exchange.packets)
        try:
            run.start()
            run.checked(run.forward())
            figures = resident_mb(run.process.pid), run.program.ctl(run, "show", "ccn", "cs")
        finally:
            run.end()
        run.remove()
        return figures
