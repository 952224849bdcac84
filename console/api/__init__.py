"""The HTTP API, for CRMs and other programs."""
