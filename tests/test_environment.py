import tomllib

import yaml

from claimbook import environment
from claimbook.home import home

LOCK = "a==1.0 \\\n    --hash=sha256:00\nb-c==2.1 ; os_name == 'nt' \\\n    --hash=sha256:01\n"


def test_pins():
    assert environment.pins(LOCK) == ["a==1.0", "b-c==2.1 ; os_name == 'nt'"]


def test_environment_yml_holds_the_pins_of_the_lock():
    lock = (home() / "requirements.lock").read_text(encoding="utf-8")
    listed = yaml.safe_load((home() / "environment.yml").read_text(encoding="utf-8"))["dependencies"][-1]["pip"]
    assert listed == [*environment.pins(lock), "-e ."]


def test_every_pin_is_hashed_and_every_dependency_pinned():
    lock = (home() / "requirements.lock").read_text(encoding="utf-8")
    assert all("--hash=sha256:" in block for block in lock.replace("\n    ", " ").splitlines() if "==" in block)
    project = tomllib.loads((home() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = (
        project["dependencies"] + project["optional-dependencies"]["test"] + project["optional-dependencies"]["site"]
    )
    assert {name.lower() for name in wanted} <= {pin.split("==")[0] for pin in environment.pins(lock)}
