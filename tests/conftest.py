"""What many tests look at: both ledgers, and the built site, made once however many processes run."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from small_house import BASE

from claimbook.home import home
from claimbook.ledger import Ledger

settings.register_profile("house", deadline=None)  # how long an example takes on a busy machine says nothing
settings.load_profile("house")


def once(tmp_path_factory, name: str, make: Callable[[Path], None]) -> Path:
    """Folder that `make` fills, once for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def norland() -> Ledger:
    """The small ledger of must_fail/, which is in order."""
    return Ledger.load(BASE)


@pytest.fixture(scope="session")
def story() -> Ledger:
    """The ledger of this house."""
    return Ledger.load()


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Folder of the site of this house, built by the command line."""

    def make(out: Path) -> None:
        command = [sys.executable, "-m", "claimbook", "site", "--out", str(out)]
        done = subprocess.run(command, cwd=home(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    return once(tmp_path_factory, "site", make)


@pytest.fixture(scope="session")
def spoiled_site(tmp_path_factory) -> Path:
    """Folder of a site made from an article and a ledger that try to run scripts; the house is two folders up."""
    from spoiled import spoiled_house, spoiled_ledger

    from claimbook.publish import build

    def make(folder: Path) -> None:
        house = spoiled_house(folder)
        build(root=house, ledger=spoiled_ledger(house))

    return once(tmp_path_factory, "spoiled", make) / "house" / "build" / "site"
