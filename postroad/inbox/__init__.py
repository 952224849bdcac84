"""Judging mail that came back: bytes in, verdict out. Knows no ledger, channel or Temporal."""
