# SPDX-License-Identifier: BSD-3-Clause
"""devtools/demo and devtools/test as their user meets them: last lines, statuses, and that nothing stays.

They run within the envelope of the devtools/test that runs this, with an envelope of their own inside it.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

import pytest

from xbt import BUILD, LONG, TOP, tidy, wait_until

pytestmark = pytest.mark.limit(900)     # a demo is many steps, of which each may take its 60 s

DEVTOOLS = os.path.join(TOP, "devtools")
SLOW = 10 * LONG


class Tool:
    """A program of devtools/ that runs; `text` is what it has said."""

    def __init__(self, *command, cwd=TOP):
        self.text = ""
        self.process = subprocess.Popen(
            list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace")
        # By SIGTERM: its envelope then takes all with it that is inside.
        self._made = tidy.Made(f"process {command[0]}", self._kill)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.text += line

    def _kill(self):
        self.process.terminate()
        try:
            self.process.wait(LONG)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def says(self, words):
        """Wait until it has said this."""
        wait_until(f"{words!r} is said", lambda: words in self.text or self.process.poll() is not None, SLOW)
        assert words in self.text, self.text

    def end(self):
        """Wait for its end. Returns its exit status."""
        status = self.process.wait(SLOW)
        self._reader.join(LONG)
        self._made.undone()
        return status

    def last_line(self):
        return self.text.rstrip().split("\n")[-1]


def processes():
    """Whoever runs inside this envelope; nested ones are seen from here."""
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read().replace(b"\0", b" ").decode(errors="replace")
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                began = f.read().rsplit(")", 1)[1].split()[19]
        except OSError:
            continue
        if command:     # not kernel threads and zombies
            found.add((pid, began, command))
    return found


def entries(folder):
    return set(os.listdir(folder)) if os.path.isdir(folder) else set()


@pytest.fixture
def as_before():
    """Processes, named network namespaces, temporary and run files are those of before, in a while."""
    folders = ("/run", "/run/netns", "/run/dpdk", os.environ.get("TMPDIR", "/run"))
    mine = os.getpid()

    def state():
        inside = "XBT_PART" in os.environ   # else the processes and folders are those of the whole machine
        return (processes() if inside else None, [entries(folder) for folder in folders] if inside else None)

    before = state()
    yield
    assert os.getpid() == mine

    def same():
        assert state() == before
        return True

    wait_until("all is as before", same)


def test_the_demo_works(as_before):
    demo = Tool(os.path.join(DEVTOOLS, "demo"), "router", "--no-setup", "--build", BUILD, "--seconds", 1)
    assert demo.end() == 0, demo.text
    assert demo.last_line().startswith("The demo works: "), demo.text


def test_the_systems_demo_shows_two_networks_that_do_not_meet(as_before):
    demo = Tool(os.path.join(DEVTOOLS, "demo"), "--no-setup", "--build", BUILD, "--seconds", 1)
    status = demo.end()
    assert "red-wan has received 0 of them" in demo.text, demo.text
    # Rates are the demo's verdict, not this test's.
    assert demo.last_line().startswith("The demo works: ") or (status == 1 and re.search(
        r"^(a share was|red's rate changed by|red has lost) .* (off|under attack)$", demo.text, re.M)), demo.text


def test_an_interrupted_demo_leaves_nothing(as_before):
    demo = Tool(os.path.join(DEVTOOLS, "demo"), "router", "--no-setup", "--build", BUILD, "--seconds", 100)
    demo.says("lan$ iperf3 -c")
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 130, demo.text
    assert "The demo works" not in demo.text


def test_a_test_run_without_tests_fails(as_before):
    # The name must not be a part of any test's name.
    run = Tool(os.path.join(DEVTOOLS, "test"), "--no-setup", "--build", BUILD, "-k", "nosuch" + "name")
    assert run.end() == 1, run.text
    assert "no test was executed" in run.text
    assert run.last_line() == "0 passed, 1 failed"


def names(*options):
    """devtools/test --list. Returns (exit status, the lines on standard output, standard error)."""
    done = subprocess.run([os.path.join(DEVTOOLS, "test"), "--no-setup", "--build", BUILD, "--list", *options],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SLOW, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_what_is_listed_is_what_a_run_reports():
    # Tests of all makes: named one by one, made by a macro, and two at once by one.
    some = "unit/test_err/ or unit/test_caps/ or unit/test_ip4_messages/"
    status, listed, _ = names("-k", some)
    run = Tool(os.path.join(DEVTOOLS, "test"), "--no-setup", "--build", BUILD, "-k", some)
    assert run.end() == status == 0, run.text
    assert re.findall(r"^\[ *\d+ s\] ok       (\S+)", run.text, re.M) == listed
    assert {"unit/test_ip4_messages/test_arp", "unit/test_ip4_messages/test_arp_in_a_crowd"} < set(listed)
    one = "unit/test_caps/a_folder_that_goes_is_noticed"
    assert one in listed
    run = Tool(os.path.join(DEVTOOLS, "test"), "--no-setup", "--build", BUILD, "-k", one)
    assert run.end() == 0 and run.last_line() == "1 passed, 0 failed", run.text


def test_a_list_of_nothing_says_why():
    word = "nosuch" + "name"
    status, listed, said = names("-k", word)
    # Before it, where that takes long, signs of life.
    assert (status, listed) == (1, []) and said.endswith(f"no test matches -k {word}\n"), said


def test_a_demo_of_no_time_is_refused():
    for seconds in ("0", "-1", "soon"):
        demo = Tool(os.path.join(DEVTOOLS, "demo"), "--no-setup", "--build", BUILD, "--seconds", seconds)
        assert demo.end() == 2 and "--seconds" in demo.last_line(), demo.text


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda sig: sig.name)
def test_a_test_run_that_is_ended_leaves_nothing(as_before, sig):
    def routers():
        return {process for process in processes() if "dpdk-xebra" in process[2] and "--file-prefix" in process[2]}

    there = routers()
    # So many tests that none of the waiting here outlasts them.
    run = Tool(os.path.join(DEVTOOLS, "test"), "--no-setup", "--build", BUILD, "-k", "system/test_ip4")
    wait_until("one of its routers runs", lambda: routers() - there or run.process.poll() is not None, SLOW)
    assert run.process.poll() is None, run.text
    ours = routers() - there
    run.process.send_signal(sig)
    if sig == signal.SIGKILL:
        assert run.end() == -sig
    else:
        assert run.end() == 130 and run.last_line().endswith("1 failed"), run.text
    wait_until("its routers have gone", lambda: not ours & routers())


# Huge pages are the machine's, and others may take and give some meanwhile: here a file stands for their number.
_ENVELOPE = """
import os, sys, time
from tool import envelope

def work():
    with open(envelope.HUGE_PAGES + "/nr_hugepages", encoding="ascii") as f:
        print("working with", f.read(), flush=True)
    {work}

envelope.HUGE_PAGES = sys.argv[1]
{before}
sys.exit(envelope.run(work, huge_mb=8))
"""


@pytest.mark.parametrize("before, work, status, reached", [
    ("", "return 7", 7, True),
    ("", "raise ValueError", 1, True),
    ("", "os.kill(os.getpid(), 9)", 130, True),
    ("", "time.sleep(10000)", 130, True),
    ('envelope.HUGE_DIR = "/no/such/folder"', "return 7", 1, False),
], ids=["ends", "raises", "is-killed", "is-interrupted", "cannot-start"])
def test_huge_pages_go_back(before, work, status, reached):
    if "XBT_HUGE_DIR" not in os.environ:
        pytest.skip("needs huge pages: without, their file system may not be mountable")
    # Not a temporary folder: an envelope has those to itself.
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        number = os.path.join(folder, "nr_hugepages")
        with open(number, "w", encoding="ascii") as f:
            f.write("3")
        tool = Tool(sys.executable, "-c", _ENVELOPE.format(before=before, work=work), folder, cwd=DEVTOOLS)
        if "sleep" in work:
            tool.says("working with")
            tool.process.send_signal(signal.SIGINT)
        assert tool.end() == status, tool.text
        assert ("working with 7" in tool.text) == reached, tool.text
        with open(number, encoding="ascii") as f:
            assert f.read() == "3"


def test_a_chroot_whose_root_is_no_mount_point_is_told(tmp_path):
    # A root folder of its own, made of the machine's.
    script = f"""
mount --make-rprivate / && cd {tmp_path} || exit 9
for folder in usr proc sys dev; do mkdir $folder && mount --rbind /$folder $folder || exit 9; done
for link in bin lib lib64 sbin; do ln -s usr/$link $link; done
mkdir -p run tmp .{TOP} && mount --rbind {TOP} .{TOP} || exit 9
exec chroot . {DEVTOOLS}/test --no-setup --list
"""
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False,
                          timeout=SLOW, cwd="/")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("the root folder is not a mount point, as in a chroot")
    assert len(done.stderr.splitlines()) == 1
