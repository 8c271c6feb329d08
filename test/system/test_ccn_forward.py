# SPDX-License-Identifier: BSD-3-Clause
"""The CCN router on real wires: Interests go out by name, Data comes back to all who asked."""
import itertools

import ndn
import pytest
from ndn_lab import Station, ccn_lab, drops, interest

from xbt import LONG, Lab, wait_until

NOWHERE, DUPLICATE, CONGESTION = 150, 100, 50


@pytest.fixture(scope="module")
def lab():
    return ccn_lab()


def test_an_interest_goes_out_and_its_data_comes_back(lab):
    left, right = lab.station["left"], lab.station["right"]
    before = lab.router.mbufs_in_use()
    left.send(ndn.link(interest("/right/a", nonce=1, hop_limit=9), token=b"token"))
    asked = right.expect_interest("/right/a")
    assert (asked.nonce, asked.hop_limit) == (1, 8)
    right.send(ndn.data("/right/a", b"content"))
    got = left.expect_data("/right/a")
    assert (got.content, got.token) == (b"content", b"token")
    lab.router.no_mbufs_lost(before)


def test_the_store_answers_the_second_time(lab):
    left, right = lab.station["left"], lab.station["right"]
    hits = lab.router.ctl("show", "ccn", "cs")["hits"]
    left.send(interest("/right/stored/x", nonce=1))
    right.expect_interest("/right/stored/x")
    right.send(ndn.data("/right/stored/x", b"once"))
    left.expect_data("/right/stored/x")
    left.send(interest("/right/stored", nonce=2, can_be_prefix=True))
    assert left.expect_data("/right/stored/x").content == b"once"
    assert lab.router.ctl("show", "ccn", "cs")["hits"] == hits + 1
    lab.router.ctl("ccn", "cs", "flush")
    left.send(interest("/right/stored/x", nonce=3))
    right.expect_interest("/right/stored/x")


def test_interest_and_data_of_one_name_meet_whichever_worker_has_them():
    lab = ccn_lab(workers=2)
    left, right = lab.station["left"], lab.station["right"]
    for n in range(20):
        left.send(interest(f"/right/{n}", nonce=n))
        right.expect_interest(f"/right/{n}")
        right.send(ndn.data(f"/right/{n}", b"%d" % n))
        assert left.expect_data(f"/right/{n}").content == b"%d" % n
    assert lab.router.ctl("show", "ccn", "cs")["packets"] == 20


def test_faces_trade_places_in_one_reload():
    lab = ccn_lab()
    left, right = lab.station["left"], lab.station["right"]
    faces = lab.config["ccn"]["faces"]
    faces["left"], faces["right"] = faces["right"], faces["left"]
    lab.router.write_config(lab.config)
    lab.router.ctl("config", "reload")
    right.send(interest("/right/x", nonce=1))       # /right is at the left now
    left.expect_interest("/right/x")
    left.send(ndn.data("/right/x", b"y"))
    assert right.expect_data("/right/x").content == b"y"
    # All of CCN goes, and comes again.
    ccn = lab.config.pop("ccn")
    lab.router.write_config(lab.config)
    lab.router.ctl("config", "reload")
    assert lab.router.ctl("show", "ccn", "face") == []
    lab.config["ccn"] = ccn
    lab.router.write_config(lab.config)
    lab.router.ctl("config", "reload")
    right.send(interest("/right/z", nonce=2))
    left.expect_interest("/right/z")


def test_two_who_ask_cause_one_interest():
    lab = ccn_lab(("left", "right", "other"))
    left, right, other = (lab.station[n] for n in ("left", "right", "other"))
    left.send(ndn.link(interest("/right/one", nonce=1), token=b"L"))
    right.expect_interest("/right/one")
    # Within the pause that suppresses repetitions, or after it as a repetition: in either case both get the Data.
    other.send(ndn.link(interest("/right/one", nonce=2), token=b"O"))
    wait_until("both wait", lambda: [
        entry["from"] for entry in lab.router.ctl("show", "ccn", "pit")["pending"]] == [["left", "other"]])
    right.send(ndn.data("/right/one", b"for both"))
    assert left.expect_data("/right/one").token == b"L"
    assert other.expect_data("/right/one").token == b"O"
    assert lab.router.ctl("show", "ccn", "pit")["entries"] == 0


@pytest.mark.parametrize("first", ("left", "other"))
def test_one_packet_goes_whole_to_one_and_in_pieces_to_another(first):
    """The buffer that came goes to the first who asked, copies to the others: none may spoil the other."""
    lab = ccn_lab(("left", "right", "other"))
    lab.router.ctl("config", "set", "ccn.faces.left.mtu", "400")
    lab.router.ctl("config", "commit")
    right, asking = lab.station["right"], ["left", "other"] if first == "left" else ["other", "left"]
    for n, name in enumerate(asking):
        lab.station[name].send(ndn.link(interest("/right/pieces", nonce=n), token=name.encode()))
        wait_until(f"{name} waits", lambda n=n: [
            entry["from"] for entry in lab.router.ctl("show", "ccn", "pit")["pending"]] == [asking[:n + 1]])
    packet = ndn.data("/right/pieces", bytes(range(256)) * 4)
    right.send(packet)
    assert lab.station["other"].expect_data("/right/pieces").payload == packet
    got = {}
    while not got or len(got) < got[0].count:
        p = lab.station["left"].expect("a fragment", lambda p: p.count > 1)
        got[p.index] = p
    assert got[0].token == b"left" and b"".join(got[i].payload for i in sorted(got)) == packet


def test_an_interest_goes_to_all_next_hops_as_it_came():
    lab = ccn_lab(("left", "right", "other"))
    lab.router.ctl("ccn", "fib", "add", "/all", "via", "right")
    lab.router.ctl("ccn", "fib", "add", "/all", "via", "other")
    lab.router.ctl("ccn", "strategy", "set", "/all", "multicast")
    lab.station["left"].send(interest("/all/x", nonce=5, hop_limit=3))
    for name in ("right", "other"):
        asked = lab.station[name].expect_interest("/all/x")
        assert (asked.nonce, asked.hop_limit) == (5, 2)


def test_nacks_say_why(lab):
    left, right = lab.station["left"], lab.station["right"]
    left.send(ndn.link(interest("/nowhere", nonce=5), token=b"N"))
    nack = left.expect_nack("/nowhere", NOWHERE)
    assert (nack.nonce, nack.token) == (5, b"N")
    left.send(interest("/right/declined", nonce=6))
    right.expect_interest("/right/declined")
    right.send(ndn.link(interest("/right/declined", nonce=6), nack=CONGESTION))
    assert left.expect_nack("/right/declined", CONGESTION).nonce == 6


def test_a_long_packet_travels_in_fragments_both_ways(lab):
    left, right = lab.station["left"], lab.station["right"]
    content = bytes(range(256)) * 30
    packet = ndn.data("/right/long", content)
    left.send(ndn.link(interest("/right/long", nonce=1), token=b"F"))
    right.expect_interest("/right/long")
    parts = [packet[i:i + 1400] for i in range(0, len(packet), 1400)]
    order = list(range(len(parts)))
    order = order[1:] + order[:1]

    def send():
        """All within the half second that the router waits for them: tried again where the machine was slower."""
        send.sequence += 100
        for i in order:
            right.send(ndn.link(parts[i], sequence=send.sequence + i, index=i, count=len(parts)))
        return left.expect("a fragment", lambda p: p.count > 1, 3)

    send.sequence = 0
    p = wait_until("the packet is put together", send)
    got = {p.index: p}
    while len(got) < p.count:
        p = left.expect("a fragment", lambda p: p.count > 1)
        got[p.index] = p
    assert got[0].token == b"F"
    assert len({p.sequence - p.index for p in got.values()}) == 1
    assert b"".join(got[i].payload for i in sorted(got)) == packet


def test_the_group_is_a_face_like_another():
    lab = Lab()
    del lab.config["ip4"]
    for number, name in enumerate(("left", "right"), 1):
        lab.cable(name, number)
        lab.config["interfaces"][name] = {"port": f"p{number}"}
    lab.config["ccn"] = {"faces": {name: {"interface": name} for name in ("left", "right")},
                         "routes": {"/right": {"via": [{"face": "right"}]}}}
    lab.start()
    left, right = (Station(lab, n, None) for n in ("left", "right"))

    def ask():
        left.send(interest("/right/g", nonce=ask.nonce), group=True)
        ask.nonce += 1
        return right.wire.recv_bytes(1)

    ask.nonce = 1
    wait_until("an Interest to the group comes through", ask)
    right.send(ndn.data("/right/g", b"all"), group=True)
    assert left.expect_data("/right/g").content == b"all"
    assert left.to == ndn.GROUP
    # No Nacks on a shared link: what follows arrives first.
    left.send(interest("/nowhere", nonce=100), group=True)
    left.send(interest("/right/g", nonce=101), group=True)
    assert left.expect("anything").type == ndn.DATA


def test_a_client_that_nobody_configured_gets_a_face():
    lab = ccn_lab(("left", "right"), clients={"left": {"max": 2, "trusted": True}})
    left, right = lab.station["left"], lab.station["right"]
    left.mac = "02:00:00:00:00:77"
    left.send(interest("/right/c", nonce=1))
    right.expect_interest("/right/c")
    right.send(ndn.data("/right/c"))
    left.expect_data("/right/c")
    assert left.to == left.mac
    assert lab.router.find("show ccn face", remote="02:00:00:00:00:77".upper())["client"] is True
    # It registers a prefix, and gets what is asked for under it.
    parameters = ndn.tlv(0x68, ndn.name("/mine"))
    words = (b"localhop", b"nfd", b"rib", b"register", parameters)
    command = ndn.signed_interest(b"".join(ndn.tlv(8, word) for word in words))
    left.send(ndn.link(command, token=b"M"))
    response = left.expect("a response", lambda p: p.token == b"M")
    assert dict(ndn.elements(ndn.first(response.content)[2]))[0x66] == (200).to_bytes(1, "big")
    right.send(interest("/mine/x", nonce=9))
    left.expect_interest("/mine/x")
    left.send(ndn.data("/mine/x", b"y"))
    assert right.expect_data("/mine/x").content == b"y"
    # Others may not.
    right.send(command)
    wait_until("the command is refused", lambda: drops(lab, "ccn_untrusted") == 1)


def test_malformed_packets_are_dropped_under_their_names(lab):
    left, right = lab.station["left"], lab.station["right"]
    bad = {
        "ccn_truncated": interest("/right/bad", nonce=1)[:1] + b"\xfd\x22\x00",
        "ccn_overlong": ndn.tlv(5, b"\x07\x7f\x08\x01a"),
        "ccn_not_minimal": ndn.tlv(5, b"\x07\xfd\x00\x03\x08\x01a"),
        "ccn_bad_type": ndn.tlv(9, ndn.name("/a")),
        "ccn_nested": ndn.link(ndn.link(interest("/right/bad", nonce=1))),
        "ccn_critical": ndn.tlv(5, ndn.name("/right/bad"), ndn.tlv(0xfb)),
        "ccn_bad_field": ndn.tlv(5, ndn.name("/right/bad"), ndn.tlv(0x0a, b"abc")),
        "ccn_bad_name": ndn.tlv(5, ndn.tlv(7)),
        "ccn_long_name": interest("/right" + "/x" * 40, nonce=1),
        "ccn_hop_limit": interest("/right/bad", nonce=1, hop_limit=0),
        "ccn_scope": interest("/localhost/x", nonce=1),
        "ccn_unasked": ndn.data("/right/bad"),
        "ccn_bad_nack": ndn.link(interest("/right/bad", nonce=1), nack=NOWHERE),
        "ccn_no_route": interest("/nowhere/bad", nonce=1),
    }
    before = {reason: drops(lab, reason) for reason in bad}
    mbufs = lab.router.mbufs_in_use()
    for payload in bad.values():
        left.send(payload)
    left.send(interest("/right/good", nonce=1))
    right.expect_interest("/right/good")
    # A drop is counted after what the same burst has sent.
    wait_until("every reason has counted one packet",
               lambda: {r: drops(lab, r) - before[r] for r in bad} == {r: 1 for r in bad})
    lab.router.no_mbufs_lost(mbufs)


def test_fragments_of_different_packets_are_dropped(lab):
    left = lab.station["left"]

    def dropped():
        """The second one comes within the half second that the router waits: tried again on a slower machine."""
        left.send(ndn.link(b"abc", sequence=500, index=0, count=3), ndn.link(b"def", sequence=501, index=1, count=2))
        return drops(lab, "ccn_bad_fragment") > 0

    wait_until("the fragment is dropped", dropped)


def test_strangers_are_dropped(lab):
    """On an interface that takes no clients."""
    left, right = lab.station["left"], lab.station["right"]
    before = drops(lab, "ccn_no_face")
    stranger = Station(lab, "left", left.router_mac)
    stranger.mac = "02:00:00:00:00:78"
    stranger.send(interest("/right/stranger", nonce=1))
    stranger.send(interest("/right/stranger", nonce=2), group=True)
    left.send(interest("/right/friend", nonce=3))
    assert right.expect("an Interest", lambda p: p.type == ndn.INTEREST).name == "/right/friend"
    wait_until("both are counted", lambda: drops(lab, "ccn_no_face") == before + 2)


def test_an_interest_that_comes_back_is_dropped(lab):
    left, right = lab.station["left"], lab.station["right"]
    before = drops(lab, "ccn_loop")
    left.send(interest("/right/loop", nonce=77))
    right.expect_interest("/right/loop")
    right.send(interest("/right/loop", nonce=77))
    assert right.expect_nack("/right/loop", DUPLICATE).nonce == 77
    wait_until("it is counted", lambda: drops(lab, "ccn_loop") == before + 1)


def test_a_face_has_only_so_many_pending_interests():
    lab = ccn_lab(pit={"entries_per_face": 2})
    left, right = lab.station["left"], lab.station["right"]
    for n in range(3):
        left.send(interest(f"/right/{n}", nonce=n))
    assert left.expect_nack("/right/2", CONGESTION).nonce == 2
    wait_until("it is counted", lambda: drops(lab, "ccn_face_full") == 1)
    # The others have their place still.
    right.send(ndn.data("/right/0", b"zero"))
    assert left.expect_data("/right/0").content == b"zero"


def test_all_faces_together_have_only_so_many_pending_interests():
    lab = ccn_lab(pit={"entries": 64})
    left = lab.station["left"]
    numbers = itertools.count()

    def full():
        for n in itertools.islice(numbers, 50):
            left.send(interest(f"/right/{n}", nonce=n))
        return drops(lab, "ccn_pit_full") > 0

    wait_until("the table is full", full)
    left.expect("a Nack", lambda p: p.nack == CONGESTION)
    assert lab.router.ctl("show", "ccn", "pit")["entries"] >= 64
