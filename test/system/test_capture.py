# SPDX-License-Identifier: BSD-3-Clause
"""capture: what ports receive and send, in a file that other programs read."""
import os

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.utils import rdpcap

from xbt import two_networks, wait_until
from xbt.netns import CommandFailed


@pytest.fixture(scope="module")
def lab():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    return lab


def echoes(path, source):
    return [p for p in rdpcap(path) if ICMP in p and p[IP].src == source]


def test_a_capture_has_the_packets_of_both_directions(lab, tmp_path):
    path = str(tmp_path / "lan.pcapng")
    before = lab.router.mbufs_in_use()
    lab.router.ctl("capture", "start", path, "interface", "lan")
    lab["lan"].ping("10.0.2.2", "-s", "1000")
    (done,) = lab.router.ctl("capture", "stop")
    assert done["running"] is False and done["error"] is None
    assert len(rdpcap(path)) == done["packets"]
    # In by lan with the TTL that the host gave it, out by lan with what the router left of it.
    assert any(p[IP].ttl == 64 and p[IP].len == 1028 for p in echoes(path, "10.0.1.2"))
    assert any(p[IP].ttl == 63 and p[IP].len == 1028 for p in echoes(path, "10.0.2.2"))
    lab.router.no_mbufs_lost(before)


def test_a_capture_ends_by_itself_and_keeps_as_much_as_is_wanted(lab, tmp_path):
    path = str(tmp_path / "few.pcapng")
    lab.router.ctl("capture", "start", path, "port", "p2", "packets", "3", "snaplen", "60")

    def over():
        lab["lan"].ping("10.0.2.2", "-s", "500")
        return lab.router.ctl("capture", "show")[0]["running"] is False

    wait_until("the capture has its three packets", over)
    packets = rdpcap(path)
    assert len(packets) == lab.router.ctl("capture", "show")[0]["packets"] == 3
    assert max(len(p) for p in packets) <= 60


def test_one_capture_at_a_time_and_wrong_ones_say_why(lab, tmp_path):
    path = str(tmp_path / "one.pcapng")
    lab.router.ctl("capture", "start", path)
    with pytest.raises(CommandFailed, match="one.pcapng is running"):
        lab.router.ctl("capture", "start", str(tmp_path / "two.pcapng"))
    lab.router.ctl("capture", "stop")
    for wrong, why in (((path, "interface", "nowhere"), "there is no interface nowhere"),
                       ((path, "port", "p9"), "there is no port p9"),
                       ((str(tmp_path / "no" / "folder"),), "No such file or directory")):
        with pytest.raises(CommandFailed, match=why):
            lab.router.ctl("capture", "start", *wrong)
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_port_that_stops_leaves_the_capture_in_order(lab, tmp_path):
    path = str(tmp_path / "stop.pcapng")

    def captured(size):
        """The TTLs of lan's requests: 64 as p1 received them, 63 as p2 sent them."""
        return {p[IP].ttl for p in echoes(path, "10.0.1.2") if p[IP].len == 28 + size}

    lab.router.ctl("capture", "start", path)
    lab["lan"].ping("10.0.2.2", "-s", "100")
    lab.router.ctl("port", "stop", "p1")
    assert lab.router.find("show port", name="p1")["state"] == "stopped"
    lab.router.ctl("port", "start", "p1")
    lab["lan"].ping("10.0.2.2", "-s", "200")
    (done,) = lab.router.ctl("capture", "stop")
    assert done["error"] is None and done["packets"] == len(rdpcap(path))
    # p1 left it when it stopped, p2 has been captured all the time.
    assert captured(100) == {64, 63} and captured(200) == {63}
