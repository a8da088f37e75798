"""environment.yml for conda and Binder, written from requirements.lock so that both name the same pins."""

import re
from pathlib import Path

from claimbook.home import home

PYTHON = "3.12"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(;[^\\]*)?", re.M)


def pins(lock: str) -> list[str]:
    """Return the pins of a lock file, markers kept, hashes left out: ``name==version ; marker``."""
    return [
        f"{name}=={version}{' ' + marker.strip() if marker and marker.strip() else ''}"
        for name, version, marker in _PIN.findall(lock)
    ]


def environment(lock: str) -> str:
    """Return the text of environment.yml for a lock file."""
    lines = "\n".join(f'      - "{pin}"' if ";" in pin else f"      - {pin}" for pin in pins(lock))
    return (
        "# Written from requirements.lock by `make lock`; conda and Binder read it.\n"
        f"name: claimbook\nchannels:\n  - conda-forge\ndependencies:\n  - python={PYTHON}\n  - pip\n  - pip:\n{lines}\n"
        "      - -e .\n"
    )


def write(root: Path | None = None) -> None:
    """Write environment.yml anew."""
    root = root or home()
    text = environment((root / "requirements.lock").read_text(encoding="utf-8"))
    (root / "environment.yml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
