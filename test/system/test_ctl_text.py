# SPDX-License-Identifier: BSD-3-Clause
"""What people read: tables with a header, and nothing missing without a word."""
import pytest

from xbt import Lab


@pytest.fixture(scope="module")
def router():
    lab = Lab()
    lab.network("lan", 1)
    lab.config["ip4"]["routes"] = {f"172.16.{n}.0/24": {"via": [{"gateway": "10.0.1.9"}]} for n in range(50)}
    lab.config["ip4"]["routes"]["172.17.0.0/16"] = {"via": [{"gateway": "10.0.1.8", "weight": 3}, {"gateway": "10.0.1.9"}]}
    lab.config["ip4"]["routes"]["192.0.2.0/24"] = {"type": "blackhole"}
    lab.start()
    lab["lan"].ping("10.0.1.1")
    yield lab.router
    lab.router.stop()


HEADER = ["prefix", "type", "state", "next", "hops"]


def test_routes_have_a_header(router):
    lines = router.ctl_text("show", "route").splitlines()
    assert lines[0].split() == HEADER
    assert "192.0.2.0/24       blackhole   active  " in lines


def test_a_lookup_reads_as_the_route_does(router):
    shown = router.ctl_text("show", "route", "172.17.0.0/16").splitlines()
    assert shown[1].split()[:10] == ["172.17.0.0/16", "static", "active", "via", "10.0.1.8", "interface", "lan", "weight", "3",
                                     shown[1].split()[9]]
    assert shown[2].split()[:2] == ["via", "10.0.1.9"] and len(shown) == 3
    looked_up = router.ctl_text("route", "lookup", "172.17.3.4").splitlines()
    assert [line.split()[:9] for line in looked_up] == [line.split()[:9] for line in shown]


def test_routes_left_out_are_counted(router):
    every = router.ctl("show", "route")
    assert not [row for row in every if "left_out" in row]
    assert router.ctl("show", "route", "limit", "10") == every[:10] + [{"left_out": len(every) - 10}]
    assert router.ctl("show", "route", "limit", str(len(every))) == every
    last = router.ctl_text("show", "route", "limit", "10").splitlines()[-1]
    assert last == f"... and {len(every) - 10} more (see limit)"


def test_statistics_are_named_in_one_way(router):
    text = router.ctl_text("show", "stats").splitlines()
    stats = router.ctl("show", "stats")
    assert text[0].split() == list(stats["nodes"][0])
    assert text[text.index("") + 1].split() == list(stats["drops"][0])


def test_looking_at_empty_queues_costs_no_packet(router):
    nodes = {row["node"]: row for row in router.ctl("show", "stats")["nodes"]}
    assert nodes["port_rx"]["packets"] > 0 and nodes["port_rx"]["cycles_per_packet"] is None
    assert nodes["eth_input"]["cycles_per_packet"] > 0
    row = next(line.split() for line in router.ctl_text("show", "stats").splitlines() if line.startswith("port_rx "))
    assert row[3] == "-"
