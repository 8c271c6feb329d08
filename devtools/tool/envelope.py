# SPDX-License-Identifier: BSD-3-Clause
"""Run a function so that nothing of it stays on the machine, however it ends.

Three processes:

  keeper   stays outside. Reserves huge pages and hands signals on.
  init     process 1 of a new process namespace and mount namespace, with a /run of its own (so that named
           network namespaces, DPDK's run files, sockets and temporary folders are in no one's way). Buries
           orphans. When it ends the kernel kills whatever still runs inside; it ends when the worker does,
           and ends the worker when the keeper is gone. Gives the huge pages back.
  worker   runs the function.

Needs no privilege that network namespaces do not need anyway. A user who is not root becomes root of a user
namespace; huge pages he has to do without.
"""
import ctypes
import errno
import os
import signal
import sys
import time

HUGE_PAGES = "/sys/kernel/mm/hugepages/hugepages-2048kB"
HUGE_DIR = "/run/hugepages"
TEMP_DIR = "/run/xbt"

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
_MS_REC, _MS_PRIVATE = 0x4000, 1 << 18
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Interrupted(BaseException):
    """The user or the system wants the work to end."""


def run(work, huge_mb=0):
    """Run `work()`, which returns an exit status, inside an envelope. Returns that status (130: interrupted).

    huge_mb: huge pages to reserve in MB. `work` finds XBT_HUGE_DIR in its environment when they were had.
    """
    user = os.getuid()
    try:
        _unshare(_CLONE_NEWPID | (0 if user == 0 else _CLONE_NEWUSER))
    except OSError as e:
        print(f"cannot make a process namespace ({e.strerror}): run this as root", file=sys.stderr)
        return 1
    pages = _reserve(huge_mb // 2) if user == 0 else 0
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)   # until somebody is there to hand them to
    try:
        if user != 0:
            _become_root(user)
        init = os.fork()
        if init == 0:
            _guard(lambda: _init(work, pages, signals, user == 0))
    except OSError:
        _release(pages)
        raise
    return _keep(init, signals, pages)


def _keep(init, signals, pages):
    asked = 0
    while True:
        # The sleep is the price of waiting for a child and for signals in one place.
        if signal.sigtimedwait(signals, 0.05) is not None:
            asked = asked or time.monotonic()
            os.kill(init, signal.SIGTERM)
        elif asked and time.monotonic() - asked > 30:
            os.kill(init, signal.SIGKILL)
        pid, status = os.waitpid(init, os.WNOHANG)
        if pid == init and os.WIFSIGNALED(status):
            _release(pages)     # it could not
            return 130
        if pid == init:
            return os.waitstatus_to_exitcode(status)


def _init(work, pages, signals, root):
    try:
        worker = _start(work, pages, signals, root)
    except BaseException:
        _release(pages)     # the keeper leaves that to us
        raise
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    while True:
        pid, status = os.wait()
        if pid == worker:
            # Pages that somebody inside still has go back when the kernel ends him.
            _release(pages)
            return 130 if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def _start(work, pages, signals, root):
    os.setsid()     # a Ctrl-C goes to the keeper alone, so that it is acted on once and in order
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM))
    # Who is root of a user namespace alone may come back only to a network that belongs to it.
    _unshare(_CLONE_NEWNS | (0 if root else _CLONE_NEWNET))
    _keep_mounts_inside()
    _mount("proc", "/proc", "proc", 0)
    _mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
    os.mkdir(TEMP_DIR)
    os.environ["TMPDIR"] = TEMP_DIR
    os.environ.pop("XBT_HUGE_DIR", None)
    if pages:
        os.mkdir(HUGE_DIR)
        _mount("hugetlbfs", HUGE_DIR, "hugetlbfs", 0, "pagesize=2M")
        os.environ["XBT_HUGE_DIR"] = HUGE_DIR
    worker = os.fork()
    if worker == 0:
        _guard(lambda: _work(work, signals))
    return worker


def _keep_mounts_inside():
    try:
        _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    except OSError as e:
        if e.errno != errno.EINVAL:
            raise
        print("the root folder is not a mount point, as in a chroot: before it, bind it to itself (mount --rbind)",
              file=sys.stderr)
        sys.exit(1)


def _work(work, signals):
    def interrupted(*_):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Interrupted

    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
    try:
        return work()
    except Interrupted:
        print("interrupted", flush=True)
        return 130


def _guard(function):
    """Run a forked process's function; it never returns into its parent's code."""
    status = 1
    try:
        status = function()
    except SystemExit as e:
        status = e.code if isinstance(e.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def strangers():
    """The processes inside the envelope other than the caller and init: what was left running."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if command and int(pid) not in (1, os.getpid()):    # kernel threads and zombies have no command line
            found.append(f"{pid} {command[:200]}")
    return found


def _reserve(pages):
    """Reserve up to `pages` more huge pages. Returns how many were had; all or none."""
    try:
        with open("/proc/meminfo", encoding="ascii") as f:
            available = next(int(line.split()[1]) for line in f if line.startswith("MemAvailable"))
        if pages == 0 or available < 3 * pages * 2048:
            return 0
        before = _huge_pages()
        _set_huge_pages(before + pages)
        had = _huge_pages() - before
    except (OSError, StopIteration):
        return 0
    if had < pages:
        _release(had)
        return 0
    return had


def _release(pages):
    # The difference, not the former number: somebody else may have changed it in between.
    if pages > 0:
        _set_huge_pages(max(0, _huge_pages() - pages))


def _huge_pages():
    with open(f"{HUGE_PAGES}/nr_hugepages", encoding="ascii") as f:
        return int(f.read())


def _set_huge_pages(n):
    with open(f"{HUGE_PAGES}/nr_hugepages", "w", encoding="ascii") as f:
        f.write(str(n))


def _become_root(user):
    group = os.getgid()
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as f:
            f.write(text)


def _check(result):
    if result != 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def _unshare(flags):
    _check(_libc.unshare(flags))


def _mount(source, target, kind, flags, data=None):
    _check(_libc.mount(source.encode(), target.encode(), kind.encode() if kind else None,
                       ctypes.c_ulong(flags), data.encode() if data else None))
