# SPDX-License-Identifier: BSD-3-Clause
"""What `ninja install` installs, looked at and used."""
import os
import re
import shutil
import subprocess

import pytest

from xbt import BUILD, Lab, environment, run


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The installation, below a folder that stands for /."""
    destination = tmp_path_factory.mktemp("root")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": str(destination)},
        timeout=300)
    return destination


def _find(root, pattern):
    found = sorted(root.glob(f"**/{pattern}"))
    assert found, f"{pattern} is not among the installed files"
    return found[0]


def _pc(root, *words):
    """Ask pkg-config about the installed xebra.pc. Without a sysroot: DPDK's own paths are true ones."""
    folder = _find(root, "xebra.pc").parent
    return run("pkg-config", *words, "xebra", env={**os.environ, "PKG_CONFIG_PATH": str(folder)}).stdout.split()


def test_programs_are_installed_and_start(root):
    for name in ("dpdk-xebra", "dpdk-xebra-pf", "dpdk-xebra-nic", "xebractl"):
        done = run(_find(root, f"bin/{name}"), "--version", env=environment())
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "VERSION"), encoding="ascii") as f:
            assert f.read().strip() in done.stdout


def test_pkg_config_file_is_valid_and_points_at_what_is_there(root):
    _pc(root, "--validate")
    prefix = _pc(root, "--variable=prefix")[0]
    assert str(_find(root, "include/xebra")) == f"{root}{_pc(root, '--variable=includedir')[0]}/xebra"
    assert str(_find(root, "pmds/librte_net_*.so").parent) == f"{root}{_pc(root, '--variable=pmddir')[0]}"
    assert any(flag == f"-I{prefix}/include/xebra" for flag in _pc(root, "--cflags"))


def test_what_the_headers_declare_is_in_the_program(root, tmp_path):
    """A plugin that uses it loads."""
    prefix = _pc(root, "--variable=prefix")[0]
    flags = [flag.replace(f"-I{prefix}", f"-I{root}{prefix}") for flag in _pc(root, "--cflags")]
    folder = _find(root, "include/xebra")
    source, declared = tmp_path / "all.c", tmp_path / "declared"
    source.write_text("".join(f"#include <{header.name}>\n" for header in sorted(folder.glob("*.h"))))
    # ccache, where gcc is that, does not keep what -aux-info writes.
    run("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-aux-info", declared, *flags, source,
        env={**os.environ, "CCACHE_DISABLE": "1"})
    names = set(re.findall(rf"^/\* {folder}/.* extern .*?\b(xebra_\w+) \(", declared.read_text(), re.M))
    assert len(names) > 50
    exported = set(re.findall(r" [TDBR] (\w+)$", run("nm", "-D", _find(root, "bin/dpdk-xebra")).stdout, re.M))
    assert sorted(names - exported) == []


def test_public_headers_compile_alone(root, tmp_path):
    """Each one, with nothing but what pkg-config says."""
    prefix = _pc(root, "--variable=prefix")[0]
    flags = [flag.replace(f"-I{prefix}", f"-I{root}{prefix}") for flag in _pc(root, "--cflags")]
    headers = sorted(_find(root, "include/xebra").glob("*.h"))
    assert len(headers) > 5
    for header in headers:
        source = tmp_path / "one.c"
        source.write_text(f'#include <{header.name}>\nint one(void);\nint one(void) {{ return 1; }}\n')
        run("cc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-c", "-o", tmp_path / "one.o",
            *flags, source)


_PLUGIN = """
#include <xebra_cmd.h>

static int
greet(const json_t *args, json_t **reply, struct xebra_err *err)
{
	(void)args;
	(void)err;
	*reply = json_pack("{s:s}", "greeting", "hello from a plugin");
	return 0;
}

static struct xebra_cmd greeting = {.name = "show greeting", .help = "Say hello.", .run = greet};
XEBRA_CMD(greeting)
"""


def test_a_plugin_built_from_what_is_installed_is_loaded(root):
    prefix = _pc(root, "--variable=prefix")[0]
    flags = [flag.replace(f"-I{prefix}", f"-I{root}{prefix}") for flag in _pc(root, "--cflags")]
    source, plugin = root / "greeting.c", root / "greeting.so"
    source.write_text(_PLUGIN)
    run("cc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", plugin, *flags,
        source)
    lab = Lab()
    lab.config["plugins"] = [str(plugin)]
    router = lab.start()
    assert router.ctl("show", "greeting") == {"greeting": "hello from a plugin"}
    router.stop()


def unit_line(text, name):
    """The value of the only line `name`=... of a unit."""
    values = [line.split("=", 1)[1] for line in text.splitlines() if line.startswith(f"{name}=")]
    assert len(values) == 1, f"{name} is there {len(values)} times"
    return values[0]


@pytest.mark.parametrize("name, reload", [
    ("dpdk-xebra", "xebractl config reload"),
    ("dpdk-xebra-pf", "xebractl -s /run/xebra/pf.sock config reload"),
    ("dpdk-xebra-nic", "xebractl -s /run/xebra/nic.sock config reload"),
])
def test_service_is_one_that_systemd_accepts(root, name, reload):
    unit = _find(root, f"{name}.service")
    text = unit.read_text()
    assert "Type=notify" in text and "NoNewPrivileges=yes" in text
    program = unit_line(text, "ExecStart").split()
    assert os.path.basename(program[0]) == name
    config = program[program.index("--config") + 1]
    # "config save" writes beside the file, a refused reload fails, members of control.group reach the socket
    assert f"-{os.path.dirname(config)}" in unit_line(text, "ReadWritePaths").split()
    assert unit_line(text, "ExecReload") == f"{os.path.dirname(program[0])}/{reload}"
    assert unit_line(text, "RuntimeDirectoryMode") == "0755"
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    # It complains about the program, which is not at its place yet, and about nothing else.
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    complaints = [line for line in done.stdout.splitlines() if unit.name in line and "not executable" not in line]
    assert not complaints


def test_man_pages_are_installed(root):
    if not shutil.which("sphinx-build"):
        pytest.skip("no Sphinx here")
    for page in ("man8/dpdk-xebra.8", "man8/dpdk-xebra-pf.8", "man8/dpdk-xebra-nic.8", "man1/xebractl.1"):
        assert ".SH SYNOPSIS" in _find(root, page).read_text().upper().replace('"', "")
