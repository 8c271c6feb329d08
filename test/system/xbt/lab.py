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
from .packets import Wire
from .router import Router
from .switch import Switch


class Lab:
    """Networks around one router. `config` is the router's configuration: change it before start()."""

    def __init__(self, ipv6=False):
        self.ipv6 = ipv6
        self.ns = Namespace("router")
        self.hosts = {}
        self.switches = {}
        self.router = None
        self.config = {"workers": {"polling": "adaptive"}, "ports": {}, "interfaces": {},
                       "ip4": {"interfaces": {}}}

    def __getitem__(self, name):
        return self.hosts[name]

    def cable(self, name, port, mtu=1500, driver="af_packet", **more):
        """A host whose eth0 ends in the router's port p<port>. Nothing above the Ethernet is configured.

        driver: af_packet, or tap where packets must arrive as they were sent (Linux reassembles fragments before
        it gives them to net_af_packet), or vchannel: TAPs, t<port>a and so on, for `members`, {name: Mb/s}. more:
        further settings of the port.
        """
        host = self.hosts[name] = Host(name, self.ipv6)
        link(host, "eth0", self.ns, f"p{port}", mtu)
        if driver == "vchannel":
            self._vchannel(port, mtu, **more)
            return host
        if driver == "tap":
            self._bridge(port, mtu, f"t{port}")
        interface = f"t{port}" if driver == "tap" else f"p{port}"
        self.config["ports"][f"p{port}"] = {"device": f"net_{driver}{port},iface={interface}", "mtu": mtu, **more}
        return host

    def _bridge(self, port, mtu, *taps):
        # The TAPs exist before the router opens them and after it has gone, in a bridge with the cable's end.
        cable, bridge = f"p{port}", f"b{port}"
        self.ns.run("ip", "link", "add", bridge, "mtu", mtu, "type", "bridge", "mcast_snooping", 0)
        for tap in taps:
            self.ns.run("ip", "tuntap", "add", tap, "mode", "tap", "multi_queue")
        for name in (*taps, cable):
            self.ns.run("ip", "link", "set", name, "mtu", mtu, "master", bridge, "up")
        self.ns.run("ip", "link", "set", bridge, "up")

    def _vchannel(self, port, mtu, members, **more):
        taps = [f"t{port}{letter}" for letter, _ in zip("abcdefgh", members)]
        self._bridge(port, mtu, *taps)
        for tap in taps:    # what came by one link must not go back by another
            self.ns.run("ip", "link", "set", tap, "type", "bridge_slave", "isolated", "on")
        devices = {name: {"device": f"net_tap{port}{n},iface={tap}", "weight": weight}
                   for n, (tap, (name, weight)) in enumerate(zip(taps, members.items()))}
        self.config["ports"][f"p{port}"] = {"vchannel": {"members": devices}, "mtu": mtu, **more}

    def network(self, name, number, vlan=None, mtu=1500, port=None, **more):
        """An IPv4 network 10.0.<number>.0/24: the router is .1, a host is .2 on its eth0, its gateway the router.

        vlan: tagged with this VLAN ID on the cable, which may carry other networks too. port: default number.
        """
        port = number if port is None else port
        host = self.plain(name, port, vlan, mtu, **more)
        host.address("eth0", f"10.0.{number}.2/24")
        host.route("default", f"10.0.{number}.1")
        self.config["ip4"]["interfaces"][name] = {"addresses": [f"10.0.{number}.1/24"]}
        return host

    def plain(self, name, port, vlan=None, mtu=1500, **more):
        """A host and the router's interface to it, tagged or not, without addresses."""
        if vlan is None:
            host = self.cable(name, port, mtu, **more)
        else:
            host = self._vlan_host(name, port, vlan, mtu, more)
        self.config["interfaces"][name] = {"port": f"p{port}"} | ({} if vlan is None else {"vlan": vlan})
        if "device" not in self.config["ports"][f"p{port}"] or "net_tap" in self.config["ports"][f"p{port}"]["device"]:
            # The TAP's own address belongs to the bridge as well, which would keep the frames for itself.
            self.config["interfaces"][name]["mac"] = f"02:00:00:00:00:{port:02x}"
        return host

    def _vlan_host(self, name, port, vlan, mtu, more):
        # The cable ends in a switch; every VLAN on it has an access port with one host.
        if port not in self.switches:
            trunk = self.cable(f"trunk{port}", port, mtu, **more)
            self.switches[port] = Switch(Wire(trunk, "eth0"))
        trunk = self.hosts[f"trunk{port}"]
        host = self.hosts[name] = Host(name, self.ipv6)
        link(trunk, f"v{vlan}", host, "eth0", mtu)
        self.switches[port].access(vlan, trunk, f"v{vlan}")
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
