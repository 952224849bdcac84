"""From a wave's message to the bytes on the wire, and from a sent message to the next step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from postroad.campaign.footer import Footer
from postroad.campaign.mime import (
    Envelope,
    File,
    From,
    MessageComposer,
    message_id_for,
    reply_subject,
)
from postroad.campaign.quotation import attribution, with_quotation
from postroad.campaign.step import StepSettings
from postroad.campaign.template import (
    BlankFieldError,
    CompiledTemplate,
    Rendered,
    StepTemplate,
    TextError,
    compile_template,
)
from postroad.channels.base import OutgoingMessage
from postroad.instants import moment
from postroad.ledger.channel_options import conversation_roots
from postroad.ledger.steps import CampaignStep
from postroad.ledger.waves import Earlier, WaveMessage
from postroad.signed_tokens import NamedMessage
from postroad.tracking.tracker import Tracker
from postroad.unsubscribe_links import WaysOut


class Unsendable(Exception):
    """The message cannot be made for this person; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The sender as their mails show them."""

    email: str
    name: str
    timezone: str
    signature: str

    @property
    def fields(self) -> Mapping[str, str]:
        """What templates see of the sender."""
        return {"email": self.email, "name": self.name, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Writing:
    """One version of a step's text, ready to be composed."""

    compiled: CompiledTemplate
    composer: MessageComposer

    @staticmethod
    def of(template: StepTemplate, files: Mapping[str, bytes], writer: Writer) -> "Writing":
        """Compile a text and encode its constant parts."""
        attached = [File(ref, files[ref.sha256]) for ref in template.attachments]
        composer = MessageComposer(From(writer.email, writer.name), attached)
        return Writing(compile_template(template), composer)


@dataclass(frozen=True, slots=True)
class StepWriting:
    """A step with every text that somebody may get now, by version."""

    step: CampaignStep
    texts: Mapping[int, Writing]

    def text_for(self, person_key: str) -> CompiledTemplate:
        """Return the text that a person gets now."""
        return self.texts[self.step.version_for(person_key)].compiled


class Composing:
    """Composes one sender's messages of one campaign."""

    def __init__(
        self,
        campaign_id: str,
        writer: Writer,
        steps: Sequence[StepWriting],
        quotable: Mapping[tuple[int, int], CompiledTemplate],
        ways_out: WaysOut | None = None,
        tracker: Tracker | None = None,
        footer: Footer | None = None,
    ) -> None:
        """Prepare.

        Args:
            campaign_id: the campaign.
            writer: its sender.
            steps: the steps as they stand now.
            quotable: texts that may have been sent before, by position and version.
            ways_out: how people unsubscribe; a mail from one person to another needs none.
            tracker: makes mails tell what becomes of them; None where nobody wants to know.
            footer: stands below every mail.
        """
        self._campaign_id = campaign_id
        self._writer = writer
        self._steps = steps
        self._roots = conversation_roots([writing.step for writing in steps])
        self._quotable = quotable
        self._ways_out = ways_out
        self._tracker = tracker
        self._footer = footer
        self._domain = writer.email.rpartition("@")[2]

    def compose(self, message: WaveMessage, now: int) -> tuple[OutgoingMessage, int]:
        """Return the message ready for the wire, and the version of its text.

        Raises:
            Unsendable: a field that the text needs is empty, or the text fails for this person.
        """
        writing = self._steps[message.subject.position]
        version = writing.step.version_for(message.person_key)
        key = f"{self._campaign_id}/{writing.step.id}/{message.person_key}"
        message_id = message_id_for(key, self._domain)
        replying = writing.step.settings.thread == "reply" and bool(message.earlier)
        page = self._unsubscribe_page(message)
        envelope = Envelope(
            recipient=message.recipient,
            key=key,
            message_id=message_id,
            date=moment(now),
            references=[each.message_id for each in message.earlier] if replying else (),
            unsubscribe_url=page,
            unsubscribe_mailto=None if self._ways_out is None else self._ways_out.mailto(key),
        )
        try:
            text = writing.texts[version]
            rendered = self._render(writing.step.settings, text.compiled, message, page)
            content = text.composer.compose(envelope, rendered, _name(message.fields))
        except (BlankFieldError, TextError) as error:
            raise Unsendable(str(error)) from error
        outgoing = OutgoingMessage(
            key=key,
            message_id=message_id,
            envelope_from=self._writer.email,
            recipient=message.recipient,
            content=content,
            thread_id=message.thread_id if replying else None,
        )
        return outgoing, version

    def next_due_at(self, message: WaveMessage, sent_at: int) -> int | None:
        """Return when the person's next message falls due; None after the last step."""
        following = message.subject.position + 1
        if following >= len(self._steps):
            return None
        step = self._steps[following].step
        return step.due_at(sent_at, message.timezone, self._writer.timezone)

    def _render(
        self,
        settings: StepSettings,
        text: CompiledTemplate,
        message: WaveMessage,
        page: str | None,
    ) -> Rendered:
        person = {**message.fields, "email": message.recipient}
        if message.own is not None:
            rendered = message.own.with_page(page)
        else:
            rendered = text.render(person, self._writer.fields, page)
        if not rendered.subject:
            subject = self._subject_of_conversation(message, person, page)
            rendered = Rendered(subject, rendered.text, rendered.html)
        if self._footer is not None:
            rendered = self._footer.below(rendered, page)
        is_to_self = message.recipient.lower() == self._writer.email.lower()
        tracker = None if is_to_self else self._tracker
        named = _named(message)
        if tracker is not None:  # before quoting: what was sent before is not followed again
            rendered = tracker.with_links(rendered, named)
        if settings.quote and message.earlier:
            rendered = self._quote(rendered, message.earlier[-1], person, page)
        return rendered if tracker is None else tracker.with_image(rendered, named)

    def _subject_of_conversation(
        self, message: WaveMessage, person: Mapping[str, str], page: str | None
    ) -> str:
        """Return the subject that was really sent, as an answer's; providers thread by it."""
        root = self._roots[message.subject.position]
        first = next((mail for mail in message.earlier if mail.position >= root), None)
        sent = None if first is None else self._as_sent(first, person, page)
        if sent is None:
            text = self._steps[root].text_for(message.person_key)
            sent = text.render(person, self._writer.fields, page)
        return sent.subject if first is None else reply_subject(sent.subject)

    def _quote(
        self, rendered: Rendered, last: Earlier, person: Mapping[str, str], page: str | None
    ) -> Rendered:
        sent = self._as_sent(last, person, page)
        if sent is None or last.by_another:
            return rendered
        sent_at = moment(last.sent_at).astimezone(ZoneInfo(self._writer.timezone))
        line = attribution(sent_at, self._writer.name, self._writer.email)
        return with_quotation(rendered, sent, line)

    def _as_sent(
        self, sent: Earlier, person: Mapping[str, str], page: str | None
    ) -> Rendered | None:
        """Return the text that was really sent, whatever its step says by now."""
        if sent.own is not None:
            return sent.own.with_page(page)
        text = self._quotable.get((sent.position, sent.version or 0))
        return None if text is None else text.render(person, self._writer.fields, page)

    def _unsubscribe_page(self, message: WaveMessage) -> str | None:
        if self._ways_out is None:
            return None
        return self._ways_out.link(_named(message))


def _named(message: WaveMessage) -> NamedMessage:
    return NamedMessage(message.person_key, message.subject.position)


def _name(fields: Mapping[str, str]) -> str:
    """Return the person's name for the To header, where the audience has one."""
    return fields.get("name") or " ".join(
        part for part in (fields.get("first_name"), fields.get("last_name")) if part
    )
