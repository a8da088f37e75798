"""Country names to ISO 3166-1 alpha-3: one readable name a country, and the publishers' other spellings.

In: a name as USGS, Census, BGS, IEA, CEPII or a press table spells it. Out: the readable name and the code;
an unknown name is an error, never a guess.
"""

import difflib
import re
from typing import NamedTuple

from claimbook.errors import ClaimbookError


class UnknownCountryError(ClaimbookError):
    """A name that is in no list here; add it by hand once it is certain what it stands for."""


class Place(NamedTuple):
    """A readable name with its code; `iso3` is empty for groups of countries and for former states."""

    name: str
    iso3: str


NAMES = {
    "AFG": "Afghanistan", "AGO": "Angola", "ALB": "Albania", "ARE": "United Arab Emirates",
    "ARG": "Argentina", "ARM": "Armenia", "AUS": "Australia", "AUT": "Austria", "AZE": "Azerbaijan",
    "BDI": "Burundi", "BEL": "Belgium", "BFA": "Burkina Faso", "BGD": "Bangladesh", "BGR": "Bulgaria",
    "BHR": "Bahrain", "BHS": "Bahamas", "BIH": "Bosnia and Herzegovina", "BLR": "Belarus",
    "BOL": "Bolivia", "BRA": "Brazil", "BRN": "Brunei", "BTN": "Bhutan", "BWA": "Botswana",
    "CAF": "Central African Republic", "CAN": "Canada", "CHE": "Switzerland", "CHL": "Chile",
    "CHN": "China", "CIV": "Côte d’Ivoire", "CMR": "Cameroon", "COD": "Congo (Kinshasa)",
    "COG": "Congo (Brazzaville)", "COL": "Colombia", "CRI": "Costa Rica", "CUB": "Cuba", "CYP": "Cyprus",
    "CZE": "Czechia", "DEU": "Germany", "DNK": "Denmark", "DOM": "Dominican Republic", "DZA": "Algeria",
    "ECU": "Ecuador", "EGY": "Egypt", "ERI": "Eritrea", "ESP": "Spain", "EST": "Estonia",
    "ETH": "Ethiopia", "FIN": "Finland", "FJI": "Fiji", "FRA": "France", "GAB": "Gabon",
    "GBR": "United Kingdom", "GEO": "Georgia", "GHA": "Ghana", "GIN": "Guinea", "GLP": "Guadeloupe",
    "GRC": "Greece", "GRL": "Greenland", "GTM": "Guatemala", "GUY": "Guyana", "HKG": "Hong Kong",
    "HND": "Honduras", "HRV": "Croatia", "HUN": "Hungary", "IDN": "Indonesia", "IND": "India",
    "IRL": "Ireland", "IRN": "Iran", "IRQ": "Iraq", "ISL": "Iceland", "ISR": "Israel", "ITA": "Italy",
    "JAM": "Jamaica", "JOR": "Jordan", "JPN": "Japan", "KAZ": "Kazakhstan", "KEN": "Kenya",
    "KGZ": "Kyrgyzstan", "KHM": "Cambodia", "KOR": "South Korea", "KWT": "Kuwait", "LAO": "Laos",
    "LBR": "Liberia", "LBY": "Libya", "LKA": "Sri Lanka", "LSO": "Lesotho", "LTU": "Lithuania",
    "LUX": "Luxembourg", "LVA": "Latvia", "MAC": "Macao", "MAR": "Morocco", "MDG": "Madagascar",
    "MEX": "Mexico", "MKD": "North Macedonia", "MLI": "Mali", "MLT": "Malta", "MMR": "Myanmar",
    "MNE": "Montenegro", "MNG": "Mongolia", "MOZ": "Mozambique", "MRT": "Mauritania", "MWI": "Malawi",
    "MYS": "Malaysia", "NAM": "Namibia", "NCL": "New Caledonia", "NGA": "Nigeria", "NIC": "Nicaragua",
    "NLD": "Netherlands", "NOR": "Norway", "NPL": "Nepal", "NZL": "New Zealand", "OMN": "Oman",
    "PAK": "Pakistan", "PAN": "Panama", "PER": "Peru", "PHL": "Philippines", "PNG": "Papua New Guinea",
    "POL": "Poland", "PRK": "North Korea", "PRT": "Portugal", "PRY": "Paraguay", "QAT": "Qatar",
    "ROU": "Romania", "RUS": "Russia", "RWA": "Rwanda", "SAU": "Saudi Arabia", "SDN": "Sudan",
    "SEN": "Senegal", "SGP": "Singapore", "SLB": "Solomon Islands", "SLE": "Sierra Leone",
    "SLV": "El Salvador", "SRB": "Serbia", "SVK": "Slovakia", "SVN": "Slovenia", "SWE": "Sweden",
    "SWZ": "Eswatini", "SYR": "Syria", "TGO": "Togo", "THA": "Thailand", "TJK": "Tajikistan",
    "TKM": "Turkmenistan", "TTO": "Trinidad and Tobago", "TUN": "Tunisia", "TUR": "Turkey",
    "TWN": "Taiwan", "TZA": "Tanzania", "UGA": "Uganda", "UKR": "Ukraine", "URY": "Uruguay",
    "USA": "United States", "UZB": "Uzbekistan", "VEN": "Venezuela", "VNM": "Vietnam", "YEM": "Yemen",
    "ZAF": "South Africa", "ZMB": "Zambia", "ZWE": "Zimbabwe",
}  # fmt: skip

# Other spellings, in lower case, by who uses them.
SPELLINGS = {
    # USGS
    "burma": "MMR", "korea, north": "PRK", "korea, republic of": "KOR", "republic of korea": "KOR",
    "new caledonia (overseas territory of france)": "NCL", "the bahamas": "BHS",
    # US Census Bureau
    "korea, south": "KOR", "macau": "MAC",
    # British Geological Survey
    "usa": "USA", "congo, democratic republic": "COD", "korea (rep. of)": "KOR", "czech republic": "CZE",
    "korea, dem. p.r. of": "PRK", "ireland, republic of": "IRL", "eswatini (swaziland)": "SWZ",
    "ivory coast": "CIV", "bosnia & herzegovina": "BIH",
    # Energy Institute, IEA
    "us": "USA", "russian federation": "RUS", "democratic republic of congo": "COD", "türkiye": "TUR",
    # CEPII (BACI)
    "rep. of korea": "KOR", "dem. people's rep. of korea": "PRK", "viet nam": "VNM",
    "china, hong kong sar": "HKG", "china, macao sar": "MAC", "dem. rep. of the congo": "COD",
    "lao people's dem. rep.": "LAO", "bosnia herzegovina": "BIH", "bolivia (plurinational state of)": "BOL",
    "united rep. of tanzania": "TZA", "brunei darussalam": "BRN", "central african rep.": "CAF",
    "dominican rep.": "DOM", "solomon isds": "SLB",
    # press and research tables
    "uae": "ARE", "uk": "GBR", "u.s.": "USA", "turkiye": "TUR", "dr congo": "COD",
}  # fmt: skip

GROUPS = {
    "world": "World", "world total": "World", "total world": "World", "total for all countries": "World",
    "world, not seasonally adjusted": "World", "all countries": "World",
    "other countries": "Other countries", "other": "Other countries", "rest of world": "Other countries",
    "european union": "European Union", "eu": "European Union", "usmca (nafta)": "USMCA",
    "united states and canada": "United States and Canada",
    "china, germany, and russia": "China, Germany, and Russia",
    "japan and republic of korea": "Japan and South Korea",
    "soviet union": "Soviet Union", "czechoslovakia": "Czechoslovakia", "yugoslavia": "Yugoslavia",
    "german democratic rep": "German Democratic Republic", "serbia and montenegro": "Serbia and Montenegro",
    "kosovo": "Kosovo",
}  # fmt: skip

_BY_NAME = {name.lower(): code for code, name in NAMES.items()} | SPELLINGS


def place(name: str) -> Place:
    """Return the readable name and the ISO 3166-1 alpha-3 code of a country or group of countries.

    Parameters
    ----------
    name : str
        Any spelling in this module; case, kind of space and form of the apostrophe don't matter.

    Raises
    ------
    UnknownCountryError
        If the name is in no list; near names are shown.
    """
    key = re.sub(r"\s+", " ", str(name)).strip().lower()
    code = _BY_NAME.get(key) or _BY_NAME.get(key.replace("'", "’")) or _BY_NAME.get(key.replace("’", "'"))
    if code:
        return Place(NAMES[code], code)
    if key in GROUPS:
        return Place(GROUPS[key], "")
    near = difflib.get_close_matches(key, [*_BY_NAME, *GROUPS], n=3, cutoff=0.6)
    hint = f"near names: {', '.join(near)}" if near else "no name is near"
    raise UnknownCountryError(f"country {name!r} is not in claimbook.refresh.countries ({hint}); add it by hand")


def iso3(name: str) -> str:
    """Return the ISO 3166-1 alpha-3 code, empty for groups of countries; see `place`."""
    return place(name).iso3
