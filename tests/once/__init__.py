"""Once only: kill, cut and restart everything, and count what a real SMTP server received."""
