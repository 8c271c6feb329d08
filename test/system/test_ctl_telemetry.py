# SPDX-License-Identifier: BSD-3-Clause
"""DPDK telemetry: /xebra/... through DPDK's own client."""
import json
import os
import shutil
import subprocess

import pytest

from xbt import LONG, Namespace, Router, two_networks

CLIENT = shutil.which("dpdk-telemetry.py")

pytestmark = pytest.mark.skipif(CLIENT is None, reason="DPDK's dpdk-telemetry.py is not installed")


def ask(router, *endpoints, **environment):
    """Ask with dpdk-telemetry.py. Returns what each endpoint answered."""
    done = subprocess.run(["/usr/bin/python3", CLIENT, "-f", router.name], input="\n".join([*endpoints, "quit", ""]),
                          text=True, capture_output=True, timeout=2 * LONG, check=True,
                          env={**os.environ, **environment})
    answers = {}
    decoder = json.JSONDecoder()
    text = done.stdout
    while "{" in text:
        answer, end = decoder.raw_decode(text, text.index("{"))
        text = text[end:]
        answers.update(answer)
    return [answers[endpoint.split(",")[0]] for endpoint in endpoints]


def test_the_endpoints_are_listed_with_their_help():
    router = Router(Namespace("telemetry"), {})
    names, = ask(router, "/")
    for name in ("/xebra/version", "/xebra/interface", "/xebra/port", "/xebra/stats"):
        assert name in names
    text, = ask(router, "/help,/xebra/version")
    assert "Show the version of the program" in json.dumps(text)
    version, = ask(router, "/xebra/version")
    assert version == router.ctl("show", "version")
    router.stop()


def test_figures_are_those_of_the_commands():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    interfaces, ports = ask(lab.router, "/xebra/interface", "/xebra/port")
    rows = lab.router.ctl("show", "interface")
    assert set(interfaces) == {row["name"] for row in rows} == {"lan", "wan"}
    for row in rows:
        assert interfaces[row["name"]]["mac"] == row["mac"]
        assert interfaces[row["name"]]["mtu"] == row["mtu"]
        assert 1 <= interfaces[row["name"]]["rx_packets"] <= row["rx_packets"]
    assert set(ports) == {"p1", "p2"}
    # A parameter, as for DPDK's own endpoints.
    lan, = ask(lab.router, "/xebra/interface,lan")
    assert set(lan) == {"lan"}
    nothing, = ask(lab.router, "/xebra/interface,nowhere")
    assert nothing is None


def test_the_service_is_found_below_its_runtime_directory(tmp_path):
    """As the guide says: systemd sets the variable for the service, so whoever asks has to."""
    router = Router(Namespace("telemetry"), {}, prefix=["env", f"RUNTIME_DIRECTORY={tmp_path}"])
    version, = ask(router, "/xebra/version", RUNTIME_DIRECTORY=str(tmp_path))
    assert version == router.ctl("show", "version")
    router.stop()


def test_the_graph_is_told_whole():
    lab = two_networks()
    graph, = ask(lab.router, "/xebra/graph")
    rows = lab.router.ctl("show", "graph")
    assert graph == {row["node"]: row for row in rows}
    following = {row["node"]: row["next"] for row in rows}
    assert "ip4_input" in following["eth_input"] and "port_tx_full" in following["port_tx"], following
    assert sum(map(len, following["ip4_output"])) > 127      # what DPDK cuts a string to
    for names in following.values():
        assert len(names) == len(set(names)) and set(names) <= set(following)
    lab.router.stop()
