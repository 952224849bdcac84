"""The day of return, as auto-replies name it."""

from datetime import date

import pytest

from postroad.inbox.return_date import find_return_date

_SENT = "Wed, 12 Jun 2024 17:12:00 +0200"
_BACK = date(2024, 6, 24)


@pytest.mark.parametrize(
    "words",
    [
        "I am out of the office until 24 June.",
        "I am out of office from June 10 to June 24, 2024 with no access to email.",
        "I'm away from 10/6/2024. I will be back on Monday, June 24th.",
        "I will return on 06/24/2024.",
        "I'm on annual leave and back on 24/06/2024. Kind regards",
        "Out of office until 2024-06-24",
        "On vacation 10 June - 24 June",
        "Ich bin vom 10.06. bis 24.06.2024 nicht im Büro.",
        "Ich bin ab dem 24. Juni wieder erreichbar.",
        "Ich bin bis einschließlich 24.6. im Urlaub.",
        "Je suis absent du 10 juin au 24 juin.",
        "Absent jusqu'au 24/06/2024 inclus.",
        "De retour le 24 juin 2024.",
        "Estaré fuera de la oficina hasta el 24 de junio.",
        "Sono fuori ufficio fino al 24 giugno.",
        "Rientrerò il 24/06/2024.",
        "Estou de férias até 24 de junho de 2024.",
        "Ik ben afwezig tot en met 24 juni.",
        "Jeg er på ferie til og med 24. juni.",
        "Jag är tillbaka den 24 juni.",
        "Jestem na urlopie do 24.06.2024.",
        "Я в отпуске до 24 июня.",
        "6月24日まで不在にしております。",
        "6月10日から6月24日まで休暇をいただきます。",
        "2024年6月24日より通常業務に戻ります。",
        "我将休假至6月24日。",
        "6월 24일까지 휴가입니다.",
    ],
)
def test_the_day_of_return_is_read(words: str) -> None:
    assert find_return_date(words, _SENT) == _BACK


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("I will be back tomorrow.", date(2024, 6, 13)),
        ("Back on Monday!", date(2024, 6, 17)),
        ("I will be back next week.", date(2024, 6, 17)),
        ("Ich bin am Mittwoch wieder da.", None),
        ("I am out until Wednesday", date(2024, 6, 19)),
        ("Back on January 7", date(2025, 1, 7)),
        ("Out until 31/02/2024", None),
        ("I was out until 3 March 2019", None),
        ("I am away since 10 June.", None),
        ("Thank you for your mail of 24 June, ticket 24.06", None),
        ("Call me on 0171 24 06 24", None),
        ("", None),
    ],
)
def test_other_days_are_not_mistaken_for_it(words: str, day: date | None) -> None:
    assert find_return_date(words, _SENT) == day


def test_a_day_without_year_needs_the_date_of_the_mail() -> None:
    assert find_return_date("until 24 June", "not a date") is None
    assert find_return_date("until 24 June 2024", "not a date") == _BACK
