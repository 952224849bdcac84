"""The unsubscribing page in its readers' languages."""

from dataclasses import dataclass

_MOST_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says; `{organisation}` and `{address}` are filled in."""

    question: str
    about: str
    button: str
    done: str
    no_more: str
    mistake: str
    nowhere: str


_ENGLISH = Words(
    question="No more mail from {organisation}?",
    about="{organisation} writes to {address}.",
    button="Unsubscribe",
    done="You are unsubscribed",
    no_more="{organisation} sends no more mail of this kind to {address}.",
    mistake="Was this a mistake? Answer the mail that you got, and ask to be written to again.",
    nowhere="This link leads nowhere.",
)
_WORDS = {
    "en": _ENGLISH,
    "de": Words(
        question="Keine E-Mails mehr von {organisation}?",
        about="{organisation} schreibt an {address}.",
        button="Abmelden",
        done="Sie sind abgemeldet",
        no_more="{organisation} schickt keine solchen E-Mails mehr an {address}.",
        mistake="War das ein Versehen? Antworten Sie auf die E-Mail, die Sie bekommen haben.",
        nowhere="Dieser Link führt nirgendwohin.",
    ),
    "es": Words(
        question="¿No recibir más correos de {organisation}?",
        about="{organisation} escribe a {address}.",
        button="Darme de baja",
        done="Se ha dado de baja",
        no_more="{organisation} ya no enviará correos de este tipo a {address}.",
        mistake="¿Ha sido un error? Responda al correo que recibió y díganoslo.",
        nowhere="Este enlace no lleva a ninguna parte.",
    ),
    "fr": Words(
        question="Ne plus recevoir d’e-mails de {organisation} ?",
        about="{organisation} écrit à {address}.",
        button="Me désabonner",
        done="Vous êtes désabonné",
        no_more="{organisation} n’enverra plus d’e-mails de ce type à {address}.",
        mistake="C’était une erreur ? Répondez à l’e-mail que vous avez reçu.",
        nowhere="Ce lien ne mène nulle part.",
    ),
}


def words_for(accept_language: str) -> tuple[str, Words]:
    """Return the reader's language and the page's words in it; English where we have no other.

    Args:
        accept_language: the header's value (RFC 9110, 12.5.4); browsers name the best first.
    """
    for part in accept_language.split(",")[:_MOST_LANGUAGES]:
        language = part.strip().partition(";")[0].partition("-")[0].lower()
        if language in _WORDS:
            return language, _WORDS[language]
    return "en", _ENGLISH
