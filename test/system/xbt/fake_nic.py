# SPDX-License-Identifier: BSD-3-Clause
"""The control socket of a dpdk-xebra-nic, without a NIC behind it: what the PF manager sees of one, and failures
that a real one does not have when a test wants them.

    nic = FakeNic(vfs=8)
    nic.vfs[3]["vlan"] = 7          # as somebody else would
    nic.refuse = ("vf set", "link")  # the next one that sets this is refused
    nic.calls                       # [("vf set", {"vf": 3, "link": "disable"}), ...]
    nic.silent = True               # what is asked is answered when it is False again
"""
import json
import os
import shutil
import socket
import tempfile
import threading

from . import tidy

_ON_OFF = ("spoof_check", "trust")
_KEYS = ("mac", "vlan", "priority", "trunk", "spoof_check", "trust", "link", "max_rate", "min_rate", "weight", "mtu")


class FakeNic:
    """A server in a thread of this process. `speed`: of its uplink, Mb/s."""

    def __init__(self, vfs=8, speed=10000):
        self.folder = tempfile.mkdtemp(prefix="xbt-")
        tidy.Made(f"folder {self.folder}", lambda: shutil.rmtree(self.folder, ignore_errors=True))
        self.socket = f"{self.folder}/nic.sock"
        self.speed = speed
        self.lock = threading.Lock()
        self.calls = []
        self.refuse = None
        self.asked = 0          # requests that have come, answered or not
        self._speaks = threading.Event()
        self._speaks.set()
        self.nb_vfs = vfs
        self.vfs = []
        self.reset_all()
        self.listener = None
        self.clients = []
        self.start()

    @property
    def silent(self):
        return not self._speaks.is_set()

    @silent.setter
    def silent(self, silent):
        if silent:
            self._speaks.clear()
        else:
            self._speaks.set()

    def reset_all(self):
        """As after a start."""
        self.vfs = [self._fresh(n) for n in range(self.nb_vfs)]

    @staticmethod
    def _fresh(number):
        return {"mac": f"02:00:5e:00:00:{number:02x}", "vlan": 0, "priority": 0, "trunk": [], "spoof_check": True,
                "trust": False, "link": "disable", "max_rate": 0, "min_rate": 0, "weight": 1, "mtu": 1500}

    def start(self):
        """Begin (again) to listen."""
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.socket)
        self.listener.listen()
        self.made = tidy.Made("fake NIC", self.stop)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        """End as a NIC that dies: the socket is gone, connections break."""
        self.made.undone()
        self._speaks.set()
        os.unlink(self.socket)
        # Wakes those that wait in accept() and recv().
        for sock in [self.listener, *self.clients]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()
        self.clients = []

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            for line in client.makefile("rb"):
                request = json.loads(line)
                self.asked += 1
                self._speaks.wait()
                with self.lock:
                    reply = self._answer(request["method"], request.get("params", {}))
                client.sendall(json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply}).encode() + b"\n")
        except (OSError, ValueError):
            pass

    def _answer(self, method, params):
        if method in ("vf set", "vf reset"):
            self.calls.append((method, params))
        if self.refuse and method == self.refuse[0] and self.refuse[1] in params:
            key, self.refuse = self.refuse[1], None
            return _error(5, f"{key}: the hardware does not want to")
        if method == "show nic":
            return {"result": {"uplink": {"device": "fake", "mac": "02:00:5e:00:01:00", "link_up": True,
                                          "speed": self.speed, "mtu": 1500},
                               "vfs": len(self.vfs), "kind": "memif", "stats": {}}}
        if params.get("vf", 0) >= len(self.vfs):
            return _error(2, f"there is no VF {params['vf']}")
        if method == "show vf":
            rows = [self._row(n) for n in range(len(self.vfs))]
            return {"result": [rows[params["vf"]]] if "vf" in params else rows}
        if method == "vf set":
            self._set(params)
        elif method == "vf reset":
            self.vfs[params["vf"]] = self._fresh(params["vf"])
        return {"result": None}

    def _row(self, number):
        return {"vf": number, "path": f"{self.folder}/vf{number}.sock", "connected": False, **self.vfs[number],
                "link_up": self.vfs[number]["link"] != "disable",
                "stats": {"rx_packets": 0, "rx_bytes": 0, "tx_packets": 0, "tx_bytes": 0, "drops": {}}}

    def _set(self, params):
        for key in _KEYS:
            if key in params:
                value = params[key]
                self.vfs[params["vf"]][key] = value == "on" if key in _ON_OFF else value


def _error(number, message):
    return {"error": {"code": -32000, "message": message, "data": {"errno": number, "name": "E"}}}
