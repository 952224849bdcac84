"""Encrypting what Temporal keeps: inputs, results, summaries and the words of errors.

The server and its web UI then see ciphertext. The web UI can ask a codec server to read it: see
docs/operations.md.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)

from postroad.secrets import SecretBox

_ENCODING = b"binary/encrypted"
_THREAD_FROM = 32
"""So many payloads are worth a thread of their own."""


class EncryptionCodec(PayloadCodec):
    """Encrypts with the secret key; reads what was written before encryption was switched on."""

    def __init__(self, secrets: SecretBox) -> None:
        self._secrets = secrets

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt payloads."""
        return await _each(self._seal, payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt payloads.

        Raises:
            SecretKeyError: they were encrypted with another key.
        """
        return await _each(self._unseal, payloads)

    def _seal(self, payload: Payload) -> Payload:
        return Payload(
            metadata={"encoding": _ENCODING},
            data=self._secrets.seal(payload.SerializeToString()),
        )

    def _unseal(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCODING:
            return payload
        return Payload.FromString(self._secrets.unseal(payload.data))


def encrypting_converter(secrets: SecretBox) -> DataConverter:
    """Return the data converter of clients and workers whose payloads are encrypted."""
    return replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(secrets),
        # An error's words may quote a provider's answer.
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def _each(change: Callable[[Payload], Payload], payloads: Sequence[Payload]) -> list[Payload]:
    def change_all(them: Iterable[Payload]) -> list[Payload]:
        return [change(payload) for payload in them]

    if len(payloads) < _THREAD_FROM:
        return change_all(payloads)
    return await asyncio.to_thread(change_all, payloads)
