# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic: what VFs send and receive, and what keeps them apart."""
import pytest
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from xbt import NicLab

OUTSIDE = "02:aa:00:00:00:01"
BROADCAST = "ff:ff:ff:ff:ff:ff"
TYPE = 0x88b5       # for experiments


def frame(src, dst, text, *vlans, size=60):
    """A frame that can be told by its text."""
    head = Ether(src=src, dst=dst)
    for vlan in vlans:
        head = head / Dot1Q(vlan=vlan)
    head.lastlayer().type = TYPE
    return head / Raw(text.encode().ljust(size - len(head), b"."))


def text_of(packet):
    return bytes(packet[Raw].load).rstrip(b".\0").decode() if Raw in packet else None


def has(text, vlan=None):
    """A condition for expect(): this text, with this tag or none."""
    def match(packet):
        tag = packet[Dot1Q].vlan if Dot1Q in packet else None
        return text_of(packet) == text and tag == vlan

    return match


@pytest.fixture(scope="module")
def lab():
    """Two networks on one wire: VFs 0 and 1 in VLAN 2, 2 and 3 in VLAN 3."""
    lab = NicLab(vfs=4)
    for vf in range(4):
        lab.nic.vf_set(vf, mac=f"02:00:00:00:00:{vf:02x}", vlan=2 + vf // 2, link="enable")
    lab.guests = [lab.guest(vf) for vf in range(4)]
    return lab


MAC = [f"02:00:00:00:00:{vf:02x}" for vf in range(4)]


def test_the_nic_puts_the_vlan_in_and_takes_it_out(lab):
    lab.guests[0].send(frame(MAC[0], OUTSIDE, "going out"))
    lab.outside.expect("the frame in VLAN 2", has("going out", 2))
    lab.outside.send(frame(OUTSIDE, MAC[0], "coming in", 2))
    lab.guests[0].expect("the frame without tag", has("coming in"))


def test_vfs_of_one_vlan_talk_inside_the_nic(lab):
    before = lab.nic.ctl("show", "nic")["stats"]["tx_packets"]
    lab.guests[0].send(frame(MAC[0], MAC[1], "to my neighbour"))
    lab.guests[1].expect("the neighbour's frame", has("to my neighbour"))
    assert lab.nic.ctl("show", "nic")["stats"]["tx_packets"] == before


def test_broadcast_stays_in_its_vlan(lab):
    lab.guests[0].send(frame(MAC[0], BROADCAST, "to all of VLAN 2"))
    lab.guests[1].expect("the broadcast", has("to all of VLAN 2"))
    lab.outside.expect("the broadcast outside", has("to all of VLAN 2", 2))
    lab.outside.send(frame(OUTSIDE, BROADCAST, "to all of VLAN 3", 3))
    assert nothing_of("to all of VLAN 2", lab.guests[2], "to all of VLAN 3")
    assert nothing_of("to all of VLAN 2", lab.guests[3], "to all of VLAN 3")
    lab.guests[1].send(frame(MAC[1], MAC[0], "behind it"))
    assert nothing_of("to all of VLAN 2", lab.guests[0], "behind it"), "a VF's own broadcast comes back"


def nothing_of(text, guest, last):
    """The guest receives `last` and, before it, nothing that has `text`."""
    seen = []
    guest.expect(f'"{last}"', lambda p: seen.append(text_of(p)) or text_of(p) == last)
    return text not in seen


ATTEMPTS = {
    "a tag of the other network": (frame(MAC[0], MAC[2], "attempt", 3), "spoofed_vlan"),
    "its own network's tag": (frame(MAC[0], MAC[2], "attempt", 2), "spoofed_vlan"),
    "a double tag": (frame(MAC[0], MAC[2], "attempt", 2, 3), "spoofed_vlan"),
    "a priority tag": (frame(MAC[0], MAC[2], "attempt", 0), "spoofed_vlan"),
    "a priority tag before the tag": (frame(MAC[0], MAC[2], "attempt", 0, 3), "spoofed_vlan"),
    "an outer tag of a provider": (frame(MAC[0], MAC[2], "attempt", 3)[Ether].copy(), "spoofed_vlan"),
    "broadcast with the tag": (frame(MAC[0], BROADCAST, "attempt", 3), "spoofed_vlan"),
    "the other's address as source": (frame(MAC[2], MAC[3], "attempt"), "spoofed_mac"),
    "a neighbour's address as source": (frame(MAC[1], BROADCAST, "attempt"), "spoofed_mac"),
    "a group as source": (frame("01:00:5e:00:00:01", MAC[2], "attempt"), "bad_source"),
    "broadcast as source": (frame(BROADCAST, BROADCAST, "attempt"), "bad_source"),
    "a runt": (bytes(frame(MAC[0], MAC[2], "attempt"))[:13], "runt"),
    "nothing at all": (b"", "runt"),
    "half a tag": (bytes(frame(MAC[0], MAC[2], "attempt", 3))[:15], "runt"),
    "a jumbo frame": (frame(MAC[0], MAC[2], "attempt", size=1515), "too_long"),
    "its own address": (frame(MAC[0], MAC[0], "attempt"), "to_itself"),
}
ATTEMPTS["an outer tag of a provider"][0].type = 0x88a8


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_way_into_the_other_network(lab, attempt):
    packet, reason = ATTEMPTS[attempt]
    before = lab.nic.drops(0).get(reason, 0)
    lab.guests[0].send(packet)
    lab.guests[0].send(frame(MAC[0], OUTSIDE, f"after {attempt}"))
    seen = []
    lab.outside.expect("what was sent after it", lambda p: seen.append(text_of(p)) or
                       text_of(p) == f"after {attempt}")
    assert "attempt" not in seen
    lab.outside.send(frame(OUTSIDE, BROADCAST, f"end of {attempt}", 3))
    assert nothing_of("attempt", lab.guests[2], f"end of {attempt}")
    assert nothing_of("attempt", lab.guests[3], f"end of {attempt}")
    assert lab.nic.drops(0).get(reason, 0) == before + 1


def test_an_address_of_the_other_network_is_outside(lab):
    """A frame to the other network's MAC, without any tag, leaves in the own VLAN: the NIC is no shortcut."""
    lab.guests[0].send(frame(MAC[0], MAC[2], "are you here"))
    lab.outside.expect("it, in VLAN 2", has("are you here", 2))
    lab.guests[3].send(frame(MAC[3], MAC[2], "end"))
    assert nothing_of("are you here", lab.guests[2], "end")


@pytest.mark.parametrize("name, packet, reason", [
    ("untagged", frame(OUTSIDE, MAC[0], "untagged"), "untagged"),
    ("VLAN 0", frame(OUTSIDE, MAC[0], "priority", 0), "untagged"),
    ("another VLAN", frame(OUTSIDE, MAC[0], "other", 4), "other_vlan"),
    ("the other's VLAN", frame(OUTSIDE, MAC[0], "others", 3), "no_receiver"),
    ("an unknown address", frame(OUTSIDE, "02:00:00:00:77:77", "unknown", 2), "no_receiver"),
])
def test_from_outside_only_what_is_for_a_vf(lab, name, packet, reason):
    drops = lab.nic.ctl("show", "nic")["stats"]["drops"].get(reason, 0)
    lab.outside.send(packet)
    lab.outside.send(frame(OUTSIDE, MAC[0], f"after {name}", 2))
    assert nothing_of(text_of(packet), lab.guests[0], f"after {name}")
    assert lab.nic.ctl("show", "nic")["stats"]["drops"][reason] == drops + 1


def test_double_tags_from_outside_stay_in_the_outer_network(lab):
    lab.outside.send(frame(OUTSIDE, BROADCAST, "hop", 2, 3))
    lab.outside.send(frame(OUTSIDE, BROADCAST, "end of hop", 3))
    assert nothing_of("hop", lab.guests[2], "end of hop")
    inner = lab.guests[0].expect("it, with its inner tag", lambda p: text_of(p) == "hop")
    assert inner[Dot1Q].vlan == 3
