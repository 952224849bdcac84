"""Activities: thin and idempotent, one file per capability."""
