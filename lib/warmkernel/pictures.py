"""Pictures compared as an eye would: small differences of drawing pass, a moved mark or another digit does not.

Two PNG files in; a sentence that says where they differ, or nothing, out.
"""

import base64
import io

SQUARE = 8  # pixels
TOLERANCE = 8  # mean absolute difference of a colour within a square, of 255


def difference(reference: str | bytes, test: str | bytes, tolerance: float = TOLERANCE) -> str | None:
    """Say how two pictures differ, if they do by more than drawing does.

    Parameters
    ----------
    reference, test : str or bytes
        PNG, as base64 text or as it is.
    tolerance : float
        Largest mean absolute difference of red, green or blue (0 to 255) allowed in any square of 8 by 8 pixels. The
        mean of a whole picture would not move for a changed digit; that of a square does.

    Returns
    -------
    str or None
    """
    reference, test = _bytes(reference), _bytes(test)
    if reference == test:
        return None
    from PIL import Image, ImageChops

    before, after = (Image.open(io.BytesIO(png)).convert("RGB") for png in (reference, test))
    if before.size != after.size:
        (wide, high), (width, height) = after.size, before.size
        return f"the picture is {wide} x {high} pixels, stored are {width} x {height}"
    squares = ImageChops.difference(before, after).reduce(SQUARE)
    worst = ImageChops.lighter(ImageChops.lighter(*squares.split()[:2]), squares.split()[2])
    if (most := worst.getextrema()[1]) <= tolerance:
        return None
    index = worst.tobytes().index(most)
    x, y = (SQUARE * place for place in (index % worst.width, index // worst.width))
    return f"the picture differs by {most} of 255 near pixel ({x}, {y}); allowed are {tolerance:g}"


def _bytes(png: str | bytes) -> bytes:
    return base64.b64decode(png) if isinstance(png, str) else png
