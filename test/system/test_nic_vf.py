# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic: what may be set for a VF, and what becomes of it."""
import pytest
from scapy.layers.l2 import Dot1Q

from test_nic_switch import BROADCAST, MAC, OUTSIDE, frame, has, nothing_of
from xbt import NicLab, wait_until
from xbt.netns import CommandFailed

GROUP = "01:00:5e:00:00:05"


@pytest.fixture
def lab():
    lab = NicLab(vfs=3, rate=1000)
    for vf in range(3):
        lab.nic.vf_set(vf, mac=MAC[vf], vlan=2, link="enable")
    return lab


def test_a_vf_begins_without_anything():
    lab = NicLab(vfs=2)
    guest = lab.guest(0)
    vf = lab.nic.vf(0)
    assert {k: vf[k] for k in ("vlan", "trunk", "spoof_check", "trust", "promiscuous", "link", "link_up", "max_rate",
                               "min_rate")} == {
        "vlan": 0, "trunk": [], "spoof_check": True, "trust": False, "promiscuous": False, "link": "disable",
        "link_up": False, "max_rate": 0, "min_rate": 0}
    assert lab.nic.mac(0) != lab.nic.mac(1)
    guest.send(frame(vf["mac"], BROADCAST, "hello"))
    wait_until("it is dropped", lambda: lab.nic.drops(0) == {"link_down": 1})
    lab.nic.vf_set(0, link="enable")
    guest.send(frame(vf["mac"], BROADCAST, "hello"))
    wait_until("it is dropped", lambda: lab.nic.drops(0) == {"link_down": 1, "no_vlan": 1})
    assert lab.nic.ctl("show", "nic")["stats"]["tx_packets"] == 0


def test_a_vf_that_tags_itself_uses_its_vlans_and_no_other(lab):
    lab.nic.vf_set(0, trunk=[5, 6])
    guest, neighbour = lab.guest(0), lab.guest(1)
    guest.send(frame(MAC[0], OUTSIDE, "in 5", 5))
    lab.outside.expect("it in VLAN 5", has("in 5", 5))
    guest.send(frame(MAC[0], OUTSIDE, "in 2"))
    lab.outside.expect("it in VLAN 2", has("in 2", 2))
    for vlans, reason in (((7,), "spoofed_vlan"), ((2,), "spoofed_vlan"), ((0,), "spoofed_vlan"), ((5, 7), "double_tag")):
        before = lab.nic.drops(0).get(reason, 0)
        guest.send(frame(MAC[0], OUTSIDE, "out of", *vlans))
        wait_until("it is dropped", lambda: lab.nic.drops(0).get(reason, 0) == before + 1)
    lab.outside.send(frame(OUTSIDE, MAC[0], "for 6", 6))
    guest.expect("it with its tag", has("for 6", 6))
    lab.outside.send(frame(OUTSIDE, MAC[0], "for 2", 2))
    guest.expect("it without tag", has("for 2"))
    # VF 1 has VLAN 5 without tag: what one tags the other gets bare.
    lab.nic.vf_set(1, vlan=5)
    guest.send(frame(MAC[0], BROADCAST, "to both forms", 5))
    neighbour.expect("it without tag", has("to both forms"))
    lab.outside.expect("it with tag", has("to both forms", 5))


def test_priority_is_the_nics(lab):
    lab.nic.vf_set(0, priority=5)
    lab.guest(0).send(frame(MAC[0], OUTSIDE, "prior"))
    assert lab.outside.expect("it", has("prior", 2))[Dot1Q].prio == 5


def test_promiscuous_needs_trust_and_stays_in_the_vlan(lab):
    guests = [lab.guest(vf) for vf in range(3)]
    with pytest.raises(CommandFailed, match="promiscuous: only for a VF that is trusted"):
        lab.nic.vf_set(2, promiscuous=True)
    guests[0].send(frame(MAC[0], MAC[1], "private"), frame(MAC[0], BROADCAST, "public"))
    assert nothing_of("private", guests[2], "public")
    lab.nic.vf_set(2, promiscuous=True, trust=True)
    guests[0].send(frame(MAC[0], MAC[1], "overheard"))
    guests[2].expect("what is for another", has("overheard"))
    guests[1].expect("what is for it", has("overheard"))
    lab.nic.vf_set(2, vlan=3)
    guests[0].send(frame(MAC[0], MAC[1], "private again"))
    guests[1].expect("what is for it", has("private again"))
    lab.outside.send(frame(OUTSIDE, MAC[0], "also heard", 3))
    assert nothing_of("private again", guests[2], "also heard")
    lab.nic.vf_set(2, trust=False)
    assert lab.nic.vf(2)["promiscuous"] is False


def test_multicast_goes_to_those_who_want_it(lab):
    guests = [lab.guest(vf) for vf in range(3)]
    lab.nic.vf_set(1, multicast=[GROUP])
    lab.nic.vf_set(2, multicast=[])
    lab.outside.send(frame(OUTSIDE, GROUP, "group", 2), frame(OUTSIDE, "01:00:5e:00:00:06", "other group", 2),
                     frame(OUTSIDE, BROADCAST, "end", 2))
    guests[0].expect("any group", has("group"))
    guests[0].expect("any group", has("other group"))
    guests[1].expect("its group", has("group"))
    assert nothing_of("other group", guests[1], "end")
    assert nothing_of("group", guests[2], "end")


def test_without_spoof_check_sources_are_free_and_vlans_are_not(lab):
    guest = lab.guest(0)
    lab.nic.vf_set(0, spoof_check=False)
    guest.send(frame("02:77:00:00:00:01", OUTSIDE, "another source"))
    lab.outside.expect("it", has("another source", 2))
    guest.send(frame(MAC[0], OUTSIDE, "another VLAN", 3))
    wait_until("it is dropped", lambda: lab.nic.drops(0) == {"spoofed_vlan": 1})


def test_links(lab):
    guests = [lab.guest(vf) for vf in range(2)]
    lab.nic.vf_set(1, link="disable")
    guests[0].send(frame(MAC[0], MAC[1], "to one that is down"))
    wait_until("it is dropped", lambda: lab.nic.drops(1) == {"rx_link_down": 1})
    lab.nic.vf_set(1, link="auto")
    assert lab.nic.vf(1)["link_up"]
    lab.peer.run("ip", "link", "set", "eth0", "down")
    wait_until("the uplink is down", lambda: not lab.nic.ctl("show", "nic")["uplink"]["link_up"])
    assert not lab.nic.vf(1)["link_up"] and lab.nic.vf(0)["link_up"]
    guests[0].send(frame(MAC[0], OUTSIDE, "nowhere"))
    wait_until("it is dropped", lambda: lab.nic.drops(0).get("uplink_down") == 1)
    # Whose link does not depend on the uplink's still has its neighbours.
    lab.nic.vf_set(1, link="enable")
    guests[0].send(frame(MAC[0], MAC[1], "inside"))
    guests[1].expect("it", has("inside"))
    lab.peer.run("ip", "link", "set", "eth0", "up")
    wait_until("the uplink is up", lambda: lab.nic.ctl("show", "nic")["uplink"]["link_up"])


def test_mtu_counts_both_ways(lab):
    guests = [lab.guest(vf) for vf in range(2)]
    lab.nic.vf_set(1, mtu=1000)
    guests[0].send(frame(MAC[0], MAC[1], "long", size=1015), frame(MAC[0], MAC[1], "just", size=1014))
    assert nothing_of("long", guests[1], "just")
    assert lab.nic.drops(1) == {"rx_too_long": 1}
    guests[1].send(frame(MAC[1], MAC[0], "long", size=1015), frame(MAC[1], MAC[0], "just", size=1014))
    assert nothing_of("long", guests[0], "just")
    assert lab.nic.drops(1) == {"rx_too_long": 1, "too_long": 1}


def test_reset_takes_everything_back(lab):
    guest = lab.guest(0)
    guest.send(frame(MAC[0], BROADCAST, "before"))
    lab.outside.expect("it", has("before", 2))
    lab.nic.ctl("vf", "reset", "vf", 0)
    assert guest.refused() == "the VF is reset"
    vf = lab.nic.vf(0)
    assert (vf["connected"], vf["link"], vf["vlan"], vf["stats"]["tx_packets"], vf["stats"]["drops"]) == \
        (False, "disable", 0, 0, {})
    assert vf["mac"] not in MAC
    guest = lab.guest(0)
    guest.send(frame(MAC[0], BROADCAST, "after"))
    wait_until("it is dropped", lambda: lab.nic.drops(0) == {"link_down": 1})


@pytest.mark.parametrize("words, error", [
    (["vf", 3, "vlan", 2], "vf: there is no VF 3, they are 0 to 2"),
    (["vf", 0, "mac", "01:00:00:00:00:01"], "mac: "),
    (["vf", 0, "mac", MAC[1]], "mac: it is VF 1's"),
    (["vf", 0, "vlan", 4095], "vlan"),
    (["vf", 0, "trunk", "[0]"], "trunk: item 0 is not a VLAN in 1..4094"),
    (["vf", 0, "trunk", "[3,3]"], "trunk: 3 is there twice"),
    (["vf", 0, "trunk", "[2]"], "trunk: 2 is the VLAN that the VF has without tag"),
    (["vf", 0, "trunk", "5"], "trunk: not a list"),
    (["vf", 0, "multicast", '["02:00:00:00:00:01"]'], "multicast: item 0 is not a multicast MAC address"),
    (["vf", 0, "max_rate", 5, "min_rate", 6], "min_rate: 6 is more than max_rate"),
    (["vf", 0, "min_rate", 600], "min_rate: all guarantees together would be 1200 Mb/s, the uplink has 1000"),
    (["vf", 0, "mtu", 9000], "mtu: 9000 is more than the uplink's"),
    (["vf", 0, "link", "up"], "link"),
])
def test_a_wrong_setting_changes_nothing(lab, words, error):
    lab.nic.vf_set(2, min_rate=600)
    before = lab.nic.ctl("show", "vf")
    with pytest.raises(CommandFailed, match=error.replace("(", r"\(")):
        lab.nic.ctl("vf", "set", *words, "weight", 77)
    assert lab.nic.ctl("show", "vf") == before


def test_a_rate_below_the_guarantees_is_refused_on_reload(lab):
    lab.nic.vf_set(0, min_rate=600)
    config = {**lab.config, "uplink": {**lab.config["uplink"], "rate": 500}}
    lab.nic.write_config(config)
    with pytest.raises(CommandFailed, match="uplink.rate: 500 is less than what is guaranteed to VFs"):
        lab.nic.ctl("config", "reload")
    config["uplink"]["rate"] = 700
    lab.nic.write_config(config)
    lab.nic.ctl("config", "reload")
    assert lab.nic.ctl("show", "nic")["uplink"]["rate"] == 700
