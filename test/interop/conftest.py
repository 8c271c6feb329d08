# SPDX-License-Identifier: BSD-3-Clause
"""The rules and helpers of the system tests (../system/conftest.py, xbt) are those of these."""
import importlib.util
import os
import sys

_SYSTEM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system")
sys.path.insert(0, _SYSTEM)
_spec = importlib.util.spec_from_file_location("system_conftest", os.path.join(_SYSTEM, "conftest.py"))
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
globals().update({k: v for k, v in vars(_module).items() if not k.startswith("__")})
