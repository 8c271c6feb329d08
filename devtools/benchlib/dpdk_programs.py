# SPDX-License-Identifier: BSD-3-Clause
"""The peers of DPDK's own: testpmd and net_bonding as packaged, l3fwd and l3fwd-graph from the source package."""
import shutil

from .case import PORTS
from .paths import example, example_sources
from .program import Program, register

_L3FWD_RULES = 1024     # the most that l3fwd takes
_MBUFS = 16384


class _Testpmd(Program):
    """Interactive, so that forwarding ends by a command; it waits on a pipe that stays open."""
    mode = "io"

    def excuse(self, case, build):
        if shutil.which("dpdk-testpmd") is None:
            return "dpdk-testpmd is not installed"
        return super().excuse(case, build)

    def devices(self, run):
        return [run.xbench(port) for port in range(PORTS)]

    def options(self, run):
        return ["--port-topology=paired"]

    def command(self, run):
        words = ["dpdk-testpmd", *self.eal(run, [run.machine.control, *run.machine.workers(1)])]
        for device in self.devices(run):
            words += ["--vdev", device]
        return [*words, "--", "--interactive", "--auto-start", "--no-flush-rx", f"--forward-mode={self.mode}",
                f"--total-num-mbufs={_MBUFS}", "--nb-cores=1", *self.options(run)]

    def ready(self, run):
        return "testpmd>" in run.log(400)

    def stop(self, run):
        run.process.stdin.write(b"stop\nquit\n")
        run.process.stdin.flush()


@register
class TestpmdIo(_Testpmd):
    name = "testpmd-io"
    lengthen = 3
    expect = "io"


@register
class TestpmdMacswap(_Testpmd):
    name = "testpmd-macswap"
    expect = "swap"
    lengthen = 2
    mode = "macswap"


class _Example(Program):
    """Built from the sources of the distribution's DPDK."""
    source = ""

    def excuse(self, case, build):
        if example_sources(self.source) is None:
            return "its sources are missing: run devtools/bootstrap"
        return super().excuse(case, build)


class _L3fwd(_Example):
    source = "l3fwd"
    lookup = "lpm"

    def routes(self, case):
        """It knows no ECMP: each route is given one of its ports, in turn."""
        return [(prefix, [ports[i % len(ports)]]) for i, (prefix, ports) in enumerate(case.routes[:_L3FWD_RULES])]

    def command(self, run):
        rules = "".join(f"R{prefix} {ports[0]}\n" for prefix, ports in self.routes(run.case))
        cpus = run.machine.workers(self.workers)
        words = [example("l3fwd"), *self.eal(run, cpus)]
        queues = [f"({port},{lcore},{lcore})" for port in range(PORTS) for lcore in range(len(cpus))]
        for port in range(PORTS):
            words += ["--vdev", run.xbench(port)]
        words += ["--", "-p", hex((1 << PORTS) - 1), "-P", f"--lookup={self.lookup}", "--config", ",".join(queues),
                  f"--rule_ipv4={run.write('rules4', rules)}", f"--rule_ipv6={run.write('rules6', 'R2001:db8::/32 0' + chr(10))}"]
        # The neighbour behind each port, as net_xbench calls it.
        words += [f"--eth-dest={port},02:58:42:00:{port:02x}:02" for port in range(PORTS)]
        return words


@register
class L3fwdLpm(_L3fwd):
    name = "l3fwd-lpm"


@register
class L3fwdTwo(L3fwdLpm):
    name = "l3fwd-lpm-2workers"
    beside = "l3fwd-lpm"
    workers = 2


@register
class L3fwdFib(_L3fwd):
    name = "l3fwd-fib"
    lookup = "fib"


@register
class L3fwdGraph(_L3fwd):
    """Its routes are compiled in: 198.18.<port>.0/24."""
    name = "l3fwd-graph"
    source = "l3fwd-graph"

    def routes(self, case):
        return [r for r in case.routes if r[0].startswith("198.18.")]

    def excuse(self, case, build):
        if not all(prefix in (f"198.18.{p[0]}.0/24", f"198.18.{p[0]}.1/32") for prefix, p in case.routes):
            return "has its routes compiled in"
        return super().excuse(case, build)

    def command(self, run):
        # The main lcore, 0, does not forward.
        words = [example("l3fwd-graph"), *self.eal(run, [run.machine.control, *run.machine.workers(1)])]
        for port in range(PORTS):
            words += ["--vdev", run.xbench(port)]
        return [*words, "--", "-p", hex((1 << PORTS) - 1), "-P", "--config",
                ",".join(f"({port},0,1)" for port in range(PORTS)),
                *[f"--eth-dest={port},02:58:42:00:{port:02x}:02" for port in range(PORTS)]]
