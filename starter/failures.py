"""Telling what went wrong."""

from operations.failures import sentence_of
from postroad.yaml_file import FileError
from starter.terminal import complain


def tell(error: Exception) -> None:
    """Say on stderr what went wrong; each problem of a file on a line of its own."""
    for sentence in error.problems if isinstance(error, FileError) else [sentence_of(error)]:
        complain(f"postroad: {sentence}")
