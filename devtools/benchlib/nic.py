# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic: every VF is a source that sends to the uplink, which is a sink. A DPDK of Debian's has room for 32
devices; what 63 VFs cost is measured with the NIC's worker alone, whose VFs are functions (test/perf/nic_bench.c)."""
import json
import os
import subprocess

from .program import Program, register
from .say import BenchError

_OUTSIDE = "02:aa:00:00:00:01"
_WINDOWS = 25       # of 20 ms


class _Nic(Program):
    ours = True
    instrumented = True
    expect = "none"
    vfs = 1

    def excuse(self, case, build):
        if not os.path.exists(build.program("dpdk-xebra-nic")):
            return "this build has no dpdk-xebra-nic"
        return super().excuse(case, build)

    def command(self, run):
        run.sources = self.vfs
        config = {
            "control": {"socket": run.path("nic.sock")},
            "uplink": {"device": run.xbench(self.vfs)},
            "vfs": {"count": self.vfs, "kind": "device",
                    "devices": [run.xbench(vf, dmac=_OUTSIDE) for vf in range(self.vfs)]},
            "polling": {"policy": "spin"},
        }
        path = run.write("config.json", json.dumps(config))
        cpus = [run.machine.control, *run.machine.workers(1)]
        return [run.build.program("dpdk-xebra-nic"), *self.eal(run, cpus), "--", "--config", path]

    def ready(self, run):
        """The VFs are set up: each in a network of its own, with the source address that net_xbench gives."""
        lines = "".join(f"vf set vf {vf} mac 02:58:42:00:{vf:02x}:02 vlan {2 + vf} link enable\n"
                        for vf in range(self.vfs))
        done = subprocess.run([run.build.program("xebractl"), "-s", run.path("nic.sock"), "-"], input=lines,
                              capture_output=True, text=True, check=False, timeout=run.patience)
        return done.returncode == 0


@register
class NicOne(_Nic):
    name = "nic-1vf"


@register
class NicEight(_Nic):
    name = "nic-8vf"
    vfs = 8


@register
class NicFull(_Nic):
    name = "nic-25vf"
    vfs = 25


class _NicWorker(Program):
    ours = True
    instrumented = True
    plugins = ()
    vfs = 1

    def excuse(self, case, build):
        return None if os.path.exists(build.perf_program("nic_bench")) else "this build has no nic_bench"

    def measure(self, case, build, machine, packets=None, **more):
        """A report like net_xbench's."""
        words = [build.perf_program("nic_bench"), "--no-pci", "--no-telemetry", "--log-level=4",
                 "--file-prefix", f"bench-{os.getpid()}", *machine.memory(128),
                 "--lcores", f"0@{machine.control},1@{machine.workers(1)[0]}",
                 "--", str(self.vfs), str(1 if packets else _WINDOWS)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise BenchError(f"{self.name}: {done.stderr}")
        said = json.loads(done.stdout)
        return {"tsc_hz": said["tsc_hz"], "lcores": [{"min": said["min"], "p50": said["median"]}]}


@register
class NicWorkerOne(_NicWorker):
    name = "worker-1vf"


@register
class NicWorkerAll(_NicWorker):
    name = "worker-63vf"
    vfs = 63
