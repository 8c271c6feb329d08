# SPDX-License-Identifier: BSD-3-Clause
"""A CCN router with neighbours on Ethernet that speak by hand.

    lab = ccn_lab()
    lab.station["left"].send(interest("/right/a", nonce=1))
    lab.station["right"].expect_interest("/right/a")
"""
import ndn

from xbt import LONG, Lab, Wire, wait_until


def interest(uri, **more):
    """One that does not expire on a slow machine."""
    return ndn.interest(uri, **{"lifetime": 60000, **more})


class Station:
    """A neighbour of the router at the end of a cable."""

    def __init__(self, lab, name, router_mac):
        self.wire = Wire(lab[name], "eth0")
        self.router_mac = router_mac
        self.mac = self.wire.mac

    def frame(self, payload, group=False):
        raw = lambda mac: bytes.fromhex(mac.replace(":", ""))
        to = ndn.GROUP if group else self.router_mac
        return (raw(to) + raw(self.mac) + ndn.ETHER_TYPE.to_bytes(2, "big") + payload).ljust(60, b"\0")

    def send(self, *payloads, group=False):
        for payload in payloads:
            self.wire.send(self.frame(payload, group))

    def expect(self, what, match=lambda p: True, timeout=LONG):
        """The next NDN packet that matches, parsed."""
        def is_it(packet):
            frame = bytes(packet)
            if frame[12:14] != ndn.ETHER_TYPE.to_bytes(2, "big"):
                return False
            self.last = ndn.parse(frame[14:])
            self.to = frame[:6].hex(":")
            return match(self.last)

        self.wire.expect(what, is_it, timeout)
        return self.last

    def expect_interest(self, uri):
        return self.expect(f"Interest {uri}", lambda p: p.type == ndn.INTEREST and not is_nack(p) and p.name == uri)

    def expect_data(self, uri):
        return self.expect(f"Data {uri}", lambda p: p.type == ndn.DATA and p.name == uri)

    def expect_nack(self, uri, reason):
        return self.expect(f"Nack {reason} of {uri}", lambda p: p.nack == reason and p.name == uri)


def is_nack(p):
    return p.nack is not None


def ccn_lab(names=("left", "right"), workers=1, **settings):
    """A router with a face to each of some neighbours; names under /<neighbour> are routed to it."""
    lab = Lab()
    del lab.config["ip4"]
    ccn = lab.config["ccn"] = {"faces": {}, "routes": {}, **settings}
    for number, name in enumerate(names, 1):
        host = lab.cable(name, number)
        lab.config["interfaces"][name] = {"port": f"p{number}"}
        ccn["faces"][name] = {"interface": name, "remote": host.mac("eth0")}
        ccn["routes"][f"/{name}"] = {"via": [{"face": name}]}
    lab.start(workers=workers)
    lab.station = {name: Station(lab, name, lab.router.find("show interface", name=name)["mac"]) for name in names}
    for name in names:
        wait_until(f"interface {name} is up",
                   lambda name=name: lab.router.find("show interface", name=name)["state"] == "up")
    return lab


def drops(lab, reason):
    return sum(d["packets"] for d in lab.router.ctl("show", "stats")["drops"] if d["drop"] == reason)
