"""Formulas as MathML, which browsers set themselves: no script, no font, no picture; the TeX is kept for copying.

In: math nodes of Sphinx. Out: MathML. An extension of Sphinx (`setup`).
"""

from html import unescape
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element


def mathml(tex: str, display: str) -> str:
    """Return a formula as MathML with its TeX as annotation.

    Parameters
    ----------
    tex : str
    display : {"inline", "block"}
    """
    made = convert_to_element(tex, display=display)
    for part in made.iter():  # signs come as written-out references; the converter's own undoing undoes "&lt;" too
        part.text = unescape(part.text) if part.text else part.text
        part.attrib.pop("href", None)  # a formula leads nowhere
    inner = list(made)
    for child in inner:
        made.remove(child)
    semantics = ElementTree.SubElement(made, "semantics")
    semantics.extend(inner)
    ElementTree.SubElement(semantics, "annotation", encoding="application/x-tex").text = tex
    return ElementTree.tostring(made, encoding="unicode")


def _inline(translator, node) -> None:
    from docutils import nodes

    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(translator, node) -> None:
    from docutils import nodes

    translator.body.append(f'<div class="formula" role="group" aria-label="Formula" tabindex="0">'
                           f"{mathml(node.astext(), 'block')}</div>")  # fmt: skip
    raise nodes.SkipNode


def setup(app) -> dict:
    """Register the renderer with Sphinx under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
