"""The built site, made once for all tests that look at it, however many processes run them."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from claimbook.home import home

settings.register_profile("house", deadline=None)  # how long an example takes on a busy machine says nothing
settings.load_profile("house")


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Folder of the site of this house, built by the command line."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out = shared / "site"
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "external-links.csv").exists():
            command = [sys.executable, "-m", "claimbook", "site", "--out", str(out)]
            done = subprocess.run(command, cwd=home(), capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def spoiled_site(tmp_path_factory) -> Path:
    """Folder of a site made from an article and a ledger that try to run scripts."""
    from spoiled import spoiled_house, spoiled_ledger

    from claimbook.publish import Site

    house = spoiled_house(tmp_path_factory.mktemp("spoiled"))
    out = house / "build" / "site"
    out.parent.mkdir()
    Site(house, out, ledger=spoiled_ledger(house)).build()
    return out
