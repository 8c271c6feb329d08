# SPDX-License-Identifier: BSD-3-Clause
"""What cannot start says so in one line, with status 1, and leaves nothing half-started."""
import copy
import os

import pytest

from xbt import Lab, Namespace, Router, environment, link, program, run, start_fails, tidy, two_networks


@pytest.fixture(scope="module")
def lab():
    """Ports and a configuration that would do."""
    lab = Lab()
    lab.network("lan", 1)
    lab.network("wan", 2)
    return lab


def refused(lab, config, *words, **more):
    """dpdk-xebra must not start with this. `words` must be in what it says. Returns the line."""
    status, lines = start_fails(lab.ns, config, **more)
    assert status == 1, lines
    ours = [line for line in lines if line.startswith("dpdk-xebra: ")]
    assert len(ours) == 1 and lines[-1] == ours[0], lines
    for word in words:
        assert word in ours[0], ours[0]
    assert lab.ns.pids() == []
    return ours[0]


def test_a_missing_device(lab):
    config = copy.deepcopy(lab.config)
    config["ports"]["p2"]["device"] = "net_af_packet2,iface=nowhere"
    refused(lab, config, "ports.p2", "nowhere")
    config["ports"]["p2"]["device"] = "0000:ff:1f.7"
    refused(lab, config, "ports.p2", "0000:ff:1f.7", "started with --no-pci")
    config["ports"]["p2"]["device"] = "nonsense"
    refused(lab, config, "ports.p2.device: nonsense: ", "a PCI address (0000:01:10.0)", "net_af_packet0,iface=eth1")


def test_a_device_that_another_port_has(lab):
    config = copy.deepcopy(lab.config)
    config["ports"]["p2"]["device"] = config["ports"]["p1"]["device"]
    refused(lab, config, "ports.p2", "net_af_packet1")


def test_an_interface_that_another_port_has(lab):
    config = copy.deepcopy(lab.config)
    config["ports"]["p2"]["device"] = "net_af_packet2,qpairs=1,iface=p1"
    refused(lab, config, "ports.p2.device: interface p1 is of port p1 already")


def test_an_interface_that_another_router_has():
    """Both would forward every packet. Who was first keeps it; when he has gone, the other may have it."""
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    config = copy.deepcopy(lab.config)
    del config["ports"]["p1"], config["interfaces"]["lan"], config["ip4"]["interfaces"]["lan"]
    config["ports"]["p2"]["device"] = "net_af_packet7,iface=p2"     # also under another name
    status, lines = start_fails(lab.ns, config)
    assert status == 1 and f"ports.p2.device: net_af_packet7,iface=p2: interface p2 is in use by process " \
        f"{lab.router.pid()}" in lines[-1], lines
    lab["lan"].ping("10.0.2.2")
    lab.router.kill()
    other = Router(lab.ns, config)
    assert other.find("show port", name="p2")["state"] == "up"
    other.stop()


def test_no_huge_pages(lab):
    # There may be some on this machine: the router is started where they are not mounted.
    refused(lab, lab.config, "huge pages", "--no-huge", memory=["-m", "256"],
            prefix=["unshare", "-m", "sh", "-c", 'umount -a -t hugetlbfs; exec "$@"', "sh"])


def test_no_huge_pages_and_not_root(lab):
    """Being root alone would not help: the pages come first."""
    line = refused(lab, lab.config, "--no-huge", memory=["-m", "256"],
                   prefix=["unshare", "-m", "sh", "-c", 'umount -a -t hugetlbfs; exec unshare -U "$@"', "sh"])
    assert "run it as root" not in line


def test_no_permission(lab):
    # Root without any capability may not open a packet socket.
    refused(lab, lab.config, "permi", memory=["--no-huge", "-m", "256"],
            prefix=["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"])


def test_a_file_that_is_not_there(lab):
    refused(lab, "/nonexistent/xebra.json", "/nonexistent/xebra.json")


def test_a_directory_as_file(lab, tmp_path):
    refused(lab, str(tmp_path), str(tmp_path))


@pytest.mark.parametrize("text, words", [
    ("{\"ports\": {", ["1"]),
    ("[]", ["not a configuration", "an object of sections"]),
    ("null", ["not a configuration", "an object of sections"]),
    ("{\"ports\": {}, \n\"ports\": {}}", [":2:7: ports: twice"]),
    ("{\"ip4\": {\"interfaces\": {}, \"routes\": {\"10.0.0.0/8\": {\"via\": [{}, {\"gateway\": \"1.2.3.4\",\n"
     "\"gateway\": \"1.2.3.4\"}]}}}}", [":2:9: ip4.routes.\"10.0.0.0/8\".via[1].gateway: twice"]),
    ("{\"interfaces\": {\"lan\": {\"port\": \"p\", \"vlan\": 99999999999999999999}}}",
     ["interfaces.lan.vlan: 99999999999999999999 is not in 1..4094"]),
    ("{\"ip4\": {\"routes\": {\"10.0.0.0/8\": {}}}}",
     ["ip4.routes.\"10.0.0.0/8\": neither \"via\" nor \"type\" is given"]),
    ("{\"ip4\": {\"routes\": {\"10.0.0.0/8\": {\"via\": [{\"gateway\": \"1.2.3.4\"}], \"type\": \"prohibit\"}}}}",
     ["ip4.routes.\"10.0.0.0/8\": \"via\" and \"type\" are both given"]),
    ("{\"ports\": {\"t\": {\"device\": \"net_null0\"}}, \"interfaces\": {\"a\": {\"port\": \"t\", \"mtu\": 9000}}}",
     ["interfaces.a.mtu: 9000 is more than the port's (1500): raise ports.t.mtu"]),
    ("{\"prots\": {}}", ["prots", "ports"]),
    ("{\"workers\": {\"polling\": \"lazy\"}}", ["workers.polling", "lazy", "adaptive"]),
    ("{\"workers\": {\"lcores\": [1, 2, 1]}}", ["workers.lcores[2]: 1 is there twice"]),
], ids=["cut", "array", "null", "twice", "twice-below", "too-big", "route-without", "route-with-both", "mtu", "unknown",
        "value", "lcores"])
def test_a_file_that_is_wrong(lab, tmp_path, text, words):
    path = tmp_path / "wrong.json"
    path.write_text(text)
    line = refused(lab, str(path), str(path), *words)
    # The same without starting: the error alone, as compilers have it.
    done = run(program("dpdk-xebra"), "config", "check", path, check=False, env=environment())
    assert done.returncode == 1 and f"dpdk-xebra: {done.stdout.strip()}" == line


def test_a_second_instance():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    # A router of its own kind with the same control socket, and one with the same file prefix.
    config = copy.deepcopy(lab.config)
    config["control"] = {"socket": lab.router.socket}
    refused_beside(lab, config, lab.router.socket)
    refused_beside(lab, lab.config, lab.router.name, file_prefix=lab.router.name)
    # The first one has not noticed.
    lab["lan"].ping("10.0.2.2")
    lab.router.stop()


def refused_beside(lab, config, word, **more):
    other = Namespace("other")
    peer = Namespace("peer")
    for n in (1, 2):
        link(other, f"p{n}", peer, f"q{n}")
    status, lines = start_fails(other, config, **more)
    assert status == 1 and lines[-1].startswith("dpdk-xebra: ") and word in lines[-1], lines
    assert other.pids() == []


def test_a_control_socket_in_no_folder(lab):
    """A folder with a slip in its name is not made; /run is empty after every boot, and there it is."""
    config = copy.deepcopy(lab.config)
    config["control"] = {"socket": f"/xbt-{os.getpid()}/control.sock"}
    refused(lab, config, f"there is no folder /xbt-{os.getpid()}")
    folder = f"/run/xbt-{os.getpid()}-socket"
    tidy.Made(folder, lambda: os.rmdir(folder))
    config["control"] = {"socket": f"{folder}/control.sock"}
    router = Router(lab.ns, config)
    router.stop()


def test_what_a_failed_start_made_is_gone(lab, tmp_path):
    """The first port was fine; neither it nor the control socket may stay."""
    config = copy.deepcopy(lab.config)
    config["control"] = {"socket": str(tmp_path / "control.sock")}
    config["ports"]["p2"]["device"] = "net_af_packet2,iface=nowhere"
    refused(lab, config)
    assert not os.path.exists(config["control"]["socket"])
    config["ports"] = lab.config["ports"]
    router = Router(lab.ns, config)
    lab["lan"].ping("10.0.2.2")
    router.stop()
    assert not os.path.exists(config["control"]["socket"])


def test_a_device_that_another_process_holds(lab, tmp_path):
    """A memif device is one end of a socket: the first who has it keeps it."""
    config = copy.deepcopy(lab.config)
    config["ports"] = {"p1": {"device": f"net_memif1,role=server,socket-abstract=no,socket={tmp_path}/memif.sock"}}
    config["interfaces"] = {"lan": {"port": "p1"}}
    del config["ip4"]
    router = Router(Namespace("holder"), config)
    refused(lab, config, "ports.p1")
    assert router.ctl("show", "version")
    router.stop()


@pytest.mark.parametrize("words, says", [
    (["config"], "usage: dpdk-xebra config check FILE, dpdk-xebra config schema"),
    (["config", "check"], "usage: dpdk-xebra config check FILE"),
    (["config", "check", "one", "two"], "usage: dpdk-xebra config check FILE"),
    (["config", "schema", "one"], "usage: dpdk-xebra config schema"),
    (["config", "chek", "one"], "unknown: config chek; did you mean \"check\"?"),
    (["cofnig", "check", "one"], "unknown: cofnig; did you mean \"config\"?"),
    (["commands", "all"], "usage: dpdk-xebra commands"),
    (["--version", "all"], "usage: dpdk-xebra --version"),
], ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_a_command_with_a_slip_is_told_how_it_is_used(words, says):
    done = run(program("dpdk-xebra"), *words, check=False, env=environment())
    assert done.returncode == 1 and done.stdout.startswith("dpdk-xebra: ") and says in done.stdout, done.stdout
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["-l", "0", "--", "--help"], ["--", "--config", "file", "-h"]],
                         ids=" ".join)
def test_help_is_given_on_either_side_of_the_separator(words):
    done = run(program("dpdk-xebra"), *words, env=environment())
    assert done.stdout.startswith("Usage:") and "config check FILE" in done.stdout
