"""Saying no."""


class Refused(Exception):
    """What was asked for is refused or has failed; the message is one sentence with the way out."""


class Unknown(Refused):
    """What was named does not exist."""


class Unavailable(Refused):
    """A server that is needed does not answer; the same may work later."""


class Unanswered(Unavailable):
    """A server was asked and has not answered: what it was asked for may still happen."""
