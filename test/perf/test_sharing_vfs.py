# SPDX-License-Identifier: BSD-3-Clause
"""Eight VFs at random caps on one link: each its part, whatever the caps add up to."""
import os
import random
import sys
import threading
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "system"))

from xbt import NicLab  # noqa: E402

VFS, LINK, SIZE, SECONDS, TRIES = 8, 40, 1000, 3, 5
_HOST = "02:00:00:00:99:99"


class Flood(threading.Thread):
    """Keeps the rings of all guests full."""

    def __init__(self, guests, frames):
        super().__init__(daemon=True)
        self.guests, self.frames = guests, frames
        self._end = threading.Event()
        self.start()

    def run(self):
        while not self._end.wait(0.005):
            for guest, frame in zip(self.guests, self.frames):
                for _ in range(guest.room()):
                    guest.send(frame)

    def stop(self):
        self._end.set()
        self.join()


@pytest.fixture(scope="module")
def lab():
    lab = NicLab(vfs=VFS, rate=LINK)
    for vf in range(VFS):
        lab.nic.vf_set(vf, mac=f"02:00:00:00:00:{vf + 1:02x}", vlan=2, link="enable")
    guests = [lab.guest(vf) for vf in range(VFS)]
    flood = Flood(guests, [(bytes.fromhex(_HOST.replace(":", "")) + bytes([2, 0, 0, 0, 0, vf + 1, 0x88, 0xb5])).ljust(SIZE, b".")
                           for vf in range(VFS)])
    yield lab
    flood.stop()


def rates(lab):
    def sent():
        return [row["stats"]["tx_bytes"] for row in lab.nic.ctl("show", "vf")]

    before, begun = sent(), time.monotonic()
    time.sleep(SECONDS)
    after, took = sent(), time.monotonic() - begun
    return [(b - a) * 8 / took / 1e6 for a, b in zip(before, after)]


@pytest.mark.parametrize("seed", range(4))
def test_eight_vfs_share_by_their_caps(lab, seed):
    chance = random.Random(seed)
    most = LINK // 2 if seed % 2 else 4
    caps = [chance.randint(2, most) for _ in range(VFS)]
    for vf, cap in enumerate(caps):
        lab.nic.vf_set(vf, max_rate=cap)
    right = [cap * min(1, LINK / sum(caps)) for cap in caps]
    time.sleep(0.5)
    for _ in range(TRIES):
        measured = rates(lab)
        if measured == pytest.approx(right, rel=0.01):
            break
    assert measured == pytest.approx(right, rel=0.01)
