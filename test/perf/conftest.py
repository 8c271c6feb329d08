# SPDX-License-Identifier: BSD-3-Clause
"""The bench's modules are in devtools/."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "devtools"))
