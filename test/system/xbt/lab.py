# SPDX-License-Identifier: BSD-3-Clause
"""Small networks: kernel hosts around one router, cabled, addressed and with the configuration that fits.

    lab = Lab()
    lab.network("lan", 1)       # host 10.0.1.2 -- 10.0.1.1 router, interface "lan" on port "p1"
    lab.network("wan", 2)       # host 10.0.2.2 -- 10.0.2.1 router
    lab.start()
    lab["lan"].ping("10.0.2.2")
"""
from .host import Host
from .netns import Namespace, link
from .router import Router


class Lab:
    """Networks around one router. `config` is the router's configuration: change it before start()."""

    def __init__(self, ipv6=False):
        self.ipv6 = ipv6
        self.ns = Namespace("router")
        self.hosts = {}
        self.router = None
        self.config = {"workers": {"polling": "adaptive"}, "ports": {}, "interfaces": {},
                       "ip4": {"interfaces": {}}}

    def __getitem__(self, name):
        return self.hosts[name]

    def cable(self, name, port, mtu=1500, **more):
        """A host whose eth0 ends in the router's port p<port>. Nothing above the Ethernet is configured.

        more: further settings of the port.
        """
        host = self.hosts[name] = Host(name, self.ipv6)
        link(host, "eth0", self.ns, f"p{port}", mtu)
        self.config["ports"][f"p{port}"] = {"device": f"net_af_packet{port},iface=p{port}", "mtu": mtu, **more}
        return host

    def network(self, name, number, vlan=None, mtu=1500, port=None, **more):
        """An IPv4 network 10.0.<number>.0/24: the router is .1, a host is .2 on its eth0, its gateway the router.

        vlan: tagged with this VLAN ID on the cable, which may carry other networks too. port: default number.
        """
        port = number if port is None else port
        if vlan is None:
            host = self.cable(name, port, mtu, **more)
        else:
            host = self._vlan_host(name, port, vlan, mtu, more)
        host.address("eth0", f"10.0.{number}.2/24")
        host.route("default", f"10.0.{number}.1")
        self.config["interfaces"][name] = {"port": f"p{port}"} | ({} if vlan is None else {"vlan": vlan})
        self.config["ip4"]["interfaces"][name] = {"addresses": [f"10.0.{number}.1/24"]}
        return host

    def _vlan_host(self, name, port, vlan, mtu, more):
        # The cable ends in a namespace of its own; every VLAN on it reaches into another host.
        trunk = self.hosts.get(f"trunk{port}") or self.cable(f"trunk{port}", port, mtu, **more)
        host = self.hosts[name] = Host(name, self.ipv6)
        device = trunk.vlan("eth0", vlan)
        trunk.run("ip", "link", "set", device, "netns", host.name, "name", "eth0")
        host.run("ip", "link", "set", "eth0", "up")
        return host

    def start(self, **more):
        """Start the router and wait until it answers. more: see Router."""
        self.router = Router(self.ns, self.config, **more)
        return self.router


def two_networks(start=True, mtu=1500, **more):
    """Host "lan" 10.0.1.2, router, host "wan" 10.0.2.2. more: see Router."""
    lab = Lab()
    lab.network("lan", 1, mtu=mtu)
    lab.network("wan", 2, mtu=mtu)
    if start:
        lab.start(**more)
    return lab
