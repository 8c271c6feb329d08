# SPDX-License-Identifier: BSD-3-Clause
"""The main job: two kernel hosts reach each other through dpdk-xebra."""
import pytest

from xbt import two_networks


@pytest.fixture(scope="module")
def lab():
    return two_networks()


def test_ping_goes_through_the_router(lab):
    before = lab.router.mbufs_in_use()
    assert "ttl=63" in lab["lan"].ping("10.0.2.2")
    assert "ttl=63" in lab["wan"].ping("10.0.1.2")
    assert lab["lan"].pings("10.0.2.2", 20) == 20
    assert lab.router.find("show interface", name="wan")["tx_packets"] >= 20
    assert lab.router.find("show port", name="p1")["rx_packets"] >= 20
    lab.router.no_mbufs_lost(before)


def test_the_router_itself_answers_ping(lab):
    assert "ttl=64" in lab["lan"].ping("10.0.1.1")
    assert "ttl=64" in lab["lan"].ping("10.0.2.1")


def test_iperf3_goes_through_the_router_both_ways(lab):
    before = lab.router.mbufs_in_use()
    for options in ([], ["-R"], ["-P", "4"]):
        end = lab["lan"].iperf3(lab["wan"], "10.0.2.2", *options, amount="4M")
        assert end["sum_received"]["bytes"] > 0
    lab.router.no_mbufs_lost(before)


def test_traceroute_shows_the_router(lab):
    assert lab["lan"].traceroute("10.0.2.2") == ["10.0.1.1", "10.0.2.2"]
    assert lab["wan"].traceroute("10.0.1.2") == ["10.0.2.1", "10.0.1.2"]


def test_an_orderly_stop_ends_with_status_0():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    lab.router.stop()
