"""Refusing an update: one sentence for the person who asked, and no retry."""

from temporalio.exceptions import ApplicationError

REFUSED = "Refused"
"""The error type that starters print as it is."""


def refuse(sentence: str) -> ApplicationError:
    """Return the error that refuses an update with a sentence."""
    return ApplicationError(sentence, type=REFUSED, non_retryable=True)
