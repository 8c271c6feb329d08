# SPDX-License-Identifier: BSD-3-Clause
"""trace: the way of single packets through the nodes."""
import pytest

from xbt import Flow, Wire, two_networks, wait_until
from xbt.netns import CommandFailed


@pytest.fixture(scope="module")
def lab():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    return lab


def ways(router):
    """{packet: [node, ...]} of what was traced."""
    found = {}
    for row in router.ctl("trace", "show"):
        found.setdefault(row["packet"], []).append(row)
    return found


def test_a_packet_is_seen_at_every_node_it_passes(lab):
    before = lab.router.mbufs_in_use()
    lab.router.ctl("trace", "start", "packets", "200", "interface", "lan")

    def seen():
        lab["lan"].ping("10.0.2.2", "-s", "777")
        for way in ways(lab.router).values():
            nodes = [row["node"] for row in way]
            if nodes[0] == "eth_input" and "ip4_input" in nodes and nodes[-1] == "port_tx" \
                    and way[0]["length"] == 14 + 20 + 8 + 777 and all("10.0.1.2" in row["text"] for row in way):
                return way
        return None

    way = wait_until("a whole way of an echo request", seen)
    assert way[0]["text"].startswith(lab["lan"].mac("eth0") + " > ")
    assert [row["time_us"] for row in way] == sorted(row["time_us"] for row in way)
    # Only what came in by lan: never the echo replies, which came in by wan.
    assert not [row for way in ways(lab.router).values() for row in way[:1] if "10.0.2.2 > 10.0.1.2" in row["text"]]
    lab.router.ctl("trace", "stop")
    assert "eth_input" in lab.router.ctl_text("trace", "show")
    lab.router.no_mbufs_lost(before)


def test_forwarding_goes_on_while_traces_come_and_go(lab):
    before = lab.router.mbufs_in_use()
    flow = Flow(Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0"),
                lab.router.find("show interface", name="lan")["mac"], "10.0.1.2", "10.0.2.2")
    flow.start()
    for _ in range(5):
        lab.router.ctl("trace", "start", "packets", "2")
        flow.wait_for_more(50)
        # Two, and no more of the many that came after them.
        assert len(wait_until("two are traced", lambda: len(ways(lab.router)) == 2 and ways(lab.router))) == 2
        lab.router.ctl("trace", "stop")
        flow.wait_for_more(50)
    assert flow.stop() >= 500
    lab.router.no_mbufs_lost(before)


def test_only_interfaces_that_exist_are_traced(lab):
    with pytest.raises(CommandFailed, match="there is no interface nowhere"):
        lab.router.ctl("trace", "start", "interface", "nowhere")
