"""The kinds of delivery channels."""

MAILBOX_KINDS = ("gmail", "exchange", "exchange_online")
"""Kinds that are a person's mailbox."""

LEGACY_KINDS = ("legacy_msc", "legacy_marketo_sales")
"""The shared servers of Marketo Sales Connect and of Marketo Sales."""

CURRENT_KINDS = (*MAILBOX_KINDS, "smtp")
"""Kinds that anybody may connect."""

CHANNEL_KINDS = (*CURRENT_KINDS, *LEGACY_KINDS)
"""Every kind."""
