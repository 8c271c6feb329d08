# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-pf: started from a configuration, asked over its control socket, killed, stopped.

    manager = Manager(ns, {"pfs": {"nic0": {"backend": "soft", "socket": nic.socket}}, ...})
    manager.find("show vf", pf="nic0", vf=3)["vlan"]
"""
import json

from .daemon import Daemon, program


class Manager(Daemon):
    """A dpdk-xebra-pf, without EAL: see Daemon. It looks for drift every 0.1 s."""

    program = "dpdk-xebra-pf"
    tells = ("show pf", "show vf", "show guest", "show drift")

    def write_config(self, config):
        self.state_file = f"{self.folder}/state"
        super().write_config(
            {**config, "manager": {"state": self.state_file, "check": 100, **config.get("manager", {})}})

    def command_line(self):
        return [*self.prefix, program(self.program), "--config", self.config_file, *self.options]

    def commit(self, config):
        """Have it read a new configuration. An error is a CommandFailed."""
        self.write_config(config)
        self.ctl("config", "reload")

    def state(self):
        """What it keeps in its state file."""
        with open(self.state_file, encoding="utf-8") as f:
            return json.load(f)
