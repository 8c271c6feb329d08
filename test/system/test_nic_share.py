# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic shares its uplink: caps, guarantees, lending, on the wire and by the NIC's own counters.

Every guest is a process that always has more to send than it may. Counters are read twice; what must be right is what
was sent between. The first pair of readings that is right will do, because the machine may be busy with other things;
that a share is right at all times is for test/unit/test_nic_sched.c, which has a time of its own.
"""
import itertools
import random
import subprocess
import sys
import time

import pytest

from test_nic_hostile import TOP
from test_nic_switch import OUTSIDE
from xbt import NicLab, wait_until

LINK = 100      # Mb/s: what two cores carry with much to spare
MAC = "02:00:00:00:01:{:02x}"
# The original system's rows: caps in percent of the link, and the shares that they should have given.
ROWS = [((0, 0), (50, 50)), ((30, 70), (30, 70)), ((40, 60), (40, 60)), ((70, 70), (50, 50)),
        ((80, 60), (57.14, 42.86))]

_SENDER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from test_nic_switch import frame
from xbt.memif import Memif
guest = Memif(sys.argv[2])
data = bytes(frame(sys.argv[3], sys.argv[4], "share", size=int(sys.argv[5])))
print("sends", flush=True)
while True:
    for _ in range(guest.room()):
        guest.send(data)
    time.sleep(0.002)
"""


class Guests:
    """A lab whose VFs send all the time: those that are `on`."""

    def __init__(self, vfs, rate=LINK):
        self.lab = NicLab(vfs=vfs, rate=rate)
        self.nic = self.lab.nic
        self.rate = rate
        self.processes = {}
        for vf in range(vfs):
            self.nic.vf_set(vf, mac=MAC.format(vf), vlan=2 + vf, link="enable")

    def on(self, vf, size=1514):
        self.processes[vf] = subprocess.Popen(
            [sys.executable, "-c", _SENDER, TOP, self.nic.path(vf), MAC.format(vf), OUTSIDE, str(size)],
            stdout=subprocess.PIPE)
        assert self.processes[vf].stdout.readline() == b"sends\n"

    def off(self, vf):
        process = self.processes.pop(vf)
        process.kill()
        process.wait()
        process.stdout.close()

    def end(self):
        for vf in list(self.processes):
            self.off(vf)

    def _sent(self):
        before = time.monotonic()
        sent = [vf["stats"]["tx_bytes"] for vf in self.nic.ctl("show", "vf")]
        return (before + time.monotonic()) / 2, sent

    def rates(self, seconds):
        """Mb/s of every VF over so many seconds."""
        t0, sent0 = self._sent()
        time.sleep(seconds)     # a window, not a wait
        t1, sent1 = self._sent()
        return [(b - a) * 8e-6 / (t1 - t0) for a, b in zip(sent0, sent1)]

    def expect(self, wanted, seconds=2.0, within=0.01):
        """Mb/s of every VF, each within 1 % of what it should be."""
        def right():
            rates = self.rates(seconds)
            wrong = [f"VF {vf}: {is_:.2f}, should be {should:.2f}" for vf, (is_, should) in enumerate(zip(rates, wanted))
                     if abs(is_ - should) > should * within + 0.01]
            assert not wrong, ", ".join(wrong)
            return rates

        return wait_until(f"the VFs have {wanted}", right, 60, 0)


@pytest.fixture
def guests():
    made = []

    def make(*arguments, **more):
        made.append(Guests(*arguments, **more))
        return made[-1]

    yield make
    for g in made:
        g.end()


def test_the_sharing_table(guests):
    g = guests(2)
    g.on(0)
    g.on(1, size=600)
    for caps, shares in ROWS:
        for vf, cap in enumerate(caps):
            g.nic.vf_set(vf, max_rate=cap * LINK // 100)
        rates = g.expect([share * LINK / 100 for share in shares])
        assert abs(sum(rates) - LINK) < LINK / 100
        print(f"caps {caps}: {rates[0]:.2f} {rates[1]:.2f} sum {sum(rates):.2f}")


def test_a_guarantee_is_lent_and_comes_back(guests):
    g = guests(3)
    g.nic.vf_set(0, min_rate=50, weight=1)
    g.nic.vf_set(1, weight=3)
    g.nic.vf_set(2, weight=1)
    g.on(1)
    g.on(2)
    g.expect([0, 75, 25])
    g.on(0)
    g.expect([60, 30, 10])
    g.off(0)
    g.expect([0, 75, 25])


def test_eight_vfs_with_caps_by_chance(guests):
    g = guests(8)
    rng = random.Random(3)
    for vf in range(8):
        g.on(vf, size=rng.choice((200, 600, 1514)))
    for _ in range(3):
        caps = [rng.randrange(5, 40) for _ in range(8)]
        for vf, cap in enumerate(caps):
            g.nic.vf_set(vf, max_rate=cap)
        part = min(1, LINK / sum(caps))
        g.expect([cap * part for cap in caps])


@pytest.mark.limit(300)
def test_twenty_changes_a_second_for_a_minute(guests):
    """Caps are moved all the time; nobody gets more than his largest, the link is used, and in the end all is exact."""
    g = guests(2)
    g.on(0)
    g.on(1)
    end = time.monotonic() + 60
    t0, before = g._sent()
    for i in itertools.count():
        if time.monotonic() > end:
            break
        low = 20 + i * 7 % 60
        g.nic.vf_set(0, max_rate=low)
        g.nic.vf_set(1, max_rate=100 - low)
        time.sleep(0.05)
    t1, after = g._sent()
    total = sum(after) - sum(before)
    assert total * 8e-6 / (t1 - t0) <= LINK * 1.01
    assert i > 100
    g.nic.vf_set(0, max_rate=30)
    g.nic.vf_set(1, max_rate=70)
    g.expect([30, 70])


def test_a_flood_takes_nothing_from_another_network(guests):
    """VF 1 sends as many small frames as it can; VF 0 still has what it is entitled to."""
    g = guests(4)
    g.nic.vf_set(0, min_rate=60)
    g.nic.vf_set(2, vlan=3)
    g.nic.vf_set(3, vlan=3)
    g.on(0)
    g.on(2)
    g.on(3)
    alone = g.rates(1.0)[0]
    assert alone > 0
    g.on(1, size=60)
    # 60 guaranteed, and a quarter of the 40 that are left.
    g.expect([70, 10, 10, 10])
