# SPDX-License-Identifier: BSD-3-Clause
"""net_vchannel in a program that knows nothing of it: the distribution's own dpdk-testpmd loads and uses it."""
import json
import os
import shutil
import socket
import subprocess
import tempfile

import pytest

from xbt import BUILD, eal_memory, environment, run, stop_process, tidy, wait_same, wait_until

PLUGIN = os.path.join(BUILD, "drivers", "librte_net_vchannel.so")
THREE = "net_vchannel0,member=net_null0,weight=2000,member=net_null1,weight=4000,member=net_null2,weight=6000"
SHARES = [2 / 12, 4 / 12, 6 / 12]
PORT = 3    # after the members

pytestmark = pytest.mark.skipif(not shutil.which("dpdk-testpmd"), reason="dpdk-testpmd is not installed")


class Program:
    """A dpdk-testpmd over a V-Channel, until the test ends."""

    def __init__(self, name, vdev, *options, memory=None, member=",no-rx=1", source=()):
        self.name = f"xbt-{os.getpid()}-{name}"
        self.port = PORT + (1 if source else 0)     # of the V-Channel, the last
        tidy.Made(f"run files of {self.name}", lambda: shutil.rmtree(f"/run/dpdk/{self.name}", ignore_errors=True))
        self.log = tempfile.TemporaryFile()
        cpus = f"({','.join(map(str, sorted(os.sched_getaffinity(0))))})"
        members = [word for n in range(3) for word in ("--vdev", f"net_null{n}{member}")]
        self.process = subprocess.Popen(
            ["dpdk-testpmd", "--lcores", f"0@{cpus},1@{cpus}", "--no-pci", "--file-prefix", self.name,
             *(memory or eal_memory(256)), "-d", PLUGIN, *members, *source, "--vdev", vdev,
             "--", "--total-num-mbufs=4096", *options],
            stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, env=self.environment())
        self._made = tidy.Made(f"testpmd {self.name}", lambda: stop_process(self.process))

    @staticmethod
    def environment():
        env = environment()
        # A plugin built with a sanitizer needs its run-time library first in the program.
        libraries = run("ldd", PLUGIN).stdout.split()
        sanitizer = [word for word in libraries if word.startswith("/") and "asan" in word]
        if sanitizer:
            env["LD_PRELOAD"] = sanitizer[0]
            env["ASAN_OPTIONS"] = "detect_leaks=0"
        return env

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def ask(self, request):
        """One request to the program's telemetry socket; its answer."""
        assert self.process.poll() is None, self.output()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(10)
            try:
                s.connect(f"/run/dpdk/{self.name}/dpdk_telemetry.v2")
                s.recv(16384)   # its greeting
                s.send(request.encode())
                return json.loads(s.recv(65536))[request.split(",")[0]]
            except OSError as e:
                raise AssertionError(f"telemetry: {e}") from e

    def vchannel(self):
        info = self.ask(f"/vchannel/info,{self.port}")
        assert info
        info["members"] = [self.ask(f"/vchannel/member,{self.port},{name}") for name in info["members"]]
        return info

    def type(self, line):
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def quit(self, line=""):
        """End it as a person does, by a key or with -i by a command; its exit status."""
        self.type(line)
        self.process.stdin.close()
        status = self.process.wait(60)
        self._made.undone()
        return status


def total(info, counter):
    return sum(member[counter] for member in info["members"])


def test_testpmd_sends_ten_thousand_flows_in_proportion_to_the_weights():
    testpmd = Program("flows", THREE, "-i", "--forward-mode=flowgen", "--flowgen-flows=10000")
    testpmd.type("start")
    wait_until("packets of every flow were sent", lambda: total(testpmd.vchannel(), "tx_packets") > 1000000)
    testpmd.type("stop")    # what is compared must not grow meanwhile
    info = wait_same("the traffic", testpmd.vchannel)
    assert testpmd.ask("/vchannel/list") == [PORT]
    assert info["mode"] == "weighted" and info["pending"] == 0
    assert [member["name"] for member in info["members"]] == ["net_null0", "net_null1", "net_null2"]
    assert all(member["alive"] for member in info["members"])
    for member, share in zip(info["members"], SHARES):
        assert abs(member["tx_bytes"] / total(info, "tx_bytes") - share) < 0.01, info
    assert testpmd.quit("quit") == 0, testpmd.output()


def test_testpmd_forwards_what_every_member_receives():
    testpmd = Program("io", THREE, "--forward-mode=io", "--auto-start", member="")
    info = wait_until("every member was heard", lambda: (i := testpmd.vchannel()) and all(
        m["rx_packets"] > 0 for m in i["members"]) and total(i, "tx_packets") > 0 and i)
    assert total(info, "tx_unsent") == 0
    assert testpmd.quit() == 0, testpmd.output()


def test_testpmd_forwards_over_three_members_with_the_shares():
    """Received from a port, sent by the V-Channel: 10 000 flows, in proportion to the weights."""
    plugin = os.path.join(BUILD, "drivers", "librte_net_xbench.so")
    testpmd = Program("forward", THREE, "-i", "--auto-start", "--forward-mode=io", "--no-flush-rx",
                      f"--portlist={PORT},{PORT + 1}", "--port-topology=paired",
                      source=["-d", plugin, "--vdev", "net_xbench0,flows=10000,rss=0"])
    wait_until("packets of every flow were sent", lambda: total(testpmd.vchannel(), "tx_packets") > 1000000)
    testpmd.type("stop")
    info = wait_same("the traffic", testpmd.vchannel)
    assert total(info, "tx_unsent") == 0
    for member, share in zip(info["members"], SHARES):
        assert abs(member["tx_bytes"] / total(info, "tx_bytes") - share) < 0.01, info
    assert testpmd.quit("quit") == 0, testpmd.output()


def test_a_missing_member_is_named():
    testpmd = Program("missing", THREE.replace("net_null0", "net_null9"), "--forward-mode=io")
    wait_until("the error", lambda: "VCHANNEL: member: there is no device net_null9" in testpmd.output())


@pytest.mark.parametrize("args, error", [
    ("member=net_null0,wieght=1", "wieght: unknown key"),
    ("member=net_null0,weight=0", "weight: 0 is not in 1..400000"),
    ("member=net_null0,member=net_null0", "member: net_null0 is there twice"),
    ("member=net_vchannel0", "member: net_vchannel0 cannot be a member of itself"),
])
def test_bad_devargs_are_one_clear_error(args, error):
    testpmd = Program("bad", f"net_vchannel0,{args}", "--forward-mode=io")
    wait_until("the error", lambda: f"VCHANNEL: {error}" in testpmd.output())
    wait_until("the members are testpmd's own", lambda: testpmd.ask("/ethdev/list") == [0, 1, 2])
    assert testpmd.ask("/vchannel/list") == []
    assert testpmd.quit() == 0, testpmd.output()


def test_a_secondary_process_reads_the_statistics_and_changes_nothing():
    memory = eal_memory(256)
    if "--no-huge" in memory:
        pytest.skip("needs huge pages: processes share no other memory")
    # Files that the other process can open, at an address that sanitizers leave free in both.
    memory = [word for word in memory if word != "--huge-unlink"] + ["--base-virtaddr", "0x200000000000"]
    testpmd = Program("stats", THREE, "-i", "--forward-mode=flowgen", memory=memory)
    testpmd.type("start")
    wait_until("packets are sent", lambda: total(testpmd.vchannel(), "tx_packets") > 0)
    testpmd.type("stop")
    before = wait_same("the traffic", testpmd.vchannel)

    def other(option):
        return run("dpdk-proc-info", "--no-pci", "--file-prefix", testpmd.name, "--no-telemetry", "-d", PLUGIN,
                   *[w for w in memory if w not in ("-m", "256")],
                   "--", "-p", hex(1 << PORT), option, env=testpmd.environment()).stdout

    seen = other("--xstats")
    numbers = dict(line.split(": ") for line in seen.splitlines() if line.count(": ") == 1)
    assert int(numbers["member2_weight"]) == 6000, seen
    assert int(numbers["member2_tx_packets"]) == before["members"][2]["tx_packets"], seen
    assert int(numbers["tx_good_packets"]) == total(before, "tx_packets"), seen
    other("--xstats-reset")
    assert testpmd.vchannel() == before
    assert testpmd.quit("quit") == 0, testpmd.output()
