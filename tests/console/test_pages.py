"""What the pages say, on both databases; whatever people wrote stays text."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from console.charts import Bar, bars, gauge
from console.wording import with_commands
from operations.clock import now
from postroad.contracts import ChannelState, HandOver
from postroad.dns.health import Check, DomainFinding, DomainHealth, Level
from postroad.instants import moment
from postroad.ledger.domain_health import store_health
from postroad.ledger.engine import Ledger
from postroad.ledger.handing_over import hand_over
from postroad.ledger.shares import share
from postroad.ledger.tables import Channel
from postroad.ledger.users import Role
from tests.console.conftest import BO, HOSTILE, PLANNED, Visitor
from tests.ledger_rows import ANA, add_person

Visit = Callable[[Role], Visitor]

PAGES = (
    "/", "/overview/now", "/campaigns", "/campaigns/q4", "/campaigns/q4/now", "/campaigns/q4/steps",
    "/campaigns/q4/steps/intro", "/campaigns/q4/senders", "/people?email=x",
    "/people/ada@x.test", "/channels", "/channels/ana-smtp", "/feed", "/tasks", "/uncertain",
    "/suppressions", "/texts?campaign=q4", "/library", "/library/template/hello", "/users",
    "/audit",
)  # fmt: skip
_NOT_FOR_REPS = {
    "/campaigns/q4/steps", "/campaigns/q4/steps/intro", "/campaigns/q4/senders", "/suppressions",
    "/users", "/audit",
}  # fmt: skip


async def test_no_page_contains_markup_that_somebody_else_wrote(visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    for path in PAGES:
        page = await admin.get(path)
        assert page.status_code == 200, path
        assert HOSTILE not in page.text, path
    shown = (await admin.get("/campaigns/q4")).text
    assert "&lt;script&gt;" in shown


async def test_every_answer_carries_the_headers_that_keep_browsers_in_bounds(
    visit: Visit,
) -> None:
    admin = visit(Role.ADMIN)
    for path in ("/", "/sign-in", "/static/style.css", "/nowhere"):
        headers = (await admin.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        kept = "immutable" if path.startswith("/static/") else "no-store"
        assert kept in headers["cache-control"]


async def test_both_databases_answer_what_a_rep_asks(visit: Visit) -> None:
    rep = visit(Role.REP)
    answers = {path: (await rep.get(path)).status_code for path in PAGES}
    assert {path for path, status in answers.items() if status == 403} == _NOT_FOR_REPS
    assert all(
        status in {200, 303} for path, status in answers.items() if path not in _NOT_FOR_REPS
    )


async def test_the_overview_counts_the_last_day_and_says_what_is_waited_for(
    visit: Visit,
) -> None:
    page = (await visit(Role.ADMIN).get("/overview/now")).text
    assert "<dt>Sent</dt><dd>2</dd>" in page
    assert "<dt>Replied</dt><dd>1</dd>" in page
    assert "1 uncertain message for somebody to decide about" in page
    assert "1 message on ana-smtp: ana-smtp has sent 10 of 10 in 1h" in page
    assert "10 per 1h" in page


async def test_a_campaigns_people_can_be_searched_filtered_and_paged(
    visit: Visit, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        for number in range(60):
            add_person(connection, f"many{number:02}@z.test", PLANNED)
    admin = visit(Role.ADMIN)
    first = (await admin.get("/campaigns/q4?search=MANY")).text
    assert "many49@z.test" in first
    assert "many50@z.test" not in first
    following = (await admin.get("/campaigns/q4?search=many&after=many49@z.test")).text
    assert "many50@z.test" in following
    assert "many59@z.test" in following
    replied = (await admin.get("/campaigns/q4?state=replied")).text
    assert "grace@x.test" in replied
    assert "many01@z.test" not in replied
    for search in ("%25", "_", "many%00%00no"):
        nobody = (await admin.get(f"/campaigns/q4?search={search}")).text
        assert "Nobody here." in nobody, search


async def test_a_person_page_tells_everything_and_says_what_comes_next(visit: Visit) -> None:
    page = (await visit(Role.ADMIN).get("/people/GRACE@x.test")).text
    assert page.index("<strong>replied</strong>") < page.index("<strong>sent</strong>")
    assert "Nothing more goes to grace@x.test in q4: replied." in page


async def test_whoever_takes_a_person_over_sees_what_was_written_before(
    visit: Visit, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        change = HandOver(campaign_id="q4", sender=BO, replacement=ANA, by="meg")
        hand_over(connection, change, now())
    ana = visit(Role.REP)
    page = (await ana.get("/people/lost@x.test")).text
    assert "<strong>uncertain</strong>" in page
    assert "handed over" in page
    assert (await ana.get("/people/only@y.test")).status_code == 404


async def test_the_feed_is_filtered_and_paged_backwards(visit: Visit) -> None:
    admin = visit(Role.ADMIN)
    replied = (await admin.get("/feed?event=replied")).text
    assert "grace@x.test" in replied
    assert "ada@x.test" not in replied
    earlier = (await admin.get("/feed?event=sent&before=1")).text
    assert "grace@x.test" in earlier
    assert "ada@x.test" not in earlier
    assert (await admin.get("/feed?before=abc")).status_code == 400


async def test_the_overview_names_what_needs_somebody_and_where(
    visit: Visit, ledger: Ledger
) -> None:
    with ledger.write() as connection:
        stopped = update(Channel).where(Channel.id == "team")
        connection.execute(stopped.values(state=ChannelState.UNAUTHORISED))
    page = (await visit(Role.MANAGER).get("/")).text
    assert '<a href="/channels/team">team is unauthorised</a>' in page
    assert '<a href="/uncertain">1 uncertain message to decide about</a>' in page
    assert "uncertain message" not in (await visit(Role.REP).get("/")).text


async def test_a_channel_shows_its_warm_up_its_reputation_and_its_domains(
    visit: Visit, ledger: Ledger
) -> None:
    warm_up = {"start": 40, "add": 5, "up_to": 200, "since": f"{moment(now()):%Y-%m-%d}"}
    found = DomainFinding(check=Check.SPF, level=Level.FAIL, words="no record", way_out=HOSTILE)
    with ledger.write() as connection:
        ana = update(Channel).where(Channel.id == "ana-smtp")
        connection.execute(ana.values(settings={"warm_up": warm_up}))
        health = DomainHealth(domain="acme.test", checked_at=now(), findings=(found,))
        store_health(connection, "ana-smtp", health)
    page = (await visit(Role.ADMIN).get("/channels/ana-smtp")).text
    assert "1 of 40, 2 kept for single mails, more from" in page
    assert "It pauses itself above 5 % of at least 50." in page
    assert "SPF: fail</span> no record" in page
    assert HOSTILE not in page


async def test_texts_show_each_version_with_an_honest_interval(visit: Visit) -> None:
    page = (await visit(Role.ADMIN).get("/texts?campaign=q4")).text
    assert "intro, version 1" in page
    assert "Dear &lt;script&gt;" in page


async def test_a_page_that_is_not_there_says_so(visit: Visit) -> None:
    answer = await visit(Role.ADMIN).get("/campaigns/none")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_whoever_supervises_the_console_need_not_sign_in(visit: Visit, path: str) -> None:
    answer = await visit(Role.REP).get(path)
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("run `a <b>` & go", "run <code>a &lt;b&gt;</code> &amp; go"),
        ("one ` alone <i>", "one ` alone &lt;i&gt;"),
    ],
)
def test_commands_in_sentences_are_set_as_code_and_nothing_else_is(
    sentence: str, shown: str
) -> None:
    assert with_commands(sentence) == shown


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (10, 10, 0.722, 1.0)],
)
def test_intervals_are_wilsons(part: int, whole: int, low: float, high: float) -> None:
    found = share(part, whole)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.001)


def test_charts_escape_their_words_and_say_their_numbers() -> None:
    chart = bars([Bar(3, "<b>", "Mon 08:00")], "sent <i>")
    assert "<b>" not in chart
    assert "<i>" not in chart
    assert "Mon 08:00</th><td>3</td>" in chart
    assert 'class="gauge full"' in gauge(12, 10, "12 of 10")
