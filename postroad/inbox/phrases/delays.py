"""Whether the machine goes on trying."""

from postroad.inbox.phrases import one_of

DELAY_WORDS = one_of(
    r"""
    delayed
    delivery delay
    warning(?: only)?[: ]
    still being retried
    has not yet been delivered
    (?:will|shall) (?:keep|continue) (?:trying|to (?:try|be)|retry)
    (?:attempts|retries) will continue
    not (?:yet )?been delivered (?:yet )?after
    do not need to re-?send
    temporar(?:y|ily) (?:failure report|problem delivering)
    is still in the queue
    will be retried
    incomplete
    verzögert
    différée
    retardée
    retrasad
    ritardat
    in ritardo
    atrasad
    vertraagd
    opóźnion
    försenad
    forsinket
    задерж
    отложен
    遅延
    延迟
    延遲
"""
)
"""What says that the machine goes on trying; `GIVEN_UP` overrules it."""

GIVEN_UP = one_of(
    r"""
    giv(?:en|ing) up
    i'm not going to try
    permanent
    will not (?:continue|be retried|try)
    has failed
    returned
    undeliverable
    gave up
    message will be deleted
    failed
"""
)
"""What says that it does not."""
