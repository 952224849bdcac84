"""Deterministic orchestration: only temporalio, pure standard library, and our contracts."""
