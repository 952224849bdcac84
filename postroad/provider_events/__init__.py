"""What mail providers push: from the bytes of a webhook to outcomes of our messages."""
