# SPDX-License-Identifier: BSD-3-Clause
"""The CCN router between NDNts clients, who know nothing of it.

They come from npm: `npm install` in test/interop/ndnts, or in a copy of it named by NDNTS_DIR. NDNts speaks UDP;
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
NDNTS = os.environ.get("NDNTS_DIR", os.path.join(HERE, "ndnts"))
MEGABYTES = 50

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not os.path.isdir(os.path.join(NDNTS, "node_modules")),
    reason="NDNts is not installed: npm install in test/interop/ndnts")


def node(host, *words):
    """An NDNts client at a host; it prints lines of JSON."""
    script = os.path.join(NDNTS, "peer.mjs")
    if NDNTS != os.path.join(HERE, "ndnts"):
        shutil.copy(os.path.join(HERE, "ndnts", "peer.mjs"), script)
    return host.popen("node", script, *map(str, words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                      env={**os.environ, "HOST": host.router})


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
    for number, name in enumerate(("producer", "consumer"), 1):
        host = lab.cable(name, number)
        host.router = "127.0.0.1"
        lab.config["interfaces"][name] = {"port": f"p{number}"}
        faces[name] = {"interface": name, "remote": host.mac("eth0"), "trusted": name == "producer"}
    lab.config["ccn"] = {"faces": faces}
    yield
    for name in faces:
        wait_until(f"{name} is up", lambda name=name: lab.router.find("show interface", name=name)["state"] == "up")
        mac = lab.router.find("show interface", name=name)["mac"]
        gateway = lab[name].popen(sys.executable, os.path.join(HERE, "ndn_gateway.py"), "eth0", mac,
                                  stdout=subprocess.PIPE, text=True)
        first_line(gateway, "the gateway")


def udp(lab):
    """Clients with UDP: one that is configured, one that comes by itself."""
    for number, name in enumerate(("producer", "consumer"), 1):
        lab.network(name, number).router = f"10.0.{number}.1"
    lab.config["ccn"] = {"faces": {"producer": {"remote": "udp:10.0.1.2:6364", "local": "10.0.1.1", "trusted": True}},
                         "clients": {"consumer": {}}}
    yield
    for name, far in (("producer", "10.0.2.2"), ("consumer", "10.0.1.2")):
        lab[name].ping(far)


@pytest.fixture(params=[ethernet, udp])
def lab(request, tmp_path):
    """producer -- router -- consumer; the producer's names are /p, and it may register more."""
    lab = Lab()
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
    process = node(lab["producer"], "produce", 6363, prefix, lab.file, *more)
    assert json.loads(first_line(process, "the producer")) == {"ready": True}
    return process


def ask(lab, *names):
    return answer(node(lab["consumer"], "ask", 6363, *names))["answers"]


def test_ping_and_a_nack(lab):
    produce(lab, "/p")
    pong, = ask(lab, "/p/ping/1")
    assert pong["content"] == "pong /8=p/8=ping/8=1"
    nack, = ask(lab, "/nobody/routes/this")
    assert nack["nack"] == 150


@pytest.mark.limit(900)
def test_a_file_arrives_whole_and_the_second_time_from_the_store(lab, tmp_path):
    produce(lab, "/p")
    before = lab.router.mbufs_in_use()
    for n, name in enumerate(("first", "second")):
        done = answer(node(lab["consumer"], "fetch", 6363, "/p/file", tmp_path / name), 400)
        assert done["segments"] == -(-(MEGABYTES << 20) // 6000)
        assert (tmp_path / name).read_bytes() == lab.file.read_bytes()
        hits = lab.router.ctl("show", "ccn", "cs")["hits"]
        if n == 0:
            hits_once = hits
    assert hits - hits_once > 0.9 * done["segments"]
    lab.router.no_mbufs_lost(before)


def test_a_client_registers_its_prefix_by_itself(lab):
    assert ask(lab, "/registered/ping/1")[0]["nack"] == 150
    process = produce(lab, "/registered", "register")
    wait_until("the prefix is registered", lambda: [
        r for r in lab.router.ctl("show", "ccn", "fib")
        if r["prefix"] == "/registered/ping" and r["via"][0]["origin"] == "registered"])
    assert ask(lab, "/registered/ping/2")[0]["content"] == "pong /8=registered/8=ping/8=2"
    assert process.poll() is None
