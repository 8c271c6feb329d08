# SPDX-License-Identifier: BSD-3-Clause
"""Reference pages that the programs write themselves, so that they are what they do.

    .. xebra-commands:: dpdk-xebra          every command, from `dpdk-xebra commands`
    .. xebra-configuration:: dpdk-xebra     every setting, from `dpdk-xebra config schema`

The programs are those in the build folder XBT_BUILD (default: build).
"""
import json
import os
import subprocess

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.nodes import nested_parse_with_titles

_TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def _ask(program, *words):
    path = os.path.join(os.environ.get("XBT_BUILD", os.path.join(_TOP, "build")), "app",
                        program.removeprefix("dpdk-"), program)
    try:
        return subprocess.run([path, *words], stdout=subprocess.PIPE, text=True, check=True, timeout=300).stdout
    except (OSError, subprocess.SubprocessError) as e:
        raise ExtensionError(f"the reference needs a built {program}: {e}") from e


class _Generated(Directive):
    required_arguments = 1      # the program

    def rst(self):
        raise NotImplementedError

    def run(self):
        node = nodes.section()
        node.document = self.state.document
        lines = StringList(self.rst().splitlines(), source=self.name)
        nested_parse_with_titles(self.state, lines, node)
        return node.children


class Commands(_Generated):
    """Every command."""

    def rst(self):
        return _ask(self.arguments[0], "commands")


class Configuration(_Generated):
    """Every setting, a table for each section."""

    def rst(self):
        schema = json.loads(_ask(self.arguments[0], "config", "schema"))
        lines = []
        for name, section in schema["properties"].items():
            lines += [name, "~" * len(name), "", section.get("description", ""), ""]
            rows = list(_settings(section, name, schema))
            if rows:
                lines += [".. list-table::", "   :header-rows: 1", "   :widths: 34 26 40", ""]
                for row in [("Setting", "Value", "Meaning"), *rows]:
                    lines += ["   * - " + row[0], "     - " + row[1], "     - " + row[2]]
                lines.append("")
        return "\n".join(lines)


def _settings(schema, path, root):
    """(path, values, meaning) of every setting below a schema."""
    schema = _resolve(schema, root)
    for key, value in schema.get("properties", {}).items():
        yield from _setting(value, f"{path}.{key}", root, key in schema.get("required", []))
    # Names that the user chooses: any name, or names of a form.
    patterns = list(schema.get("patternProperties", {}).values())
    if isinstance(schema.get("additionalProperties"), dict):
        patterns.append(schema["additionalProperties"])
    for value in patterns:
        yield from _setting(value, f"{path}.NAME", root, False)
    if "items" in schema and schema.get("type") == "array":
        yield from _settings(schema["items"], f"{path}[]", root)


def _setting(schema, path, root, required):
    schema = _resolve(schema, root)
    below = list(_settings(schema, path, root))
    meaning = schema.get("description", "")
    if required:
        meaning = f"{meaning} Required.".strip()
    if "default" in schema:
        meaning = f"{meaning} Default: ``{json.dumps(schema['default'])}``.".strip()
    if meaning or not below:
        yield f"``{path}``", _values(schema), meaning
    yield from below


def _resolve(schema, root):
    while "$ref" in schema:
        found = root
        for step in schema["$ref"].lstrip("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _values(schema):
    if "enum" in schema:
        return ", ".join(f"``{json.dumps(v)}``" for v in schema["enum"])
    kinds = schema.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else kinds
    if "minimum" in schema or "maximum" in schema:
        text += f" {schema.get('minimum', '')}..{schema.get('maximum', '')}"
    if "format" in schema:
        text += f" ({schema['format']})"
    return text


def setup(app):
    """Called by Sphinx."""
    app.add_directive("xebra-commands", Commands)
    app.add_directive("xebra-configuration", Configuration)
    return {"parallel_read_safe": True}
