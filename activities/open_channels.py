"""The channels this worker has open, opened again when their settings change."""

import asyncio
from dataclasses import dataclass

from activities.clock import ServerClock
from postroad.channels.base import DeliveryChannel
from postroad.ledger.engine import Ledger
from postroad.secrets import SecretBox
