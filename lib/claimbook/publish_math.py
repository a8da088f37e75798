"""Formulas as MathML, which browsers set themselves: no script, no font, no picture; the TeX is kept for copying.

In: math nodes of Sphinx. Out: MathML. An extension of Sphinx (`setup`).
"""

from xml.etree import ElementTree

from latex2mathml.converter import convert

_MATHML = "http://www.w3.org/1998/Math/MathML"


def mathml(tex: str, display: str) -> str:
    """Return a formula as MathML with its TeX as annotation.

    Parameters
    ----------
    tex : str
    display : {"inline", "block"}
    """
    ElementTree.register_namespace("", _MATHML)
    made = ElementTree.fromstring(convert(tex, display=display))
    inner = list(made)
    for child in inner:
        made.remove(child)
    semantics = ElementTree.SubElement(made, f"{{{_MATHML}}}semantics")
    semantics.extend(inner)
    annotation = ElementTree.SubElement(semantics, f"{{{_MATHML}}}annotation", encoding="application/x-tex")
    annotation.text = tex
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
