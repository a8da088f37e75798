"""Spoiled houses: each folder of must_fail/, laid over a house in order, is refused: this fault and no other."""

from pathlib import Path

import pytest
from small_house import small_house

from claimbook.check import check, run_check

FOLDER = Path(__file__).parent / "must_fail"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir() and path.name != "_base")


def house(case: Path | None, into: Path) -> Path:
    """A copy of the base with a case laid over it; `remove.txt` names a file to take away."""
    home = small_house(into, case)
    if case is not None and (case / "remove.txt").exists():
        (home / (case / "remove.txt").read_text(encoding="utf-8").strip()).unlink()
    return home


def test_the_base_is_in_order(tmp_path, capsys):
    assert run_check(house(None, tmp_path)) == 0
    assert capsys.readouterr().out == "4 sentences, 4 claims, 7 evidence, 7 sources: ok\n"


def test_there_are_enough_spoiled_inputs():
    assert len(CASES) >= 24


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_spoiled_input_is_refused(case, tmp_path, capsys):
    expected = (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    home = house(case, tmp_path)
    told = [str(fault) for fault in check(home)]
    for piece in expected:
        assert any(piece in line for line in told), "\n".join([f"expected: {piece}", *told])
    assert len(told) == len(expected), "\n".join(told)
    assert run_check(home) == 1
    assert capsys.readouterr().out.splitlines()[:-1] == told
