"""Telling whether a mail was opened and its links followed, and by whom."""
