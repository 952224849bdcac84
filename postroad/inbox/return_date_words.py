"""The words of returning, and of days and months, in the main languages; in lower case."""

_MONTH_WORDS = (
    "jan ene gen januar january janvier enero gennaio janeiro stycz янв sty led tammi ocak ιαν",
    "feb fév fev feb fevr février febrero febbraio fevereiro lut фев úno helmi şub",
    "mar mär mrz maa märz march mars marzo março maart marz мар bře maalis",
    "apr avr abr april avril abril aprile kwi апр dub huhti nis",
    "may mai mag maj mei maio mayo maggio май мая kvě touko",
    "jun juin giu czerw cze июн červn kesä haz",
    "jul juil lug lip июл červen heinä tem",
    "aug août aout ago sie авг srp elo ağu",
    "sep set wrz сен zář syys eyl",
    "oct okt out ott paź oct окт říj loka eki",
    "nov lis ноя marras kas",
    "dec dez déc dic gru дек pro joulu ara",
)
MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}
"""Beginnings of the names of months, to their numbers."""

_WEEKDAY_WORDS = (
    "monday montag lundi lunes lunedì segunda segunda-feira maandag poniedziałek poniedziałku понедельник mandag måndag",
    "tuesday dienstag mardi martes martedì terça terça-feira dinsdag wtorek wtorku вторник tirsdag tisdag",
    "wednesday mittwoch mercredi miércoles mercoledì quarta quarta-feira woensdag środę środy среду onsdag",
    "thursday donnerstag jeudi jueves giovedì quinta quinta-feira donderdag czwartek czwartku четверг torsdag",
    "friday freitag vendredi viernes venerdì sexta sexta-feira vrijdag piątek piątku пятницу fredag",
    "saturday samstag samedi sábado sabato zaterdag sobotę субботу lørdag lördag",
    "sunday sonntag dimanche domingo domenica zondag niedzielę воскресенье søndag söndag",
)
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAY_WORDS) for word in words.split()}
"""Names of weekdays, to Python's numbers (Monday is 0)."""

BEFORE = (
    r"\b(?:until|til|till|'til|through|thru|by the|ending|ends|back|return\w*|returning|resum\w*|available again|"
    r"reachable (?:again )?(?:on|from)|in the office (?:again )?(?:on|from)|respond\w* (?:\w+ )?(?:on|after)|"
    r"bis|zurück|wieder|ab dem|erreichbar ab|"
    r"jusqu\w*|de retour|retour|reprend\w*|reviens|rentre\w*|à partir du|"
    r"hasta|regres\w*|vuelv\w*|vuelta|reincorpor\w*|a partir del?|"
    r"fino|rientr\w*|torn\w*|al mio ritorno|"
    r"até|volto|voltarei|retorn\w*|regresso|a partir de|"
    r"tot|terug|weer (?:aanwezig|bereikbaar)|t/m|vanaf|"
    r"til og med|tilbage|tilbake|till och med|tillbaka|t\.o\.m|åter|takaisin|asti|saakka|"
    r"wrac\w*|wróc\w*|powr[óo]t\w*|będę dostępn\w*|"
    r"до|вернусь|возвращ\w*|буду|выйду|kadar|döneceğim|dönüş)\b"
    r"|\bdo (?=\d)|直到|截止|至|返回|回来"
)
"""What stands before the day of return."""

BEHIND = (
    r"まで|迄|に戻|より(?:通常|復帰|出社)|から(?:出社|復帰|通常|勤務)|以降|(?:日)?(?:返回|回来|回來|回到|上班|恢复|之后|前)|까지|복귀|"
    r"(?:tarihine )?kadar|asti|saakka"
)
"""What stands behind it."""

TO = r"[-–—~〜～至到]|to|and|a|al|au|bis|zum|t/m|do|по"
"""What stands between the first and the last day of an absence."""

TOMORROW = r"\b(?:tomorrow|morgen|demain|mañana|domani|amanhã|jutro|завтра|i morgen|imorgon)\b|明日|明天"

DAY_FIRST_ONLY = (
    r"\b(?:ich|bin|und|je suis|jusqu|retour|estoy|hasta|fuera|vuelvo|sono|fino|rientr\w+|ferie|estou|até|volto|ik ben|tot|terug|"
    r"kind regards|cheers|annual leave|holiday)\b|[à-ÿ]"
)
"""What shows that a writer puts the day before the month."""
