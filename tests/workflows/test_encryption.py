"""With encryption switched on, Temporal keeps nothing that can be read."""

from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from operations.payload_codec import EncryptionCodec, encrypting_converter
from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from postroad.secrets import SecretBox, SecretKeyError
from tests.workflows.test_campaign import ONE_STEP
from tests.workflows.theatre import open_theatre, temporal_environment

_SECRETS = SecretBox("a key for these tests")


async def test_what_was_encrypted_is_read_with_any_of_the_keys_and_with_no_other() -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'{"campaign_id": "q4"}')
    [sealed] = await EncryptionCodec(_SECRETS).encode([payload])
    assert b"q4" not in sealed.data
    replaced = EncryptionCodec(SecretBox("another key of 16,a key for these tests"))
    assert await replaced.decode([sealed]) == [payload]
    with pytest.raises(SecretKeyError):
        await EncryptionCodec(SecretBox("quite another key")).decode([sealed])


async def test_what_was_written_before_encryption_is_read_as_it_is() -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b"{}")
    many = [payload] * 40
    codec = EncryptionCodec(_SECRETS)
    assert await codec.decode(many) == many
    assert await codec.decode(await codec.encode(many)) == many


async def test_a_campaign_runs_while_its_history_shows_only_ciphertext(
    ledger: Ledger, tmp_path: Path
) -> None:
    converter = encrypting_converter(_SECRETS)
    async with (
        temporal_environment(skip_time=True, data_converter=converter) as environment,
        open_theatre(environment, ledger, tmp_path, "encrypted") as theatre,
    ):
        await theatre.launch(2, ONE_STEP)
        assert await theatre.over() is CampaignState.COMPLETED
        for handle in (theatre.campaign, theatre.sequence):
            kept = await theatre.kept(handle)
            assert b"binary/encrypted" in kept
            for told in (b"campaign_id", b"may it leave", b"may leave"):
                assert told not in kept
