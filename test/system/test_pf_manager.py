# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-pf from outside: what it refuses and how it says so, its commands, drift, NICs that fail, kill -9.

The NIC is a fake one (xbt/fake_nic.py), which can fail as no real one would; test_pf_soft.py has the real one.
"""
import copy
import json
import random
import socket

import pytest

from xbt import LONG, CommandFailed, Namespace, environment, program, run, start_fails, wait_same, wait_until
from xbt.fake_nic import FakeNic
from xbt.manager import Manager


@pytest.fixture(scope="module")
def ns():
    return Namespace("pf")


@pytest.fixture
def nic():
    return FakeNic()


def config_of(nic):
    return {
        "pfs": {"nic0": {"backend": "soft", "socket": nic.socket}},
        "vnets": {"red": {"vlan": 2}, "blue": {"vlan": 3}},
        "guests": {
            "r1": {"vnet": "red", "vfs": [{"pf": "nic0", "vf": 3, "cap": 3000, "mac": "02:00:00:00:00:11"}]},
            "b1": {"vnet": "blue", "vfs": [{"pf": "nic0", "cap": 4000, "mac": "02:00:00:00:00:21"},
                                           {"pf": "nic0", "vlans": [77]}]},
        },
    }


def settled(nic, manager):
    """The NIC has what the configuration says, VF by VF; those of nobody are closed. Raises AssertionError."""
    guests = manager.ctl("show", "config", "guests", "defaults")
    vnets = manager.ctl("show", "config", "vnets", "defaults")
    assigned = manager.state()["guests"]
    owned = set()
    for name, guest in guests.items():
        if not guest["attached"]:
            continue
        for entry, place in zip(guest.get("vfs", []), assigned[name]):
            vf = nic.vfs[place["vf"]]
            owned.add(place["vf"])
            assert vf["vlan"] == vnets[guest["vnet"]]["vlan"], (name, vf)
            assert vf["mac"] == entry.get("mac", place["mac"]).lower(), (name, vf)
            assert vf["trunk"] == sorted(entry.get("vlans", [])), (name, vf)
            assert vf["max_rate"] == entry["cap"], (name, vf)
            assert vf["spoof_check"] and not vf["trust"] and vf["link"] == "auto", (name, vf)
    for number, vf in enumerate(nic.vfs):
        if number not in owned:
            assert vf["link"] == "disable" and vf["vlan"] == 0 and not vf["trunk"], (number, vf)
    return True


# ---- Bad input ----

def wrong(change):
    def make(nic):
        config = config_of(nic)
        change(config)
        return config
    return make


def vf(config, guest="r1", index=0):
    return config["guests"][guest]["vfs"][index]


WRONG = {
    "a VLAN of two vnets": (lambda c: c["vnets"]["blue"].update(vlan=2), "vnets.blue.vlan: 2 is vnet red's already"),
    "a VF given twice": (lambda c: vf(c, "b1").update(vf=3),
                         "guests.b1.vfs[0].vf: VF 3 of pf nic0 is guests.r1.vfs[0]'s already"),
    "a multicast MAC": (lambda c: vf(c).update(mac="03:00:00:00:00:01"),
                        'guests.r1.vfs[0].mac: "03:00:00:00:00:01" is not a unicast MAC address'),
    "a MAC of two guests": (lambda c: vf(c, "b1").update(mac="02:00:00:00:00:11"),
                            "guests.b1.vfs[0].mac: 02:00:00:00:00:11 is guest r1's already"),
    "a MAC twice on a PF": (lambda c: vf(c, "b1", 1).update(mac="02:00:00:00:00:21"),
                            "guests.b1.vfs[1].mac: 02:00:00:00:00:21 is that of guests.b1.vfs[0] already, on the same pf"),
    "an unknown PF": (lambda c: vf(c).update(pf="nic9"), "guests.r1.vfs[0].pf: there is no pf nic9"),
    "an unknown vnet": (lambda c: c["guests"]["r1"].update(vnet="green"), "guests.r1.vnet: there is no vnet green"),
    "a guarantee above the cap": (lambda c: vf(c).update(guarantee=3001),
                                  "guests.r1.vfs[0].guarantee: 3001 Mb/s is more than its cap of 3000"),
    "a vnet's guarantee above its cap": (lambda c: c["vnets"]["red"].update(cap=1, guarantee=2),
                                         "vnets.red.guarantee: 2 Mb/s is more than its cap of 1"),
    "a cap above the configured rate": (lambda c: c["pfs"]["nic0"].update(rate=1000),
                                        "guests.r1.vfs[0].cap: 3000 Mb/s is more than pf nic0 has (1000)"),
    "a VF above the configured number": (lambda c: (c["pfs"]["nic0"].update(vfs=3)),
                                         "guests.r1.vfs[0].vf: 3 is not in 0..2 of pf nic0"),
    "more VFs than there are": (lambda c: (c["pfs"]["nic0"].update(vfs=2), vf(c).pop("vf")),
                                "pf nic0 has only 2 VFs"),
    "another vnet's VLAN": (lambda c: vf(c).update(vlans=[3]), "guests.r1.vfs[0].vlans[0]: 3 is vnet blue's already"),
    "a VLAN of another vnet's guest": (lambda c: vf(c).update(vlans=[77]),
                                       "guests.b1.vfs[1].vlans[0]: 77 is vnet red's already"),
    "the vnet's own VLAN": (lambda c: vf(c).update(vlans=[2]), "guests.r1.vfs[0].vlans[0]: 2 is vnet red's own"),
    "a VLAN twice": (lambda c: vf(c).update(vlans=[7, 7]), "guests.r1.vfs[0].vlans[1]: 7 is there twice"),
    "a VLAN that is none": (lambda c: c["vnets"]["red"].update(vlan=4095), "vnets.red.vlan: 4095 is not in 1..4094"),
    "no socket": (lambda c: c["pfs"]["nic0"].pop("socket"), "pfs.nic0.socket: missing"),
    "a device of two PFs": (lambda c: c["pfs"].update(nic1=c["pfs"]["nic0"]), "is pf nic0 already"),
    "a domain of two guests": (lambda c: [g.update(domain="web") for g in c["guests"].values()],
                               'guests.b1.domain: "web" is guest r1\'s already'),
}


@pytest.mark.parametrize("change, says", WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_without_touching_anything(ns, nic, tmp_path, change, says):
    path = tmp_path / "pf.json"
    path.write_text(json.dumps(wrong(change)(nic)))
    done = run(program("dpdk-xebra-pf"), "config", "check", path, check=False, env=environment())
    assert done.returncode == 1 and f"{path}: " in done.stdout and says in done.stdout, done.stdout
    status, lines = start_fails(ns, wrong(change)(nic), kind=Manager)
    assert status == 1 and says in lines[-1], lines
    assert nic.calls == []


REFUSED = {
    "a VF that the NIC has not": (lambda c: vf(c).update(vf=8), "guests.r1.vfs[0].vf: pf nic0 has 8 VFs, no VF 8"),
    "a cap above the link": (lambda c: vf(c).update(cap=10001),
                             "guests.r1.vfs[0].cap: 10001 Mb/s is more than the link's 10000"),
    "guarantees above the link": (lambda c: (vf(c).update(cap=0, guarantee=6000), vf(c, "b1").update(cap=0, guarantee=6000)),
                                  "which is more than the link's 10000"),
    "an MTU above the NIC's": (lambda c: c["vnets"]["red"].update(mtu=9000),
                               "vnets.red.mtu: 9000 is more than pf nic0 has (1500)"),
    "more VFs than free": (lambda c: c["guests"]["b1"].update(vfs=[{"pf": "nic0"}] * 8),
                           "guests.b1.vfs[7].pf: nic0 has no free VF"),
    "more VFs than the NIC has": (lambda c: c["pfs"]["nic0"].update(vfs=9), "pfs.nic0: vfs: 9 are more than the NIC has (8)"),
    "no NIC": (lambda c: c["pfs"]["nic0"].update(socket="/nonexistent/nic.sock"),
               "pfs.nic0: /nonexistent/nic.sock: no dpdk-xebra-nic listens there"),
    "no SR-IOV": (lambda c: c["pfs"].update(lo={"backend": "netlink"}), "pfs.lo: lo: it has no SR-IOV"),
    "no such interface": (lambda c: c["pfs"].update(eth9={"backend": "netlink"}), "pfs.eth9: eth9: No such device"),
}


@pytest.mark.parametrize("change, says", REFUSED.values(), ids=REFUSED)
def test_what_the_hardware_cannot_is_refused_and_nothing_is_changed(ns, nic, change, says):
    status, lines = start_fails(ns, wrong(change)(nic), kind=Manager)
    assert status == 1 and says in lines[-1], lines
    assert nic.calls == []
    manager = Manager(ns, config_of(nic))
    before = copy.deepcopy(nic.vfs)
    with pytest.raises(CommandFailed) as failed:
        manager.commit(wrong(change)(nic))
    assert says in str(failed.value)
    assert nic.vfs == before
    assert settled(nic, manager)


def test_a_veth_is_no_pf(ns):
    ns.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    status, lines = start_fails(ns, {"pfs": {"v0": {"backend": "netlink", "vfs": 4}}}, kind=Manager)
    assert status == 1 and "pfs.v0: v0: it has no SR-IOV (driver without a device)" in lines[-1], lines
    ns.run("ip", "link", "del", "v0")


# ---- What fails while it is applied ----

def test_a_refused_step_undoes_the_whole_change(ns, nic):
    manager = Manager(ns, config_of(nic))
    before = copy.deepcopy(nic.vfs)
    config = config_of(nic)
    config["vnets"]["red"]["vlan"] = 12
    config["vnets"]["blue"]["vlan"] = 13
    for key in ("vlan", "link"):
        nic.refuse = ("vf set", key)
        with pytest.raises(CommandFailed) as failed:
            manager.commit(config)
        assert f"{key}: the hardware does not want to" in str(failed.value) and "pf nic0 vf " in str(failed.value)
        assert nic.vfs == before
        # The answers are those of the configuration that still runs.
        assert manager.ctl("show", "config", "vnets")["red"]["vlan"] == 2
        assert {row["state"] for row in manager.ctl("show", "vf")} == {"in use", "free"}
    manager.commit(config)
    assert settled(nic, manager)


def test_a_nic_that_dies_and_comes_back_gets_its_settings_again(ns, nic):
    manager = Manager(ns, config_of(nic))
    nic.stop()
    wait_until("the PF is lost", lambda: manager.find("show pf", pf="nic0")["state"].startswith("lost: "))
    assert {row["state"] for row in manager.ctl("show", "vf")} == {"pf lost"}
    # A change that needs it is refused, and says so; the rest goes on.
    with pytest.raises(CommandFailed) as failed:
        manager.ctl("vf", "set", "nic0", 3, "mac", "02:00:00:00:00:99")
    assert "guests.r1.vfs[0]: pf nic0 vf 3: " in str(failed.value)
    manager.ctl("vnet", "add", "green", "vlan", 4)
    nic.reset_all()
    nic.start()
    wait_until("all is as configured", lambda: settled(nic, manager))
    assert manager.find("show pf", pf="nic0")["state"] == "up"
    assert manager.ctl("show", "drift") == []


def test_a_silent_nic_is_waited_for_once_and_the_others_go_on(ns, nic):
    other = FakeNic()
    config = config_of(nic)
    config["pfs"]["nic1"] = {"backend": "soft", "socket": other.socket}
    config["guests"]["o1"] = {"vnet": "red", "vfs": [{"pf": "nic1", "vf": 2}]}
    manager = Manager(ns, config)
    nic.silent = True
    wait_until("the PF is lost", lambda: "does not answer" in manager.find("show pf", pf="nic0")["state"])
    nic_asked, other_asked = nic.asked, other.asked
    with other.lock:
        other.vfs[2].update(vlan=7)
    wait_until("the other's VF is put right", lambda: other.vfs[2]["vlan"] == 2 and other.vfs[2]["link"] == "auto")
    manager.ctl("vf", "set", "nic1", 2, "cap", 500)
    assert other.vfs[2]["max_rate"] == 500
    with pytest.raises(CommandFailed, match="guests.r1.vfs.*does not answer"):
        manager.ctl("vf", "set", "nic0", 3, "mac", "02:00:00:00:00:99")
    # The other one is looked at all the time, the silent one not once.
    wait_until("the manager has looked often", lambda: other.asked > other_asked + 100)
    assert nic.asked == nic_asked
    nic.silent = False
    wait_until("the PF is back", lambda: manager.find("show pf", pf="nic0")["state"] == "up")
    manager.ctl("guest", "detach", "o1", "forget")
    assert settled(nic, manager)
    # The silent one's VFs are not told as drift: nobody knows how they are.
    assert all(drift["pf"] == "nic1" for drift in manager.ctl("show", "drift"))


def test_a_nic_that_dies_silently_and_comes_back_silent_gets_its_settings_again(ns, nic):
    other = FakeNic()
    config = config_of(nic)
    config["pfs"]["nic1"] = {"backend": "soft", "socket": other.socket}
    manager = Manager(ns, config)
    nic.silent = True
    wait_until("the PF is lost", lambda: "does not answer" in manager.find("show pf", pf="nic0")["state"])
    nic.stop()
    wait_until("it has gone", lambda: "listens" in manager.find("show pf", pf="nic0")["state"])
    nic.reset_all()
    nic.silent = True
    nic.start()
    wait_until("it is silent again", lambda: "does not answer" in manager.find("show pf", pf="nic0")["state"])
    nic_asked, other_asked = nic.asked, other.asked
    wait_until("the manager has looked often", lambda: other.asked > other_asked + 100)
    assert nic.asked == nic_asked
    nic.silent = False
    wait_until("all is as configured", lambda: settled(nic, manager))


# ---- Commands ----

def test_commands_and_the_file_are_two_ways_to_the_same(ns, nic):
    manager = Manager(ns, {**config_of(nic), "guests": {}})
    manager.ctl("vnet", "add", "green", "vlan", 4, "mtu", 1400)
    manager.ctl("guest", "attach", "g1", "vnet", "green", "pf", "nic0", "vf", 6, "mac", "02:00:00:00:00:61")
    manager.ctl("guest", "attach", "g1", "pf", "nic0", "cap", 500, "vlans", "[40, 41]")
    assert settled(nic, manager)
    assert nic.vfs[6]["mtu"] == 1400
    manager.ctl("vf", "set", "nic0", 6, "cap", 700, "mac", "02:00:00:00:00:62")
    assert settled(nic, manager)

    def again():
        """Save, crash, start: the settings that are made anew."""
        manager.ctl("config", "save")
        manager.kill()
        nic.calls.clear()
        manager.start()
        assert settled(nic, manager)
        return list(nic.calls)

    # What was commanded is what "config save" writes, and the same for whoever reads it.
    assert again() == []
    # With a vnet's own terms the VFs' weights follow what they send, from the start again: nothing else is touched.
    manager.ctl("bandwidth", "set", "vnet", "green", "weight", 3)
    assert [call for call in again() if set(call[1]) != {"vf", "weight"}] == []
    assert manager.find("show vnet", vnet="green")["weight"] == 3
    manager.ctl("bandwidth", "set", "guest", "g1", "cap", 100)
    assert settled(nic, manager) and nic.vfs[6]["max_rate"] == 100
    manager.ctl("guest", "detach", "g1", "pf", "nic0", "vf", 6)
    assert nic.vfs[6]["link"] == "disable"
    manager.ctl("guest", "detach", "g1")
    assert manager.find("show guest", guest="g1")["state"] == "away"
    assert all(vf["link"] == "disable" for vf in nic.vfs)
    manager.ctl("guest", "attach", "g1")
    assert settled(nic, manager) and manager.find("show guest", guest="g1")["vfs"] == ["nic0/0"]
    with pytest.raises(CommandFailed, match="there is no vnet green"):
        manager.ctl("vnet", "del", "green")
    manager.ctl("guest", "detach", "g1", "forget")
    manager.ctl("vnet", "del", "green")
    assert settled(nic, manager)


@pytest.mark.parametrize("words, says", [
    ("vf set nic0 2 cap 5", "no guest has VF 2 of pf nic0"),
    ("vf set nic0 3 cap 20000", "guests.r1.vfs[0].cap: 20000 Mb/s is more than the link's 10000"),
    ("vf set nic0 3 mac 01:00:5e:00:00:01", "guests.r1.vfs[0].mac"),
    ("guest attach new pf nic0", "there is no guest new: give a vnet"),
    ("guest attach r1 cap 5", "pf: missing: what is given here is of one more VF"),
    ("guest detach nobody", "there is no guest nobody"),
    ("guest detach r1 pf nic0 vf 2", "guest r1 does not have VF 2 of pf nic0"),
    ("guest detach r1 pf nic0", "pf and vf belong together"),
    ("vnet add red vlan 9", "there is a vnet red already"),
    ("vnet add green vlan 3", "vnets.green.vlan: 3 is vnet blue's already"),
    ("vnet del green", "there is no vnet green"),
    ("bandwidth set vnet green cap 3", "there is no vnet green"),
    ("bandwidth set guest r1 pf nic9 cap 3", "guest r1 has no VF there"),
    ("show vf nic9", "there is no pf nic9"),
    ("show vf nic0 9", "pf nic0 has no VF 9"),
])
def test_a_wrong_command_says_why_and_changes_nothing(ns, nic, words, says):
    manager = Manager(ns, config_of(nic))
    before = copy.deepcopy(nic.vfs)
    with pytest.raises(CommandFailed) as failed:
        manager.ctl(*words.split())
    assert says in str(failed.value)
    assert nic.vfs == before


def test_a_vf_without_its_pf_is_no_question(ns, nic):
    manager = Manager(ns, config_of(nic))
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(LONG)
        client.connect(manager.socket)
        client.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "show vf", "params": {"vf": 3}}\n')
        assert json.loads(client.makefile().readline())["error"]["message"] == "vf: of which pf?"
    manager.stop()


def test_everything_can_be_shown(ns, nic):
    manager = Manager(ns, config_of(nic))
    row = manager.find("show vf", vf=3)
    assert (row["guest"], row["vnet"], row["vlan"], row["state"]) == ("r1", "red", 2, "in use")
    assert row["where"] == f"{nic.folder}/vf3.sock"
    assert manager.ctl("show", "vf", "nic0", "3") == [row]
    assert manager.find("show pf", pf="nic0")["free"] == 5
    assert manager.find("show vnet", vnet="blue")["vfs"] == 2
    assert manager.find("show guest", guest="b1")["vfs"] == ["nic0/0", "nic0/1"]
    assert manager.find("show bandwidth", vf=3)["limit"] == 3000
    for words in ("pf", "vf", "vnet", "guest", "bandwidth"):
        assert "nic0" in manager.ctl_text("show", words) or words == "vnet"
    assert manager.ctl_text("show", "drift") == "none\n"


# ---- Drift ----

def test_what_somebody_else_sets_is_told_and_corrected(ns, nic):
    manager = Manager(ns, config_of(nic))
    nic.calls.clear()
    with nic.lock:
        nic.vfs[3].update(vlan=7, max_rate=9000)
        nic.vfs[5].update(link="enable")
    wait_until("all is as configured", lambda: settled(nic, manager))
    found = wait_until("it is told", lambda: {
        (d["vf"], d["setting"], json.dumps(d["found"]), json.dumps(d["wanted"]), d["state"])
        for d in manager.ctl("show", "drift") if d["state"] == "corrected"})
    assert found == {(3, "vlan", "7", "2", "corrected"), (3, "max_rate", "9000", "3000", "corrected"),
                     (5, "link", '"enable"', '"disable"', "corrected")}
    assert "pf nic0 vf 3: somebody set vlan to 7; it should be 2" in manager.log()
    # The VLAN was put right while the link was down.
    steps = [params for _, params in nic.calls if params["vf"] == 3 and "max_rate" not in params]
    assert [set(step) - {"vf", "priority"} for step in steps] == [{"link"}, {"vlan"}, {"link"}]


# ---- Restarts ----

def test_a_restart_touches_nothing(ns, nic):
    manager = Manager(ns, config_of(nic))
    nic.calls.clear()
    manager.stop()
    manager.start()
    wait_same("the number of calls", lambda: len(nic.calls))
    manager.kill()
    manager.start()
    wait_same("the number of calls", lambda: len(nic.calls))
    assert nic.calls == []
    assert settled(nic, manager)


def test_a_change_of_the_file_while_it_was_down_is_made(ns, nic):
    manager = Manager(ns, config_of(nic))
    manager.kill()
    config = config_of(nic)
    config["guests"]["r2"] = config["guests"].pop("r1")
    config["guests"]["r2"]["vnet"] = "blue"
    manager.write_config(config)
    nic.calls.clear()
    manager.start()
    assert settled(nic, manager)
    # It was another guest's: reset before it is given.
    assert ("vf reset", {"vf": 3}) in nic.calls
    assert {params["vf"] for _, params in nic.calls} == {3}


def test_killed_at_random_points_it_ends_up_where_the_file_says(ns, nic):
    rng = random.Random(4)
    configs = []
    for n in range(6):
        config = config_of(nic)
        config["vnets"]["red"]["vlan"] = 20 + n
        if n % 2:
            config["guests"]["b2"] = {"vnet": "blue", "vfs": [{"pf": "nic0", "vf": 3}]}
            del config["guests"]["r1"]
        configs.append(config)
    manager = Manager(ns, configs[0])
    for n in range(1, 30):
        before = len(nic.calls)
        manager.reload(configs[n % 6])
        # After so many steps of the change, whichever they are.
        point = rng.randrange(1, 10)
        wait_until(f"{point} steps are taken", lambda before=before, point=point: len(nic.calls) - before >= point,
                   every=0)
        manager.kill()
        manager.start()
        wait_until("all is as configured", lambda: settled(nic, manager))


def test_no_descriptor_and_no_file_is_left(ns, nic):
    manager = Manager(ns, config_of(nic))

    def use():
        nic.stop()
        wait_until("the PF is lost", lambda: manager.find("show pf", pf="nic0")["state"].startswith("lost"))
        nic.start()
        wait_until("the PF is back", lambda: manager.find("show pf", pf="nic0")["state"] == "up")
        manager.ctl("guest", "detach", "r1")
        manager.ctl("guest", "attach", "r1")
        # The last command's connection is closed a moment later.
        return wait_same("the number of descriptors", lambda: len(run("ls", f"/proc/{manager.pid()}/fd").stdout.split()))

    assert use() == use()
    manager.stop()
    assert run("ls", manager.folder).stdout.split() == ["config.json", "log", "state"]
