# SPDX-License-Identifier: BSD-3-Clause
"""A router whose port is a V-Channel: two links to one kernel host, changed and broken while packets flow.

The links are TAPs, whose link goes down when their kernel side does, in a bridge with the host's cable.
"""
import copy

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from xbt import Host, Lab, Wire, wait_until
from xbt.netns import CommandFailed, link

MEMBERS = {"one": {"device": "net_tap1,iface=t1", "weight": 2000},
           "two": {"device": "net_tap2,iface=t2", "weight": 6000}}
FLOWS = 200


@pytest.fixture
def lab():
    lab = Lab()
    lab.network("lan", 1)
    host = lab.hosts["wan"] = Host("wan")
    link(host, "eth0", lab.ns, "p2")
    host.address("eth0", "10.0.2.2/24")
    host.route("default", "10.0.2.1")
    lab.ns.run("ip", "link", "add", "b2", "type", "bridge", "mcast_snooping", 0)
    for tap in ("t1", "t2"):
        lab.ns.run("ip", "tuntap", "add", tap, "mode", "tap", "multi_queue")
        # What came by one link must not go back by the other.
        lab.ns.run("ip", "link", "set", tap, "master", "b2", "up")
        lab.ns.run("ip", "link", "set", tap, "type", "bridge_slave", "isolated", "on")
    lab.ns.run("ip", "link", "set", "p2", "master", "b2", "up")
    lab.ns.run("ip", "link", "set", "b2", "up")
    lab.config["ports"]["p2"] = {"vchannel": {"members": copy.deepcopy(MEMBERS)}}
    # The TAPs' own address belongs to the bridge as well, which would keep the frames for itself.
    lab.config["interfaces"]["wan"] = {"port": "p2", "mac": "02:00:00:00:00:02"}
    lab.config["ip4"]["interfaces"]["wan"] = {"addresses": ["10.0.2.1/24"]}
    lab.start()
    lab["lan"].ping("10.0.2.2")
    yield lab
    lab.router.stop()


def members(lab):
    return {row["member"]: row for row in lab.router.ctl("show", "vchannel", "p2")}


def p2(lab):
    return lab.config["ports"]["p2"]["vchannel"]


def commit(lab):
    lab.router.write_config(lab.config)
    lab.router.ctl("config", "reload")


def all_flows_arrive(lab):
    """Many flows from lan to wan, until every one has come through; then what each member has sent since."""
    source, sink = Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0")
    ether = Ether(src=source.mac, dst=lab.router.find("show interface", name="lan")["mac"])
    ip = IP(src="10.0.1.2", dst="10.0.2.2", ttl=9)
    frames = [bytes(ether / ip / UDP(sport=3000 + n, dport=9)) for n in range(FLOWS)]
    before = {name: row["tx_packets"] for name, row in members(lab).items()}
    arrived = set()

    def through():
        source.send(*frames)
        while (packet := sink.recv(0.2)) is not None:
            if UDP in packet and packet[IP].ttl == 8:
                arrived.add(packet[UDP].sport)
        return len(arrived) == FLOWS

    wait_until("every flow has arrived", through)
    return {name: row["tx_packets"] - before.get(name, 0) for name, row in members(lab).items()}


def test_both_links_carry_flows_and_the_heavier_more(lab):
    rows = members(lab)
    assert set(rows) == {"one", "two"} and {row["state"] for row in rows.values()} == {"alive"}
    assert [rows[name]["weight_mbps"] for name in ("one", "two")] == [2000, 6000]
    sent = all_flows_arrive(lab)
    assert 0 < sent["one"] < sent["two"]
    assert lab["lan"].pings("10.0.2.2", 20) == 20


def test_a_dead_links_flows_go_by_the_other_and_come_back(lab):
    for tap, name in (("t1", "one"), ("t2", "two")):
        lab.ns.run("ip", "link", "set", tap, "down")
        wait_until(f"{name} is dead", lambda: members(lab)[name]["state"] == "dead")
        assert lab.router.find("show port", name="p2")["state"] == "up"
        all_flows_arrive(lab)
        lab.ns.run("ip", "link", "set", tap, "up")
        wait_until(f"{name} is alive", lambda: members(lab)[name]["state"] == "alive")
        lab["lan"].ping("10.0.2.2")
    wait_until("both links have buckets again", lambda: all(row["buckets"] for row in members(lab).values()))


def test_members_and_weights_change_while_it_runs(lab):
    # A TAP keeps the buffers that it will read into: as many before as after.
    before = lab.router.mbufs_in_use()
    lab.router.ctl("vchannel", "weight", "p2", "one", "6000")
    assert members(lab)["one"]["weight_mbps"] == 6000
    lab.router.ctl("vchannel", "member", "del", "p2", "two")
    assert set(members(lab)) == {"one"}
    all_flows_arrive(lab)
    lab.router.ctl("vchannel", "member", "add", "p2", "two", "device", "net_tap2,iface=t2", "weight", "3000")
    wait_until("two is alive", lambda: members(lab)["two"]["state"] == "alive")
    all_flows_arrive(lab)
    running = lab.router.ctl("show", "config")["ports"]["p2"]["vchannel"]["members"]
    assert {name: value["weight"] for name, value in running.items()} == {"one": 6000, "two": 3000}
    with pytest.raises(CommandFailed, match="already a member two"):
        lab.router.ctl("vchannel", "member", "add", "p2", "two", "device", "net_tap2,iface=t2")
    with pytest.raises(CommandFailed, match="no member three"):
        lab.router.ctl("vchannel", "member", "del", "p2", "three")
    with pytest.raises(CommandFailed, match="p1 is no V-Channel"):
        lab.router.ctl("vchannel", "weight", "p1", "one", "5")
    lab.router.no_mbufs_lost(before)


def test_options_change_without_a_restart(lab):
    all_flows_arrive(lab)
    before = {name: row["tx_packets"] for name, row in members(lab).items()}
    p2(lab).update(gap_us=5000, force_ms=100, up_delay_ms=1, stuck_ms=500, mode="active-backup", primary="two",
                   switch_back=True)
    commit(lab)
    wait_until("two carries everything", lambda: members(lab)["two"]["buckets"] == 4096)
    sent = all_flows_arrive(lab)
    assert sent["one"] == 0 and sent["two"] >= FLOWS
    # Counters begin with the member: these are the members that were there before.
    assert all(row["tx_packets"] >= before[name] for name, row in members(lab).items())
    lab.ns.run("ip", "link", "set", "t2", "down")
    wait_until("one takes over", lambda: members(lab)["one"]["active"])
    lab["lan"].ping("10.0.2.2")
    lab.ns.run("ip", "link", "set", "t2", "up")
    wait_until("two is back", lambda: members(lab)["two"]["active"])
    lab["lan"].ping("10.0.2.2")


def test_a_seed_and_probes_make_the_port_anew(lab):
    all_flows_arrive(lab)
    p2(lab).update(seed=7, symmetric=True, probe_ms=50)
    commit(lab)
    wait_until("both are alive", lambda: {row["state"] for row in members(lab).values()} == {"alive"})
    lab["lan"].ping("10.0.2.2")
    all_flows_arrive(lab)


def test_a_primary_that_is_no_member_is_refused(lab):
    p2(lab)["primary"] = "three"
    with pytest.raises(CommandFailed, match="ports.p2.vchannel.primary: there is no member three"):
        commit(lab)
    assert set(members(lab)) == {"one", "two"}
    lab["lan"].ping("10.0.2.2")


def test_a_device_passes_from_a_vchannel_to_a_port_and_back_in_one_commit(lab):
    ports = lab.config["ports"]
    device = p2(lab)["members"].pop("two")["device"]
    lab.config["ports"] = {"a0": {"device": device}, **ports}   # it is installed before p2
    commit(lab)
    assert set(members(lab)) == {"one"}
    assert lab.router.find("show port", name="a0")["state"] == "up"
    lab["lan"].ping("10.0.2.2")
    p2(lab)["members"]["two"] = {"device": device, "weight": 6000}
    del lab.config["ports"]["a0"]
    commit(lab)
    wait_until("two is alive", lambda: members(lab)["two"]["state"] == "alive")
    all_flows_arrive(lab)
