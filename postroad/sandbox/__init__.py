"""Local providers that speak the real wire protocols, with limits, refusals and faults."""
