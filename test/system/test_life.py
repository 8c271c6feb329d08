# SPDX-License-Identifier: BSD-3-Clause
"""Killed, restarted, reloaded under traffic, on several workers."""
import copy

from xbt import Flow, Lab, Wire, two_networks, wait_until


def test_a_killed_router_starts_again_as_if_nothing_had_been():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    for _ in range(2):
        lab.router.kill()
        lab.router.start()      # the same file prefix and control socket: what the dead one left is in its way
        lab["lan"].ping("10.0.2.2")
    lab.router.stop()


def _flow_lab(**more):
    """Two silent networks whose hosts the router knows by configuration, and a stream between them."""
    lab = Lab()
    wires = {}
    for number, name in ((1, "lan"), (2, "wan")):
        lab.cable(name, number)
        wires[name] = Wire(lab[name], "eth0")
        lab.config["interfaces"][name] = {"port": f"p{number}"}
        lab.config["ip4"]["interfaces"][name] = {"addresses": [f"10.0.{number}.1/24"]}
    lab.config["ip4"]["neighbors"] = {f"10.0.{number}.2": {"interface": name, "mac": wires[name].mac}
                                      for number, name in ((1, "lan"), (2, "wan"))}
    lab.start(**more)
    mac = lab.router.find("show interface", name="lan")["mac"]
    return lab, Flow(wires["lan"], wires["wan"], mac, "10.0.1.2", "10.0.2.2")


def test_a_reload_loses_no_packet_of_an_unchanged_route():
    lab, flow = _flow_lab()
    before = lab.router.mbufs_in_use()
    flow.start()
    flow.wait_for_more()
    for n in range(6):
        config = copy.deepcopy(lab.config)
        prefix = f"192.0.2.{n * 16}/28"
        config["ip4"]["routes"] = {prefix: {"via": [{"gateway": "10.0.2.9"}]}, "198.51.100.0/24": {"type": "blackhole"}}
        # Every other time an interface comes or goes as well.
        if n % 2 == 0:
            config["interfaces"]["guests"] = {"port": "p2", "vlan": 7}
            config["ip4"]["interfaces"]["guests"] = {"addresses": ["10.0.7.1/24"]}
        lab.router.reload(config)
        wait_until(f"the route to {prefix} is there", lambda prefix=prefix: any(
            row["prefix"] == prefix for row in lab.router.ctl("show", "route")))
        assert len(lab.router.ctl("show", "interface")) == (3 if n % 2 == 0 else 2)
        flow.wait_for_more()
    assert flow.stop() > 1000
    lab.router.no_mbufs_lost(before)
    lab.router.stop()


def test_a_wrong_file_on_reload_changes_nothing():
    lab, flow = _flow_lab()
    flow.start()
    routes = lab.router.ctl("show", "route")
    config = copy.deepcopy(lab.config)
    config["interfaces"]["wan"]["vlan"] = 5000
    lab.router.reload(config)
    wait_until("the log says why", lambda: "interfaces.wan.vlan" in lab.router.log())
    flow.wait_for_more()
    flow.stop()
    assert lab.router.ctl("show", "route") == routes
    lab.router.reload(lab.config)
    lab.router.stop()


def test_two_workers_share_the_ports():
    lab = two_networks(workers=2)
    before = lab.router.mbufs_in_use()
    assert len(lab.router.ctl("show", "worker")) == 2
    lab["lan"].ping("10.0.2.2")
    assert lab["lan"].iperf3(lab["wan"], "10.0.2.2", "-P", "2", amount="2M")["sum_received"]["bytes"] > 0
    lab.router.no_mbufs_lost(before)
    lab.router.stop()


def test_two_workers_share_the_queues_of_a_port():
    lab = Lab()
    lab.network("lan", 1, rx_queues=2)
    lab.network("wan", 2, rx_queues=2)
    for port in lab.config["ports"].values():
        port["device"] += ",qpairs=2"
    lab.start(workers=2)
    before = lab.router.mbufs_in_use()
    lab["lan"].ping("10.0.2.2")
    assert lab["lan"].iperf3(lab["wan"], "10.0.2.2", "-P", "8", amount="4M")["sum_received"]["bytes"] > 0
    lab.router.no_mbufs_lost(before)
    lab.router.stop()
