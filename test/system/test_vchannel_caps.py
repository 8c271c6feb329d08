# SPDX-License-Identifier: BSD-3-Clause
"""A V-Channel's weights follow the caps that the host writes for the guest."""
import copy
import json
import os
import tempfile

import pytest

from xbt import Lab, wait_until
from xbt.netns import CommandFailed

MAC_ONE = "02:00:00:00:01:01"


@pytest.fixture
def caps():
    """The file of caps; writing replaces it as a whole, as the host does."""
    with tempfile.TemporaryDirectory() as folder:
        yield os.path.join(folder, "r1.caps")


def reload(lab, config):
    lab.router.write_config(config)
    lab.router.ctl("config", "reload")


def write(path, text):
    new = path + ".new"
    with open(new, "w") as f:
        f.write(text if isinstance(text, str) else json.dumps({"vfs": text}))
    os.rename(new, path)


@pytest.fixture
def lab(caps):
    lab = Lab()
    for tap in ("t1", "t2"):
        lab.ns.run("ip", "tuntap", "add", tap, "mode", "tap", "multi_queue")
        lab.ns.run("ip", "link", "set", tap, "up")
    lab.config["ports"]["p2"] = {"vchannel": {
        "members": {"one": {"device": f"net_tap1,iface=t1,mac={MAC_ONE}", "weight": 2000},
                    "two": {"device": "net_tap2,iface=t2", "weight": 6000}},
        "caps_file": caps}}
    yield lab
    lab.router.stop()


def weights(lab):
    return {row["member"]: (row["weight_mbps"], row["weight_from"]) for row in lab.router.ctl("show", "vchannel")}


def state(lab):
    row, = lab.router.ctl("show", "caps")
    return row


def test_weights_follow_the_file(lab, caps):
    write(caps, [{"name": "one", "cap": 3000}])
    lab.start()
    assert weights(lab) == {"one": (3000, "caps"), "two": (6000, "configuration")}
    for cap in range(100, 120):
        write(caps, [{"mac": MAC_ONE, "cap": cap}, {"name": "two", "cap": 5 * cap}])
        wait_until("the weights are the caps",
                   lambda: weights(lab) == {"one": (cap, "caps"), "two": (5 * cap, "caps")})
    buckets = {row["member"]: row["buckets_wanted"] for row in lab.router.ctl("show", "vchannel")}
    assert abs(5 * buckets["one"] - buckets["two"]) <= 6
    assert state(lab) == {"port": "p2", "from": "file", "place": caps, "caps": 2, "error": ""}
    os.remove(caps)
    wait_until("the configuration's weights hold again", lambda: weights(lab) == {
        "one": (2000, "configuration"), "two": (6000, "configuration")})


def test_a_bad_file_is_named_and_weights_stay(lab, caps):
    write(caps, [{"name": "one", "cap": 3000}])
    lab.start()
    for text, why in (("{", "line 1, column 1: "), ('{"vfs": [{"name": "one", "cap": -1}]}', "vfs[0].cap: "),
                      ('{"vfs": [{"cap": 5}]}', "vfs[0]: name or mac is missing"),
                      ('{"vfs": [], "vf": 1}', "vf: unknown key"), ("\0" * 5000, "line 1, column 1")):
        write(caps, text)
        wait_until(f"the file is refused: {why}", lambda: f"{caps}: {why}" in state(lab)["error"])
        assert weights(lab) == {"one": (3000, "caps"), "two": (6000, "configuration")}
    assert "weights stay" in lab.router.log()
    write(caps, [{"name": "one", "cap": 4000}])
    wait_until("a good file is taken again", lambda: weights(lab)["one"] == (4000, "caps"))
    assert state(lab)["error"] == ""


def test_where_caps_come_from_changes_while_it_runs(lab, caps):
    write(caps, [{"name": "one", "cap": 3000}])
    lab.start()
    # A weight of the configuration is kept for the time when there is no cap.
    lab.router.ctl("vchannel", "weight", "p2", "one", "7000")
    assert weights(lab)["one"] == (3000, "caps")
    vchannel = lab.config["ports"]["p2"]["vchannel"]
    for changes, why in (({"caps_file": "/nowhere/r1.caps"},
                          "caps_file: /nowhere/r1.caps: its folder cannot be watched: No such file or directory"),
                         ({"caps_xenstore": "xebra/caps"}, "caps_xenstore: the caps are in caps_file already")):
        changed = copy.deepcopy(lab.config)
        changed["ports"]["p2"]["vchannel"] |= changes
        with pytest.raises(CommandFailed, match=f"ports.p2.vchannel.{why}"):
            reload(lab, changed)
        assert weights(lab)["one"] == (3000, "caps")
    del vchannel["caps_file"]
    reload(lab, lab.config)
    assert weights(lab)["one"] == (2000, "configuration") and lab.router.ctl("show", "caps") == []
    write(caps + ".2", [{"name": "two", "cap": 0}])
    vchannel["caps_file"] = caps + ".2"
    reload(lab, lab.config)
    # No cap: the link's speed, and a TAP has 10 Gb/s.
    assert weights(lab) == {"one": (2000, "configuration"), "two": (10000, "caps")}
