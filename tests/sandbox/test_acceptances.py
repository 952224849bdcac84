"""Counting what was accepted, also across a restart."""

from pathlib import Path

import pytest

from postroad.sandbox.acceptances import Acceptances, AcceptedMail, ids_of


def accepted(key: str) -> AcceptedMail:
    return AcceptedMail("p", 1_700_000_000_000, key, f"<{key}@x>", "a@x.test", ["b@y.test"], 9)


def test_a_journal_is_read_again(tmp_path: Path) -> None:
    journal = tmp_path / "accepted.jsonl"
    first = Acceptances(journal)
    first.add(accepted("q4/intro/1"))
    first.close()
    second = Acceptances(journal)
    second.add(accepted("q4/intro/1"))
    second.add(accepted("q4/intro/2"))
    assert (second.messages, second.duplicates) == (2, 1)
    assert second.times("q4/intro/1") == 2
    assert Acceptances(journal).mails == second.mails


def test_an_acceptance_is_in_the_journal_before_it_is_acknowledged(tmp_path: Path) -> None:
    journal = tmp_path / "accepted.jsonl"
    Acceptances(journal).add(accepted("q4/intro/1"))  # never closed, as after kill -9
    assert Acceptances(journal).times("q4/intro/1") == 1


def test_half_a_line_is_forgotten_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    journal = tmp_path / "accepted.jsonl"
    Acceptances(journal).add(accepted("q4/intro/1"))
    with journal.open("ab") as file:
        file.write(b'{"provider": "p", "at": 17')
    Acceptances(journal).add(accepted("q4/intro/2"))
    assert [mail.key for mail in Acceptances(journal).mails] == ["q4/intro/1", "q4/intro/2"]


def test_a_mail_without_a_key_is_accepted_but_no_duplicate() -> None:
    acceptances = Acceptances()
    acceptances.add(accepted(""))
    acceptances.add(accepted(""))
    assert (len(acceptances.mails), acceptances.messages, acceptances.duplicates) == (2, 0, 0)


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        (b"X-Postroad-Message: a/b/c\r\nMessage-ID: <m@x>\r\n\r\nbody", ("a/b/c", "<m@x>")),
        (b"x-postroad-message:\r\n a/b/c\r\n\r\nMessage-ID: <no@x>", ("a/b/c", "")),
        (b"\r\n\r\nX-Postroad-Message: a/b/c", ("", "")),
        (b"", ("", "")),
    ],
)
def test_ids_are_read_from_the_headers_alone(content: bytes, ids: tuple[str, str]) -> None:
    assert ids_of(content) == ids
