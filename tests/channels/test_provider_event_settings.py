"""What an SMTP channel sends along, so that its provider's events name our messages."""

import json
from email import message_from_bytes

import pytest
from pydantic import ValidationError

from postroad.channels.provider_event_settings import SendGridEvents, SparkPostEvents
from tests.channels.mails import lent, mail
from tests.channels.scripted import scripted
from tests.console.test_provider_webhooks import PASSWORD, PUBLIC

_KEY = "q4/intro/0123456789abcdef"


def test_sendgrid_and_sparkpost_are_each_told_in_their_own_words() -> None:
    sendgrid = SendGridEvents(kind="sendgrid", public_key=PUBLIC).header(_KEY)
    sparkpost = SparkPostEvents.model_validate(
        {"kind": "sparkpost", "username": "spark", "password": PASSWORD}
    ).header(_KEY)
    mail = message_from_bytes(sendgrid + sparkpost + b"Subject: Hi\r\n\r\n")
    assert json.loads(mail["X-SMTPAPI"]) == {"unique_args": {"postroad_message": _KEY}}
    assert json.loads(mail["X-MSYS-API"]) == {"metadata": {"postroad_message": _KEY}}


@pytest.mark.parametrize("key", ["", "x", "AAAA", PUBLIC[:-8], "ü"])
def test_a_verification_key_that_is_none_is_refused_and_the_way_to_it_named(key: str) -> None:
    with pytest.raises(ValidationError, match="Signature verification"):
        SendGridEvents(kind="sendgrid", public_key=key)


async def test_the_header_leaves_with_the_message_and_only_where_events_are_awaited() -> None:
    events = {"kind": "sendgrid", "public_key": PUBLIC}
    async with scripted({}) as server:
        async with lent(server.port, events=events) as connection:
            await connection.send(mail(_KEY))
        async with lent(server.port) as connection:
            await connection.send(mail(_KEY))
    with_header, without = (sent for sent in server.received if b"Message-ID" in sent)
    assert with_header == SendGridEvents(kind="sendgrid", public_key=PUBLIC).header(_KEY) + without
