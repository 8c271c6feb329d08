# SPDX-License-Identifier: BSD-3-Clause
"""What devtools/test and devtools/demo share.

Both are short shell scripts that run devtools/bootstrap, which may have to install Python, and then a module
of this package. Each does its work inside an envelope (envelope.py): process, mount and so network namespaces
of its own, which the kernel removes with all that is in them when the work ends, however it ends.
"""
