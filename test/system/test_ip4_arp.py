# SPDX-License-Identifier: BSD-3-Clause
"""Finding MAC addresses (RFC 826, RFC 1122 2.3.2): asking, learning, keeping, forgetting, and all of it bounded."""
import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether

from xbt import Lab, Wire, wait_until

BROADCAST = "ff:ff:ff:ff:ff:ff"
LAN_HOST = "02:00:00:00:01:02"
A, B = "02:00:00:00:02:0a", "02:00:00:00:02:0b"


class Net:
    """A router; on the wire "lan" a host that it knows, on the wire "wan" nobody until a test says so."""

    def __init__(self, **settings):
        lab = Lab()
        lab.cable("lan", 1)
        lab.cable("wan", 2)
        lab.config["interfaces"] = {"lan": {"port": "p1"}, "wan": {"port": "p2"}}
        lab.config["ip4"] = {
            "interfaces": {"lan": {"addresses": ["10.0.1.1/24"]}, "wan": {"addresses": ["10.0.2.1/24"]}},
            "neighbors": {"10.0.1.2": {"interface": "lan", "mac": LAN_HOST}},
            "icmp": {"rate": 1000000, "burst": 100000},
            "arp": settings,
        }
        self.config = lab.config
        self.lan, self.wan = Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0")
        self.router = lab.start()
        self.lan_mac = self.router.find("show interface", name="lan")["mac"]
        self.wan_mac = self.router.find("show interface", name="wan")["mac"]
        self.wan.expect("the announcement of our address", is_announcement("10.0.2.1"))

    def packet(self, dst, number=0):
        return Ether(src=LAN_HOST, dst=self.lan_mac) / IP(src="10.0.1.2", dst=dst, id=number) / UDP(dport=9)

    def neighbor(self, address):
        rows = [row for row in self.router.ctl("show", "neighbor") if row["address"] == address]
        return rows[0] if rows else None

    def state(self, address):
        row = self.neighbor(address)
        return row["state"] if row else None

    def reply(self, address, mac, to=None):
        self.wan.send(Ether(src=mac, dst=to or self.wan_mac) / ARP(
            op=2, hwsrc=mac, psrc=address, hwdst=self.wan_mac, pdst="10.0.2.1"))

    def ask(self, address, mac):
        """A host asks for our address; until it is answered."""
        return self.wan.exchange(
            Ether(src=mac, dst=BROADCAST) / ARP(op=1, hwsrc=mac, psrc=address, pdst="10.0.2.1"),
            "an answer to ARP", lambda p: ARP in p and p[ARP].op == 2 and p[ARP].psrc == "10.0.2.1")


def is_announcement(address):
    return lambda p: ARP in p and p[ARP].psrc == address and p[ARP].pdst == address


def is_request(address):
    return lambda p: ARP in p and p[ARP].op == 1 and p[ARP].pdst == address and p[ARP].psrc == "10.0.2.1"


def is_to(address, number=None):
    return lambda p: IP in p and p[IP].dst == address and number in (None, p[IP].id)


@pytest.fixture
def net(request):
    net = Net(**getattr(request, "param", {}))
    before = net.router.mbufs_in_use()
    yield net
    net.router.no_mbufs_lost(before)
    net.router.stop()


def test_an_unknown_host_is_asked_for_and_its_packets_wait(net):
    for number in range(1, 4):
        net.lan.send(net.packet("10.0.2.10", number))
    request = net.wan.expect("a question", is_request("10.0.2.10"))
    assert (request[Ether].src, request[Ether].dst) == (net.wan_mac, BROADCAST)
    assert (request[ARP].hwsrc, request[ARP].hwdst) == (net.wan_mac, "00:00:00:00:00:00")
    wait_until("three packets wait", lambda: (net.neighbor("10.0.2.10") or {}).get("held") == 3)
    assert net.state("10.0.2.10") == "incomplete"
    net.reply("10.0.2.10", A)
    for number in range(1, 4):      # in order
        packet = net.wan.expect(f"packet {number}", lambda p: IP in p)
        assert packet[IP].id == number and packet[IP].ttl == 63
        assert (packet[Ether].src, packet[Ether].dst) == (net.wan_mac, A)
    wait_until("the neighbour is reachable", lambda: net.state("10.0.2.10") == "reachable")
    assert net.neighbor("10.0.2.10")["mac"] == A


@pytest.mark.parametrize("net", [{"retry_ms": 100}], indirect=True)
def test_nobody_answers(net):
    net.lan.send(net.packet("10.0.2.11", 5))
    error = net.lan.expect("host unreachable", lambda p: ICMP in p)
    assert (error[ICMP].type, error[ICMP].code, error[IP].src) == (3, 1, "10.0.1.1")
    requests = []
    while (packet := net.wan.recv(0)) is not None:
        requests += [packet] if is_request("10.0.2.11")(packet) else []
    assert len(requests) == 3
    wait_until("it is forgotten", lambda: net.neighbor("10.0.2.11") is None)
    assert net.router.drops()["ip4_host_unreachable"] == 1


@pytest.mark.parametrize("net", [{"hold": 4, "retry_ms": 60000}], indirect=True)
def test_what_waits_is_bounded(net):
    for number in range(1, 21):
        net.lan.send(net.packet("10.0.2.12", number))
    wait_until("sixteen are dropped", lambda: net.router.drops().get("ip4_hold_full") == 16)
    assert net.neighbor("10.0.2.12")["held"] == 4
    net.reply("10.0.2.12", A)
    wait_until("the answer is taken", lambda: net.state("10.0.2.12") == "reachable")
    net.lan.send(net.packet("10.0.2.12", 99))
    got = [p[IP].id for p in net.wan.collect(is_to("10.0.2.12"), is_to("10.0.2.12", 99))]
    assert got == [1, 2, 3, 4]


@pytest.mark.parametrize("net", [{"max_neighbors": 16, "retry_ms": 60000}], indirect=True)
def test_a_scan_does_not_fill_the_table(net):
    net.ask("10.0.2.10", A)
    for last in range(100, 120):
        net.lan.send(net.packet(f"10.0.2.{last}"))
    wait_until("all but a quarter of the table are refused",
               lambda: net.router.drops().get("ip4_neighbor_full") == 16)
    assert net.state("10.0.2.10") == "reachable"
    # What is there is not disturbed.
    net.lan.exchange(net.packet("10.0.2.10", 3), "the packet", is_to("10.0.2.10", 3), on=net.wan)
    net.router.ctl("neighbor", "clear")
    wait_until("what has waited is let go", lambda: net.router.ctl("show", "ip4")["held"] == 0)


def test_who_asks_us_is_learned(net):
    answer = net.ask("10.0.2.10", A)
    assert (answer[Ether].dst, answer[ARP].hwsrc, answer[ARP].hwdst) == (A, net.wan_mac, A)
    wait_until("it is known", lambda: net.state("10.0.2.10") == "reachable")
    net.lan.send(net.packet("10.0.2.10", 7))
    got = net.wan.collect(is_request("10.0.2.10"), is_to("10.0.2.10", 7))
    assert got == []


def test_unasked_answers_teach_nothing(net):
    net.reply("10.0.2.66", A)
    net.wan.send(Ether(src=A, dst=BROADCAST) / ARP(op=1, hwsrc=A, psrc="10.0.2.67", pdst="10.0.2.67"))
    net.ask("10.0.2.10", B)         # taken in order: the others are through
    assert net.neighbor("10.0.2.66") is None and net.neighbor("10.0.2.67") is None


def test_a_probe_is_answered_and_not_learned(net):
    """RFC 5227: who looks whether our address is free."""
    answer = net.ask("0.0.0.0", A)
    assert answer[ARP].hwsrc == net.wan_mac
    assert net.neighbor("0.0.0.0") is None


def test_a_new_mac_address_is_taken(net):
    net.ask("10.0.2.10", A)
    net.lan.exchange(net.packet("10.0.2.10", 1), "the packet", is_to("10.0.2.10", 1), on=net.wan)
    # Gratuitous: the host has got another card.
    net.wan.send(Ether(src=B, dst=BROADCAST) / ARP(op=1, hwsrc=B, psrc="10.0.2.10", pdst="10.0.2.10"))
    wait_until("it is taken", lambda: (net.neighbor("10.0.2.10") or {}).get("mac") == B)
    got = net.lan.exchange(net.packet("10.0.2.10", 2), "the packet", is_to("10.0.2.10", 2), on=net.wan)
    assert got[Ether].dst == B


@pytest.mark.parametrize("net", [{"reachable_ms": 300, "stale_ms": 300, "retry_ms": 100}], indirect=True)
def test_unused_is_forgotten(net):
    net.ask("10.0.2.10", A)
    wait_until("it is forgotten", lambda: net.neighbor("10.0.2.10") is None)
    requests = []
    while (packet := net.wan.recv(0)) is not None:
        requests += [packet] if is_request("10.0.2.10")(packet) else []
    assert requests == []           # nobody has used it, nobody is asked


@pytest.mark.parametrize("net", [{"reachable_ms": 300, "stale_ms": 86400000, "probes": 20}], indirect=True)
def test_used_is_asked_again(net):
    """By unicast while packets go on to it; it answers with a new address."""
    net.ask("10.0.2.10", A)
    question = net.lan.exchange(net.packet("10.0.2.10"), "a question", is_request("10.0.2.10"), on=net.wan)
    assert question[Ether].dst == A
    net.lan.exchange(net.packet("10.0.2.10", 7), "a packet", is_to("10.0.2.10", 7), on=net.wan)
    net.reply("10.0.2.10", B)
    wait_until("the answer is taken", lambda: (net.neighbor("10.0.2.10") or {}).get("mac") == B)


@pytest.mark.parametrize("net", [{"reachable_ms": 300, "stale_ms": 86400000, "retry_ms": 100}], indirect=True)
def test_used_and_silent_is_forgotten(net):
    """Asked by unicast, then by broadcast, then it is gone."""
    net.ask("10.0.2.10", A)
    question = net.lan.exchange(net.packet("10.0.2.10"), "a question", is_request("10.0.2.10"), on=net.wan)
    assert question[Ether].dst == A
    net.wan.expect("a question to all", lambda p: is_request("10.0.2.10")(p) and p[Ether].dst == BROADCAST)
    wait_until("it is gone", lambda: net.neighbor("10.0.2.10") is None)


def test_static_neighbors(net):
    router = net.router
    router.ctl("neighbor", "add", "10.0.2.30", "wan", A)
    got = net.lan.exchange(net.packet("10.0.2.30", 1), "the packet", is_to("10.0.2.30", 1), on=net.wan)
    assert got[Ether].dst == A
    net.ask("10.0.2.30", B)         # what ARP says does not matter
    assert net.neighbor("10.0.2.30")["state"] == "static" and net.neighbor("10.0.2.30")["mac"] == A
    router.ctl("neighbor", "clear")
    assert net.state("10.0.2.30") == "static"
    config = router.ctl("show", "config")
    assert config["ip4"]["neighbors"]["10.0.2.30"] == {"interface": "wan", "mac": A}
    router.ctl("neighbor", "del", "10.0.2.30")
    assert net.neighbor("10.0.2.30") is None


def test_addresses_are_announced(net):
    """When they come, and when the interface does."""
    config = net.config
    config["ip4"]["interfaces"]["wan"]["addresses"].append("10.0.3.1/24")
    net.router.reload(config)
    said = net.wan.expect("the announcement", is_announcement("10.0.3.1"))
    assert (said[Ether].dst, said[ARP].hwsrc, said[ARP].op) == (BROADCAST, net.wan_mac, 1)
    net.wan.drain()
    net.router.ctl("interface", "disable", "wan")
    net.router.ctl("interface", "enable", "wan")
    net.wan.expect("the announcement", is_announcement("10.0.2.1"))
