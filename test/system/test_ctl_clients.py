# SPDX-License-Identifier: BSD-3-Clause
"""The control socket and xebractl: many clients, slow ones, hostile ones, a second instance, and bulk."""
import json
import os
import socket
import stat
import subprocess
import threading

import pytest

from xbt import LONG, CommandFailed, Namespace, Router, environment, program, start_fails, tidy, wait_until


@pytest.fixture(scope="module")
def ns():
    return Namespace("control")


@pytest.fixture(scope="module")
def router(ns):
    return Router(ns, {})


class Client:
    """A JSON-RPC client of its own."""

    def __init__(self, router):
        self.sock = socket.socket(socket.AF_UNIX)
        # First of all: with a time-out a full backlog would be an error, not something to wait for.
        self.sock.connect(router.socket)
        self.sock.settimeout(LONG)
        self.lines = self.sock.makefile("rb")
        self.made = tidy.Made("client", self.close)

    def close(self):
        self.made.undone()
        self.lines.close()
        self.sock.close()

    def send(self, *requests):
        self.sock.sendall(b"".join(json.dumps(r).encode() + b"\n" for r in requests))

    def reply(self):
        line = self.lines.readline()
        assert line.endswith(b"\n"), line
        return json.loads(line)

    def call(self, method, **params):
        self.send(request(1, method, **params))
        return self.reply()


def request(number, method, **params):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def descriptors(router):
    """How many files the router has open."""
    return len(os.listdir(f"/proc/{router.pid()}/fd"))


def xebractl(router, *words, text=None):
    """Run xebractl. Returns (exit status, standard output, standard error)."""
    done = subprocess.run([program("xebractl"), "-s", router.socket, *words], input=text, text=True,
                          capture_output=True, timeout=2 * LONG, env=environment(), check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_socket_is_for_its_owner_only(router):
    mode = os.lstat(router.socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


def test_a_group_may_use_the_socket(ns):
    router = Router(ns, {"control": {"group": "daemon"}})
    st = os.lstat(router.socket)
    assert stat.S_IMODE(st.st_mode) == 0o660 and st.st_gid == 1
    router.stop()


def test_xebractl_tells_done_from_refused_from_trouble(router):
    status, out, err = xebractl(router, "show", "version")
    assert (status, err) == (0, "") and "version: " in out
    status, out, err = xebractl(router, "--json", "show", "version")
    assert (status, err) == (0, "") and json.loads(out)["pid"] == router.pid()
    status, out, err = xebractl(router, "show", "vresion")
    assert (status, out) == (1, "")
    assert err == 'xebractl: show vresion: no such command, did you mean "show version"?\n'
    status, out, err = xebractl(router)
    assert (status, out) == (2, "") and err.startswith("usage: xebractl")
    status, out, err = xebractl(router, "--nonsense", "show", "version")
    assert (status, out) == (2, "") and "--nonsense" in err
    router_gone = type("Gone", (), {"socket": router.socket + ".none"})
    status, out, err = xebractl(router_gone, "show", "version")
    assert (status, out) == (2, "") and "No such file or directory (does dpdk-xebra run?" in err


def test_xebractl_takes_lines_from_standard_input(router):
    text = "show version\n\n# a remark\nbogus\nshow version x\nhelp quit"
    status, out, err = xebractl(router, "-", text=text)
    assert status == 1
    assert out.startswith("version: ") and out.endswith("quit\n  Stop the program in good order.\n")
    assert err == ('line 4: bogus: no such command, see "help"\n'
                   'line 5: show version: "x" is not expected here\n')
    assert xebractl(router, "-", text="") == (0, "", "")


def test_xebractl_takes_very_many_lines(router):
    lines = 20000       # several requests' worth
    text = "help quit\n" * lines + "show version\n" + "bogus\n"
    status, out, err = xebractl(router, "--json", "-", text=text)
    assert status == 1 and err == f'line {lines + 2}: bogus: no such command, see "help"\n'
    replies = [json.loads(line) for line in out.splitlines()]
    assert len(replies) == lines + 2
    assert replies[0][0]["name"] == "quit" and replies[-2]["pid"] == router.pid()
    assert replies[-1]["error"]["message"] == 'bogus: no such command, see "help"'


NO_SUCH = {"error": {"code": -32000, "message": 'bogus: no such command, see "help"', "data": {"errno": 2, "name": "ENOENT"}}}


def test_json_has_a_line_for_every_command(router):
    status, out, err = xebractl(router, "--json", "bogus")
    assert (status, json.loads(out), err) == (1, NO_SUCH, 'xebractl: bogus: no such command, see "help"\n')
    assert xebractl(router, "--json", "stats", "clear") == (0, "null\n", "")
    # The n-th line answers the n-th, whatever it is, also across requests.
    block = ["stats clear", "", "# a remark", "bogus", "help quit", "stats clear"]
    times = 1500
    status, out, err = xebractl(router, "--json", "-", text="\n".join(block * times))
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 1 and len(answers) == len(block) * times and err.count("\n") == times
    for n in range(0, len(answers), len(block)):
        assert answers[n:n + 4] == [None, None, None, NO_SUCH] and answers[n + 5] is None
        assert answers[n + 4][0]["name"] == "quit"


def test_fractions_are_printed_as_they_were_sent(tmp_path):
    stub = type("Stub", (), {"socket": str(tmp_path / "sock")})
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(stub.socket)
        listener.listen()

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b'{"jsonrpc": "2.0", "id": 1, "result": {"reply": [0.2, 23.1, 1e-7, 5]}}\n')

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert xebractl(stub, "--json", "show", "stats") == (0, "[0.2,23.1,1e-7,5]\n", "")
        thread.join(LONG)


def test_lines_are_answered_before_the_input_ends(router):
    process = subprocess.Popen([program("xebractl"), "-s", router.socket, "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env=environment())
    made = tidy.Made("xebractl", process.kill)
    for _ in range(3):
        process.stdin.write("help quit\n")
        process.stdin.flush()
        assert process.stdout.readline() == "quit\n"
        assert process.stdout.readline() == "  Stop the program in good order.\n"
    process.stdin.close()
    assert process.wait(LONG) == 0
    process.stdout.close()
    made.undone()


def test_many_clients_are_served_at_once(router):
    clients = [Client(router) for _ in range(100)]
    for number, client in enumerate(clients):
        client.send(request(number, "show version"))
    for number, client in enumerate(clients):
        assert client.reply()["id"] == number
    # Each keeps its place: all are still there for a second round, in the other order.
    for client in reversed(clients):
        assert client.call("show version")["result"]["pid"] == router.pid()
    for client in clients:
        client.close()


def test_a_client_too_many_is_told_so(router):
    before = descriptors(router)
    clients = [Client(router) for _ in range(200)]
    assert clients[-1].reply()["error"] == {"code": -32001, "message": "too many clients"}
    for client in clients:
        client.close()
    wait_until("their places are free again", lambda: descriptors(router) <= before)
    assert router.ctl("show", "version")["pid"] == router.pid()


def test_slow_and_silent_clients_hurt_no_one(router):
    silent, half, slow, other = (Client(router) for _ in range(4))
    half.sock.sendall(b'{"jsonrpc": "2.0", "method": "show ver')
    # 20 MB of replies that it does not read.
    slow.sock.setblocking(False)
    try:
        for _ in range(200):
            slow.send([request(1, "help") for _ in range(50)])
    except BlockingIOError:
        pass        # so much that it is not even taken in: as good
    for _ in range(20):
        assert other.call("show version")["result"]["pid"] == router.pid()
    half.sock.sendall(b'sion", "id": 7}')
    assert half.reply()["id"] == 7
    for client in (silent, half, slow, other):
        client.close()


def test_hostile_bytes_do_no_harm(router):
    other = Client(router)
    for garbage in (b"\0" * 100000, b"[" * 100000 + b"\n", b"{" * 3000000, b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe\n" * 1000,
                    b'"' * 9999 + b"\n", b'{"jsonrpc": "2.0", "id": 1, "method": "' + b"x" * 100000 + b'"}',
                    b"[" + b"[]," * 300000, b"1e999999\n" * 100, b'{"\\ud800": 1}\n', os.urandom(300000)):
        client = Client(router)
        try:
            client.sock.sendall(garbage)
            client.sock.shutdown(socket.SHUT_WR)
            while client.sock.recv(65536):
                pass
        except OSError:
            pass    # thrown out before it had said all
        client.close()
        assert other.call("show version")["result"]["pid"] == router.pid()
    other.close()


def test_a_second_instance_is_refused(ns, router):
    status, lines = start_fails(ns, {"control": {"socket": router.socket}})
    assert status == 1
    assert lines[-1].startswith("dpdk-xebra: ") and f"{router.socket} is in use by another instance" in lines[-1]
    assert router.ctl("show", "version")["pid"] == router.pid()


def test_a_killed_router_leaves_its_place_to_the_next(ns):
    router = Router(ns, {})
    router.kill()
    assert os.path.exists(router.socket)
    router.start()
    router.stop()
    assert not os.path.exists(router.socket) and not os.path.exists(router.socket + ".lock")


def test_quit_answers_and_ends_the_program(ns):
    router = Router(ns, {})
    router.ctl("quit")
    assert router.process.wait(2 * LONG) == 0
    router.stop()


def test_errors_of_commands_reach_every_kind_of_client(router):
    answer = Client(router)
    error = answer.call("help", command="no such thing")["error"]
    assert error["code"] == -32000 and error["data"] == {"errno": 2, "name": "ENOENT"}
    with pytest.raises(CommandFailed) as failed:
        router.ctl("help", "no", "such", "thing")
    assert error["message"] in str(failed.value)
    answer.close()
