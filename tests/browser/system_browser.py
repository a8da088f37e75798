"""Which browser the tests drive, and what they say when there is none."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no Chromium, so the pages were not tried in a browser. Install one (Debian: apt-get install -y chromium), or name "
    "one with CHROMIUM=/path/to/it, and run: .venv/bin/python -m pytest tests/browser"
)


def chromium() -> str | None:
    """Return the browser that CHROMIUM names, else the system's."""
    return os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
