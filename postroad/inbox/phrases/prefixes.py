"""What mail programs set before the subject of an answer, and of a forwarded mail."""

from postroad.inbox.phrases import one_of

REPLY_PREFIX = one_of(
    r"""
    ^\s*(?:\[[^\]]{0,40}\]\s*)?(?:re|aw|antw|antwort|sv|vs|vá|res|rép|ré|rif|r|odp|ynt|atb|bls|
        回复|回覆|答复|返信|ответ|ha|отв)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]
"""
)

FORWARD_PREFIX = one_of(
    r"""
    ^\s*(?:fwd?|wg|tr|rv|i|enc|vl|doorst|vb|pd|ilt|转发|轉寄|転送|пересл)\s*[:：]
"""
)
