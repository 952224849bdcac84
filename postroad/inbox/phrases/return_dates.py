"""The words of returning, and the names of days and months."""

from postroad.inbox.phrases import one_of

_MONTH_WORDS = (
    "jan ene gen styc янв led tammi oca ιαν",
    "feb fév fev févr lut фев úno helmi şub",
    "mar mär mrz maa märz maart março bře маr мар maalis",
    "apr avr abr kwi апр dub huhti nis",
    "may mai mag maj mei maggio май мая kvě touko",
    "jun juin giu czerw cze июн čvn kesä haz",
    "jul juil lug lip июл čvc heinä tem",
    "aug août aout ago sie авг srp elo ağu",
    "sep set wrz сен zář syys eyl",
    "oct okt out ott paź окт říj loka eki",
    "nov lis ноя marras kas",
    "dec dez déc dic gru дек pro joulu ara",
)
MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}
"""Beginnings of the names of months, to their numbers."""

_WEEKDAY_WORDS = (
    "monday montag lundi lunes lunedì segunda maandag poniedziałek понедельник mandag måndag",
    "tuesday dienstag mardi martes martedì terça dinsdag wtorek вторник tirsdag tisdag",
    "wednesday mittwoch mercredi miércoles mercoledì quarta woensdag środę среду onsdag",
    "thursday donnerstag jeudi jueves giovedì quinta donderdag czwartek четверг torsdag",
    "friday freitag vendredi viernes venerdì sexta vrijdag piątek пятницу fredag",
    "saturday samstag samedi sábado sabato zaterdag sobotę субботу lørdag lördag",
    "sunday sonntag dimanche domingo domenica zondag niedzielę воскресенье søndag söndag",
)
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAY_WORDS) for word in words.split()}
"""Names of weekdays, to Python's numbers (Monday is 0)."""

BEFORE = one_of(
    r"""
    \b(?:until|till?|'til|through|thru|ending|ends|back|return\w*|resum\w*|available again)\b
    \b(?:reachable|available|in the office|respond\w*)(?: \w+)? (?:again )?(?:on|from|after)\b
    \b(?:bis|zurück|wieder|ab dem|ab)\b
    \b(?:jusqu\w*|retour|reprend\w*|reviens|rentr\w+|à partir du)\b
    \b(?:hasta|regres\w*|vuelv\w*|vuelta|reincorpor\w*|a partir del?)\b
    \b(?:fino|rientr\w*|torn\w*)\b
    \b(?:até|volt\w+|retorn\w*|regresso)\b
    \b(?:tot|terug|weer|t/m|vanaf)\b
    \b(?:til og med|tilbage|tilbake|till och med|tillbaka|åter|til|takaisin)\b
    \b(?:wrac\w*|wróc\w*|powr[óo]t\w*|będę dostępn\w*|do)\b
    \b(?:до|вернусь|возвращ\w*|выйду|буду)\b
    直到|截止|截至|至
"""
)
"""What stands before the day of return."""

BEHIND = one_of(
    r"""
    まで|迄
    (?:\(.{1,3}\)|（.{1,3}）)?(?:まで|に戻|より|から(?:出社|復帰|通常|勤務)|に(?:出社|復帰))
    以降|返回|回来|回來|回到|上班|恢复|之后|前
    까지|복귀
    (?:tarihine )?kadar|asti|saakka
"""
)
"""What stands behind it."""

TO = one_of(
    r"""
    (?:\(.{1,3}\) ?)?(?:[-–—~〜～至到]|to|and|a|al|au|bis|zum|bis zum|t/m|do|по|から)
        (?: \w{2,10},?)?
"""
)
"""What stands between the first and the last day of an absence."""

TOMORROW = one_of(
    r"""
    \b(?:tomorrow|morgen|demain|mañana|domani|amanhã|jutro|завтра|i morgen|imorgon)\b
    明日|明天
"""
)

NEXT_WEEK = one_of(
    r"""
    \b(?:next week|(?:nächste|kommende)[rn]? woche|la semaine prochaine|prochaine semaine)\b
    \b(?:la próxima semana|semana que vem|próxima semana|la settimana prossima|volgende week)\b
    \b(?:nästa vecka|næste uge|neste uke|przyszłym tygodniu|следующей неделе)\b
    来週|下周|下星期|다음 ?주
"""
)

DAY_FIRST = one_of(
    r"""
    \b(?:ich|bin|je suis|jusqu|retour|estoy|hasta|vuelvo|sono|fino|ferie|estou|até|ik ben|tot)\b
    \b(?:annual leave|kind regards|cheers)\b
    [à-ÿ]
"""
)
"""What shows that a writer of 3/4 means the third of April."""
