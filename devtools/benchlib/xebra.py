# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra, from a configuration file like a user's: interfaces, static neighbours, routes."""
import json
import os
import subprocess

from .case import ADDRESS, GATEWAY, PORTS
from .program import Program, register

_NEIGHBOURS = 4     # behind each port, for ECMP over more paths than there are ports


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


@register
class Xebra(Program):
    name = "xebra"
    ours = True
    tags = True
    instrumented = True

    def excuse(self, case, build):
        if not os.path.exists(build.program("dpdk-xebra")):
            return "this build has no dpdk-xebra"
        return super().excuse(case, build)

    def neighbours(self, run):
        return {_gateway(port, n): {"interface": f"if{port}", "mac": f"02:58:42:00:{port:02x}:02"}
                for port in range(PORTS) for n in range(_NEIGHBOURS)}

    def config(self, run):
        case = run.case
        interface = {"vlan": case.vlan} if case.vlan else {}
        return {
            "control": {"socket": run.path("xebra.sock")},
            "workers": {"polling": "spin"},
            "ports": {f"p{port}": {"device": run.xbench(port, vlan=case.vlan), "rx_queues": case.workers}
                      for port in range(PORTS)},
            "interfaces": {f"if{port}": {"port": f"p{port}", **interface} for port in range(PORTS)},
            "ip4": {
                "interfaces": {f"if{port}": {"addresses": [ADDRESS.format(port=port) + "/24"]}
                               for port in range(PORTS)},
                "routes": {prefix: {"via": _via(ports)} for prefix, ports in self.routes(case)},
                "neighbors": self.neighbours(run),
            },
        }

    def command(self, run):
        config = run.write("config.json", json.dumps(self.config(run)))
        cpus = [run.machine.control, *run.machine.workers(run.case.workers)]
        return [run.build.program("dpdk-xebra"), *self.eal(run, cpus), "--", "--config", config]

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
        """It answers, and the last route of the configuration is in its table."""
        prefix = self.routes(run.case)[-1][0]
        return bool(self.ctl(run, "show", "route", prefix, check=False))
