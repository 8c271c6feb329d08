# SPDX-License-Identifier: BSD-3-Clause
"""NDN packets (format v0.3, NDNLPv2) for the tests of the CCN layer: made and read by other code than the router's.

    frame = ndn.link(ndn.interest("/a/b", nonce=7), token=b"\\x01")
    packet = ndn.parse(frame)       # .type, .name, .nonce, .token, .nack, .content, ...
"""
import hashlib
import struct
from types import SimpleNamespace

ETHER_TYPE = 0x8624
GROUP = "01:00:5e:00:17:aa"
INTEREST, DATA, LP = 5, 6, 100


def number(n):
    """A number of a TLV's head."""
    if n < 253:
        return bytes([n])
    return struct.pack("!BH", 253, n) if n < 65536 else struct.pack("!BI", 254, n)


def tlv(kind, *value):
    value = b"".join(value)
    return number(kind) + number(len(value)) + value


def integer(kind, n):
    """A NonNegativeInteger element."""
    size = 1 if n < 1 << 8 else 2 if n < 1 << 16 else 4 if n < 1 << 32 else 8
    return tlv(kind, n.to_bytes(size, "big"))


def name(uri):
    """A Name element of generic components."""
    return tlv(7, *(tlv(8, c.encode()) for c in uri.strip("/").split("/") if c))


def interest(uri, nonce=None, can_be_prefix=False, must_be_fresh=False, lifetime=None, hop_limit=None):
    return tlv(INTEREST, name(uri), tlv(0x21) if can_be_prefix else b"", tlv(0x12) if must_be_fresh else b"",
               b"" if nonce is None else tlv(0x0a, struct.pack("!I", nonce)),
               b"" if lifetime is None else integer(0x0c, lifetime),
               b"" if hop_limit is None else tlv(0x22, bytes([hop_limit])))


def _sha256(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def signed_interest(components, signature_type=0, flaw=None, **more):
    """A signed Interest of packet format v0.3, with a digest. components: bytes of the name's elements. flaw: what is
    wrong, "signature" or "parameters"."""
    info = tlv(0x24) + tlv(0x2c, integer(0x1b, signature_type))
    signature = _sha256(components, info) if flaw != "signature" else bytes(32)
    tail = info + tlv(0x2e, signature)
    digest = _sha256(tail) if flaw != "parameters" else bytes(32)
    return tlv(INTEREST, tlv(7, components, tlv(2, digest)), tlv(0x0a, struct.pack("!I", more.get("nonce", 1))), tail)


def command_interest(components, flaw=None, **more):
    """A signed command Interest as before v0.3: timestamp, nonce, SignatureInfo and SignatureValue end the name."""
    covered = components + tlv(8, bytes(8)) + tlv(8, bytes(8)) + tlv(8, tlv(0x16, integer(0x1b, 0)))
    signature = _sha256(covered) if flaw is None else bytes(32)
    return tlv(INTEREST, tlv(7, covered, tlv(8, tlv(0x17, signature))),
               tlv(0x0a, struct.pack("!I", more.get("nonce", 1))))


def data(uri, content=b"", freshness=None):
    return tlv(DATA, name(uri), b"" if freshness is None else tlv(0x14, integer(0x19, freshness)),
               tlv(0x15, content), tlv(0x16, integer(0x1b, 200)), tlv(0x17))


def link(packet, token=None, nack=None, mark=None, sequence=None, index=None, count=None):
    """A link packet; nack: reason, 0 for a Nack without one."""
    return tlv(LP,
               b"" if sequence is None else tlv(0x51, struct.pack("!Q", sequence)),
               b"" if index is None else integer(0x52, index),
               b"" if count is None else integer(0x53, count),
               b"" if token is None else tlv(0x62, token),
               b"" if nack is None else tlv(0x320, integer(0x321, nack) if nack else b""),
               b"" if mark is None else integer(0x340, mark),
               tlv(0x50, packet))


def elements(value):
    """(type, value) of the elements in some bytes."""
    at = 0

    def head():
        nonlocal at
        first = value[at]
        size = {253: 2, 254: 4, 255: 8}.get(first, 0)
        n = int.from_bytes(value[at + 1:at + 1 + size], "big") if size else first
        at += 1 + size
        return n

    while at < len(value):
        kind, length = head(), None
        length = head()
        if at + length > len(value):
            raise ValueError(f"element {kind} of {length} bytes in {len(value) - at}")
        yield kind, value[at:at + length]
        at += length


def first(frame):
    """The first element of a frame with what follows it (padding) cut off, and its type and value."""
    kind, value = next(elements(frame))
    return frame[:len(tlv(kind, value))], kind, value


def parse(frame):
    """Read a frame's payload. A fragment has count > 1 and .payload; a whole packet its fields."""
    whole, kind, value = first(frame)
    p = SimpleNamespace(token=None, nack=None, mark=None, sequence=None, index=0, count=1, payload=whole)
    if kind == LP:
        p.payload = b""
        for t, v in elements(value):
            if t == 0x320:
                p.nack = next((int.from_bytes(w, "big") for u, w in elements(v) if u == 0x321), 0)
            field = {0x62: "token", 0x50: "payload"}.get(t)
            if field:
                setattr(p, field, v)
            field = {0x51: "sequence", 0x52: "index", 0x53: "count", 0x340: "mark"}.get(t)
            if field:
                setattr(p, field, int.from_bytes(v, "big"))
    if p.count == 1 and p.payload:
        _network(p)
    return p


def _network(p):
    _, p.type, value = first(p.payload)
    p.can_be_prefix = p.must_be_fresh = False
    p.nonce = p.hop_limit = p.lifetime = p.content = None
    for t, v in elements(value):
        if t == 7:
            p.components = list(elements(v))
            p.name = "/" + "/".join(c.decode("latin1") for _, c in p.components)
        elif t == 0x21:
            p.can_be_prefix = True
        elif t == 0x12:
            p.must_be_fresh = True
        elif t == 0x0a:
            p.nonce = int.from_bytes(v, "big")
        elif t == 0x0c:
            p.lifetime = int.from_bytes(v, "big")
        elif t == 0x22:
            p.hop_limit = v[0]
        elif t == 0x15:
            p.content = v
