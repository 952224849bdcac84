"""`launch --dry-run --check-links` asks a real server, and never one that is not public."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from operations.definition import Definition
from operations.link_checking import LinkResult, LinkState, check_links
from postroad.campaign.file import CampaignSettings
from postroad.campaign.step import StepSettings
from postroad.campaign.template import StepTemplate
from postroad.ledger.staging import StagedStep
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad

ASKED: list[str] = []


class _Site(BaseHTTPRequestHandler):
    """Answers as its paths say, and writes down what it was asked."""

    def do_HEAD(self) -> None:
        ASKED.append(f"HEAD {self.path} {self.headers['Host']}")
        self._answer(405 if self.path == "/only-get" else None)

    def do_GET(self) -> None:
        ASKED.append(f"GET {self.path} {self.headers['Host']}")
        self._answer()

    def _answer(self, status: int | None = None) -> None:
        last = self.path.rpartition("/")[2]
        moved = {"moved": "/only-get", "loop": "/loop", "away": "ftp://files.test/"}.get(last)
        self.send_response(status or (302 if moved else int(last) if last.isdecimal() else 200))
        if moved:
            self.send_header("Location", moved)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    ASKED.clear()
    with server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _check(*texts: str, allow_private: bool = True) -> list[LinkResult]:
    steps = tuple(
        StagedStep(f"s{number}", StepSettings(), StepTemplate(subject="", text=text))
        for number, text in enumerate(texts)
    )
    definition = Definition("q4", CampaignSettings(), steps, {}, list, "q4.yaml")
    return asyncio.run(check_links(definition, allow_private=allow_private))


def test_each_link_is_asked_for_and_judged_by_its_answer() -> None:
    with _site() as site:
        paths = ("ok", "only-get", "404", "403", "moved", "loop", "away")
        found = _check(" ".join(f"{site}/{path}" for path in paths))
        asked = list(ASKED)
    assert [(one.state, one.words.partition(":")[0]) for one in found] == [
        (LinkState.OK, "HTTP 200"),
        (LinkState.OK, "HTTP 200"),
        (LinkState.BROKEN, "HTTP 404"),
        (LinkState.UNKNOWN, "HTTP 403"),
        (LinkState.OK, "HTTP 200"),
        (LinkState.BROKEN, "cannot be reached"),
        (LinkState.UNKNOWN, "not asked"),
    ]
    host = site.removeprefix("http://")
    assert f"HEAD /only-get {host}" in asked
    assert f"GET /only-get {host}" in asked
    assert f"GET /ok {host}" not in asked


def test_a_link_of_several_steps_is_asked_for_once() -> None:
    with _site() as site:
        (found,) = _check(f"{site}/ok", f"again {site}/ok")
        assert len(ASKED) == 1
    assert found.steps == ["s0", "s1"]


def test_nothing_that_is_not_public_is_asked() -> None:
    with _site() as site:
        port = site.rpartition(":")[2]
        hosts = ("127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0.0.0.0",
                 "[::ffff:127.0.0.1]", "2130706433")  # fmt: skip
        found = _check(" ".join(f"http://{host}:{port}/" for host in hosts), allow_private=False)
        assert ASKED == []
    assert len(found) == len(hosts)
    assert not [one for one in found if one.state is LinkState.OK]


def test_what_differs_by_person_is_not_asked() -> None:
    (found,) = _check("https://acme.test/{{ person.id }}")
    assert (found.state, found.words) == (
        LinkState.UNKNOWN,
        "not asked: it is another for each person",
    )


@pytest.mark.parametrize("link", ["http://127.0.0.1:1/", "http://a..b/", "http://x:99999/"])
def test_a_link_that_nothing_answers_is_broken(link: str) -> None:
    (found,) = _check(link)
    assert found.state is LinkState.BROKEN


def test_a_rehearsal_lists_the_links_if_it_is_asked_to(desk: Desk, postroad: Postroad) -> None:
    desk.edit("intro.md", "**good**", "[good](http://127.0.0.1:9/x)")
    assert "links" not in postroad("launch", "q4.yaml", "--dry-run", "--json").json
    told = postroad("launch", "q4.yaml", "--dry-run", "--check-links", "--json").json
    (link,) = told["links"]
    assert (link["link"], link["steps"]) == ("http://127.0.0.1:9/x", ["intro"])
    assert (link["state"], link["words"]) == (
        "unknown",
        "not asked: 127.0.0.1 is no public address",
    )
    assert "1 link, 0 broken" in postroad("launch", "q4.yaml", "--dry-run", "--check-links").stdout
    assert postroad("launch", "q4.yaml", "--check-links").code == 2
