# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra, from a configuration file like a user's: interfaces, static neighbours, routes."""
import functools
import json
import os
import subprocess

from .case import ADDRESS, GATEWAY, PORTS
from .control import Client, learn_calls
from .program import Program, register

_NEIGHBOURS = 4     # behind each port, for ECMP over more paths than there are ports


@functools.cache
def _knows_ip4(program):
    done = subprocess.run([program, "config", "schema"], capture_output=True, text=True, check=False, timeout=120)
    return '"ip4"' in done.stdout


def _gateway(port, n=0):
    return GATEWAY.format(port=port).rsplit(".", 1)[0] + f".{2 + n}"


def _via(ports):
    """Next hops: one behind each port named; a port named again means the next neighbour behind it."""
    seen = {}
    hops = []
    for port in ports:
        n = seen[port] = seen.get(port, -1) + 1
        hops.append({"gateway": _gateway(port, n)})
    return hops


def _addresses(case, port):
    return [ADDRESS.format(port=port) + "/24", *([f"100.{64 + port}.0.1/16"] if case.neighbours else [])]


def _neighbours(case):
    return {host: {"interface": f"if{port}", "mac": f"02:58:42:00:{port:02x}:02"}
            for port in range(PORTS)
            for host in [*(_gateway(port, n) for n in range(_NEIGHBOURS)), *case.hosts(port)]}


@register
class Xebra(Program):
    name = "xebra"
    ours = True
    tags = True
    instrumented = True
    polling = "spin"

    def binary(self, build):
        return build.program("dpdk-xebra")

    def routes(self, case):
        # The networks of the neighbours are connected.
        return [] if case.neighbours else case.routes

    def excuse(self, case, build):
        if not os.path.exists(self.binary(build)):
            return f"this build has no {os.path.basename(self.binary(build))}"
        if not _knows_ip4(self.binary(build)):
            return "this build has no IPv4"
        return super().excuse(case, build)

    def configured(self, case):
        """The routes in the configuration, as it has them."""
        return {} if case.learned else {prefix: {"via": _via(ports)} for prefix, ports in self.routes(case)}

    def config(self, run):
        case = run.case
        interface = {"vlan": case.vlan} if case.vlan else {}
        return {
            "control": {"socket": run.path("xebra.sock")},
            "workers": {"polling": self.polling},
            "ports": {f"p{port}": {"device": run.xbench(port, vlan=case.vlan), "rx_queues": self.workers}
                      for port in range(PORTS)},
            "interfaces": {f"if{port}": {"port": f"p{port}", **interface} for port in range(PORTS)},
            "ip4": {
                "interfaces": {f"if{port}": {"addresses": _addresses(case, port)} for port in range(PORTS)},
                "routes": self.configured(case),
                "neighbors": _neighbours(case),
            },
        }

    def config_file(self, run):
        path = run.path("config.json")
        return path if os.path.exists(path) else run.write("config.json", json.dumps(self.config(run)))

    def command(self, run):
        config = self.config_file(run)
        cpus = [run.machine.control, *run.machine.workers(self.workers)]
        return [self.binary(run.build), *self.eal(run, cpus), "--", "--config", config]

    def ctl(self, run, *words, check=True):
        """An xebractl command's reply; None when it fails and check is False."""
        done = subprocess.run([run.build.program("xebractl"), "-s", run.path("xebra.sock"), "--json", *words],
                              capture_output=True, text=True, check=False, timeout=run.patience)
        if done.returncode != 0:
            if check:
                run.fail(f"xebractl {' '.join(words)}: {done.stderr}")
            return None
        return json.loads(done.stdout) if done.stdout.strip() else []

    def ready(self, run):
        """It answers, and the last route is in its table."""
        if self.ctl(run, "show", "neighbor", check=False) is None:
            return False
        if run.case.learned:
            self.learn(run)
        if not self.routes(run.case):
            return True
        return bool(self.ctl(run, "show", "route", self.routes(run.case)[-1][0], check=False))

    def learn(self, run):
        """Let it have the case's routes over the control socket."""
        by_port = [[prefix for prefix, ports in self.routes(run.case) if ports[0] == port] for port in range(PORTS)]
        with Client(run.path("xebra.sock")) as client:
            client.all(learn_calls(by_port))


@register
class XebraTwo(Xebra):
    """A queue of each port for each worker."""
    name = "xebra-2workers"
    beside = "xebra"
    workers = 2


@register
class XebraLean(Xebra):
    """The same program without CCN and V-Channel in it."""
    name = "xebra-lean"

    def binary(self, build):
        return build.perf_program("lean_xebra")


@register
class XebraCcn(Xebra):
    """CCN is configured on the same interfaces, and no CCN packet comes."""
    name = "xebra-ccn"

    def config(self, run):
        faces = {f"f{port}": {"interface": f"if{port}", "remote": f"02:58:42:00:{port:02x}:02"} for port in range(PORTS)}
        return {**super().config(run), "ccn": {"faces": faces, "routes": {"/bench": {"via": [{"face": "f1"}]}},
                                               "content_store": {"bytes": 1 << 20}}}
