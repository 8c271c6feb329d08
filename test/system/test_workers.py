# SPDX-License-Identifier: BSD-3-Clause
"""Several workers and several queues: every flow on one worker, all of them at work."""
import copy
import itertools
import os

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from xbt import Wire, two_networks, wait_until

FLOWS = 128


@pytest.fixture(scope="module")
def lab():
    lab = two_networks(start=False)
    for port in lab.config["ports"].values():
        port["rx_queues"] = 2
    lab.start(workers=2)
    lab["lan"].ping("10.0.2.2")
    return lab


def test_queues_are_dealt_to_all_workers(lab):
    workers = lab.router.ctl("show", "worker")
    assert [w["worker"] for w in workers] == [0, 1]
    queues = [q for w in workers for q in w["queues"].split()]
    assert sorted(queues) == ["p1:0", "p1:1", "p2:0", "p2:1"]
    assert all(len(w["queues"].split()) == 2 for w in workers)


@pytest.fixture
def fixed(lab):
    """Every thread stays on one CPU: else the kernel itself reorders what a thread sends before and after a move."""
    cpus = os.sched_getaffinity(0)
    threads = [(0, {min(cpus)})]
    for number, thread in enumerate(os.listdir(f"/proc/{lab.router.pid()}/task")):
        threads.append((int(thread), {sorted(cpus)[number % len(cpus)]}))
    before = [(thread, os.sched_getaffinity(thread)) for thread, _ in threads]
    for thread, cpu in threads:
        os.sched_setaffinity(thread, cpu)
    yield
    for thread, cpu in before:
        os.sched_setaffinity(thread, cpu)


@pytest.mark.usefixtures("fixed")
def test_all_workers_forward_and_no_flow_is_reordered(lab):
    before = lab.router.mbufs_in_use()
    source, sink = Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0")
    mac = lab.router.find("show interface", name="lan")["mac"]
    counts = [w["rx_packets"] for w in lab.router.ctl("show", "worker")]
    ether = Ether(src=source.mac, dst=mac) / IP(src="10.0.1.2", dst="10.0.2.2", ttl=9)
    arrived = {}
    numbers = itertools.count()

    def both_have_worked():
        # Made beforehand, and sent at once: several packets of each flow are on the way together.
        burst = [bytes(ether / UDP(sport=2000 + f, dport=9) / Raw(number.to_bytes(4, "big")))
                 for number in itertools.islice(numbers, 4) for f in range(FLOWS)]
        source.send(*burst)
        while (packet := sink.recv(0.2)) is not None:
            if UDP in packet and packet[IP].ttl == 8:
                number = int.from_bytes(packet[Raw].load[:4], "big")
                arrived.setdefault(packet[UDP].sport, []).append(number)
        assert len(arrived) == FLOWS
        now = [w["rx_packets"] for w in lab.router.ctl("show", "worker")]
        return all(after > begin for after, begin in zip(now, counts))

    wait_until("every flow has arrived and both workers have received", both_have_worked)
    for flow, got in arrived.items():
        assert got == sorted(set(got)), f"flow {flow} arrived as {got}"
    lab.router.no_mbufs_lost(before)


def test_two_workers_share_a_port_with_one_queue():
    """One receive queue, one transmit queue, two workers: the second sends on a queue that is not its own."""
    lab = two_networks(workers=2)
    workers = lab.router.ctl("show", "worker")
    assert sorted(w["queues"] for w in workers) == ["p1:0", "p2:0"]
    assert lab.router.find("show port", name="p1")["tx_queues"] == 1
    lab["lan"].ping("10.0.2.2")
    # One worker answers for the router on p1 while the other forwards to p1.
    assert lab["lan"].pings("10.0.2.2", 20) == 20
    assert lab["lan"].pings("10.0.1.1", 20) == 20
    lab.router.no_mbufs_lost()
    lab.router.stop()


def test_polling_changes_while_running(lab):
    config = copy.deepcopy(lab.config)

    def figures(name):
        return [w[name] for w in lab.router.ctl("show", "worker")]

    def more(name, by):
        before = figures(name)
        wait_until(f"all workers have {by} more {name}",
                   lambda: all(now >= then + by for now, then in zip(figures(name), before)))

    def change(polling):
        config["workers"]["polling"] = polling
        lab.router.reload(config)
        wait_until(f"the workers are {polling}", lambda: set(figures("polling")) == {polling})

    for _ in range(2):
        change("spin")
        more("walks", 2)        # the sleep that one may have been in is over
        sleeps = figures("sleeps")
        more("walks", 10000)    # idle, most of them
        assert figures("sleeps") == sleeps
        lab["lan"].ping("10.0.2.2")
        change("adaptive")
        more("sleeps", 3)
        lab["lan"].ping("10.0.2.2")


def test_idle_workers_sleep(lab):
    def slept():
        return [w["slept_us"] for w in lab.router.ctl("show", "worker")]

    before = slept()
    wait_until("both workers have slept", lambda: all(now > then for now, then in zip(slept(), before)))
