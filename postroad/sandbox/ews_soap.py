"""Exchange Web Services on the wire: SOAP envelopes, and how the server says no.

learn.microsoft.com/exchange/client-developer/web-service-reference/ews-xml-elements-in-exchange
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from lxml import etree
from lxml.builder import ElementMaker

Element = Any
"""An lxml element: the library has no types."""

MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PREFIXES = {"s": SOAP, "m": MESSAGES, "t": TYPES}

M = ElementMaker(namespace=MESSAGES, nsmap={"m": MESSAGES, "t": TYPES})
T = ElementMaker(namespace=TYPES, nsmap={"t": TYPES})
_E = ElementMaker(namespace=ERRORS, nsmap={"e": ERRORS})
_S = ElementMaker(namespace=SOAP, nsmap={"s": SOAP})
_PLAIN = ElementMaker()

_VERSION = {
    "MajorVersion": "15", "MinorVersion": "1", "MajorBuildNumber": "2507",
    "MinorBuildNumber": "6", "Version": "Exchange2016",
}  # fmt: skip


class EwsRefusal(Exception):
    """Something that is refused, by its response code."""

    def __init__(self, code: str, words: str, back_off: timedelta | None = None) -> None:
        """Prepare the refusal.

        Args:
            code: a response code of EWS.
            words: what goes with it.
            back_off: how long the client should wait.
        """
        self.code = code
        self.words = words
        self.back_off = back_off
        super().__init__(code)


def parse(content: bytes) -> tuple[Element, Element]:
    """Return the SOAP header (None where there is none) and the operation of a request.

    Raises:
        EwsRefusal: it is no SOAP.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        envelope = etree.fromstring(content, parser)
        [operation] = envelope.findall("s:Body/*", PREFIXES)
    except (etree.XMLSyntaxError, ValueError):
        raise EwsRefusal("ErrorSchemaValidation", "The request is no SOAP envelope.") from None
    return envelope.find("s:Header", PREFIXES), operation


def text(element: Element, path: str) -> str:
    """Return the text at a path; empty where there is none."""
    return str(element.findtext(path, "", PREFIXES)).strip()


def answered(operation: str, results: Iterable["list[Element] | EwsRefusal"]) -> bytes:
    """Return an envelope with one response message per result.

    Args:
        operation: the name of the operation.
        results: what each message holds, or why there is nothing.
    """
    messages = [_message(operation, result) for result in results]
    response = M(f"{operation}Response", M.ResponseMessages(*messages))
    return _envelope(response)


def fault(refusal: EwsRefusal) -> bytes:
    """Return an envelope with a SOAP fault, as the server puts it under HTTP 500."""
    detail = _PLAIN.detail(
        _E.ResponseCode(refusal.code), _E.Message(refusal.words), *_message_xml(T, refusal)
    )
    return _envelope(
        _S.Fault(_PLAIN.faultcode(f"a:{refusal.code}"), _PLAIN.faultstring(refusal.words), detail)
    )


def _message(operation: str, result: "list[Element] | EwsRefusal") -> Element:
    name = f"{operation}ResponseMessage"
    if not isinstance(result, EwsRefusal):
        return M(name, M.ResponseCode("NoError"), *result, ResponseClass="Success")
    return M(
        name,
        M.MessageText(result.words),
        M.ResponseCode(result.code),
        M.DescriptiveLinkKey("0"),
        *_message_xml(M, result),
        ResponseClass="Error",
    )


def _message_xml(maker: ElementMaker, refusal: EwsRefusal) -> list[Element]:
    if refusal.back_off is None:
        return []
    milliseconds = str(round(refusal.back_off.total_seconds() * 1_000))
    return [maker.MessageXml(T.Value(milliseconds, Name="BackOffMilliseconds"))]


def _envelope(content: Element) -> bytes:
    header = _S.Header(T.ServerVersionInfo(**_VERSION))
    envelope = _S.Envelope(header, _S.Body(content))
    found: bytes = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    return found
