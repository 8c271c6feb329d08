# SPDX-License-Identifier: BSD-3-Clause
"""CCN on links of more kinds: with a VLAN tag beside IPv4, over a V-Channel, and over one that is too slow."""
import ndn
from ndn_lab import Station, interest

from xbt import Lab, wait_until

NAMES = 64
MEMBERS = {"one": 2000, "two": 6000}


def start(lab, routes):
    """Faces for the hosts that have no IPv4, tagged with VLAN 3, names under /<host> routed to it."""
    hosts = [name for name, iface in lab.config["interfaces"].items() if iface.get("vlan") == 3]
    lab.config["ccn"] = {
        "faces": {name: {"interface": name, "remote": lab[name].mac("eth0")} for name in hosts},
        "routes": {f"/{name}": {"via": [{"face": name}]} for name in routes},
    }
    lab.start()
    lab.station = {}
    for name in hosts:
        wait_until(f"{name} is up", lambda name=name: lab.router.find("show interface", name=name)["state"] == "up")
        lab.station[name] = Station(lab, name, lab.router.find("show interface", name=name)["mac"])


def exchange(lab, number):
    """An Interest from west to east and its Data back."""
    west, east = lab.station["west"], lab.station["east"]
    west.send(interest(f"/east/{number}", nonce=number))
    east.expect_interest(f"/east/{number}")
    east.send(ndn.data(f"/east/{number}", b"%d" % number))
    assert west.expect_data(f"/east/{number}").content == b"%d" % number


def two_vnets(**far):
    """VLAN 2 with IPv4 and VLAN 3 with CCN on both of the router's ports."""
    lab = Lab()
    lab.network("lan", 1, vlan=2, port=1)
    lab.plain("west", 1, vlan=3)
    lab.network("wan", 2, vlan=2, port=2, **far)
    lab.plain("east", 2, vlan=3)
    start(lab, ("east",))
    return lab


def test_tagged_ccn_and_ipv4_share_the_cables_and_do_not_meet():
    lab = two_vnets()
    before = lab.router.mbufs_in_use()
    lab["lan"].ping("10.0.2.2")
    for number in range(5):
        exchange(lab, number)
    assert lab["lan"].pings("10.0.2.2", 5) == 5
    # CCN in the wrong network is nobody's: that has no face there, nor takes clients.
    stray = Station(lab, "lan", lab.router.find("show interface", name="lan")["mac"])
    stray.send(interest("/east/0", nonce=99))
    wait_until("it is dropped", lambda: [d for d in lab.router.ctl("show", "stats")["drops"]
                                         if d["drop"] == "ccn_no_face" and d["packets"] == 1])
    assert lab.router.find("show ccn face", face="east")["tx_interests"] == 5
    lab.router.no_mbufs_lost(before)


def members(lab):
    return {row["member"]: row for row in lab.router.ctl("show", "vchannel", "p2")}


def test_names_are_spread_over_a_v_channel_and_survive_a_dead_link():
    lab = two_vnets(driver="vchannel", members=MEMBERS)
    west, east = lab.station["west"], lab.station["east"]
    lab["lan"].ping("10.0.2.2")
    before = members(lab)
    for number in range(NAMES):
        exchange(lab, number)
    sent = {name: row["tx_packets"] - before[name]["tx_packets"] for name, row in members(lab).items()}
    assert 0 < sent["one"] < sent["two"]
    for dead, name in (("t2a", "one"), ("t2b", "two")):
        lab.ns.run("ip", "link", "set", dead, "down")
        wait_until(f"{name} is dead", lambda name=name: members(lab)[name]["state"] == "dead")
        for number in range(8):
            uri = f"/east/{dead}/{number}"
            west.send(interest(uri, nonce=number))
            east.expect_interest(uri)
            east.send(ndn.data(uri, b"x"))
            west.expect_data(uri)
        assert lab["lan"].pings("10.0.2.2", 3) == 3
        lab.ns.run("ip", "link", "set", dead, "up")
        wait_until(f"{name} is back", lambda name=name: members(lab)[name]["state"] == "alive")


def test_data_that_queues_at_a_slow_link_is_marked():
    lab = Lab()
    lab.plain("west", 1, vlan=3)
    lab.plain("east", 2, vlan=3)
    start(lab, ("east",))
    lab.router.ctl("config", "set", "ccn.faces.west.rate", "1")    # Mb/s: 5 ms are 625 bytes
    lab.router.ctl("config", "commit")
    west, east = lab.station["west"], lab.station["east"]
    numbers = iter(range(1000))

    def fetch(size):
        n = next(numbers)
        west.send(interest(f"/east/{n}", nonce=n))
        east.expect_interest(f"/east/{n}")
        east.send(ndn.data(f"/east/{n}", bytes(size)))
        return west.expect_data(f"/east/{n}").mark

    def reached(n):
        west.send(interest(f"/east/{n}", nonce=n, lifetime=1000))
        return east.expect(f"Interest {n}", lambda p: p.type == ndn.INTEREST and p.name == f"/east/{n}", timeout=1)

    # The switch between host and router may not be there yet, and nobody asks a second time.
    wait_until("the way to east is there", lambda: reached(next(numbers)))
    assert fetch(100) is None                   # 1.2 ms of the link's time
    assert fetch(1000) == 1                     # 8 ms and more: the first at once
    wait_until("the queue is empty again", lambda: fetch(100) is None)
    face = lab.router.find("show ccn face", face="west")
    assert face["marked"] >= 1
    assert lab.router.find("show ccn face", face="east")["marked"] == 0
