# SPDX-License-Identifier: BSD-3-Clause
"""Xebra's system tests: the real dpdk-xebra between real hosts, in network namespaces.

    from xbt import two_networks, wait_until

    def test_hosts_reach_each_other():
        lab = two_networks()                    # hosts "lan" 10.0.1.2 and "wan" 10.0.2.2, a router between
        before = lab.router.mbufs_in_use()
        lab["lan"].ping("10.0.2.2")             # until there is a reply
        assert lab.router.find("show interface", name="wan")["tx_packets"] > 0
        lab.router.no_mbufs_lost(before)
        lab.router.stop()                       # ends by itself, with status 0; conftest.py would do it, too

Own networks: xbt.Lab (lab.py), whose `config` is the router's configuration as a dict. Crafted packets:

    def test_an_expired_packet_is_answered():
        lab = Lab()
        lab.cable("lan", 1)                     # a host that says nothing by itself
        lab.config["interfaces"]["lan"] = {"port": "p1"}
        lab.config["ip4"]["interfaces"]["lan"] = {"addresses": ["10.0.1.1/24"]}
        router = lab.start()
        wire = Wire(lab["lan"], "eth0")
        mac = router.find("show interface", name="lan")["mac"]
        packet = Ether(src=wire.mac, dst=mac) / IP(src="10.0.1.2", dst="10.0.9.9", ttl=1) / UDP()
        wire.exchange(packet, "time exceeded", lambda p: ICMP in p and p[ICMP].type == 11)

Rules that keep tests true on a slow machine with other work to do:

 - wait for conditions (wait_until, exchange, expect), never for a time, with the default limit of 60 s;
 - nothing is asserted about how long something took or about rates;
 - "does not arrive" is shown by a later packet that does (Wire.collect), "none lost" with few packets on the way;
 - whatever a test makes through xbt is taken away after it, also when it fails; a router that does not end with
   status 0 fails its test.

Run: devtools/test -k NAME, or, with programs built in build/, pytest test/system -k NAME as root.
Environment: XBT_BUILD (build folder to test), XBT_HUGE_DIR (mounted hugetlbfs).
"""
from . import tidy
from .daemon import BUILD, TOP, Daemon, eal_memory, environment, program
from .flow import Flow
from .host import Host
from .lab import Lab, two_networks
from .memif import Memif, Refused
from .netns import CommandFailed, Namespace, link, run, stop_process
from .nic import NicLab, SoftNic
from .packets import Wire
from .router import Router, start_fails
from .wait import LONG, Timeout, wait_same, wait_until

__all__ = ["BUILD", "CommandFailed", "Daemon", "Flow", "Host", "LONG", "Lab", "Memif", "Namespace", "NicLab", "Refused",
           "Router", "SoftNic", "TOP", "Timeout", "Wire", "eal_memory", "environment", "link", "program", "run",
           "start_fails", "stop_process", "tidy", "two_networks", "wait_same", "wait_until"]
