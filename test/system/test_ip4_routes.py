# SPDX-License-Identifier: BSD-3-Clause
"""Routes that change while the router runs: by command and by configuration, and what a wrong one is told."""
import copy
import json

import pytest
from scapy.layers.l2 import ARP

from xbt import CommandFailed, Wire, two_networks, wait_until


@pytest.fixture(scope="module")
def lab():
    lab = two_networks(start=False)
    # Behind the host "wan" are networks of its own.
    for prefix in ("172.16.0.1/32", "172.16.1.1/32", "172.17.0.1/32"):
        lab["wan"].address("lo", prefix)
    lab.start()
    yield lab
    lab.router.stop()


def routes(router):
    return {row["prefix"]: row for row in router.ctl("show", "route") if row["type"] not in ("local", "broadcast")}


def reload(lab, config):
    lab.config = config
    lab.router.reload(config)
    wait_until("the new configuration is in effect", lambda: lab.router.ctl("show", "config")["ip4"] == config["ip4"])


def test_connected_and_local(lab):
    shown = {row["prefix"]: row["type"] for row in lab.router.ctl("show", "route")}
    assert shown["10.0.1.0/24"] == "connected" and shown["10.0.1.1/32"] == "local"
    assert shown["10.0.1.255/32"] == "broadcast" and shown["10.0.1.0/32"] == "broadcast"


def test_by_command(lab):
    router = lab.router
    router.ctl("route", "add", "172.16.0.0/24", "via", "10.0.2.2")
    lab["lan"].ping("172.16.0.1")
    # The longest match wins, and back.
    router.ctl("route", "add", "172.16.0.1/32", "type", "blackhole")
    assert router.ctl("route", "lookup", "172.16.0.1")["type"] == "blackhole"
    done = lab["lan"].run("ping", "-c", 1, "-W", 1, "172.16.0.1", check=False)
    assert done.returncode == 1
    assert router.drops()["ip4_blackhole"] >= 1
    router.ctl("route", "del", "172.16.0.1/32")
    lab["lan"].ping("172.16.0.1")
    assert router.ctl("show", "config")["ip4"]["routes"] == {"172.16.0.0/24": {"via": [{"gateway": "10.0.2.2"}]}}
    router.ctl("route", "del", "172.16.0.0/24")
    assert "172.16.0.0/24" not in routes(router)
    assert "Net Unreachable" in lab["lan"].run("ping", "-c", 1, "-W", 20, "172.16.0.1", check=False).stdout


def test_learned_routes_are_behind_static_ones_and_not_in_the_configuration(lab):
    router = lab.router
    before = router.ctl("show", "config")
    router.ctl("route", "learn", '["172.16.0.0/24", "172.17.0.0/24"]', "via", "10.0.2.2")
    lab["lan"].ping("172.16.0.1")
    lab["lan"].ping("172.17.0.1")
    assert {routes(router)[prefix]["type"] for prefix in ("172.16.0.0/24", "172.17.0.0/24")} == {"control"}
    assert router.ctl("show", "config") == before
    router.ctl("route", "add", "172.17.0.0/24", "type", "prohibit")
    assert router.ctl("route", "lookup", "172.17.0.1")["type"] == "prohibit"
    router.ctl("route", "del", "172.17.0.0/24")
    lab["lan"].ping("172.17.0.1")
    # One that is learned again leads elsewhere.
    router.ctl("route", "learn", '["172.17.0.0/24"]', "type", "unreachable")
    assert router.ctl("route", "lookup", "172.17.0.1")["type"] == "unreachable"
    assert router.ctl("route", "forget", '["172.17.0.0/24", "172.30.0.0/24"]') == {"forgotten": 1}
    assert "172.17.0.0/24" not in routes(router)
    assert router.ctl("route", "forget", "all") == {"forgotten": 1}
    assert "172.16.0.0/24" not in routes(router)


def test_all_learned_routes_go_also_when_a_gateway_goes_with_one(lab):
    router = lab.router
    # Nobody is there: without the route the gateway is forgotten, and what is next in the tree with it.
    router.ctl("route", "learn", '["10.0.1.0/24"]', "via", "10.0.1.99")
    router.ctl("route", "learn", '["172.16.0.0/24", "172.17.0.0/24"]', "via", "10.0.2.2")
    assert router.ctl("route", "forget", "all") == {"forgotten": 3}
    assert not any(row["type"] == "control" for row in router.ctl("show", "route"))


@pytest.mark.parametrize("words, error", [
    (("learn", "[]", "via", "10.0.2.2"), "prefixes: not a list of 1 to 16384 prefixes a.b.c.d/n"),
    (("learn", '["172.16.0.0/24", "172.17.0.1/24"]', "via", "10.0.2.2"), "prefixes[1]: "),
    (("learn", '["172.16.0.0/24", "127.0.0.0/8"]', "via", "10.0.2.2"), "prefixes[1]: 127.0.0.0/8 cannot be routed"),
    (("learn", '["172.16.0.0/24", 5]', "via", "10.0.2.2"), 'prefixes[1]: not a string "a.b.c.d/n"'),
    (("learn", '["172.16.0.0/24"]', "via", "10.0.2.999"), "via[0].gateway: "),
    (("learn", '["172.16.0.0/24"]'), "one of via, type and paths says where packets go"),
    (("forget",), 'either prefixes or "all"'),
], ids=lambda x: "-".join(x[0:1]) if isinstance(x, tuple) else "")
def test_a_wrong_call_learns_nothing(lab, words, error):
    before = lab.router.ctl("show", "route")
    with pytest.raises(CommandFailed) as failed:
        lab.router.ctl("route", *words)
    assert error in str(failed.value)
    assert lab.router.ctl("show", "route") == before


def test_a_gateway_that_is_not_there_yet(lab):
    """The order in which routes and interfaces come does not matter."""
    router = lab.router
    router.ctl("route", "add", "172.16.1.0/24", "via", "10.0.2.2")
    assert routes(router)["172.16.1.0/24"]["state"] == "active"
    router.ctl("interface", "disable", "wan")
    wait_until("the route is out", lambda: routes(router)["172.16.1.0/24"]["state"] == "inactive")
    assert "10.0.2.0/24" not in routes(router)
    # A wider route takes over meanwhile.
    router.ctl("route", "add", "172.16.0.0/16", "type", "prohibit")
    assert router.ctl("route", "lookup", "172.16.1.1")["type"] == "prohibit"
    router.ctl("interface", "enable", "wan")
    wait_until("the route is back", lambda: routes(router)["172.16.1.0/24"]["state"] == "active")
    lab["lan"].ping("172.16.1.1")
    router.ctl("route", "del", "172.16.0.0/16")
    router.ctl("route", "del", "172.16.1.0/24")
    router.ctl("route", "add", "172.16.1.0/24", "via", "192.168.77.1")
    assert routes(router)["172.16.1.0/24"]["state"] == "inactive"
    router.ctl("route", "del", "172.16.1.0/24")


def test_by_configuration(lab):
    config = copy.deepcopy(lab.config)
    config["ip4"]["routes"] = {"172.16.0.0/24": {"via": [{"gateway": "10.0.2.2"}]},
                               "172.17.0.0/24": {"via": [{"gateway": "10.0.2.2", "interface": "wan"}]},
                               "172.18.0.0/24": {"type": "unreachable"}}
    reload(lab, config)
    lab["lan"].ping("172.16.0.1")
    lab["lan"].ping("172.17.0.1")
    assert "Host Unreachable" in lab["lan"].run("ping", "-c", 1, "-W", 20, "172.18.0.1", check=False).stdout
    # One changes, one goes, one stays and loses nothing.
    config = copy.deepcopy(config)
    config["ip4"]["routes"]["172.18.0.0/24"] = {"type": "prohibit"}
    del config["ip4"]["routes"]["172.17.0.0/24"]
    flood = lab["lan"].popen("ping", "-q", "-i", "0.02", "-c", "200", "-W", "20", "172.16.0.1", stdout=-1, text=True)
    reload(lab, config)
    assert " 0% packet loss" in flood.communicate()[0]
    assert routes(lab.router)["172.18.0.0/24"]["type"] == "prohibit"
    assert "172.17.0.0/24" not in routes(lab.router)


def test_a_new_address_and_back(lab):
    before = copy.deepcopy(lab.config)
    config = copy.deepcopy(before)
    config["ip4"]["interfaces"]["lan"]["addresses"] = ["10.0.1.1/24", "10.0.7.1/24"]
    reload(lab, config)
    lab["lan"].address("eth0", "10.0.7.2/24")
    lab["lan"].ping("10.0.7.1", "-I", "10.0.7.2")
    reload(lab, before)
    assert "10.0.7.0/24" not in routes(lab.router)
    assert all(row["address"] != "10.0.7.2" for row in lab.router.ctl("show", "neighbor"))
    lab["lan"].ping("10.0.2.2")


def test_two_addresses_of_one_network(lab):
    """The network is connected as long as one of them is there, by the one that was there first."""
    before = copy.deepcopy(lab.config)
    config = copy.deepcopy(before)
    config["ip4"]["interfaces"]["lan"]["addresses"] = ["10.0.1.1/24", "10.0.1.7/24"]
    reload(lab, config)
    assert routes(lab.router)["10.0.1.0/24"]["type"] == "connected"
    lab["lan"].ping("10.0.1.7")
    # Who has it is asked in the name of the first.
    wire = Wire(lab["lan"], "eth0")
    lab["wan"].run("ping", "-c", 1, "-W", 1, "10.0.1.99", check=False)
    request = wire.expect("a question", lambda p: ARP in p and p[ARP].op == 1 and p[ARP].pdst == "10.0.1.99")
    assert request[ARP].psrc == "10.0.1.1"
    reload(lab, before)
    assert routes(lab.router)["10.0.1.0/24"]["type"] == "connected"
    lab["lan"].ping("10.0.2.2")


def test_many_routes(lab):
    """Ten thousand through one socket, in the FIB, and out again by one commit."""
    script = "".join(f"route add 172.{20 + n // 4096}.{n // 16 % 256}.{n % 16 * 16}/28 via 10.0.2.2\n"
                     for n in range(10000))
    config = copy.deepcopy(lab.config)
    config["ip4"]["routes"] = {line.split()[2]: {"via": [{"gateway": "10.0.2.2"}]} for line in script.splitlines()}
    reload(lab, config)
    assert lab.router.ctl("route", "lookup", "172.21.100.33")["prefix"] == "172.21.100.32/28"
    figures = lab.router.ctl("show", "ip4")
    assert 10000 < figures["routes"] < 10100
    assert figures["fib_groups"] >= 625
    # Two pieces of memory at least, and 72 bytes a route at most.
    assert 4 << 20 <= figures["rib_bytes"] <= (6 << 20) + 72 * figures["routes"]
    assert figures["fib_bytes"] >= (64 << 20) + 625 * 1024
    config = copy.deepcopy(lab.config)
    config["ip4"]["routes"] = {}
    reload(lab, config)
    with pytest.raises(CommandFailed, match="no route to 172.21.100.33"):
        lab.router.ctl("route", "lookup", "172.21.100.33")


def test_a_route_of_another_type_is_not_replaced_in_passing(lab):
    router = lab.router
    router.ctl("route", "add", "192.0.2.0/24", "type", "blackhole")
    router.ctl("route", "add", "192.0.2.0/24", "type", "blackhole")     # it is there: as wanted
    for words in (("via", "10.0.2.2"), ("type", "prohibit"), ("paths", '[{"gateway": "10.0.2.2"}]')):
        with pytest.raises(CommandFailed, match="192.0.2.0/24 is a blackhole route: route del it first"):
            router.ctl("route", "add", "192.0.2.0/24", *words)
    router.ctl("route", "del", "192.0.2.0/24")
    router.ctl("route", "add", "192.0.2.0/24", "via", "10.0.2.2")
    with pytest.raises(CommandFailed, match="192.0.2.0/24 has gateways: route del it first"):
        router.ctl("route", "add", "192.0.2.0/24", "type", "blackhole")
    assert routes(router)["192.0.2.0/24"]["type"] == "static"
    router.ctl("route", "add", "192.0.2.0/24", "paths", '[{"gateway": "10.0.2.3"}]')    # paths says all of them
    assert router.ctl("show", "config", 'ip4.routes."192.0.2.0/24"') == {"via": [{"gateway": "10.0.2.3"}]}
    router.ctl("route", "del", "192.0.2.0/24")


@pytest.mark.parametrize("section, value, says", [
    ("routes", {"10.9.0.0/16": {"via": [{"gateway": "10.0.2.2"}, {"gateway": "10.0.1.1"}]}},
     'ip4.routes."10.9.0.0/16".via[1].gateway: 10.0.1.1 is the router\'s own address'),
    ("routes", {"10.9.0.0/16": {"via": [{"gateway": "10.0.1.255"}]}},
     'ip4.routes."10.9.0.0/16".via[0].gateway: 10.0.1.255 is the broadcast address of 10.0.1.0/24'),
    ("neighbors", {"10.0.1.0": {"interface": "lan", "mac": "02:00:00:00:00:01"}},
     'ip4.neighbors."10.0.1.0": 10.0.1.0 is the broadcast address of 10.0.1.0/24'),
    ("neighbors", {"10.0.2.7": {"interface": "lan", "mac": "02:00:00:00:00:01"}},
     'ip4.neighbors."10.0.2.7": 10.0.2.7 is on no network of interface lan'),
], ids=lambda x: x if isinstance(x, str) and " " not in x else "")
def test_a_configuration_that_cannot_be(lab, tmp_path, section, value, says):
    path = tmp_path / "wrong.json"
    config = copy.deepcopy(lab.config)
    config["ip4"][section] = value
    path.write_text(json.dumps(config))
    with pytest.raises(CommandFailed) as failed:
        lab.router.ctl("config", "check", path)
    assert f"{path}: {says}" in str(failed.value)


WRONG_COMMANDS = [
    (("route", "add", "10.1.2.3/8", "via", "10.0.2.2"), "host bits.*10.0.0.0/8"),
    (("route", "add", "10.0.0.0/33", "via", "10.0.2.2"), "not an IPv4 prefix"),
    (("route", "add", "10.0.0.0/8"), "via, type and paths"),
    (("route", "add", "10.0.0.0/8", "via", "10.0.2.300"), "gateway: .*not an IPv4 address"),
    (("route", "add", "10.0.0.0/8", "via", "224.0.0.1"), "not an address of a host"),
    (("route", "add", "10.0.0.0/8", "via", "10.0.2.2", "interface", "wam"), "did you mean \"wan\""),
    (("route", "add", "224.0.0.0/8", "via", "10.0.2.2"), "cannot be routed"),
    (("route", "add", "127.0.0.0/8", "type", "blackhole"), "cannot be routed"),
    (("route", "add", "10.0.0.0/8", "via", "10.0.1.1"), r"gateway: 10.0.1.1 is the router's own address.*interface lan"),
    (("route", "add", "10.0.0.0/8", "via", "10.0.2.255"), r"gateway: 10.0.2.255 is the broadcast address of 10.0.2.0/24"),
    (("route", "add", "10.0.0.0/8", "via", "10.0.2.0"), r"gateway: 10.0.2.0 is the broadcast address of 10.0.2.0/24"),
    (("route", "add", "10.0.0.0/8", "paths", '[{"gateway": "10.0.2.9"}, {"gateway": "10.0.2.9", "weight": 3}]'),
     r"via\[1\].gateway: 10.0.2.9 is via\[0\] already"),
    (("route", "learn", '["172.16.0.0/24"]', "via", "10.0.2.1"), "gateway: 10.0.2.1 is the router's own address"),
    (("neighbor", "add", "10.0.2.1", "wan", "02:00:00:00:00:01"), "10.0.2.1 is the router's own address"),
    (("neighbor", "add", "10.0.2.255", "wan", "02:00:00:00:00:01"), "10.0.2.255 is the broadcast address of"),
    (("neighbor", "add", "10.0.1.9", "wan", "02:00:00:00:00:01"), "10.0.1.9 is on no network of interface wan"),
    (("neighbor", "add", "192.0.2.9", "wan", "02:00:00:00:00:01"), "192.0.2.9 is on no network of interface wan"),
    (("route", "del", "10.99.0.0/16"), "no static route to 10.99.0.0/16"),
    (("route", "lookup", "10.0.0"), "not an IPv4 address"),
    (("neighbor", "add", "10.0.2.9", "wan", "01:00:00:00:00:01"), "not a unicast MAC address"),
    (("neighbor", "add", "10.0.2.9", "wlan", "02:00:00:00:00:01"), "there is no interface \"wlan\""),
    (("neighbor", "del", "10.0.2.9"), "no static neighbor 10.0.2.9"),
]


@pytest.mark.parametrize("words,says", WRONG_COMMANDS)
def test_wrong_commands(lab, words, says):
    before = lab.router.ctl("show", "config")
    with pytest.raises(CommandFailed, match=says):
        lab.router.ctl(*words)
    assert lab.router.ctl("show", "config") == before
