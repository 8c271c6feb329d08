# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx configuration of the guides and man pages."""
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(_here, "_ext"))

with open(os.path.join(_here, "..", "..", "VERSION"), encoding="ascii") as f:
    version = release = f.read().strip()
project = "Xebra"
author = "The Xebra developers"
copyright = author  # noqa: A001

extensions = ["xebra_reference"]
exclude_patterns = ["_ext"]
html_theme = "alabaster"
html_theme_options = {"page_width": "1100px", "description": "A DPDK router for virtual networks"}
html_show_copyright = False
highlight_language = "none"
nitpicky = True

if tags.has("man"):     # noqa: F821 (Sphinx gives it): the man pages alone, which need no built program
    include_patterns = ["man/*"]
    root_doc = "man/dpdk-xebra"

man_pages = [
    ("man/dpdk-xebra", "dpdk-xebra", "DPDK router of a virtual network", "", 8),
    ("man/dpdk-xebra-pf", "dpdk-xebra-pf", "PF manager of a host", "", 8),
    ("man/dpdk-xebra-nic", "dpdk-xebra-nic", "software NIC with virtual functions", "", 8),
    ("man/xebractl", "xebractl", "control the Xebra daemons", "", 1),
]
