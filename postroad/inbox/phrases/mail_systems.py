"""What mail systems call themselves."""

from postroad.inbox.phrases import one_of

MACHINE_SENDERS = one_of(
    r"""
    (?:^|[\s<"'(])(?:mailer|mail)[-_.]?daemon\b
    (?:^|[\s<"'(])post[-_.]?mas?ter\b
    (?:^|[\s<"'(])mdaemon\b
    (?:^|[\s<"'(])nobody@gmail\b
    (?:^|[\s<"'(])(?:symantec_|anti-?virus|anti-?spam|gateway|content-?filter|mailscanner)\w*\b
    ^\W*(?:internet )?mail ?(?:delivery|administrator|system|sub ?system|server|error|admin)\b
    ^\W*delivery (?:sub)?system\b
    ^\W*system ?administrator\b
    ^\W*administra(?:dor del|teur|tore di) (?:sistema|système)\b
    ^\W*microsoft (?:outlook|exchange)\b
    ^\W*(?:bounces?@|systemmailer\b|amavis|uucp\b|mmdf\b|lotus domino\b)
    \bsmtp_?(?:gateway|agent)\b
"""
)
"""From fields of those who write notices."""
