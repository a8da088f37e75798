"""The one error of a refresh."""

from claimbook.errors import ClaimbookError


class RefreshError(ClaimbookError):
    """A table could not be made anew; the message names the source, what was got and the remedy."""
