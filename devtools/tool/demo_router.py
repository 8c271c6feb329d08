# SPDX-License-Identifier: BSD-3-Clause
"""devtools/demo router: two hosts, dpdk-xebra between them, ping and iperf3 through it."""
import os
import shlex

from .command import TOP, say

_CONFIG = os.path.join(TOP, "config", "two-networks.json")
_SERVER = "10.0.2.2"

_PICTURE = """
    host "lan"                    dpdk-xebra                    host "wan"
    10.0.1.2 ---------- 10.0.1.1  lan    wan  10.0.2.1 ---------- 10.0.2.2
"""


def _hosts():
    """The two hosts and the router's namespace, cabled."""
    from xbt import Host, Namespace, link
    ns = Namespace("router")
    hosts = []
    for number, name in ((1, "lan"), (2, "wan")):
        host = Host(name)
        link(host, "eth0", ns, f"p{number}")
        host.address("eth0", f"10.0.{number}.2/24")
        host.route("default", f"10.0.{number}.1")
        hosts.append(host)
    return ns, hosts


def _show(router, *words):
    print(f"\nxebractl {' '.join(words)}")
    print(router.ctl_text(*words).rstrip(), flush=True)


def _traffic(router, lan, wan, seconds):
    """Ping and iperf3, then the router's own account of them. Returns the verdict, raises when it is bad."""
    lan.ping(_SERVER)       # the first one waits for ARP on both sides
    say(f"lan$ ping -c 5 {_SERVER}")
    done = lan.run("ping", "-n", "-c", "5", "-i", "0.2", _SERVER, check=False)
    print(done.stdout, flush=True)
    assert done.returncode == 0, "ping got no reply"
    say(f"lan$ iperf3 -c {_SERVER} -t {seconds}")
    end = lan.iperf3(wan, _SERVER, "-t", seconds, amount=None)
    rate = end["sum_received"]["bits_per_second"] / 1e6
    moved = end["sum_received"]["bytes"]
    print(f"{moved / 1e6:.1f} MB received in {end['sum_received']['seconds']:.1f} s: {rate:.0f} Mb/s", flush=True)
    for words in (("show", "port"), ("show", "interface"), ("show", "route"), ("show", "neighbor"),
                  ("show", "stats")):
        _show(router, *words)
    sent = router.find("show interface", name="wan")
    assert sent["tx_bytes"] > moved, f"the router says it sent {sent['tx_bytes']} bytes to wan, iperf3 got {moved}"
    return (f"ping and iperf3 ({rate:.0f} Mb/s) went through dpdk-xebra, which sent {sent['tx_packets']} packets "
            f"to wan and {router.find('show interface', name='lan')['tx_packets']} to lan")


def run(seconds):
    """Returns the verdict; raises when it is bad."""
    from xbt import Router
    print(_PICTURE, flush=True)
    ns, (lan, wan) = _hosts()
    router = Router(ns, _CONFIG, memory=256, wait=False)
    command = [os.path.relpath(word, TOP) if word.startswith(TOP) else word for word in router.command_line()]
    say("router$ " + shlex.join(command))
    router.ready()
    say("dpdk-xebra is ready")
    verdict = _traffic(router, lan, wan, seconds)
    router.stop()
    return verdict
