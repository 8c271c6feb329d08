# SPDX-License-Identifier: BSD-3-Clause
"""The router's control socket: routes in calls that are made beforehand."""
import json
import socket
import threading
import time

from .case import GATEWAY
from .say import BenchError


def learn_calls(by_port, most=8192):
    """Calls that let the router learn prefixes, a list for each port, behind the ports' neighbours; `most` in a call."""
    return [_call(prefixes[i:i + most], port) for port, prefixes in enumerate(by_port)
            for i in range(0, len(prefixes), most)]


def _call(prefixes, port):
    request = {"jsonrpc": "2.0", "id": 1, "method": "route learn",
               "params": {"prefixes": prefixes, "via": GATEWAY.format(port=port)}}
    return json.dumps(request).encode() + b"\n"


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.replies = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def answer(self):
        reply = json.loads(self.replies.readline() or '{"error": "the router has closed its socket"}')
        if "error" in reply:
            raise BenchError(f"control socket: {reply['error']}")

    def all(self, calls):
        """Send them one behind the other while replies are read. Returns the seconds it took."""
        start = time.monotonic()
        sender = threading.Thread(target=lambda: [self.socket.sendall(call) for call in calls], daemon=True)
        sender.start()
        for _ in calls:
            self.answer()
        sender.join()
        return time.monotonic() - start
