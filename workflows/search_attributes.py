"""How campaigns and sequences are found in Temporal's list of workflows."""

from temporalio.common import SearchAttributeKey

CAMPAIGN = SearchAttributeKey.for_keyword("PostroadCampaign")
SENDER = SearchAttributeKey.for_keyword("PostroadSender")
CHANNEL = SearchAttributeKey.for_keyword_list("PostroadChannel")
STATE = SearchAttributeKey.for_keyword("PostroadState")


def types() -> dict[str, str]:
    """Return each attribute's name and type, as the Temporal command line writes types."""
    return {
        CAMPAIGN.name: "Keyword",
        SENDER.name: "Keyword",
        CHANNEL.name: "KeywordList",
        STATE.name: "Keyword",
    }
