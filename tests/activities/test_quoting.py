"""A follow-up quotes what was really sent."""

from email import message_from_bytes, policy

from activities.composing import Composing, StepWriting, Writer, Writing
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate, compile_template
from postroad.contracts import MessageState
from postroad.ledger.own_texts import Written
from postroad.ledger.settlement import Subject
from postroad.ledger.steps import CampaignStep
from postroad.ledger.waves import Earlier, WaveMessage

_ANA = Writer("ana@acme.test", "Ana Ruiz", "Europe/Madrid", "")
_SENT_AT = 1_793_610_000_000  # 2 November 2026, 09:00 UTC
_FIRST = StepTemplate(subject="Hello", text="Hello {{ person.first_name }}, the price is 10.")
_CORRECTED = StepTemplate(subject="Hello", text="Hello {{ person.first_name }}, the price is 12.")


def _follow_up(settings: StepSettings, own: Written | None = None) -> str:
    steps = [
        CampaignStep(0, "intro", StepSettings(), version=2),
        CampaignStep(1, "nudge", settings, version=1),
    ]
    texts = [_CORRECTED, StepTemplate(subject="", text="Any news?")]
    writings = [
        StepWriting(step, {step.version: Writing.of(text, {}, _ANA)})
        for step, text in zip(steps, texts, strict=True)
    ]
    quotable = {(0, 1): compile_template(_FIRST), (0, 2): compile_template(_CORRECTED)}
    composing = Composing("q4", _ANA, writings, quotable)
    message = WaveMessage(
        subject=Subject(2, 1, 1, "q4", "ana-smtp", "bo@x.test"),
        state=MessageState.RESERVED,
        attempt=0,
        slot=0,
        deferrals=0,
        version=None,
        recipient="bo@x.test",
        person_key="k",
        fields={"first_name": "Bo"},
        timezone=None,
        earlier=(Earlier(0, "<first@acme.test>", "ana-smtp", None, 1, _SENT_AT, own=own),),
    )
    outgoing, _ = composing.compose(message, _SENT_AT)
    mail = message_from_bytes(outgoing.content, policy=policy.default)
    assert mail["Subject"] == f"Re: {own.subject if own else 'Hello'}"
    assert mail["In-Reply-To"] == mail["References"] == "<first@acme.test>"
    return str(mail.get_content()).replace("\r\n", "\n")


def test_a_quoting_step_quotes_the_version_that_was_sent_though_it_was_corrected_since() -> None:
    assert _follow_up(StepSettings(thread="reply", quote=True)) == (
        "Any news?\n\n"
        "On Mon 02 Nov 2026 at 10:00, Ana Ruiz <ana@acme.test> wrote:\n"
        "> Hello Bo, the price is 10.\n"
    )


def test_a_step_that_does_not_quote_answers_without_a_quotation() -> None:
    assert _follow_up(StepSettings(thread="reply")) == "Any news?\n"


def test_what_was_written_for_one_person_is_what_a_follow_up_quotes_and_answers() -> None:
    own = Written("For you", "Dear Bo, {{ person.first_name }}")
    assert _follow_up(StepSettings(thread="reply", quote=True), own) == (
        "Any news?\n\n"
        "On Mon 02 Nov 2026 at 10:00, Ana Ruiz <ana@acme.test> wrote:\n"
        "> Dear Bo, {{ person.first_name }}\n"
    )
