"""Ways to sign in: a password, a one-time link, the organisation's own accounts."""
