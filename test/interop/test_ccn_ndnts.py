# SPDX-License-Identifier: BSD-3-Clause
"""The CCN router between NDNts clients, who know nothing of it.

They come from npm, as locked in ndnts/package-lock.json; devtools/bootstrap puts them into its cache. NDNts speaks UDP;
its packets are put on Ethernet by ndn_gateway.py.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from xbt import LONG, Lab, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
NDNTS = os.path.join(os.environ.get("XEBRA_CACHE", os.path.expanduser("~/.cache/xebra")), "ndnts")
HOSTS = ("producer", "consumer", "second")
MEGABYTES = 50
SLOW = 20       # Mb/s that the link of the second consumer is said to carry

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not os.path.isdir(os.path.join(NDNTS, "node_modules")),
    reason="NDNts is not there: devtools/bootstrap fetches it where there is npm, and its registry can be reached")


@pytest.fixture(scope="module", name="script")
def the_script(tmp_path_factory):
    """The client's program, where Node.js finds NDNts beside it."""
    folder = tmp_path_factory.mktemp("ndnts")
    os.symlink(os.path.join(NDNTS, "node_modules"), folder / "node_modules")
    return shutil.copy(os.path.join(HERE, "ndnts", "peer.mjs"), folder)


def node(lab, host, *words):
    """An NDNts client at a host; it prints lines of JSON."""
    return lab[host].popen("node", lab.script, *map(str, words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, env={**os.environ, "HOST": lab[host].router})


def answer(process, timeout=2 * LONG):
    out, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0, out
    return json.loads(out.splitlines()[-1])


def first_line(process, what):
    line = process.stdout.readline()
    assert line, f"{what} ended with status {process.wait()}"
    return line


def ethernet(lab):
    """Clients behind gateways to the router's Ethernet."""
    del lab.config["ip4"]
    faces = {}
    for number, name in enumerate(HOSTS, 1):
        host = lab.cable(name, number)
        host.router = "127.0.0.1"
        lab.config["interfaces"][name] = {"port": f"p{number}"}
        faces[name] = {"interface": name, "remote": host.mac("eth0"), "trusted": name == "producer"}
    faces["second"]["rate"] = SLOW
    lab.config["ccn"] = {"faces": faces}
    yield
    for name in faces:
        wait_until(f"{name} is up", lambda name=name: lab.router.find("show interface", name=name)["state"] == "up")
        mac = lab.router.find("show interface", name=name)["mac"]
        gateway = lab[name].popen(sys.executable, os.path.join(HERE, "ndn_gateway.py"), "eth0", mac,
                                  stdout=subprocess.PIPE, text=True)
        first_line(gateway, "the gateway")


def udp(lab):
    """Clients with UDP: two that are configured, one that comes by itself."""
    for number, name in enumerate(HOSTS, 1):
        lab.network(name, number).router = f"10.0.{number}.1"
    lab.config["ccn"] = {"faces": {"producer": {"remote": "udp:10.0.1.2:6364", "local": "10.0.1.1", "trusted": True},
                                   "second": {"remote": "udp:10.0.3.2:6364", "local": "10.0.3.1", "rate": SLOW}},
                         "clients": {"consumer": {}}}
    yield
    for name in HOSTS:
        lab[name].ping("10.0.2.2" if name == "producer" else "10.0.1.2")


@pytest.fixture(params=[ethernet, udp])
def lab(request, tmp_path, script):
    """producer -- router -- consumer; the producer's names are /p, and it may register more."""
    lab = Lab()
    lab.script = script
    link = request.param(lab)
    next(link)
    lab.config["ccn"].update(routes={"/p": {"via": [{"face": "producer"}]}}, content_store={"bytes": 96 << 20})
    lab.start(memory=512)
    next(link, None)
    lab.file = tmp_path / "original"
    with open(lab.file, "wb") as f:
        for i in range(MEGABYTES):
            f.write(hashlib.shake_128(bytes([i])).digest(1 << 20))
    return lab


def produce(lab, prefix, *more):
    process = node(lab, "producer", "produce", 6363, prefix, lab.file, *more)
    assert json.loads(first_line(process, "the producer")) == {"ready": True}
    return process


def ready_to_ask(lab, host, *names):
    process = node(lab, host, "ask", 6363, *names)
    assert json.loads(first_line(process, "the consumer")) == {"ready": True}
    return process


def ask_now(*processes):
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def ask(lab, *names):
    process = ready_to_ask(lab, "consumer", *names)
    ask_now(process)
    return answer(process)["answers"]


def face(lab, name):
    return lab.router.find("show ccn face", face=name)


def test_ping_and_a_nack(lab):
    produce(lab, "/p")
    pong, = ask(lab, "/p/ping/1")
    assert pong["content"] == "pong /8=p/8=ping/8=1"
    nack, = ask(lab, "/nobody/routes/this")
    assert nack["nack"] == 150


def test_who_asks_for_the_same_at_the_same_time_waits_with_the_first(lab):
    """The same: within 10 ms; after that it is a repetition, which goes on. So it is tried until it was the same."""
    produce(lab, "/p")
    rounds = iter(range(100))

    def joined():
        n = next(rounds)
        names = [f"/p/held/{n}/{i}" for i in range(100)]
        before = face(lab, "producer")["tx_interests"], face(lab, "second")["aggregated"]
        processes = [ready_to_ask(lab, "consumer", *names), ready_to_ask(lab, "second", *names, f"/p/release/{n}")]
        ask_now(*processes)
        for process in processes:
            answers = answer(process)["answers"]
            assert [a["content"] for a in answers[:100]] == ["held"] * 100
        asked = face(lab, "producer")["tx_interests"] - before[0]
        return asked < 201 and face(lab, "second")["aggregated"] > before[1]

    wait_until("questions are asked together", joined)


@pytest.mark.limit(900)
def test_a_file_arrives_whole_and_the_second_time_from_the_store(lab, tmp_path):
    produce(lab, "/p")
    before = lab.router.mbufs_in_use()
    for n, name in enumerate(("first", "second")):
        done = answer(node(lab, "consumer", "fetch", 6363, "/p/file", tmp_path / name), 400)
        assert done["segments"] == -(-(MEGABYTES << 20) // 6000)
        assert (tmp_path / name).read_bytes() == lab.file.read_bytes()
        hits = lab.router.ctl("show", "ccn", "cs")["hits"]
        if n == 0:
            hits_once = hits
    assert hits - hits_once > 0.9 * done["segments"]
    lab.router.no_mbufs_lost(before)


def test_a_slow_link_gives_marks_and_the_file_arrives(lab, tmp_path):
    small = lab.file.read_bytes()[:6 << 20]
    lab.file.write_bytes(small)
    produce(lab, "/p")
    answer(node(lab, "second", "fetch", 6363, "/p/file", tmp_path / "copy"), 400)
    assert (tmp_path / "copy").read_bytes() == small
    assert face(lab, "second")["marked"] > 0


def test_a_client_registers_its_prefix_by_itself(lab):
    assert ask(lab, "/registered/ping/1")[0]["nack"] == 150
    process = produce(lab, "/registered", "register")
    wait_until("the prefix is registered", lambda: [
        r for r in lab.router.ctl("show", "ccn", "fib")
        if r["prefix"] == "/registered/ping" and r["via"][0]["origin"] == "registered"])
    assert ask(lab, "/registered/ping/2")[0]["content"] == "pong /8=registered/8=ping/8=2"
    assert process.poll() is None
