import re
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from claimbook import environment
from claimbook.home import home

LOCK = "a==1.0 \\\n    --hash=sha256:00\nb-c==2.1 ; os_name == 'nt' \\\n    --hash=sha256:01\n"


def test_pins():
    assert environment.pins(LOCK) == ["a==1.0", "b-c==2.1 ; os_name == 'nt'"]


def test_environment_yml_is_written_whole_from_the_lock():
    lock = (home() / "requirements.lock").read_text(encoding="utf-8")
    assert (home() / "environment.yml").read_text(encoding="utf-8") == environment.environment(lock)


def test_binder_finds_what_it_reads():
    """As repo2docker's conda build pack reads it: Python as `python=3.x`, pins under pip, the package as `-e .`."""
    assert not any((home() / name).exists() for name in ("binder", ".binder")), "would be read instead of the top level"
    written = yaml.safe_load((home() / "environment.yml").read_text(encoding="utf-8"))
    (python,) = (line for line in written["dependencies"] if str(line).startswith("python"))
    version = re.fullmatch(r"python=(3\.\d+)", python)[1]
    *pins, package = written["dependencies"][-1]["pip"]
    named = [Requirement(pin) for pin in pins]
    project = tomllib.loads((home() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version in SpecifierSet(project["requires-python"])
    assert package == "-e ." and {"jupyterlab", "ipykernel"} <= {requirement.name for requirement in named}


def test_every_pin_is_hashed_and_every_dependency_pinned():
    lock = (home() / "requirements.lock").read_text(encoding="utf-8")
    assert all("--hash=sha256:" in block for block in lock.replace("\n    ", " ").splitlines() if "==" in block)
    project = tomllib.loads((home() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = (
        project["dependencies"] + project["optional-dependencies"]["test"] + project["optional-dependencies"]["site"]
    )
    assert {name.lower() for name in wanted} <= {pin.split("==")[0] for pin in environment.pins(lock)}
