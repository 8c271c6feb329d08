# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic and guests that mean harm: it goes on, the others go on, and the VF is usable again."""
import fcntl
import os
import random
import signal
import socket
import subprocess
import sys

import pytest

from test_nic_switch import BROADCAST, MAC, OUTSIDE, frame, has
from xbt import Memif, NicLab, Refused, wait_until
from xbt import memif

TOP = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="module")
def lab():
    """VFs 0 and 1 in VLAN 2, and the victims: 2 and 3 in VLAN 3."""
    lab = NicLab(vfs=4)
    for vf in range(4):
        lab.nic.vf_set(vf, mac=MAC[vf], vlan=2 + vf // 2, link="enable")
    lab.victims = [lab.guest(2), lab.guest(3)]
    return lab


def others_are_well(lab):
    """The other network's VFs reach each other and the outside; nothing is left of the attacker's."""
    a, b = lab.victims
    a.send(frame(MAC[2], MAC[3], "well"))
    b.expect("the neighbour's frame", has("well"))
    b.send(frame(MAC[3], OUTSIDE, "well outside"))
    lab.outside.expect("it, in VLAN 3", has("well outside", 3))
    lab.nic.buffers_at_rest()


def vf_is_usable_again(lab, vf=0):
    wait_until("the VF is free", lambda: not lab.nic.vf(vf)["connected"])
    guest = lab.guest(vf)
    guest.send(frame(MAC[vf], OUTSIDE, "again"))
    lab.outside.expect("it, in VLAN 2", has("again", 2))
    guest.close()
    wait_until("the VF is free", lambda: not lab.nic.vf(vf)["connected"])


def far(guest):
    return len(guest.memory)


RINGS = {
    "a region that is not there": lambda g: g.to_nic.desc(0, 0, 1, 60, 0),
    "region 65535": lambda g: g.to_nic.desc(0, 0, 0xffff, 60, 0),
    "an offset behind the end": lambda g: g.to_nic.desc(0, 0, 0, 60, far(g)),
    "a buffer over the end": lambda g: g.to_nic.desc(0, 0, 0, 60, far(g) - 59),
    "4 GB": lambda g: g.to_nic.desc(0, 0, 0, 0xffffffff, 0),
    "4 GB from 4 GB on": lambda g: g.to_nic.desc(0, 0, 0, 0xffffffff, 0xffffffff),
    "a chain in a circle": lambda g: [g.to_nic.desc(i, memif.NEXT, 0, 60, 0) for i in range(g.to_nic.size)],
}


@pytest.mark.parametrize("how", RINGS)
def test_descriptors_of_what_a_guest_sends(lab, how):
    guest = lab.guest(0)
    RINGS[how](guest)
    guest.to_nic.head = guest.to_nic.size if "circle" in how else 1
    assert guest.refused() == "its rings are broken"
    guest.close()
    vf_is_usable_again(lab)
    others_are_well(lab)


@pytest.mark.parametrize("how", [how for how in RINGS if "circle" not in how])
def test_descriptors_of_where_a_guest_receives(lab, how):
    guest = lab.guest(0)
    ring, guest.to_nic = guest.to_nic, guest.from_nic
    RINGS[how](guest)
    guest.to_nic = ring
    lab.outside.send(frame(OUTSIDE, MAC[0], "for the trap", 2))
    assert guest.refused() == "its rings are broken"
    guest.close()
    vf_is_usable_again(lab)
    others_are_well(lab)


@pytest.mark.parametrize("ring", ["to_nic", "from_nic"])
def test_a_head_that_is_nowhere(lab, ring):
    guest = lab.guest(0)
    getattr(guest, ring).head = 0x8000
    lab.outside.send(frame(OUTSIDE, MAC[0], "for the trap", 2))
    assert guest.refused() == "its rings are broken"
    guest.close()
    vf_is_usable_again(lab)
    others_are_well(lab)


def test_memory_full_of_chance(lab):
    """All of it scribbled over while the NIC reads and writes there, many times."""
    rng = random.Random(5)
    broken = 0
    for _ in range(20):
        guest = lab.guest(0)
        head = rng.randrange(1, 200)
        for _ in range(200):
            at = rng.randrange(2 * (128 + (16 << guest.log2)) - 8)
            guest.memory[at:at + 8] = rng.randbytes(8)
            guest.to_nic.head = head
            head += rng.randrange(4)
            if rng.random() < 0.1:
                lab.outside.send(frame(OUTSIDE, BROADCAST, "noise", 2))
        guest.close()
        wait_until("the VF is free", lambda: not lab.nic.vf(0)["connected"])
        broken += "rings are broken" in lab.nic.log(50)
    lab.outside.drain()
    for victim in lab.victims:
        victim.drain()
    others_are_well(lab)
    vf_is_usable_again(lab)


def _raw(lab, vf=0):
    return Memif(lab.nic.path(vf), connect=False)


def test_words_out_of_order(lab):
    for kind in (memif.ADD_REGION, memif.ADD_RING, memif.CONNECT, memif.ACK, memif.CONNECTED, 0, 77, 65535):
        guest = _raw(lab)
        with pytest.raises(Refused, match="not now"):
            guest.call(kind)
        guest.close()
        wait_until("the VF is free again", lambda: _free(lab))
    others_are_well(lab)
    vf_is_usable_again(lab)


def _free(lab):
    guest = _raw(lab)
    try:
        guest.init()
    except Refused:
        return False
    finally:
        guest.close()
    return True


@pytest.mark.parametrize("change, why", [
    ({"version": 0x100}, "2.0"), ({"interface": 1}, "id 0"), ({"mode": 1}, "Ethernet"),
], ids=["version", "id", "mode"])
def test_an_introduction_that_does_not_fit(lab, change, why):
    guest = _raw(lab)
    with pytest.raises(Refused, match=why):
        guest.init(**change)
    guest.close()
    others_are_well(lab)


def test_memory_that_could_be_taken_away(lab):
    unsealed = memif.sealed_memory(4096, seals=0)
    short = memif.sealed_memory(4096)
    for fd, size, why in ((unsealed, 4096, "sealed"), (short, 8192, "shorter"), (short, 1 << 40, "256 MiB"),
                          (short, 0, "256 MiB"), (None, 4096, "missing")):
        guest = _raw(lab)
        guest.init()
        with pytest.raises(Refused, match=why):
            guest.add_region(0, size, fd)
        guest.close()
        wait_until("the VF is free again", lambda: _free(lab))
    # With the seal the file cannot be cut: that is what the seal is for.
    with pytest.raises(PermissionError):
        os.ftruncate(short, 0)
    assert fcntl.fcntl(short, 1034) & 2
    os.close(unsealed)
    os.close(short)
    others_are_well(lab)


def test_pages_given_back_under_the_nic(lab):
    """A hole in sealed memory is memory again when it is touched."""
    guest = _raw(lab)
    guest.init()
    size = 1 << 20
    fd = memif.sealed_memory(size)
    guest.add_region(0, size, fd)
    guest.memory = memif.mmap.mmap(fd, size)
    guest.to_nic = memif.Ring(guest.memory, 0, guest.log2, 1 << 15)
    guest.from_nic = memif.Ring(guest.memory, 1 << 14, guest.log2, 1 << 15)
    guest.connect()
    subprocess.run(["fallocate", "--punch-hole", "--offset", "0", "--length", str(size), f"/proc/self/fd/{fd}"],
                   pass_fds=[fd], check=True)
    lab.outside.send(frame(OUTSIDE, MAC[0], "into the hole", 2))
    others_are_well(lab)
    guest.close()
    os.close(fd)
    vf_is_usable_again(lab)


def test_words_cut_too_long_and_too_many(lab):
    for message in (b"", b"x", bytes(127), bytes(129), bytes(4096)):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(lab.nic.path(0))
        if message:
            s.send(message)
        s.close()
    # Descriptors by the dozen are not kept.
    before = len(os.listdir(f"/proc/{lab.nic.pid()}/fd"))
    for _ in range(50):
        guest = wait_until("the VF is free again", lambda: _raw(lab))
        fds = [os.eventfd(0) for _ in range(16)]
        guest.socket.sendmsg([memif.struct.pack("=H", memif.ADD_REGION) + bytes(126)],
                             [(socket.SOL_SOCKET, socket.SCM_RIGHTS, memif.array.array("i", fds))])
        for fd in fds:
            os.close(fd)
        guest.close()
    wait_until("no descriptor has stayed", lambda: len(os.listdir(f"/proc/{lab.nic.pid()}/fd")) <= before)
    others_are_well(lab)
    vf_is_usable_again(lab)


def test_a_second_client_is_refused_and_the_first_stays(lab):
    first = lab.guest(0)
    second = _raw_or_refused(lab)
    assert second == "somebody is connected already"
    first.send(frame(MAC[0], OUTSIDE, "still here"))
    lab.outside.expect("it", has("still here", 2))
    first.close()
    vf_is_usable_again(lab)


def _raw_or_refused(lab):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(lab.nic.path(0))
    kind = s.recv(128)
    s.close()
    return kind[6:].split(b"\0")[0].decode()


def test_a_client_that_never_gets_to_the_point_goes(lab):
    guest = _raw(lab)
    guest.init()
    assert guest.refused() == "it does not connect"
    guest.close()
    vf_is_usable_again(lab)


def test_one_that_stops_reading_delays_nobody(lab):
    deaf, neighbour = lab.guest(0), lab.guest(1)
    before = lab.nic.drops(0).get("rx_full", 0)
    for i in range(3 * deaf.from_nic.size):
        lab.outside.send(frame(OUTSIDE, BROADCAST, f"number {i}", 2))
        neighbour.expect("each of them", has(f"number {i}"))
    assert lab.nic.drops(0)["rx_full"] - before == 2 * deaf.from_nic.size
    others_are_well(lab)
    # And when it reads again it gets what fitted, and what comes now.
    deaf.drain()
    lab.outside.send(frame(OUTSIDE, MAC[0], "now", 2))
    deaf.expect("the next one", has("now"))
    deaf.close()
    neighbour.close()
    vf_is_usable_again(lab)


_FLOODER = """
import sys
sys.path.insert(0, sys.argv[1])
from scapy.packet import Raw
from test_nic_switch import MAC, BROADCAST, OUTSIDE, frame
from xbt.memif import Memif
guest = Memif(sys.argv[2])
frames = [bytes(frame(MAC[0], BROADCAST, "flood")), bytes(frame(MAC[0], OUTSIDE, "flood")),
          bytes(frame(MAC[2], MAC[3], "forged")), bytes(frame(MAC[0], MAC[3], "forged", 3)),
          bytes(frame(MAC[0], BROADCAST, "flood", size=1514)), b"runt"]
print("floods", flush=True)
while True:
    guest.flood(frames, 1)
"""


def flooder(lab, vf=0):
    """A process that sends all kinds of frames as fast as it can; killed, it leaves in the middle of a burst."""
    wait_until(f"VF {vf} is free", lambda: not lab.nic.vf(vf)["connected"])
    process = subprocess.Popen([sys.executable, "-c", _FLOODER, TOP, lab.nic.path(vf)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"floods\n"
    return process


def test_floods_of_all_kinds_do_not_reach_the_other_network(lab):
    before = lab.nic.vf(0)["stats"]["tx_packets"]
    process = flooder(lab)
    try:
        wait_until("it floods", lambda: lab.nic.vf(0)["stats"]["tx_packets"] > before + 2000)
        for victim in lab.victims:
            victim.drain()
        for i in range(50):
            lab.victims[0].send(frame(MAC[2], MAC[3], f"undisturbed {i}"))
            assert has(f"undisturbed {i}")(lab.victims[1].recv()), "something else came in between"
        assert {"spoofed_mac", "spoofed_vlan", "runt"} <= set(lab.nic.drops(0))
    finally:
        process.kill()
        process.wait()
    lab.outside.drain()
    assert lab.victims[0].drain() == 0
    others_are_well(lab)
    vf_is_usable_again(lab)


@pytest.mark.limit(900)
def test_guests_come_and_die_two_hundred_times_under_traffic(lab):
    """Killed in the middle of a burst, or hung up, each time; the others' traffic goes on meanwhile."""
    pool = [flooder(lab)]
    for i in range(200):
        if i % 20 == 0:
            process = pool.pop()
            process.send_signal(signal.SIGKILL)
            process.wait()
            pool.append(flooder(lab))
        guest = lab.guest(1)
        guest.send(*[frame(MAC[1], BROADCAST, f"life {i}")] * 40)
        guest.close()
        lab.victims[0].send(frame(MAC[2], MAC[3], f"beat {i}"))
        lab.victims[1].expect("the other network's frame", has(f"beat {i}"))
        wait_until("the VF is free", lambda: not lab.nic.vf(1)["connected"])
    process = pool.pop()
    process.kill()
    process.wait()
    lab.outside.drain()
    others_are_well(lab)
    vf_is_usable_again(lab)
    lab.nic.stop()
