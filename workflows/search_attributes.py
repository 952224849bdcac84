"""How campaigns and sequences are found in Temporal's list of workflows."""

from temporalio.common import SearchAttributeKey

CAMPAIGN = SearchAttributeKey.for_keyword("PostroadCampaign")
SENDER = SearchAttributeKey.for_keyword("PostroadSender")
CHANNEL = SearchAttributeKey.for_keyword_list("PostroadChannel")
STATE = SearchAttributeKey.for_keyword("PostroadState")

ALL = (CAMPAIGN, SENDER, CHANNEL, STATE)
