# SPDX-License-Identifier: BSD-3-Clause
"""The router's forwarder and a plain one in Python, given the same Interests, Data, Nacks and times, send the same."""
import os
import random
import subprocess

import ndn
from ndn_model import ALL, BEST, TURNS, Model

from xbt import BUILD, environment

FACES = [1, 2, 3, 4, 5]
SHARED = [5]
ROUTES = {
    (): (BEST, [(1, 10, 1), (2, 20, 1)]),
    ("a",): (BEST, [(2, 5, 1), (3, 5, 1), (4, 9, 1)]),
    ("a", "b", "a"): (ALL, [(1, 0, 1), (3, 0, 1), (5, 0, 1)]),
    ("b",): (TURNS, [(1, 0, 2), (2, 0, 3), (4, 0, 1)]),
    ("c",): (BEST, [(5, 0, 1)]),
}


class Router:
    """lib/ccn behind a pipe."""

    def __init__(self):
        self.process = subprocess.Popen([os.path.join(BUILD, "test", "unit", "ccn_replay")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment())
        for face in FACES:
            self._write(f"face {face} {'group' if face in SHARED else 'pair'}")
        for name, (strategy, hops) in ROUTES.items():
            self._write(f"route {uri(name)} {strategy} " + " ".join(":".join(map(str, h)) for h in hops))

    def _write(self, line):
        self.process.stdin.write(line + "\n")

    def take(self, now, face, frame):
        """What it sends, and how many entries and packets it has then."""
        self._write(f"{now} {face} {frame.hex()}")
        self.process.stdin.flush()
        sent = []
        while not (line := self.process.stdout.readline()).startswith("="):
            assert line, f"ccn_replay ended with status {self.process.wait()}"
            to, packet = line.split()
            sent.append((int(to), *described(ndn.parse(bytes.fromhex(packet)))))
        _, _, pending, stored = line.split()
        return sent, int(pending), int(stored)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0


def uri(name):
    return "/" + "/".join(name)


def described(p):
    name = tuple(p.name.strip("/").split("/"))
    if p.type == ndn.DATA:
        return "data", dict(name=name, content=p.content, token=p.token, mark=p.mark or 0)
    fields = dict(name=name, nonce=p.nonce, prefix=p.can_be_prefix, fresh=p.must_be_fresh, lifetime=p.lifetime,
                  hops=p.hop_limit)
    if p.nack is None:
        return "interest", fields
    return "nack", {**fields, "reason": p.nack, "token": p.token}


class Events:
    """Random packets that have something to do with one another."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.asked = []         # (face, packet) that went out lately
        self.seen = []          # Interests that came lately

    def name(self):
        r = self.random
        if r.random() < 0.02:
            return r.choice([("localhost", "a"), ("localhop", "b")])
        return tuple(r.choice("abc") for _ in range(r.randint(1, 4)))

    def interest(self):
        r = self.random
        if self.seen and r.random() < 0.35:     # again: same or other nonce, same or other face
            packet = dict(r.choice(self.seen))
            if r.random() < 0.7:
                packet["nonce"] = r.randint(1, 1 << 31)
            return packet
        return dict(name=self.name(), nonce=r.randint(1, 1 << 31), prefix=r.random() < 0.4, fresh=r.random() < 0.3,
                    lifetime=r.choice([None, 20, 100, 1000, 5000]), hops=r.choice([None, None, None, 0, 1, 2, 64]))

    def next(self):
        """(kind, face, fields)"""
        r = self.random
        roll = r.random()
        if roll < 0.5 or not self.asked:
            packet = self.interest()
            self.seen = (self.seen + [packet])[-12:]
            return "interest", r.choice(FACES), {**packet, "token": r.choice([None, b"\x07", b"token"])}
        face, packet = r.choice(self.asked)
        if r.random() < 0.1:
            face = r.choice(FACES)
        if roll < 0.85:
            name = packet["name"] if r.random() < 0.9 else self.name()
            name += tuple(r.choice("abc") for _ in range(r.randint(0, 2) if packet["prefix"] else 0))
            return "data", face, dict(name=name, content=bytes([r.randint(0, 255)]), mark=r.choice([0, 0, 1]),
                                      freshness=r.choice([0, 0, 10, 2000]))
        nonce = packet["nonce"] if r.random() < 0.95 else 5
        return "nack", face, {**packet, "nonce": nonce, "reason": r.choice([0, 50, 100, 150])}

    def pause(self):
        return self.random.choice([0, 1, 500, 3000, 9999, 10000, 10001, 17000, 40000, 260000, 2000000])


def frame_of(kind, fields):
    if kind == "data":
        return ndn.link(ndn.data(uri(fields["name"]), fields["content"], fields["freshness"] or None),
                        mark=fields["mark"] or None)
    packet = ndn.interest(uri(fields["name"]), fields["nonce"], fields["prefix"], fields["fresh"],
                          fields["lifetime"], fields["hops"])
    if kind == "nack":
        return ndn.link(packet, nack=fields["reason"])
    return ndn.link(packet, token=fields["token"])


def order(sent):
    return sorted(sent, key=repr)


def play(seed, steps):
    """Play a game of so many packets. Returns which kinds of packets caused which."""
    router, model, events = Router(), Model(SHARED, ROUTES), Events(seed)
    now, kinds = 0, set()
    for step in range(steps):
        now += events.pause()
        kind, face, fields = events.next()
        model.sent = []
        model.tick(now)
        getattr(model, kind)(face, **fields)
        sent, pending, stored = router.take(now, face, frame_of(kind, fields))
        what = f"seed {seed}, step {step}, {now} us: {kind} from face {face}: {fields}"
        assert order(sent) == order(model.sent), what
        assert (pending, stored) == (len(model.pit), model.store.count()), what
        events.asked = (events.asked + [(to, p) for to, k, p in order(sent) if k == "interest"])[-10:]
        kinds |= {(kind, k) for _, k, _ in sent}
    router.end()
    return kinds


def test_the_forwarder_does_what_the_plain_one_does():
    kinds = set().union(*(play(seed, 4000) for seed in range(8)))
    # All that can happen has happened.
    assert kinds == {("interest", "interest"), ("interest", "data"), ("interest", "nack"), ("data", "data"),
                     ("nack", "interest"), ("nack", "nack")}
