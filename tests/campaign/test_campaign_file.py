"""The campaign file: what it may say, and what authors are told where it is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.campaign.file import CampaignFile, CampaignSettings, load_campaign
from postroad.campaign.step import StepSettings
from postroad.campaign.tracking import Tracking
from postroad.yaml_file import FileError

CAMPAIGN = """\
id: q4-launch
name: Q4 launch
audience: people.csv
senders: [Ana@acme.test]
purpose: sales
stop_on: [reply, bounce]
steps:
  - {id: intro, subject: "Hello {{ person.first_name }}", body: texts/intro.md}
  - id: nudge
    wait: 3 days
    window: {days: mon-fri, hours: 09:00-17:00, timezone: person}
    thread: reply
    text: "Still ${interested}?"
    attachments: [texts/offer.pdf]
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with the files that the campaign names."""
    (tmp_path / "texts").mkdir()
    for name in ("people.csv", "texts/intro.md", "texts/offer.pdf", "texts/intro.docx"):
        (tmp_path / name).write_text("email\n", encoding="utf-8")
    return tmp_path


def _load(directory: Path, text: str) -> CampaignFile:
    path = directory / "campaign.yaml"
    path.write_text(text, encoding="utf-8")
    return load_campaign(path)


def _problems(directory: Path, text: str) -> list[str]:
    with pytest.raises(FileError) as refusal:
        _load(directory, text)
    prefix = f"{directory / 'campaign.yaml'}:"
    return [problem.removeprefix(prefix) for problem in refusal.value.problems]


def test_a_campaign_is_read_with_its_files_beside_it(directory: Path) -> None:
    campaign = _load(directory, CAMPAIGN)
    intro, nudge = campaign.steps
    assert campaign.audience == directory / "people.csv"
    assert intro.body == directory / "texts/intro.md"
    assert nudge.attachments == [directory / "texts/offer.pdf"]
    assert campaign.senders == ["ana@acme.test"]
    assert nudge.wait == timedelta(days=3)


def test_files_are_found_from_another_working_directory(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(directory, CAMPAIGN)
    monkeypatch.chdir(directory.parent)
    campaign = load_campaign(Path(directory.name) / "campaign.yaml")
    assert campaign.audience.read_text(encoding="utf-8") == "email\n"


def test_what_authors_write_is_never_taken_from_the_environment(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("interested", "secret")
    assert _load(directory, CAMPAIGN).steps[1].text == "Still ${interested}?"


def test_settings_survive_the_ledger(directory: Path) -> None:
    campaign = _load(directory, CAMPAIGN)
    kept = campaign.settings
    assert CampaignSettings.model_validate_json(kept.model_dump_json()) == kept
    assert kept.stop_on == ["reply", "bounce"]
    assert not kept.interactive
    step = campaign.steps[1].settings
    assert StepSettings.model_validate_json(step.model_dump_json()) == step
    assert type(step) is StepSettings


def test_settings_of_a_newer_version_are_read_without_what_is_unknown() -> None:
    assert StepSettings.model_validate({"wait": "3d", "colour": "red"}).wait.days == 3
    assert CampaignSettings.model_validate({"senders": [], "colour": "red"}).stop_on


def test_yaml_words_stay_words(directory: Path) -> None:
    campaign = _load(directory, CAMPAIGN.replace("Q4 launch", "no"))
    assert campaign.name == "no"
    window = campaign.steps[1].window
    assert window is not None
    assert window.hours == "09:00-17:00"


def test_defaults_are_those_of_a_sales_mail(directory: Path) -> None:
    text = (
        "name: N\naudience: people.csv\nsenders: [a@b.test]\nsteps:\n- {id: a, subject: S, text: T}"
    )
    campaign = _load(directory, text)
    assert campaign.id is None
    assert campaign.settings.stop_on == ["reply", "bounce", "unsubscribe"]
    assert campaign.settings.purpose == "sales"
    assert campaign.steps[0].settings == StepSettings()


@pytest.mark.parametrize(
    ("written", "tracking"),
    [
        ("purpose: sales", Tracking()),
        ("tracking: false", Tracking()),
        ("tracking: true", Tracking(opens=True, links=True)),
        ("tracking: {links: true}", Tracking(links=True)),
    ],
)
def test_nothing_is_tracked_unless_the_author_says_so(
    directory: Path, written: str, tracking: Tracking
) -> None:
    settings = _load(directory, CAMPAIGN.replace("purpose: sales", written)).settings
    assert settings.tracking == tracking
    assert CampaignSettings.model_validate(settings.model_dump(mode="json")).tracking == tracking


@pytest.mark.parametrize(
    ("line", "other", "problem"),
    [
        ("id: q4-launch", "id: Q4 Launch", "1: id: must be lower-case letters"),
        ("id: q4-launch", "id: " + "a" * 81, "1: id: must be lower-case letters"),
        ("name: Q4 launch", "name: 4", "2: name: must be text; put it in quotes"),
        ("name: Q4 launch", 'name: "a\\nb"', "2: name: must be one line"),
        ("audience:", "audiance:", "3: audiance: is not known here; did you mean 'audience'?"),
        ("audience:", "audiance:", "1: audience: is missing"),
        ("people.csv", "texts", "3: audience: there is no file 'texts'"),
        ("people.csv", '"a\\0b"', "3: audience: "),
        ("people.csv", "a" * 300, "3: audience: "),
        ("[Ana@acme.test]", "[]", "4: senders: must have at least 1 of them, not 0"),
        ("[Ana@acme.test]", "Ana@acme.test", "4: senders: must be a list"),
        ("[Ana@acme.test]", "[a@b.test, A@b.test]", "4: senders[1]: a@b.test stands here twice"),
        ("purpose: sales", "purpose: spam", "5: purpose: must be 'sales' or 'bulk'"),
        ("[reply, bounce]", "[click]", "6: stop_on[0]: must be 'reply', 'bounce' or 'unsubscribe'"),
        ("texts/intro.md", "texts/intro.docx", "8: steps[0].body: must end in .md, .txt or .html"),
        ("texts/intro.md", "texts/none.md", "8: steps[0].body: there is no file 'texts/none.md'"),
        ("body: texts/intro.md", "text: ''", "8: steps[0].text: must have at least 1 characters"),
        ("{id: intro,", "{id: intro, text: x,", "8: steps[0].body: stands beside text or html"),
        (", body: texts/intro.md", "", "8: steps[0]: step intro has no text"),
        ("{id: intro,", "{id: intro, thread: reply,", "8: steps[0].thread: the first mail has"),
        ("thread: reply", "thread: new", "9: steps[1].subject: is missing; only a step"),
        (
            "    text:",
            "    if: {opened: x}\n    text:",
            "13: steps[1].if.opened: x is no mail before",
        ),
        (
            "    text:",
            "    if: {done: any}\n    text:",
            "13: steps[1].if.done: speaks of a task",
        ),
        (
            "    text:",
            "    if: {}\n    text:",
            "13: steps[1].if: names nothing; give one of opened",
        ),
        (
            "    text:",
            "    iff: {}\n    text:",
            "13: steps[1].iff: is not known here; did",
        ),
        (
            "    text:",
            "    if: {opened: intro}\n    text:",
            "13: steps[1].if.opened: nothing tells who opened; give the campaign tracking",
        ),
        (
            "    text:",
            "    unless: {clicked: any}\n    text:",
            "13: steps[1].unless.clicked: nothing tells who clicked",
        ),
        ("purpose: sales", "tracking: {links: perhaps}", "5: tracking.links: must be"),
        ("purpose: sales", "tracking: opens", "5: tracking: must be"),
        ("purpose: sales", "tracking: {pixel: true}", "5: tracking.pixel: is not known here"),
        (
            "    text:",
            "    unless: {replied: any}\n    text:",
            "13: steps[1].unless.replied: whoever",
        ),
        ("reply\n", "reply\n    due_within: 2d\n", "13: steps[1].due_within: is for a manual"),
        ("reply\n", "reply\n    winner: {}\n", "13: steps[1].winner: is for a step with variants"),
        (
            "reply\n",
            "reply\n    variants: [{id: a}]\n",
            "13: steps[1].variants: has only",
        ),
        (
            "reply\n",
            "reply\n    variants: [{id: a}, {id: a}]\n",
            "13: steps[1].variants[1].id: a st",
        ),
        ("{id: intro,", "{id: any,", "8: steps[0].id: any means every step"),
        ("{id: intro,", "{id: intro, task: call, quote: true,", "8: steps[0].quote: is for mail"),
        ("id: nudge", "id: intro", "9: steps[1].id: intro stands here twice"),
        ("id: nudge", "id: nudge/x", "9: steps[1].id: must be lower-case letters"),
        ("wait: 3 days", "wait: 3", "10: steps[1].wait: 3 is no duration"),
        ("wait: 3 days", "wait: 400 days", "10: steps[1].wait: must be at most 366 days"),
        ("wait: 3 days", "wait: 99999999999999 days", "10: steps[1].wait: "),
        ("timezone: person", "timezone: Mars", "11: steps[1].window.timezone: 'Mars' is no time"),
        ("hours: 09:00-17:00", "hours: 9-17", "11: steps[1].window.hours: '9-17'"),
        ("days: mon-fri", "dayz: mon-fri", "dayz: is not known here; did you mean 'days'?"),
        ("thread: reply", "thread: maybe", "12: steps[1].thread: must be 'new' or 'reply'"),
        ("texts/offer.pdf", "texts/no.pdf", "14: steps[1].attachments[0]: there is no file"),
        ('"Hello {{ person.first_name }}"', "{{ person.first_name }}", "needs quotes"),
        ("name: Q4 launch", "name: a: b", "2: is no YAML here: mapping values are not allowed"),
        ("name: Q4 launch", "name: [", "is no YAML here"),
        ("name: Q4 launch", "name: *nobody", "2: is no YAML here: found undefined alias"),
        ("name: Q4 launch", "name: !!python/name:os.system x", "2: tags such as"),
        ("name: Q4 launch", "name: \x07", "2: holds the control character U+0007"),
        ("name: Q4 launch", "id: twice", "2: id: stands here twice, first in line 1"),
        ("name: Q4 launch", '"\\e[31m\\n": x', "2:  [31m : is not known here"),
    ],
)
def test_every_fault_is_one_sentence_with_line_and_field(
    directory: Path, line: str, other: str, problem: str
) -> None:
    assert line in CAMPAIGN
    problems = _problems(directory, CAMPAIGN.replace(line, other, 1))
    assert any(problem in found for found in problems), problems
    assert all(found.isprintable() for found in problems)


def test_an_alias_bomb_is_refused_before_it_grows(directory: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    assert "holds more than 500,000 values" in _problems(directory, bomb)[0]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"- a\n", "must be a mapping"),
        (b"a: &a [*a]\n", "nested too deeply"),
        (b"[" * 200_000, "nested too deeply"),
        (b"name: x\nb: \xff\n", ":2: is not UTF-8"),
        (b"name: a\n---\nname: b\n", "another document"),
        (b"#" * 5_000_001, "larger than 5,000,000 bytes"),
    ],
)
def test_what_is_no_campaign_at_all_is_refused_in_one_sentence(
    directory: Path, content: bytes, problem: str
) -> None:
    path = directory / "campaign.yaml"
    path.write_bytes(content)
    with pytest.raises(FileError) as refusal:
        load_campaign(path)
    assert problem in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused(directory: Path) -> None:
    for path in (directory, directory / "none.yaml"):
        with pytest.raises(FileError, match="cannot be read"):
            load_campaign(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_without_a_crash(directory: Path, content: bytes) -> None:
    path = directory / "campaign.yaml"
    path.write_bytes(content)
    with pytest.raises(FileError) as refusal:
        load_campaign(path)
    assert str(refusal.value).isprintable()
