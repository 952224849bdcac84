"""Asking the web whether a campaign's links lead anywhere.

What an author writes is asked from within our network: only public addresses are asked, the very
address that was looked up is connected to, and every redirect is judged anew.
"""

import asyncio
import socket
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from ipaddress import ip_address
from typing import Self

import httpx
from pydantic import BaseModel, ConfigDict

from operations.definition import Definition
from postroad.campaign.links import web_links

_AT_ONCE = 4
_SECONDS = 10.0
"""For one link, all redirects included."""
_MOST_LINKS = 200
_MOST_REDIRECTS = 5
_HEADERS = {"user-agent": "Postroad link check", "accept": "*/*"}
_REFUSES_PROGRAMS = frozenset({401, 403, 405, 406, 429, 451, 503, 999})
"""Answers that a person with a browser may not get."""


class LinkState(StrEnum):
    """What became of asking for a link."""

    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """Nobody could tell: it refuses programs, or was not asked."""


class LinkResult(BaseModel):
    """One link of a campaign, and where it leads."""

    model_config = ConfigDict(frozen=True)

    link: str
    steps: list[str]
    state: LinkState
    words: str


async def check_links(definition: Definition, *, allow_private: bool = False) -> list[LinkResult]:
    """Ask for every link of a campaign's mails, a few at a time.

    Args:
        definition: the campaign.
        allow_private: whether addresses that are not public are asked as well; for tests.
    """
    steps: dict[str, list[str]] = {}
    for step in definition.mails:
        for link in dict.fromkeys(link for text in step.templates for link in web_links(text)):
            steps.setdefault(link, []).append(step.id)
    async with _Asking(allow_private=allow_private) as asking:
        answers = await asyncio.gather(
            *(asking.ask(link, number) for number, link in enumerate(steps))
        )
    return [
        LinkResult(link=link, steps=steps[link], state=state, words=words)
        for link, (state, words) in zip(steps, answers, strict=True)
    ]


class _NotAsked(Exception):
    """The sentence says why a link is not asked for."""


class _Asking:
    """Asks for links over connections that are shared."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._places = asyncio.Semaphore(_AT_ONCE)
        # A proxy from the environment would look names up itself, past the judgement of `_pinned`.
        self._client = httpx.AsyncClient(
            headers=_HEADERS,
            follow_redirects=False,
            timeout=_SECONDS,
            trust_env=False,
            # Two hosts may have one address: none gets a connection that was opened for the other.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(self, link: str, number: int) -> tuple[LinkState, str]:
        """Return whether a link leads anywhere, and what was answered."""
        if "{{" in link or "{%" in link:
            return LinkState.UNKNOWN, "not asked: it is another for each person"
        if number >= _MOST_LINKS:
            return LinkState.UNKNOWN, f"not asked: only the first {_MOST_LINKS} links are"
        async with self._places:
            try:
                async with asyncio.timeout(_SECONDS):
                    return _judged(await self._status(link))
            except _NotAsked as why:
                return LinkState.UNKNOWN, f"not asked: {why}"
            except TimeoutError:
                return LinkState.BROKEN, f"no answer within {_SECONDS:.0f} s"
            except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                return LinkState.BROKEN, f"cannot be reached: {error}"[:200]

    async def _status(self, link: str) -> int:
        """Return the status of a link's page; many servers answer nothing but GET well."""
        with suppress(httpx.HTTPError):
            status = await self._follow("HEAD", link)
            if status < httpx.codes.BAD_REQUEST:
                return status
        return await self._follow("GET", link)

    async def _follow(self, method: str, link: str) -> int:
        url = httpx.URL(link)
        for _ in range(_MOST_REDIRECTS + 1):
            request = await self._pinned(method, url)
            response = await self._client.send(request, stream=True)
            await response.aclose()  # nobody reads the page
            if not response.has_redirect_location:
                return response.status_code
            url = url.join(response.headers["location"])
        raise httpx.TooManyRedirects(f"more than {_MOST_REDIRECTS} redirects")

    async def _pinned(self, method: str, url: httpx.URL) -> httpx.Request:
        """Return a request to an address of the host that may be asked."""
        if url.scheme not in ("http", "https") or not url.host:
            raise _NotAsked(f"it leads to {url.scheme}:")
        port = url.port or (443 if url.scheme == "https" else 80)
        host = url.raw_host.decode("ascii")
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]) for one in found]
        if not self._allow_private and not all(map(_is_public, addresses)):
            raise _NotAsked(f"{host} is no public address")
        return self._client.build_request(
            method,
            url.copy_with(host=addresses[0]),
            headers={"host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": host},
        )


def count_broken(results: Iterable[LinkResult]) -> int:
    """Return how many links lead nowhere."""
    return sum(result.state is LinkState.BROKEN for result in results)


def _is_public(address: str) -> bool:
    read = ip_address(address.partition("%")[0])
    mapped = getattr(read, "ipv4_mapped", None) or read
    return bool(mapped.is_global and not mapped.is_multicast)


def _judged(status: int) -> tuple[LinkState, str]:
    words = f"HTTP {status}"
    if status < httpx.codes.BAD_REQUEST:
        return LinkState.OK, words
    if status in _REFUSES_PROGRAMS:
        return LinkState.UNKNOWN, f"{words}: it may refuse programs only; open it yourself"
    return LinkState.BROKEN, words
