# SPDX-License-Identifier: BSD-3-Clause
"""A kernel host: a namespace that speaks IP, and the tools that a person would try on it."""
import json
import os
import re
import socket
import subprocess
import threading

from .netns import CommandFailed, Namespace, run, stop_process
from .wait import LONG, wait_until


class Host(Namespace):
    """A machine at the end of a cable."""

    def ping(self, destination, *options, timeout=LONG):
        """Ping until a reply comes. Returns ping's output. `options` go to ping."""
        def one():
            done = self.run("ping", "-n", "-c", "1", "-W", "2", *options, destination, check=False)
            assert done.returncode == 0, done.stdout
            return done.stdout

        return wait_until(f"{destination} answers {self.name}'s ping", one, timeout, every=0.2)

    def pings(self, destination, count=20, *options):
        """Ping `count` times once there are replies. Returns how many were answered."""
        self.ping(destination, *options)
        done = self.run("ping", "-n", "-c", count, "-i", "0.05", "-W", "10", *options, destination,
                        check=False, timeout=LONG + count * 2)
        return int(re.search(r"(\d+) received", done.stdout).group(1))

    def traceroute(self, destination, *options):
        """The addresses of the routers (or "*") up to the destination, asked until all have answered."""
        def hops():
            lines = self.run("traceroute", "-n", "-q", "1", "-w", "3", "-m", "8", "-N", "1", *options, destination,
                             timeout=LONG, check=False).stdout.splitlines()[1:]
            found = [line.split()[1] for line in lines if line.split()[0].isdigit()]
            assert "*" not in found and found and found[-1] == destination, "\n".join(lines)
            return found

        return wait_until(f"every hop from {self.name} to {destination} answers traceroute", hops, 2 * LONG, 1)

    def iperf3(self, server, address, *options, amount="4M", port=5201):
        """Send `amount` bytes over TCP to `server` (a Host) at `address`. Returns iperf3's "end" section.

        The receiver stops when everything is sent, not when everything has arrived: sum_received may be less. For
        that there is transfer(). Tried again while the connection cannot be made. `options` go to the client
        (-u, -R, -P 4, ...); amount None: it is said there (-t).
        """
        if amount is not None:
            options += ("-n", amount)

        def once():
            daemon = server.popen("iperf3", "-s", "-1", "-B", address, "-p", port,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                wait_until("iperf3 listens", lambda: f":{port} " in server.run("ss", "-Hltn").stdout)
                done = self.run("iperf3", "-c", address, "-p", port, "-J", *options,
                                timeout=3 * LONG, check=False)
            finally:
                stop_process(daemon, timeout=2)
            try:
                report = json.loads(done.stdout)
            except ValueError as e:
                raise CommandFailed(f"iperf3: {done.stdout}") from e
            assert "error" not in report, report["error"]
            return report["end"]

        return wait_until(f"iperf3 from {self.name} to {address} is through", once, 3 * LONG, 1)

    def transfer(self, server, address, size=2 << 20, port=5300):
        """Send `size` random bytes over TCP to `server` (a Host) at `address`: they must all arrive, unchanged."""
        data = os.urandom(size)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = server.call(_socket, family)
        client = self.call(_socket, family)
        with listener, client:
            listener.bind((address, port))
            listener.listen()
            sender = threading.Thread(target=_send, args=(client, (address, port), data), daemon=True)
            sender.start()
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(LONG)
                arrived = bytearray()
                while more := connection.recv(1 << 20):
                    arrived += more
            sender.join(LONG)
        assert bytes(arrived) == data, f"{len(arrived)} of {size} bytes arrived, or others than were sent"

    def neighbor(self, interface, address):
        """The MAC address that the host has learnt for a neighbour, or None."""
        found = re.search(r"lladdr (\S+)", run("ip", "-n", self.name, "neighbor", "show", address, "dev",
                                               interface).stdout)
        return found.group(1) if found else None


def _socket(family):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(2 * LONG)
    return s


def _send(s, address, data):
    try:
        s.connect(address)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    except OSError:     # the other side tells what has not arrived
        s.close()
