"""`postroad explain`: why someone's next message has not left, and when it will."""

from operations.clock import now, say_time
from operations.opening import normalised, opened_ledger
from operations.refusal import Refused
from postroad.ledger.explanations import explain as put_into_words
from postroad.ledger.standings import standings
from starter.arguments import AsJson, Email
from starter.terminal import print_json, say


def explain(email: Email, *, as_json: AsJson = False) -> None:
    """Say why a person's next message has not left, and when it will.

    Example: postroad explain ada@example.com
    """
    present = now()
    with opened_ledger() as ledger, ledger.read() as connection:
        found = standings(connection, normalised(email), present)
    explanations = [put_into_words(standing, present) for standing in found]
    if as_json:
        print_json(explanations)
        return
    if not explanations:
        raise Refused(f"{email} was never enrolled in a campaign of this ledger")
    for explanation in explanations:
        say(f"{explanation.campaign}, from {explanation.sender}:")
        for sentence in explanation.sentences:
            say(f"  {sentence}")
        if len(explanation.sentences) > 1 and explanation.expected_at is not None:
            say(f"  It will not leave before {say_time(explanation.expected_at)}.")
