# SPDX-License-Identifier: BSD-3-Clause
"""The configuration of a running router: candidate, commit, rollback, save, reload."""
import copy
import json
import os
import socket

import pytest

from xbt import CommandFailed, Host, Lab, link, two_networks, wait_until


def routes(router):
    """Those that are none of the networks of the lab, nor their addresses."""
    return {row["prefix"] for row in router.ctl("show", "route") if not row["prefix"].startswith("10.")}


def interfaces(router):
    return {row["name"]: row["vlan"] for row in router.ctl("show", "interface")}


def refused(router, words, *parts):
    """The command must fail, its words must name these parts."""
    with pytest.raises(CommandFailed) as failure:
        router.ctl_text(*words)
    for part in parts:
        assert part in str(failure.value)


def test_a_candidate_is_committed_and_rolled_back():
    lab = two_networks()
    router = lab.router
    before = router.ctl("show", "config")
    router.ctl("config", "set", "interfaces.guests", '{"port": "p2", "vlan": 7}')
    router.ctl("config", "set", "ip4.interfaces.guests", '{"addresses": ["10.0.7.1/24"]}')
    router.ctl("config", "set", 'ip4.routes."192.0.2.0/24"', '{"via": [{"gateway": "10.0.7.9"}]}')
    assert "guests" not in interfaces(router) and not routes(router)
    assert "+ interfaces.guests: " in router.ctl_text("config", "diff")
    router.ctl("config", "commit")
    assert interfaces(router)["guests"] == 7 and routes(router) == {"192.0.2.0/24"}
    assert router.ctl("config", "diff") == []
    lab["lan"].ping("10.0.2.2")
    router.ctl("config", "rollback")
    assert "guests" not in interfaces(router) and not routes(router)
    assert router.ctl("show", "config") == before
    lab["lan"].ping("10.0.2.2")
    router.ctl("config", "rollback")
    assert interfaces(router)["guests"] == 7 and routes(router) == {"192.0.2.0/24"}
    router.stop()


def test_a_rollback_goes_back_over_commands_to_the_commit():
    """What commands changed after a commit goes with it: they are no steps of their own."""
    lab = two_networks()
    router = lab.router
    before = router.ctl("show", "config")
    router.ctl("config", "set", 'ip4.routes."192.0.2.0/24"', '{"type": "blackhole"}')
    router.ctl("config", "commit")
    router.ctl("interface", "disable", "wan")
    router.ctl("route", "add", "198.51.100.0/24", "via", "10.0.2.9")
    router.ctl("interface", "enable", "wan")
    router.ctl("interface", "disable", "lan")
    assert len(router.ctl("config", "history")) == 1
    router.ctl("config", "rollback")
    assert router.ctl("show", "config") == before
    lab["lan"].ping("10.0.2.2")
    router.stop()


def test_a_commit_that_fails_on_a_device_leaves_everything_as_it_was():
    lab = two_networks()
    router = lab.router
    before = (router.ctl("show", "config"), interfaces(router), routes(router))
    router.ctl("config", "set", 'ip4.routes."192.0.2.0/24"', '{"type": "blackhole"}')
    router.ctl("config", "unset", "ip4.interfaces.wan")
    router.ctl("config", "set", "ports.p9", '{"device": "net_af_packet9,iface=nowhere"}')
    refused(router, ["config", "commit"], "ports.p9", "nowhere")
    assert before == (router.ctl("show", "config"), interfaces(router), routes(router))
    assert [row["name"] for row in router.ctl("show", "port")] == ["p1", "p2"]
    lab["lan"].ping("10.0.2.2")
    # The candidate is still there: without the port it does.
    router.ctl("config", "unset", "ports.p9")
    router.ctl("config", "commit")
    assert routes(router) == {"192.0.2.0/24"}
    router.stop()


def test_what_cannot_be_is_refused_with_its_place():
    lab = two_networks()
    router = lab.router
    refused(router, ["config", "set", "interfaces.lan.vlan", "5000"], "interfaces.lan.vlan: 5000 is not in 1..4094")
    refused(router, ["config", "set", "interfaces.lan.vlam", "5"], "interfaces.lan.vlam", 'did you mean "vlan"?')
    refused(router, ["config", "commit"], "no candidate")
    refused(router, ["config", "rollback"], "no configuration 1 steps back")
    router.ctl("config", "set", "control.socket", f"{router.folder}/other.sock")
    refused(router, ["config", "commit"], "control.socket", "cannot change while the program runs")
    router.ctl("config", "discard")
    router.ctl("config", "set", "interfaces.lan.port", "p7")
    refused(router, ["config", "commit"], "interfaces.lan.port", "p7")
    router.stop()


def test_what_was_saved_is_what_a_restart_has():
    lab = two_networks()
    router = lab.router
    os.chmod(router.config_file, 0o604)
    router.ctl("route", "add", "192.0.2.0/24", "via", "10.0.2.9")
    router.ctl("config", "set", "interfaces.guests", '{"port": "p2", "vlan": 7}')
    router.ctl("config", "commit")
    # The command's route was there when the candidate began, and is part of what is saved.
    router.ctl("config", "save")
    assert os.stat(router.config_file).st_mode & 0o7777 == 0o604
    with open(router.config_file, encoding="utf-8") as f:
        saved = json.load(f)
    assert saved == router.ctl("show", "config")
    assert "192.0.2.0/24" in saved["ip4"]["routes"]
    assert [name for name in os.listdir(router.folder) if name.startswith("config")] == ["config.json"]
    router.kill()
    router.start()
    assert routes(router) == {"192.0.2.0/24"} and interfaces(router)["guests"] == 7
    lab["lan"].ping("10.0.2.2")
    router.stop()


def test_the_schema_that_the_file_names_stays_in_it():
    """It is no part of the configuration, but whoever edits the file wants to keep it."""
    lab = two_networks(start=False)
    lab.config["$schema"] = "xebra.schema.json"
    router = lab.start()
    router.ctl("interface", "disable", "wan")
    router.ctl("config", "set", "interfaces.lan.mtu", "1400")
    router.ctl("config", "commit")
    router.ctl("config", "save")
    with open(router.config_file, encoding="utf-8") as f:
        assert json.load(f)["$schema"] == "xebra.schema.json"
    # A file without it is the same configuration: no difference, no step to go back.
    steps = router.ctl("config", "history")
    config = router.ctl("show", "config")
    del config["$schema"]
    router.write_config(config)
    router.ctl("config", "load", router.config_file)
    assert router.ctl("config", "diff") == []
    router.ctl("config", "commit")
    assert router.ctl("config", "history") == steps
    router.stop()


def test_a_port_comes_and_goes_while_others_forward():
    lab = two_networks()
    router = lab.router
    third = Host("third")
    link(lab.ns, "p3", third, "eth0")
    third.address("eth0", "10.0.3.2/24")
    third.route("default", "10.0.3.1")
    config = copy.deepcopy(lab.config)
    config["ports"]["p3"] = {"device": "net_af_packet3,iface=p3"}
    config["interfaces"]["dmz"] = {"port": "p3"}
    config["ip4"]["interfaces"]["dmz"] = {"addresses": ["10.0.3.1/24"]}
    for _ in range(2):
        router.reload(config)
        wait_until("the interface is there", lambda: "dmz" in interfaces(router))
        third.ping("10.0.2.2")
        lab["lan"].ping("10.0.3.2")
        router.reload(lab.config)
        wait_until("the interface is gone", lambda: "dmz" not in interfaces(router))
        assert [row["name"] for row in router.ctl("show", "port")] == ["p1", "p2"]
        lab["lan"].ping("10.0.2.2")
    router.stop()


def test_the_service_manager_is_told(tmp_path):
    """sd_notify: READY once it forwards, RELOADING and READY around a reload, STOPPING at the end."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(120)
        lab = two_networks(prefix=["env", f"NOTIFY_SOCKET={path}"])
        assert notify.recv(1000) == b"READY=1"
        lab.router.reload()
        assert notify.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert notify.recv(1000) == b"READY=1"
        lab.router.stop()
        assert notify.recv(1000) == b"STOPPING=1"


def test_an_interactive_router_takes_its_commands_from_standard_input():
    lab = Lab()
    lab.network("lan", 1)
    lab.network("wan", 2)
    lab.start(wait=False, options=["--interactive"],
              prefix=["sh", "-c", 'printf "config diff\\nshow interface lan\\n" | "$@"', "sh"])
    # The end of the input stops the program, in good order.
    assert lab.router.process.wait(240) == 0, lab.router.log()
    assert "no difference" in lab.router.log() and "10.0.1.1" not in lab.router.log()
    assert " lan " in lab.router.log().replace("\n", " ")
    lab.router.stop()
