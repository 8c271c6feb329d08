# SPDX-License-Identifier: BSD-3-Clause
"""The interactive shell: on a terminal with completion, help and history, and with lines from a pipe or a file."""
import os
import pty
import re
import select
import subprocess
import termios
import time

import pytest

from xbt import LONG, Namespace, Router, environment, tidy

PROMPT = "xebra> "
TAB, UP, CTRL_A, CTRL_C, CTRL_D, CTRL_W = "\t", "\x1b[A", "\x01", "\x03", "\x04", "\x17"


class Terminal(Router):
    """A router whose shell has a terminal, which has what it says before the first prompt as `greeting`."""
    log_on_terminal = False

    def start(self, wait=True):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        tidy.Made("terminal", lambda: (os.close(self.master), os.close(slave)))
        with open(self.log_file, "ab") as log:
            self.process = self.ns.popen(*self.command_line(), stdin=slave, stdout=slave,
                                         stderr=slave if self.log_on_terminal else log,
                                         env=environment(), start_new_session=True)
        self._made = tidy.Made(f"router {self.name}", self.stop)
        self.seen = ""
        self.greeting = self.expect(PROMPT)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def expect(self, text):
        """Read until `text` comes. Returns what came before it."""
        deadline = time.monotonic() + 2 * LONG
        while text not in self.seen:
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no {text!r} on the terminal, but: {self.seen!r}\n{self.log()}")
            try:
                self.seen += os.read(self.master, 65536).decode().replace("\r\n", "\n")
            except OSError as e:
                raise AssertionError(f"the terminal was closed after {self.seen!r}\n{self.log()}") from e
        before, self.seen = self.seen.split(text, 1)
        return before

    def says(self, line, text):
        """Type a line; `text` must be in what it prints before the next prompt."""
        self.type(line + "\r")
        self.expect("\n")
        printed = self.expect(PROMPT)
        assert text in printed, printed
        return printed

    def ends(self):
        assert self.process.wait(2 * LONG) == 0, self.log()
        self._made.undone()


def config():
    return {}


@pytest.fixture(scope="module")
def ns():
    return Namespace("shell")


@pytest.fixture(scope="module")
def shell(ns):
    return Terminal(ns, config(), options=["--interactive"])


def test_the_prompt_is_the_last_of_what_the_start_says(ns):
    shell = type("Logging", (Terminal,), {"log_on_terminal": True})(ns, config(), options=["--interactive"])
    assert re.search(r"dpdk-xebra \S+ is running\n$", shell.greeting), shell.greeting
    shell.type("quit\r")
    shell.ends()


def test_a_command_prints_its_reply(shell):
    printed = shell.says("show version", "version: ")
    assert f"pid: {shell.pid()}\n" in printed
    shell.says("show vresion", 'error: show vresion: no such command, did you mean "show version"?')
    assert shell.says("", "") == ""


def test_tab_completes_commands_and_parameters(shell):
    shell.type("sh" + TAB)
    shell.expect("show ")
    shell.type("vers" + TAB)
    shell.expect("version ")
    shell.type("\r")
    assert "version: " in shell.expect(PROMPT)
    shell.type("show ver" + TAB)
    shell.expect("version ")
    shell.type(CTRL_C)
    shell.expect(PROMPT)


def test_tab_offers_what_there_is_to_choose(shell):
    shell.type("show " + TAB)
    for word in ("interface", "port", "version"):
        shell.expect(f"\n {word} ")
    shell.expect(PROMPT + "show ")
    shell.type("i" + TAB)
    shell.expect("nterface ")
    shell.type(CTRL_C)
    shell.expect(PROMPT)


def test_the_help_key_explains(shell):
    shell.type("show ver?")
    shell.expect("Show the version of the program")
    shell.expect(PROMPT + "show ver")
    shell.type(CTRL_C)
    shell.expect(PROMPT)


def test_help_lists_and_explains(shell):
    shell.says("help", "show version\n      Show the version of the program")
    printed = shell.says("help help", "help [<command>...]\n")
    assert "    command  A command, or the words that several begin with.\n" in printed


def test_history_brings_lines_back(shell):
    shell.says("show version", "version: ")
    shell.says("help quit", "quit\n  Stop the program")
    shell.type(UP)
    shell.expect("help quit")
    shell.type(UP)
    shell.expect("show version")
    shell.type("\r")
    assert "version: " in shell.expect(PROMPT)


def test_a_line_can_be_edited(shell):
    shell.type("version")
    shell.expect("version")
    shell.type(CTRL_A + "show \r")
    assert "version: " in shell.expect(PROMPT + "")
    # Without the last word it is a command that there is.
    shell.type("show version nonsense" + CTRL_W + "\r")
    printed = shell.expect(PROMPT)
    assert "version: " in printed and "error" not in printed, printed


def test_other_clients_are_served_beside_the_shell(shell):
    shell.type("show ver")
    shell.expect("show ver")
    assert shell.ctl("show", "version")["pid"] == shell.pid()
    shell.type("sion\r")
    assert "version: " in shell.expect(PROMPT)


def test_a_terminal_that_was_stopped_holds_up_no_one(ns):
    # Nothing is read from the terminal, so that it fills up; other clients have their answers all the same.
    shell = Terminal(ns, config(), options=["--interactive"])
    for _ in range(40):
        shell.type("help\r")
    for _ in range(20):
        assert shell.ctl("show", "version")["pid"] == shell.pid()
    for _ in range(40):
        shell.expect("quit\n      Stop the program")
    shell.expect(PROMPT)
    shell.stop()


@pytest.mark.parametrize("keys", ["quit\r", CTRL_D])
def test_the_end_of_the_shell_is_the_end_of_the_program(ns, keys):
    shell = Terminal(ns, config(), options=["--interactive"])
    shell.type(keys)
    shell.ends()
    assert termios.tcgetattr(shell.slave) == shell.before
    assert not os.path.exists(shell.socket)


def test_the_terminal_is_as_before_after_a_signal(ns):
    shell = Terminal(ns, config(), options=["--interactive"])
    assert termios.tcgetattr(shell.slave) != shell.before
    shell.stop()
    assert termios.tcgetattr(shell.slave) == shell.before


class Script(Router):
    """A router whose shell reads from a pipe or a file."""
    stdin = None

    def start(self, wait=True):
        with open(self.log_file, "ab") as log:
            self.process = self.ns.popen(*self.command_line(), stdin=self.stdin, stdout=subprocess.PIPE, stderr=log,
                                         env=environment())
        self._made = tidy.Made(f"router {self.name}", self.stop)

    def output(self, text=None):
        out, _ = self.process.communicate(text, timeout=2 * LONG)
        assert self.process.returncode == 0, self.log()
        self._made.undone()
        return out.decode()


LINES = b"show version\n\n# a remark\nshow vresion\nhelp quit"    # the last line has no end
PRINTED = re.compile(r"version: .*\ndpdk: .*\npid: \d+\nerror: show vresion: no such command, did you mean "
                     r'"show version"\?\nquit\n  Stop the program in good order.\n')


def test_lines_come_from_a_pipe(ns):
    script = type("Pipe", (Script,), {"stdin": subprocess.PIPE})(ns, config(), options=["--interactive"])
    assert PRINTED.fullmatch(script.output(LINES))


def test_lines_come_from_a_file(ns, tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(LINES)
    with open(path, "rb") as file:
        script = type("File", (Script,), {"stdin": file})(ns, config(), options=["--interactive"])
        assert PRINTED.fullmatch(script.output())


def test_nothing_is_run_after_quit(ns):
    script = type("Pipe", (Script,), {"stdin": subprocess.PIPE})(ns, config(), options=["--interactive"])
    assert script.output(b"quit\nshow version\n") == ""
