"""What workflows call by name is what the worker registers, with the same types."""

import inspect
import typing

import pytest
from temporalio import activity

from activities.audience import AudienceActivities
from activities.campaign_state import CampaignStateActivities
from activities.channel_selection import ChannelSelectionActivities
from activities.outcomes import OutcomeActivities
from activities.quota import QuotaActivities
from activities.reviving import RevivingActivities
from activities.sending import SendingActivities
from activities.steps import StepActivities
from activities.telling import TellingActivities
from workflows import activity_calls

_CLASSES = (
    AudienceActivities,
    CampaignStateActivities,
    ChannelSelectionActivities,
    OutcomeActivities,
    QuotaActivities,
    RevivingActivities,
    SendingActivities,
    StepActivities,
    TellingActivities,
)
_ACTIVITIES = {
    method.__name__: method
    for owner in _CLASSES
    for _, method in inspect.getmembers(owner, inspect.isfunction)
    if hasattr(method, "__temporal_activity_definition")
}
_CALLS = {
    name: function
    for name, function in inspect.getmembers(activity_calls, inspect.iscoroutinefunction)
    if not name.startswith("_")
}


def test_every_activity_has_one_call_and_every_call_one_activity() -> None:
    assert set(_CALLS) == set(_ACTIVITIES)


@pytest.mark.parametrize("name", sorted(_CALLS))
def test_a_call_takes_and_returns_what_its_activity_does(name: str) -> None:
    called, registered = (
        typing.get_type_hints(_CALLS[name]),
        typing.get_type_hints(_ACTIVITIES[name]),
    )
    assert called["request"] == registered["request"]
    assert called["return"] == registered["return"]
    definition = activity._Definition.must_from_callable(_ACTIVITIES[name])
    assert definition.name == name
