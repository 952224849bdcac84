"""Pure slot allocation: limits, rolling windows, turns. No clock, no database, no I/O."""
