# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra as the guest of a VF: DPDK's memif driver at one end, a kernel host on the wire at the other."""
import os

import pytest

from xbt import Host, Namespace, NicLab, Router, Wire, link, wait_until
from xbt.switch import Switch

MAC = "02:00:00:00:00:77"


def host_in_vlan(lab, vlan, address):
    """A kernel host whose cable ends in an access port of the switch that the uplink is connected to."""
    if not hasattr(lab, "switch"):
        lab.switch = Switch(lab.outside)
    host = Host(f"host{vlan}")
    link(lab.peer, f"v{vlan}", host, "eth0")
    host.address("eth0", address)
    lab.switch.access(vlan, lab.peer, f"v{vlan}")
    return host


def router_on(lab, vf, address, **more):
    """A router with one interface, on a VF, with the VF's MAC address."""
    device = f"net_memif0,role=client,socket={lab.nic.path(vf)},socket-abstract=no,mac={lab.nic.mac(vf)}"
    config = {"workers": {"polling": "adaptive"}, "ports": {"p": {"device": device}}, "interfaces": {"if": {"port": "p"}},
              "ip4": {"interfaces": {"if": {"addresses": [address]}}}}
    router = Router(Namespace(f"guest{vf}"), config, **more)
    wait_until(f"VF {vf} is connected", lambda: lab.nic.vf(vf)["connected"])
    wait_until("the router's port is up", lambda: router.find("show port", name="p")["state"] == "up")
    return router


@pytest.fixture(scope="module")
def lab():
    lab = NicLab(vfs=3)
    for vf, vlan in ((0, 2), (1, 3), (2, 2)):
        lab.nic.vf_set(vf, vlan=vlan, link="enable")
    lab.hosts = {vlan: host_in_vlan(lab, vlan, "10.0.0.1/24") for vlan in (2, 3)}
    return lab


def test_two_networks_with_the_same_addresses_on_one_wire(lab):
    """Both have 10.0.0.1 outside and 10.0.0.2 on a VF; each reaches its own."""
    routers = [router_on(lab, vf, "10.0.0.2/24") for vf in (0, 1)]
    for vlan, vf in ((2, 0), (3, 1)):
        assert lab.hosts[vlan].pings("10.0.0.2", 20) == 20
        assert lab.hosts[vlan].neighbor("eth0", "10.0.0.2") == lab.nic.mac(vf)
    for vf in (0, 1):
        assert lab.nic.drops(vf) == {}
    # The guest ends, and the next one is as good as the first.
    routers[0].stop()
    wait_until("VF 0 is free", lambda: not lab.nic.vf(0)["connected"])
    again = router_on(lab, 0, "10.0.0.2/24", workers=2)
    assert lab.hosts[2].pings("10.0.0.2", 20) == 20
    # Killed: the NIC notices by itself.
    again.kill()
    wait_until("VF 0 is free", lambda: not lab.nic.vf(0)["connected"])
    assert lab.hosts[3].pings("10.0.0.2", 5) == 5
    routers[1].stop()
    lab.nic.buffers_at_rest()


def test_a_vhost_guest_and_its_nic():
    """DPDK's virtio-user is the front end here; QEMU speaks the same protocol. (Memory without huge pages is one
    file, which can be shared.)"""
    lab = NicLab(vfs=2, start=False)
    lab.config["vfs"]["kind"] = "vhost"
    lab.start()
    for vf in range(2):
        lab.nic.vf_set(vf, vlan=2, link="enable")
    host = host_in_vlan(lab, 2, "10.0.0.1/24")
    device = f"net_virtio_user0,path={lab.nic.path(0)},mac={lab.nic.mac(0)}"
    config = {"workers": {"polling": "adaptive"}, "ports": {"p": {"device": device}}, "interfaces": {"if": {"port": "p"}},
              "ip4": {"interfaces": {"if": {"addresses": ["10.0.0.2/24"]}}}}
    router = Router(Namespace("guest"), config, memory=["--no-huge", "-m", "256"])
    wait_until("VF 0 is connected", lambda: lab.nic.vf(0)["connected"])
    assert host.pings("10.0.0.2", 20) == 20
    assert lab.nic.vf(0)["stats"]["tx_packets"] >= 20
    # A VF that is taken back is nobody's: its front end is thrown out, and another one may come.
    lab.nic.ctl("vf", "reset", "vf", 0)
    wait_until("the router has lost its port", lambda: router.find("show port", name="p")["state"] != "up")
    vf = lab.nic.vf(0)
    assert (vf["connected"], vf["link"], vf["vlan"], vf["stats"]["tx_packets"]) == (False, "disable", 0, 0)
    assert os.stat(lab.nic.path(0)).st_mode & 0o777 == 0o600
    router.stop()
    lab.nic.vf_set(0, vlan=2, link="enable", mac=MAC)
    config["ports"]["p"]["device"] = f"net_virtio_user0,path={lab.nic.path(0)},mac={MAC}"
    router = Router(Namespace("next"), config, memory=["--no-huge", "-m", "256"])
    wait_until("VF 0 is connected", lambda: lab.nic.vf(0)["connected"])
    assert host.pings("10.0.0.2", 20) == 20
    router.kill()
    wait_until("VF 0 is free", lambda: not lab.nic.vf(0)["connected"])
    lab.nic.stop()
