"""`r1 doctor`: what is there is named with its version, what is not with what to do."""

import json
import shutil
from importlib.metadata import version

import pytest

from r1data import sandbox
from r1data.recipe import doctor
from tests.conftest import Run


def found(part: str) -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in doctor.examine(part)}


def test_an_installed_package_has_its_version() -> None:
    assert found("packages")["trl"].detail.startswith(version("trl"))


def test_a_missing_package_says_which_extra_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", [("no-such-package", "hub", "tests")])
    missing = found("packages")["no-such-package"]
    assert (missing.state, missing.remedy) == ("missing", "uv pip install 'r1data[hub]'")


def test_the_isolation_in_force_is_the_one_that_runs_use() -> None:
    assert found("sandbox")[sandbox.isolation().name].state == "ok"


def test_no_isolation_is_told_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    none = sandbox.Isolation("none", [], ["no namespaces: allow them"])
    monkeypatch.setattr("r1data.sandbox.probe.isolation", lambda: none)
    assert found("sandbox")["isolation"].remedy == "no namespaces: allow them"


def test_a_language_without_its_tool_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "node" else which(name))
    assert found("sandbox")["javascript"].remedy == "apt-get install nodejs"


def test_the_command_prints_one_object(r1: Run) -> None:
    said = json.loads(r1("doctor", "--json").stdout)["findings"]
    assert {"part", "name", "state", "detail", "remedy"} == set(said[0])
    assert {"machine", "packages", "sandbox"} <= {finding["part"] for finding in said}


def test_the_command_speaks_to_people(r1: Run) -> None:
    done = r1("doctor")
    assert done.returncode == 0 and "packages" in done.stderr and not done.stdout
