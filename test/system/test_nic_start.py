# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic: how it begins and ends, and what it refuses."""
import copy
import os

import pytest

from xbt import NicLab, SoftNic, environment, program, run, start_fails


@pytest.fixture(scope="module")
def lab():
    return NicLab(vfs=2, start=False)


def refused(lab, config, *words, **more):
    status, lines = start_fails(lab.ns, config, kind=SoftNic, **more)
    assert status == 1, lines
    ours = [line for line in lines if line.startswith("dpdk-xebra-nic: ")]
    assert len(ours) == 1 and lines[-1] == ours[0], lines
    for word in words:
        assert word in ours[0], ours[0]


@pytest.mark.parametrize("change, words", [
    (lambda c: c.pop("uplink"), ["uplink"]),
    (lambda c: c.pop("vfs"), ["vfs"]),
    (lambda c: c["uplink"].update(device="net_af_packet0,iface=nowhere"), ["uplink.device", "nowhere"]),
    (lambda c: c["vfs"].update(count=0), ["vfs.count", "1..63"]),
    (lambda c: c["vfs"].update(count=64), ["vfs.count", "1..63"]),
    (lambda c: c["vfs"].update(kind="mmio"), ["vfs.kind", "memif"]),
    (lambda c: c["vfs"].update(kind="device"), ["vfs.devices", "there are 0"]),
    (lambda c: c["vfs"].update(kind="vhost", count=63), ["vfs.count", "only memif has 63"]),
    (lambda c: c["vfs"].update(devices=["net_null0"]), ["vfs.devices", "only with kind device"]),
    (lambda c: c["vfs"].update(folder="here"), ["vfs.folder", "beginning with /"]),
    (lambda c: c["vfs"].update(folder="/proc/nowhere"), ["vfs.folder", "/proc/nowhere"]),
    (lambda c: c["uplink"].update(rate=0), ["uplink.rate"]),
    (lambda c: c.update(ports={}), ["ports"]),
])
def test_what_cannot_be_is_refused(lab, change, words):
    config = copy.deepcopy(lab.config)
    change(config)
    if "vfs" not in config:
        status, lines = start_with_file(lab, config)
        assert status == 1 and "vfs" in lines[-1]
        return
    refused(lab, config, *words)


def start_with_file(lab, config):
    import json
    import tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(config, f)
        f.flush()
        return start_fails(lab.ns, f.name, kind=SoftNic)


def test_one_lcore_is_not_enough(lab):
    refused(lab, lab.config, "needs two", workers=0)


def test_sixty_three_vfs_and_nothing_stays(lab):
    config = copy.deepcopy(lab.config)
    config["vfs"]["count"] = 63
    nic = SoftNic(lab.ns, config)
    assert len({vf["mac"] for vf in nic.ctl("show", "vf")}) == 63
    folder = os.path.dirname(nic.path(0))
    assert os.stat(nic.path(62)).st_mode & 0o777 == 0o600
    nic.stop()
    assert os.listdir(folder) == []


def test_a_killed_nic_starts_again(lab):
    nic = SoftNic(lab.ns, lab.config)
    nic.kill()
    nic.start()
    assert nic.vf(0)["connected"] is False
    nic.stop()


def test_what_changes_while_it_runs(lab):
    nic = SoftNic(lab.ns, lab.config)
    config = copy.deepcopy(lab.config)
    config["polling"] = {"policy": "spin"}
    config["uplink"]["rate"] = 500
    nic.write_config(config)
    nic.ctl("config", "reload")
    assert nic.ctl("show", "nic")["uplink"]["rate"] == 500
    config["vfs"]["count"] = 3
    nic.write_config(config)
    done = run(program("xebractl"), "-s", nic.socket, "config", "reload", check=False, env=environment())
    assert done.returncode == 1 and "vfs.count" in done.stdout
    nic.stop()
