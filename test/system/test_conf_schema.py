# SPDX-License-Identifier: BSD-3-Clause
"""The JSON Schema and the program agree: what the program accepts is right by the schema."""
import json
import os

import jsonschema
import pytest

from xbt import BUILD, TOP, environment, program, run


@pytest.fixture(scope="module")
def judge():
    schema = json.loads(run(program("dpdk-xebra"), "config", "schema", env=environment()).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(judge, config):
    return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(config)]


def test_the_schema_accepts_every_random_configuration_that_the_program_accepts(judge, tmp_path):
    accepted = tmp_path / "accepted"
    run(os.path.join(BUILD, "test", "unit", "test_conf_mutate"),
        env={**environment(), "XEBRA_ACCEPTED": str(accepted)}, timeout=600)
    lines = accepted.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 500
    for line in lines:
        config = json.loads(line)
        assert not complaints(judge, config), line


@pytest.mark.parametrize("change, key", [
    (lambda c: c["interfaces"]["lan"].update(vlan=5000), "vlan"),
    (lambda c: c["interfaces"]["lan"].update(vlam=5), "vlam"),
    (lambda c: c["interfaces"]["lan"].pop("port"), "port"),
    (lambda c: c["ip4"]["interfaces"]["lan"].update(addresses=["10.0.1.1"]), "addresses"),
    (lambda c: c.update(prots={}), "prots"),
    (lambda c: c["workers"].update(polling="lazy"), "polling"),
], ids=["range", "unknown", "missing", "form", "section", "word"])
def test_the_schema_refuses_what_the_program_refuses(judge, tmp_path, change, key):
    with open(os.path.join(TOP, "config", "two-networks.json"), encoding="utf-8") as f:
        config = {"workers": {}, **json.load(f)}
    assert not complaints(judge, config)
    change(config)
    assert any(key in text for text in complaints(judge, config))
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(config))
    done = run(program("dpdk-xebra"), "config", "check", path, check=False, env=environment())
    assert done.returncode == 1 and key in done.stdout
