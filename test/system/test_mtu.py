# SPDX-License-Identifier: BSD-3-Clause
"""Links of unequal MTU, and jumbo frames."""
import pytest

from xbt import Lab, two_networks, wait_until


@pytest.fixture(scope="module")
def narrow():
    """lan has 1500, wan 1280. TAP ports, because fragments are to arrive as fragments."""
    lab = Lab()
    lab.network("lan", 1, driver="tap")
    lab.network("wan", 2, mtu=1280, driver="tap")
    lab.start()
    return lab


def test_large_packets_are_fragmented_to_the_narrow_side(narrow):
    before = narrow.router.mbufs_in_use()
    # The echo comes back in fragments that the host made: both directions are tried.
    narrow["lan"].ping("10.0.2.2", "-M", "dont", "-s", "1400")
    narrow["lan"].ping("10.0.2.2", "-M", "dont", "-s", "8000")
    narrow["wan"].ping("10.0.1.2", "-M", "dont", "-s", "4000")
    narrow.router.no_mbufs_lost(before)


def test_a_packet_that_may_not_be_fragmented_is_answered_with_the_mtu(narrow):
    def told():
        done = narrow["lan"].run("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", "1400", "10.0.2.2", check=False)
        # The first time the router says so; from then on the host knows.
        return "mtu = 1280" in done.stdout or "mtu=1280" in done.stdout

    wait_until("the host knows the MTU of the path", told)


def test_tcp_finds_the_mtu_of_the_path(narrow):
    narrow["lan"].transfer(narrow["wan"], "10.0.2.2")
    narrow["wan"].transfer(narrow["lan"], "10.0.1.2")


def test_jumbo_frames_go_through_whole():
    lab = two_networks(mtu=9000, memory=512)
    before = lab.router.mbufs_in_use()
    assert lab.router.find("show interface", name="lan")["mtu"] == 9000
    lab["lan"].ping("10.0.2.2", "-M", "do", "-s", "8972")
    lab["lan"].transfer(lab["wan"], "10.0.2.2")
    lab.router.no_mbufs_lost(before)
    lab.router.stop()
