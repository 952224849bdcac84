"""Refusals that are about the message: its size, its content, its form."""

from postroad.inbox.phrases import one_of
from postroad.inbox.phrases.refusal import Refusal

MESSAGE_SIZE = Refusal(
    "message_size",
    "message",
    one_of(
        r"""
        message (?:\w+ ){0,4}(?:too (?:big|large|long)|oversi[zs]e)
        too (?:big|large) (?:message|for|mail)
        (?:message|mail|size|e-?mail|attachment)s?'? (?:\w+ ){0,8}(?:exceed|larger than|
            bigger than|over the)(?:\w+ )?.{0,40}(?:size|limit|maximum|kb|mb|bytes|allowed)
        (?:message|mail|maximum|max|content) (?:\w+ )?(?:size|
            length)(?: limit)? (?:\w+ ){0,3}(?:exceed|violat|limit|too)
        exceed(?:s|ed|ing)? (?:the )?(?:\w+ ){0,4}(?:message|mail|maximum|max|size|
            incoming) (?:\w+ )?(?:size|length|limit)
        (?:size|length) (?:limit|restriction)s? (?:\w+ )?(?:exceed|reach)
        message size exceeds
        (?:sender|recip)sizelimit
        msgsize
        message too (?:big|large)
        \btoo large\b
        sizelimit
        nachricht.{0,40}zu (?:gro(?:ß|ss)|lang)
        message.{0,30}trop (?:volumineux|gros|long)
        mensaje.{0,40}demasiado (?:grande|largo)
        messaggio.{0,40}troppo grande
        mensagem.{0,40}muito grande
        сообщени\w+.{0,30}слишком велик
        サイズ.{0,12}(?:超|大き)
        邮件过大
        邮件.{0,6}大小.{0,6}超
"""
    ),
)

ATTACHMENT = Refusal(
    "content",
    "message",
    one_of(
        r"""
        \bbanned:
        \bvirus\b
        malware
        infected
        trojan
        phish
        (?:dangerous|forbidden|prohibited|banned|executable|blocked|illegal|invalid|
            disallowed|restricted) (?:\w+ )?(?:attachment|file|content|extension)
        attachment.{0,40}(?:not allowed|prohibited|blocked|rejected|not accepted|removed)
"""
    ),
)

SPAM = Refusal(
    "spam",
    "message",
    one_of(
        r"""
        \b(?:uce|ube)\b
        \bdt:spm\b
        (?:unsolicited|spam\b|spam[ -]?like|junk|spammy|spamming|spam content|
            bulk (?:e-?)?mail|suspicious (?:mail|message)|looks? like spam|spam_?detected)
        rejected by content filter
        content filter
        considered (?:as )?(?:uce|ube)
        (?:message|mail|content) (?:\w+ ){0,4}(?:identified|classified|detected|flagged|
            marked|suspected) as
        score .{0,30}(?:threshold|limit|too high)
        content (?:reject|denied)
        mail content denied
        uribl
        high probability of
        垃圾
        迷惑メール
        спам\w*
"""
    ),
)

CONTENT = Refusal(
    "content",
    "message",
    one_of(
        r"""
        (?:message|mail) content (?:\w+ )?(?:reject|not accept|violat|not acceptable)
        improper use of 8-?bit
        bad content
        line (?:is )?too long
        headers? (?:size )?(?:too|exceed)\w*
        (?:contains?|has|have) (?:\w+ ){0,3}(?:bare|illegal character|invalid character|nul\b)
        content not supported
        conversion (?:required|not supported|failed)
        8-?bit data
        smtputf8
"""
    ),
)

FORM = Refusal(
    "policy",
    "message",
    one_of(
        r"""
        multiple addresses in from
        (?:not|non-?) ?(?:rfc )?complian(?:t|ce)
        rfc ?(?:2|5)\d22 (?:violat|non|not|section)
        (?:missing|duplicate|invalid|malformed|bad|multiple) (?:\S{1,20} )?headers?
        malformed
        header (?:error|syntax)
        invalid 2822
        message-id header
"""
    ),
)
"""What RFC 5322 forbids: rules about the form, not about what is said."""
