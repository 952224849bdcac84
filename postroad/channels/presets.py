"""SMTP services that Postroad knows by name: where they are and what they ask of clients."""

from typing import Any, Literal

Provider = Literal["sendgrid", "sparkpost"]

PRESETS: dict[Provider, dict[str, Any]] = {
    # twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api:
    # the user name is this very word, the password an API key; 5,000 messages per connection.
    "sendgrid": {
        "host": "smtp.sendgrid.net",
        "port": 587,
        "tls": "starttls",
        "username": "apikey",
        "connections": 10,
        "messages_per_connection": 5_000,
    },
    # developers.sparkpost.com/api/smtp: reconnect after 100 messages, 60 s at least per command;
    # idle connections are closed after a minute. The EU host is smtp.eu.sparkpostmail.com.
    "sparkpost": {
        "host": "smtp.sparkpostmail.com",
        "port": 587,
        "tls": "starttls",
        "username": "SMTP_Injection",
        "connections": 10,
        "messages_per_connection": 100,
    },
}
"""Defaults of the settings; whatever the workspace file says itself goes first."""
