"""The commodities and products of the USGS Mineral Commodity Summaries, one spelling across editions 2022-2026.

In: the file code (2022-2024), COMMODITY (2025) or MCS chapter (2026) with the form as printed. Out: commodity,
product and stage.
"""

import re

from claimbook.refresh.core import RefreshError

# commodity | stage of its production | file codes and spellings of the editions
_COMMODITIES = """
Abrasives | plant | abras; abrasives; abrasives (manufactured)
Aluminum | smelter | alumi; alum
Antimony | mine | antim
Arsenic | plant | arsen
Asbestos | mine | asbes
Barite | mine | barit
Bauxite and alumina | mine | bauxi; bauxite
Beryllium | mine | beryl
Bismuth | refinery | bismu
Boron | mine | boron
Bromine | plant | bromi
Cadmium | refinery | cadmi
Cement | plant | cemen
Cesium | mine | cesium
Chromium | mine | chrom
Clays | mine | clays
Cobalt | mine | cobal
Copper | mine | coppe
Diamond (industrial) | mine | diamo
Diatomite | mine | diato
Feldspar and nepheline syenite | mine | felds; feldspar
Fluorspar | mine | fluor
Gallium | primary | galli
Garnet (industrial) | mine | garne
Gemstones | mine | gemst
Germanium | refinery | germa; gemanium
Gold | mine | gold
Graphite (natural) | mine | graph; graphite
Gypsum | mine | gypsu
Helium and rare gases | plant | heliu; helium
Indium | refinery | indiu
Iodine | mine | iodin
Iron and steel | plant | feste
Iron and steel scrap | plant | fescr
Iron and steel slag | plant | fesla
Iron ore | mine | feore
Iron oxide pigments | mine | fepig
Kyanite and related minerals | mine | kyani
Lead | mine | lead
Lime | plant | lime
Lithium | mine | lithi
Magnesium compounds | mine | mgcomp
Magnesium metal | smelter | mgmet
Manganese | mine | manga
Mercury | mine | mercu
Mica (natural) | mine | mica
Molybdenum | mine | molyb
Nickel | mine | nicke
Niobium | mine | niobi; niobium (columbium)
Nitrogen (fixed), ammonia | plant | nitro; nitrogen(fixed) - ammonia; nitrogen (fixed)—ammonia
Peat | mine | peat
Perlite | mine | perli
Phosphate rock | mine | phosp
Platinum-group metals | mine | plati; platinum
Potash | mine | potas
Pumice and pumicite | mine | pumic; pumice & pumicite
Quartz (high-purity and cultured) | mine | quart; quartz; quartz (high-purity and industrial cultured crystal)
Rare earths | mine | raree; rareee
Rare earths (heavy) | mine | rare earths (heavy)
Rhenium | mine | rheni
Rubidium | mine | rubidium
Salt | mine | salt
Sand and gravel (construction) | mine | sandc
Sand and gravel (industrial) | mine | sandi
Scandium | plant | scand; scandi
Selenium | refinery | selen
Silicon | plant | simet
Silver | mine | silve
Soda ash | mine | sodaa
Stone (crushed) | mine | stonc; stonec
Stone (dimension) | mine | stond
Strontium | mine | stron
Sulfur | plant | sulfu
Talc and pyrophyllite | mine | talc; talc, crude
Tantalum | mine | tanta
Tellurium | refinery | tellu
Thallium | mine | thall; thalli
Thorium | mine | thori
Tin | mine | tin
Titanium and titanium dioxide | smelter | titan; titanium & titanium dioxide
Titanium mineral concentrates | mine | timin; titanium
Tungsten | mine | tungs
Vanadium | mine | vanad
Vermiculite | mine | vermi
Wollastonite | mine | wolla
Yttrium | mine | yttri
Zeolites (natural) | mine | zeoli
Zinc | mine | zinc
Zirconium and hafnium | mine | zirco; zirco-hafni
"""

# commodity: (pattern in "commodity|form", product, stage), the first that matches; else the commodity itself.
_PRODUCTS = {
    "Abrasives": (("fused", "Aluminum oxide, fused", "plant"), ("carbide", "Silicon carbide", "plant")),
    "Bauxite and alumina": (("refinery", "Alumina", "refinery"), ("bauxite", "Bauxite", "mine")),
    "Boron": (("", "Boron (forms as printed)", "mine"),),
    "Cement": (("clinker", "Clinker", "plant"), ("cement", "Cement", "plant")),
    "Chromium": (("cr2o3", "Chromium (Cr2O3 content)", "mine"), ("", "Chromium (ore, gross weight)", "mine")),
    "Clays": (
        ("bentonite", "Bentonite", "mine"), ("fuller", "Fuller’s earth", "mine"), ("kaolin", "Kaolin", "mine"),
    ),
    "Copper": (("refinery", "Copper", "refinery"), ("", "Copper", "mine")),
    "Helium and rare gases": (
        ("neon", "Neon", "plant"), ("krypton", "Krypton", "plant"), ("xenon", "Xenon", "plant"),
        ("helium", "Helium", "plant"),
    ),
    "Iron and steel": (("pig", "Pig iron", "plant"), ("raw steel", "Raw steel", "plant")),
    "Iron and steel slag": (("iron slag", "Iron slag", "plant"), ("", "Steel slag", "plant")),
    "Iron ore": (("iron content", "Iron ore (iron content)", "mine"), ("", "Iron ore (usable or crude)", "mine")),
    "Kyanite and related minerals": (("", "Kyanite and related minerals (forms as printed)", "mine"),),
    "Mica (natural)": (("sheet", "Mica (sheet)", "mine"), ("scrap", "Mica (scrap and flake)", "mine")),
    "Platinum-group metals": (
        ("palladium", "Palladium", "mine"), ("platinum[^-]*$", "Platinum", "mine"),
        ("", "Platinum-group metals", "mine"),
    ),
    "Potash": ((r"recoverable ore|^potas\|ore \|", "Potash (recoverable ore)", "mine"), ("", "Potash (K2O)", "mine")),
    "Silicon": (
        ("combined", "Ferrosilicon and silicon metal", "plant"), ("fer+osilicon", "Ferrosilicon", "plant"),
        ("silicon metal", "Silicon metal", "plant"),
    ),
    "Soda ash": (
        ("natural and synthetic", "Soda ash (natural and synthetic)", "plant"),
        ("synthetic", "Soda ash (synthetic)", "plant"), ("natural", "Soda ash (natural)", "mine"),
    ),
    "Talc and pyrophyllite": (("", "Talc and pyrophyllite (forms as printed)", "mine"),),
    "Titanium and titanium dioxide": ((r"\| ?(?:tio2 )?pigment", "Titanium dioxide pigment", "plant"),
                                      ("", "Titanium sponge", "smelter")),
    "Titanium mineral concentrates": (
        ("il(?:men|ment)ite and rutile", "Ilmenite and rutile", "mine"), ("rutile", "Rutile", "mine"),
        ("il(?:men|ment)ite", "Ilmenite", "mine"),
    ),
}  # fmt: skip


def _spellings() -> dict[str, tuple[str, str]]:
    found = {}
    for line in _COMMODITIES.strip().splitlines():
        commodity, stage, spellings = (part.strip() for part in line.split(" | "))
        for spelling in [commodity, *spellings.split("; ")]:
            found[spelling.lower()] = (commodity, stage)
    return found


_SPELLINGS = _spellings()


def commodity(printed: str) -> str:
    """Return the commodity that a file code, a COMMODITY or an MCS chapter stands for."""
    return _commodity(printed)[0]


def product(printed: str, form: str) -> tuple[str, str]:
    """Return the product and the stage (mine, smelter, refinery, plant, primary) of a printed series."""
    name, stage = _commodity(printed)
    text = f"{printed}|{form}".lower()
    if name not in _PRODUCTS:
        return name, stage
    for pattern, found, of_stage in _PRODUCTS[name]:
        if re.search(pattern, text):
            return found, of_stage
    raise RefreshError(f"USGS {printed}: form {form!r} is new; add it to minerals_usgs_names.py")


def _commodity(printed: str) -> tuple[str, str]:
    key = " ".join(printed.split()).lower()
    if key not in _SPELLINGS:
        raise RefreshError(f"USGS commodity {printed!r} is new; add it to minerals_usgs_names.py")
    return _SPELLINGS[key]
