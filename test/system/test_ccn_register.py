# SPDX-License-Identifier: BSD-3-Clause
"""Clients register their prefixes with commands as NFD takes them: signed, from trusted faces."""
import ndn
import pytest
from ndn_lab import ccn_lab, drops, interest

from xbt import wait_until

T_STATUS_CODE, T_PARAMETERS, T_COST, T_FLAGS, T_EXPIRATION = 0x66, 0x68, 0x6a, 0x6c, 0x6d


def command(verb, prefix, *parameters):
    """The components of a command's name."""
    words = (b"localhop", b"nfd", b"rib", verb.encode(), ndn.tlv(T_PARAMETERS, ndn.name(prefix), *parameters))
    return b"".join(ndn.tlv(8, word) for word in words)


@pytest.fixture(name="lab", scope="module")
def the_lab():
    lab = ccn_lab(("left", "right"))
    lab.router.ctl("config", "set", "ccn.faces.right.trusted", "true")
    lab.router.ctl("config", "commit")
    return lab


def say(station, packet):
    """The status code that comes back."""
    station.send(packet)
    answer = station.expect("a response", lambda p: p.type == ndn.DATA and b"nfd" in p.payload, timeout=10)
    (_, response), = ndn.elements(answer.content)
    return next(int.from_bytes(v, "big") for t, v in ndn.elements(response) if t == T_STATUS_CODE)


def routes(lab, prefix):
    return [via["face"] for row in lab.router.ctl("show", "ccn", "fib", prefix) if row["prefix"] == prefix
            for via in row["via"] if via["origin"] == "registered"]


@pytest.mark.parametrize("form", (ndn.signed_interest, ndn.command_interest))
def test_a_signed_command_registers_and_unregisters(lab, form):
    left, right = lab.station["left"], lab.station["right"]
    prefix = f"/{form.__name__}"
    assert say(right, form(command("register", prefix, ndn.integer(T_COST, 7)))) == 200
    assert routes(lab, prefix) == ["right"]
    left.send(interest(f"{prefix}/x", nonce=1))
    right.expect_interest(f"{prefix}/x")
    assert say(right, form(command("unregister", prefix), nonce=2)) == 200
    assert routes(lab, prefix) == []


@pytest.mark.parametrize("packet", (
    interest("/localhop/nfd/rib/register/x/y/z", nonce=1),
    ndn.signed_interest(command("register", "/bad"), flaw="signature"),
    ndn.signed_interest(command("register", "/bad"), flaw="parameters"),
    ndn.command_interest(command("register", "/bad"), flaw="signature"),
), ids=("unsigned", "signature", "parameters", "old-signature"))
def test_a_command_without_a_right_signature_is_refused(lab, packet):
    assert say(lab.station["right"], packet) == 403
    assert routes(lab, "/bad") == []


def test_a_signature_with_a_key_is_taken_since_the_face_is_trusted(lab):
    assert say(lab.station["right"], ndn.signed_interest(command("register", "/key"), signature_type=3)) == 200


def test_a_command_from_a_face_that_is_not_trusted_is_dropped(lab):
    before = drops(lab, "ccn_untrusted")
    lab.station["left"].send(ndn.signed_interest(command("register", "/left/own")))
    wait_until("it is counted", lambda: drops(lab, "ccn_untrusted") == before + 1)
    assert routes(lab, "/left/own") == []


def test_a_registration_ends_when_it_said(lab):
    right = lab.station["right"]
    assert say(right, ndn.signed_interest(command("register", "/short", ndn.integer(T_EXPIRATION, 1)))) == 200
    wait_until("it is over", lambda: routes(lab, "/short") == [])


def test_what_is_no_command_is_told_so(lab):
    right = lab.station["right"]
    assert say(right, ndn.signed_interest(command("announce", "/x"))) == 501
    nothing = b"".join(ndn.tlv(8, w) for w in (b"localhop", b"nfd", b"rib", b"register", b"?"))
    assert say(right, ndn.signed_interest(nothing)) == 400
