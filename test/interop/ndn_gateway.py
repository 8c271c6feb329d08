# SPDX-License-Identifier: BSD-3-Clause
"""Between NDN packets in UDP, for clients that have no raw Ethernet, and Ethernet frames (EtherType 0x8624).

    ndn_gateway.py INTERFACE ROUTER_MAC     at UDP 127.0.0.1:6363 for a client at 127.0.0.1:6364

Prints "ready" once it listens.
"""
import select
import socket
import sys

ETHER_TYPE = 0x8624
CLIENT = ("127.0.0.1", 6364)
BUFFER = 16 << 20


def length(frame):
    """Bytes of the packet at the begin of a frame: what follows is padding."""
    def head(at):
        first = frame[at]
        size = {253: 2, 254: 4, 255: 8}.get(first, 0)
        return (int.from_bytes(frame[at + 1:at + 1 + size], "big") if size else first), at + 1 + size

    _, at = head(0)
    value, at = head(at)
    return at + value


def main(interface, router_mac):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHER_TYPE))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for s in (raw, udp):
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            s.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    raw.bind((interface, ETHER_TYPE))
    udp.bind(("127.0.0.1", 6363))
    own = raw.getsockname()[4]
    header = bytes.fromhex(router_mac.replace(":", "")) + own + ETHER_TYPE.to_bytes(2, "big")
    print("ready", flush=True)
    while True:
        for s in select.select([raw, udp], [], [])[0]:
            if s is udp:
                raw.send((header + udp.recv(65536)).ljust(60, b"\0"))
            else:
                frame, source = raw.recvfrom(65536)
                if source[2] != socket.PACKET_OUTGOING:
                    udp.sendto(frame[14:14 + length(frame[14:])], CLIENT)


if __name__ == "__main__":
    main(*sys.argv[1:])
