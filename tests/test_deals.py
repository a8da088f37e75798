import pandas as pd
import pytest

from claimbook.deals import (
    NAMES,
    DealError,
    deals_table,
    on_the_trip,
    shares_of_output,
    signed_texts,
    signers,
    steps,
    sums,
    with_closed,
)
from claimbook.tables import load

AGREEMENTS, MONEY, DELIVERY = load("agreements"), load("agreement_money"), load("agreement_delivery")


def test_who_signed():
    # joint statements (Vietnam, Thailand's trade) and the fact sheet on Korea are no signatures
    assert signers(AGREEMENTS) == ["AUS", "JPN", "KHM", "MYS", "THA"]
    texts = signed_texts(AGREEMENTS).set_index("id")["binding"]
    assert texts.to_dict() == {
        "au-framework-2025-10": "no", "jp-framework-2025-10": "no", "kh-art-2025-10": "in-form",
        "my-art-2025-10": "in-form", "my-mou-2025-10": "no", "th-mou-2025-10": "no",
    }  # fmt: skip
    documents = on_the_trip(AGREEMENTS)
    assert documents["signed_on"].is_monotonic_increasing
    assert set(documents["iso3"]) == {"AUS", "JPN", "KHM", "KOR", "MYS", "THA", "VNM"}
    assert set(documents["deal_id"]) <= set(NAMES)


def test_table_for_readers():
    shown = deals_table(on_the_trip(AGREEMENTS)).set_index(["Partner", "Instrument"])
    framework = shown.loc[("Australia", "framework")]
    assert framework["Date"] == "20 Oct 2025" and framework["Binding"] == "no"
    assert framework["Money"].startswith("$1 billion: at least")
    assert shown.loc[("Vietnam", "joint statement"), "Minerals named"] == "no minerals clause"
    assert shown["Export bans"].notna().all() and shown["Binding"].notna().all()


def test_sums_of_the_australian_deal():
    found = sums(MONEY, "au-minerals").set_index("kind")["billion_usd"]
    assert found["pipeline-value"] == 8.5
    assert found["letters-of-interest"] == 2.2  # the letters, not also the single ones among them
    assert sorted(found["undertaken-six-months"]) == [2.0, 3.0]  # 1 billion in each of two countries; 3 together
    with pytest.raises(DealError, match="no sums for deal 'xx'"):
        sums(MONEY, "xx")


def test_steps_are_sorted_into_kinds():
    found = steps(DELIVERY, ["jp-investment", "au-minerals"])
    assert found["deal"].drop_duplicates().tolist() == ["Japan: investment", "Australia: minerals"]
    assert set(found.loc[found["deal_id"] == "jp-investment", "step"]) == {"words and plans"}
    eneabba = found[found["what"].str.contains("Eneabba")]
    assert eneabba["step"].tolist() == ["beside the deal"]
    closed = DELIVERY.assign(kind="money-closed", relation="under-deal", unit="USD", amount=2e9)
    assert set(steps(closed, ["th-minerals"])["step"]) == {"delivered"}
    odd = DELIVERY.assign(kind="miracle")
    with pytest.raises(DealError, match="kind 'miracle' has no place"):
        steps(odd, ["au-minerals"])


def test_money_found_closed():
    found = sums(MONEY, "au-minerals")
    last = with_closed(found, steps(DELIVERY, ["au-minerals"]), "au-minerals").iloc[-1]
    assert (last["component"], last["billion_usd"]) == ("closed: none found", 0)
    loan = DELIVERY.assign(kind="money-closed", relation="under-deal", unit="USD", amount=5e8)
    loan = loan[loan["id"] == "au-letters-closed"]
    assert with_closed(found, steps(loan, ["au-minerals"]), "au-minerals")["billion_usd"].iloc[-1] == 0.5


def test_shares_by_hand():
    rows = pd.DataFrame({
        "edition": "E", "year": 2024, "kind": "production", "product": "Gallium", "stage": "primary",
        "area": ["country"] * 3 + ["world"], "iso3": ["CHN", "JPN", "USA", None], "value": [75.0, 5.0, None, 100.0],
    })  # fmt: skip
    found = shares_of_output(rows, "E", 2024, {"Gallium": "primary"}, {"China": ["CHN"], "signed": ["JPN", "AUS"]})
    assert found.loc["Gallium"].to_dict() == {"China": 75, "signed": 5, "others": 20}
    with pytest.raises(DealError, match="no world total of Tin"):
        shares_of_output(rows, "E", 2024, {"Tin": "mine"}, {})


def test_partners_share_of_rare_earths_by_edition():
    production = load("mineral_production")
    groups = {"signed": signers(AGREEMENTS)}
    first, later = (
        shares_of_output(production, edition, year, {"Rare earths": "mine"}, groups)["signed"].item()
        for edition, year in (("MCS 2025", 2024), ("MCS 2026", 2025))
    )
    assert first == pytest.approx((13_000 + 130 + 13_000) / 3900)
    assert later == pytest.approx((29_000 + 110 + 4_800) / 3900)
