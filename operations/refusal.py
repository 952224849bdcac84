"""Saying no."""


class Refused(Exception):
    """What was asked for is refused or has failed; the message is one sentence with the way out."""
