# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra. Its ports are af_packet devices on its namespace's interfaces."""
from .daemon import Daemon
from .wait import LONG, wait_until


class Router(Daemon):
    """A dpdk-xebra: see Daemon."""

    program = "dpdk-xebra"
    tells = ("show interface", "show stats")

    def drops(self):
        """Packets dropped so far: {"ip4_ttl": 3, ...}, without the reasons that never applied."""
        return {row["drop"]: row["packets"] for row in self.ctl("show", "stats")["drops"] if row["packets"]}

    def mbufs_in_use(self):
        """Packet buffers taken from all pools."""
        return sum(row["in_use"] for row in self.ctl("show", "memory"))

    def no_mbufs_lost(self, before=0, timeout=LONG):
        """Wait until no more packet buffers are in use than `before`. Traffic must have ended."""
        def back():
            pools = self.ctl("show", "memory")
            assert sum(pool["in_use"] for pool in pools) <= before, pools
            return True

        wait_until(f"no more than {before} mbufs are in use", back, timeout)

    def stop(self, *args, **more):
        """Stop it, as any daemon, and check that every packet buffer had come back when its ports were closed."""
        super().stop(*args, **more)
        assert "packet buffers were lost" not in self.log(), self.log()


def start_fails(ns, config, kind=Router, **more):
    """Start a router, or another kind of daemon, that must refuse to start. Returns (exit status, its lines)."""
    daemon = kind(ns, config, wait=False, **more)
    status = daemon.process.wait(2 * LONG)
    daemon._made.undone()
    return status, daemon.log(1000).splitlines()
