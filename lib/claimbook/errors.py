"""The errors a user can meet; each message names the file, the record, what is wrong and the remedy."""


class ClaimbookError(Exception):
    """Base of every error this library raises on bad input."""
