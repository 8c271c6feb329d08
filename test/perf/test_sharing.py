# SPDX-License-Identifier: BSD-3-Clause
"""The sharing table: each VF's part of its link, with caps that change while both networks send all they can.

The rows are the original system's. A machine with other work to do may be late: a row is measured again then.
"""
import os
import sys
import time

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "system"))

from xbt import wait_until  # noqa: E402
from xbt.load import Load  # noqa: E402
from xbt.system import VNETS, System  # noqa: E402

SECONDS, TRIES = 3, 5


class Sending(System):
    """Both networks send all they can."""

    def __init__(self):
        super().__init__()
        self.loads = {}
        for name in VNETS:
            self.host(f"{name}-lan").ping("10.0.2.2")
            self.send(name)

    def send(self, name):
        self.loads[name] = Load(self.host(f"{name}-lan"), "10.0.2.2", 4 * self.link_rate)


@pytest.fixture(scope="module")
def system():
    system = Sending()
    yield system
    for load in system.loads.values():
        load.stop()
    system.stop()


def shares(system, right):
    """Measure until all VFs' rates are within 1 % of the right ones and so are the sums. Returns the last rates."""
    for _ in range(TRIES):
        rates = system.rates(SECONDS)
        if all(abs(rates[key] / rate - 1) < 0.01 for key, rate in right.items()):
            break
    return rates


def settle(system, right):
    """The V-Channels weigh their links by the shares, and what was under way is gone."""
    wait_until("the weights follow", lambda: all(abs(system.weights()[key] - rate) <= 1 for key, rate in right.items()))
    time.sleep(0.5)


@pytest.mark.parametrize("caps", [(0, 0), (3000, 7000), (4000, 6000), (7000, 7000), (8000, 6000)])
def test_each_share_is_within_one_per_cent_of_the_right_one(system, caps):
    link = system.link_rate
    red, blue = (cap * link // 10000 for cap in caps)
    system.caps({("red", "nic0"): red, ("blue", "nic0"): blue, ("red", "nic1"): blue, ("blue", "nic1"): red})
    total = (red or link) + (blue or link)
    right = [(cap or link) * min(1, link / total) for cap in (red, blue)]
    right = {("red", "nic0"): right[0], ("blue", "nic0"): right[1], ("red", "nic1"): right[1], ("blue", "nic1"): right[0]}
    settle(system, right)
    rates = shares(system, right)
    for key, rate in right.items():
        assert rates[key] == pytest.approx(rate, rel=0.01)
    for nic in ("nic0", "nic1"):
        assert sum(rates[name, nic] for name in VNETS) == pytest.approx(link, rel=0.01)


def check(system, right):
    rates = shares(system, right)
    assert {key: rates[key] for key in right} == pytest.approx(right, rel=0.01)


def test_a_guarantee_is_kept_and_what_is_not_used_is_lent_and_comes_back(system):
    link = system.link_rate
    system.caps({(name, nic): 0 for name in VNETS for nic in ("nic0", "nic1")})
    system.manager.ctl("bandwidth", "set", "guest", "red", "pf", "nic0", "guarantee", link // 2)
    guaranteed = {("red", "nic0"): link * 3 / 4, ("blue", "nic0"): link / 4}
    check(system, guaranteed)
    system.loads["red"].stop()
    check(system, {("blue", "nic0"): link, ("blue", "nic1"): link})
    system.send("red")
    check(system, guaranteed)
    system.manager.ctl("bandwidth", "set", "guest", "red", "pf", "nic0", "guarantee", 0)
