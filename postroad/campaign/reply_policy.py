"""Whom an answer stops, beside the person who wrote it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

_FREE = """
    gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com aol.com
    icloud.com me.com mac.com proton.me protonmail.com pm.me zoho.com mail.com fastmail.com hey.com
    gmx.com gmx.net gmx.de gmx.at gmx.ch web.de t-online.de freenet.de mailbox.org posteo.de
    yahoo.co.uk hotmail.co.uk btinternet.com sky.com virginmedia.com yahoo.fr hotmail.fr orange.fr
    wanadoo.fr free.fr sfr.fr laposte.net libero.it virgilio.it tiscali.it alice.it yahoo.it
    hotmail.it hotmail.es yahoo.es telefonica.net ziggo.nl kpnmail.nl telenet.be skynet.be
    bluewin.ch wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz mail.ru bk.ru inbox.ru list.ru
    yandex.ru yandex.com ya.ru ukr.net qq.com foxmail.com 163.com 126.com yeah.net sina.com
    naver.com daum.net hanmail.net yahoo.co.jp yahoo.co.in rediffmail.com uol.com.br bol.com.br
    terra.com.br comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
    earthlink.net shaw.ca rogers.com sympatico.ca bigpond.com optusnet.com.au xtra.co.nz
"""
FREE_MAIL = frozenset(_FREE.split())
"""Domains whose mailboxes belong to anybody: people there are no colleagues."""


class OnReply(BaseModel):
    """What somebody's answer stops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop: Literal["organisation", "campaign"] = "organisation"
    """In every campaign of the organisation, or in the one that was answered."""
    company: bool = False
    """Whether people of the same company stop as well: see postroad.campaign.company."""


def is_company(domain: str) -> bool:
    """Whether people with addresses in a domain are colleagues."""
    return domain not in FREE_MAIL
