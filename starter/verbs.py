"""The verbs of the `postroad` command: where each one is, and what it is for."""

from dataclasses import dataclass

_RUN = "Run the engine"
_SEND = "Send campaigns"
_LOOK = "See what happens, and why"
_STEER = "Step in"


@dataclass(frozen=True, slots=True)
class Verb:
    """Where a verb is, and what `postroad --help` says of it."""

    place: str
    """`module:name` of its function, or of a Typer with verbs below it."""
    panel: str
    words: str
    """The first sentence of its own help; a test keeps the two the same."""


VERBS = {
    "up": Verb(
        "starter.up:up",
        _RUN,
        "Run the engine in one data directory, with its console, until Ctrl-C.",
    ),
    "worker": Verb(
        "starter.worker_verb:worker",
        _RUN,
        "Run a worker for the Temporal server and the ledger of the settings, until Ctrl-C.",
    ),
    "console": Verb(
        "starter.console_verb:console",
        _RUN,
        "Run the console for the ledger of the settings, on the address of console.bind.",
    ),
    "user": Verb(
        "starter.user:app",
        _RUN,
        "Let people sign in to the console with a password, or once with a link.",
    ),
    "token": Verb(
        "starter.token:app",
        _RUN,
        "Let programs, a CRM for instance, call the HTTP API.",
    ),
    "rollout": Verb(
        "starter.rollout:rollout",
        _RUN,
        "Let workers of another build take over, running campaigns included.",
    ),
    "setup": Verb(
        "starter.setup:setup",
        _RUN,
        "Prepare the ledger and the Temporal namespace, or update them.",
    ),
    "sandbox": Verb(
        "starter.sandbox:sandbox",
        _RUN,
        "Serve sandbox providers on this machine until Ctrl-C; they send nothing anywhere.",
    ),
    "demo": Verb(
        "starter.demo:demo",
        _RUN,
        "Send a campaign to 300 people through Gmail, Exchange, Exchange Online and SMTP.",
    ),
    "reconcile": Verb(
        "starter.reconcile:reconcile",
        _RUN,
        "Make Temporal and the ledger agree again, after one of them was lost or set back.",
    ),
    "doctor": Verb(
        "starter.doctor:doctor",
        _RUN,
        "Check the whole installation, and say what to do about what is wrong.",
    ),
    "apply": Verb(
        "starter.apply:apply", _SEND, "Store organisation, senders and channels from a file."
    ),
    "template": Verb(
        "starter.template:app",
        _SEND,
        "Keep the texts that campaigns share, in versions, and try them out.",
    ),
    "launch": Verb("starter.launch:launch", _SEND, "Launch a campaign, once."),
    "send": Verb(
        "starter.send:send", _SEND, "Send one mail to one person, and say what became of it."
    ),
    "status": Verb(
        "starter.status:status", _LOOK, "Show how far campaigns are, and what they wait for."
    ),
    "watch": Verb(
        "starter.watch:watch",
        _LOOK,
        "Show a campaign's progress until it ends; Ctrl-C leaves, and the campaign goes on.",
    ),
    "report": Verb(
        "starter.report:report",
        _LOOK,
        "Count what became of a campaign's people and messages, by step and by channel.",
    ),
    "trace": Verb(
        "starter.trace:trace",
        _LOOK,
        "Tell what happened to a person in every campaign, oldest first.",
    ),
    "feed": Verb(
        "starter.feed:feed",
        _LOOK,
        "Show what happened last, and with --follow what happens from now on.",
    ),
    "explain": Verb(
        "starter.explain:explain",
        _LOOK,
        "Say why a person's next message has not left, and when it will.",
    ),
    "classify": Verb(
        "starter.classify:classify",
        _LOOK,
        "Say what mails that came back are: bounces, auto-replies, replies, complaints.",
    ),
    "pause": Verb(
        "starter.steer:pause",
        _STEER,
        "Let nothing more leave until resumed; what is on the wire is finished.",
    ),
    "resume": Verb("starter.steer:resume", _STEER, "Go on with a paused campaign."),
    "cancel": Verb(
        "starter.steer:cancel",
        _STEER,
        "End a campaign for good: what has not been sent is never sent.",
    ),
    "people": Verb(
        "starter.people:app",
        _STEER,
        "Add people to a running campaign, take somebody out, move them on or to another sender.",
    ),
    "person": Verb(
        "starter.person:app",
        _STEER,
        "Give people what is kept of them, or erase it.",
    ),
    "step": Verb(
        "starter.step:app",
        _STEER,
        "Change the steps of a running campaign.",
    ),
    "task": Verb(
        "starter.task:app",
        _STEER,
        "See which tasks of running campaigns wait for somebody, and say that they are done.",
    ),
    "uncertain": Verb(
        "starter.uncertain:app",
        _STEER,
        "Decide about messages that may or may not have left: they are never resent silently.",
    ),
    "suppress": Verb(
        "starter.suppress:app",
        _STEER,
        "Keep the list of addresses and domains that must get nothing, in any campaign.",
    ),
    "webhook": Verb(
        "starter.webhook:app",
        _STEER,
        "Look after the addresses that are told what happens, a CRM's for instance.",
    ),
    "identity": Verb(
        "starter.identity:app",
        _STEER,
        "Verify From addresses, so that SMTP channels may send with them.",
    ),
    "channel": Verb(
        "starter.channel:app",
        _STEER,
        "Look at the delivery channels, connect, check, pause and resume them.",
    ),
}
