"""How large a text becomes as a mail: base64 makes a third more of every file (RFC 2045, 6.8)."""

from postroad.campaign.template import StepTemplate

_BYTES_IN_LINE = 57
_LINE = 78
"""76 characters and a line's end."""
_HEADERS = 500
"""Of each part, roughly, and of the mail itself."""


def encoded_size(template: StepTemplate) -> int:
    """Return the bytes of a step's mail on the wire, roughly; tags count as what they put in."""
    texts = sum(len(part.encode()) for part in (template.text, template.html) if part is not None)
    lines = sum(-(-file.size // _BYTES_IN_LINE) for file in template.attachments)
    return texts + lines * _LINE + (len(template.attachments) + 3) * _HEADERS
