# Sphinx configuration of the reading copy. `claimbook.publish` prepares the pages and passes what differs from story to
# story; here is what does not. Nothing is executed, nothing is fetched.
from functools import cache

from sphinx.search.en import SearchEnglish

project = "claimbook"
author = copyright = "The claimbook authors"
extensions = ["myst_nb", "claimbook.publish_math"]
html_math_renderer = "mathml"
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
root_doc = "index"
language = "en"
smartquotes = False  # quotations are verbatim
suppress_warnings = ["toc.not_included", "myst.header"]  # the reading order is in the theme; notebooks may skip a level

nb_execution_mode = "off"
nb_code_prompt_show = "Code"
nb_code_prompt_hide = "Code"
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
myst_dmath_allow_digits = False  # "from $8.5 billion to $40 billion" is no formula
myst_dmath_allow_space = False
myst_disable_syntax = ["html_block", "html_inline", "myst_role", "myst_target"]  # as in Jupyter, and safe
# Pages are named relative to where the text stands, so that the site can be read from a folder as well.
myst_url_schemes = {
    "http": None, "https": None, "mailto": None, "site": "{{path}}", "sitepart": "{{path}}#{{fragment}}",
}  # fmt: skip

html_theme = "theme"
html_theme_path = ["."]
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_domain_indices = False
html_permalinks_icon = "#"
html_last_updated_fmt = None
html_favicon = "favicon.svg"


class SearchEachWordOnce(SearchEnglish):
    """English as Sphinx searches it; the stem of a word is found once, not at each place where the word stands."""

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self.stem = cache(super().stem)


def setup(app) -> None:
    app.add_search_language(SearchEachWordOnce)
