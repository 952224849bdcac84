"""Campaigns and sequences on a real Temporal server, a real ledger and a real SMTP dialogue."""
