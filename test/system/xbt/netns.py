# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces and the veth links between them.

Names are xbt-<pid>-<number>-<name>: two runs on one machine do not meet, and what belongs to whom can be told.
"""
import ctypes
import itertools
import os
import signal
import subprocess
import threading
import time

from . import tidy
from .wait import LONG, wait_until

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count(1)


class CommandFailed(AssertionError):
    """A command ended with an error; the text has its output."""


def run(*command, check=True, timeout=LONG, **more):
    """Run a command to its end. Returns subprocess.CompletedProcess; stdout and stderr are one text."""
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout, **more)
    except subprocess.TimeoutExpired as e:
        raise CommandFailed(f"{' '.join(command)}: still running after {timeout:.0f} s\n{e.output}") from e
    if check and done.returncode != 0:
        raise CommandFailed(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}")
    return done


def stop_process(process, sig=signal.SIGTERM, timeout=LONG):
    """End a process of ours: `sig`, and SIGKILL when it does not obey. Returns its exit status."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


class Namespace:
    """A network namespace: a machine of its own as far as the network is concerned."""

    def __init__(self, name, ipv6=False):
        """ipv6: whether its interfaces speak IPv6. Where not, they send nothing that nobody asked for."""
        self.name = f"xbt-{os.getpid()}-{next(_numbers)}-{name}"
        run("ip", "netns", "add", self.name)
        self._made = tidy.Made(f"namespace {self.name}", self.delete)
        self.run("ip", "link", "set", "lo", "up")
        self.sysctl("net.ipv6.conf.all.accept_ra", 0)
        self.sysctl("net.ipv6.conf.default.accept_ra", 0)
        self.sysctl("net.ipv6.conf.default.accept_dad", 0)
        self.sysctl("net.ipv6.conf.default.router_solicitations", 0)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 0 if ipv6 else 1)

    def delete(self):
        """End what still runs inside, and remove the namespace."""
        self._made.undone()
        for sig in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + (2 if sig == signal.SIGTERM else LONG)
            while (pids := self.pids()) and time.monotonic() < deadline:
                for pid in pids:
                    try:
                        os.kill(pid, sig)
                    except ProcessLookupError:
                        pass
                time.sleep(0.05)
        run("ip", "netns", "del", self.name)

    def pids(self):
        """Who runs inside (zombies have no namespace any more and are not among them)."""
        return [int(pid) for pid in run("ip", "netns", "pids", self.name, check=False).stdout.split()
                if pid.isdigit()]

    def sysctl(self, name, value):
        self.run("sysctl", "-qw", f"{name}={value}")

    def run(self, *command, **more):
        """netns.run() inside the namespace."""
        return run("ip", "netns", "exec", self.name, *command, **more)

    def popen(self, *command, **more):
        """Start a command inside. It is killed at the latest when the test ends."""
        more.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(["ip", "netns", "exec", self.name, *map(str, command)], **more)
        tidy.Made(f"process {command[0]} in {self.name}", lambda: stop_process(process, signal.SIGKILL))
        return process

    def call(self, function, *arguments):
        """Call a Python function inside: what it opens (sockets) stays in the namespace.

        A thread does it, because a namespace belongs to a thread and this one keeps its own.
        """
        result = {}

        def inside():
            fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
            try:
                if _libc.setns(fd, _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"cannot enter {self.name}")
                result["value"] = function(*arguments)
            except BaseException as e:      # carried over to the caller
                result["error"] = e
            finally:
                os.close(fd)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if "error" in result:
            raise result["error"]
        return result["value"]

    def mac(self, interface):
        """The interface's MAC address, as text."""
        return self.run("cat", f"/sys/class/net/{interface}/address").stdout.strip()

    def address(self, interface, *addresses):
        """Give the interface addresses with prefix lengths ("10.0.0.2/24", "2001:db8::2/64")."""
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", interface)

    def route(self, prefix, via, *more):
        self.run("ip", "route", "replace", prefix, "via", via, *more)

    def counters(self, interface):
        """The kernel's counters of an interface: {"rx_packets": n, ...}."""
        path = f"/sys/class/net/{interface}/statistics"
        lines = self.run("sh", "-c", f"cd {path} && grep . *").stdout.split()
        return {name: int(value) for name, value in (line.split(":") for line in lines)}


def link(a, a_name, b, b_name, mtu=1500):
    """A cable: interface `a_name` in namespace `a`, `b_name` in `b`, both up.

    No offloads: packets on it are what they would be on a wire, with checksums, one at a time.
    """
    run("ip", "link", "add", a_name, "mtu", mtu, "netns", a.name, "type", "veth",
        "peer", "name", b_name, "mtu", mtu, "netns", b.name)
    for ns, name in ((a, a_name), (b, b_name)):
        ns.run("ethtool", "-K", name, "rx", "off", "tx", "off", "sg", "off", "tso", "off", "gso", "off",
               "gro", "off", "txvlan", "off", "rxvlan", "off")
        ns.run("ip", "link", "set", name, "up")
    for ns, name in ((a, a_name), (b, b_name)):
        wait_until(f"{name} in {ns.name} is up", lambda ns=ns, name=name:
                   ns.run("cat", f"/sys/class/net/{name}/operstate").stdout.strip() == "up")
