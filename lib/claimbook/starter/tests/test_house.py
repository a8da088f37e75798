"""The house is in order: ledger, quotations, evidence, tables and notebooks."""

from claimbook.check import check


def test_the_house_has_no_fault():
    assert check() == []
