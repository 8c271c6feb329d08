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
        """An IPv4 network 10.0.<number>.0/24: the router is .1, one host is .2 and has it as default gateway.

        vlan: tagged with this VLAN ID; port: on this port (default: number), which may carry several VLANs.
        """
        port = number if port is None else port
        if f"p{port}" in self.config["ports"]:
            host = self.hosts[name] = next(h for h in self.hosts.values() if h.port == port)
        else:
            host = self.cable(name, port, mtu, **more)
            host.port = port
        interface = "eth0" if vlan is None else host.vlan("eth0", vlan)
        host.address(interface, f"10.0.{number}.2/24")
        host.route("default", f"10.0.{number}.1")
        self.config["interfaces"][name] = {"port": f"p{port}"} | ({} if vlan is None else {"vlan": vlan})
        self.config["ip4"]["interfaces"][name] = {"addresses": [f"10.0.{number}.1/24"]}
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
