"""Whole messages that ask for no more mail: in lower case, without punctuation."""

from postroad.inbox.phrases import one_of

COURTESY = one_of(
    r"""
    ^(?:(?:hi|hello|hey|dear|hallo|bonjour|hola|ciao|hej)(?:\s(?!please\b|remove\b|stop\b)\w+){0,2}\s(?=\w))
    ^(?:please|pls|kindly|bitte|veuillez|merci\sde|por\sfavor|per\sfavore|graag|proszę)\s
    \s(?:please|pls|thanks|thank\syou|now|immediately|asap|bitte|danke|vielen\sdank|merci|gracias
        |por\sfavor|grazie|obrigad[oa]|bedankt|tack|dziękuję)$
"""
)
"""What stands around a request and changes nothing about it."""

REQUEST = one_of(
    r"""
    unsubscribe(?:\sme)?(?:\sfrom\s(?:this|your|the|all|these)(?:\s(?:mailing|e\s?mail))?(?:\s(?:lists?|e\s?mails?|mails|messages))?)?
    (?:i\s(?:want|would\slike|wish)\sto|(?:can|could)\syou)\s(?:unsubscribe(?:\sme)?|be\sremoved|opt\sout)(?:\sfrom\s(?:this|your|the)(?:\smailing)?\slist)?
    (?:remove|delete)(?:\s(?:me|my\s(?:e\s?mail|address|e\s?mail\saddress)))?(?:\sfrom\s(?:this|your|the|all|any)(?:\s(?:mailing|e\s?mail|contact|distribution))?\s(?:lists?|database|e\s?mails))?
    take\sme\soff(?:\s(?:this|your|the))?(?:\s(?:mailing|e\s?mail|contact))?(?:\slists?)?
    opt(?:\sme)?\sout
    stop(?:\s(?:e\s?mailing|mailing|contacting|writing|sending)(?:\s(?:to\s)?me)?(?:\s(?:these\s)?(?:e\s?mails|mails|messages))?)?
    (?:do\snot|don\s?t)\s(?:e\s?mail|contact|mail|write(?:\sto)?)\sme(?:\s(?:again|any\s?more))?
    no\smore\s(?:e\s?mails?|mails?|messages)
    abmelden|austragen|abbestellen|abmeldung
    melden\ssie\smich\sab|tragen\ssie\smich\saus
    (?:streichen|entfernen|löschen|nehmen)\ssie\smich\s(?:aus|von)\s(?:ihrer|ihrem|der|dem)\s(?:liste|verteiler|mailingliste|datenbank)
    keine\s(?:weiteren\s)?(?:e\s?mails|mails|nachrichten)(?:\smehr)?(?:\s(?:schicken|senden))?
    (?:me\s)?(?:désabonner|désinscrire)|désabonnement|désinscription|(?:désinscrivez|désabonnez)\smoi
    (?:me\s)?(?:retirer|supprimer|enlever)\sde\s(?:votre|vos|la|cette)\slistes?(?:\sde\sdiffusion)?
    (?:retirez|supprimez|enlevez)\smoi\sde\s(?:votre|vos|la|cette)\slistes?(?:\sde\sdiffusion)?
    ne\sm\s(?:écrivez|envoyez)\splus(?:\s(?:d\se\s?mails|de\smails|rien))?
    (?:dar(?:me)?\sde\s)?baja|(?:quiero|deseo)\sdarme\sde\sbaja|cancelar(?:\sla)?\ssuscripción
    (?:elimínenme|elimíneme|bórrenme)\sde\s(?:su|la|esta)\slista
    no\sme\s(?:envíen?|escriban?)\smás(?:\s(?:correos|e\s?mails|mensajes))?
    cancellami|cancellatemi|disiscrivimi|disiscrivetemi|disiscrizione
    (?:rimuovetemi|toglietemi)\sdalla\s(?:vostra\s)?(?:lista|mailing\slist)
    non\svoglio\spiù\sricevere\s(?:vostre\s)?e\s?mail
    descadastrar|cancelar(?:\sa)?\s(?:inscrição|subscrição|assinatura)
    (?:remova\sme|remover\sme|retire\sme)\s(?:da|de)\s(?:sua\s)?lista
    afmelden|uitschrijven|schrijf\smij\suit|verwijder\smij\s(?:van|uit)\s(?:uw|de|deze)\s(?:lijst|mailinglijst)
    avregistrera(?:\smig)?|avprenumerera|afmeld(?:\smig)?|avmeld(?:\smeg)?|frameld(?:\smig)?
    wypisz\smnie|(?:mnie\s)?wypisać(?:\sz\slisty)?|usunąć\smnie\sz\slisty
    отписаться|отпишите\sменя|配信停止|配信を停止してください|退订|取消订阅|取消訂閱|수신거부
"""
)
"""What is asked; it must be all that is said."""

DEVICE = one_of(
    r"""
    ^(?:sent|get|gesendet|von\smeinem|envoyé|enviado|inviato|verzonden|skickat|sendt|wysłano)\b.{0,80}\b(?:iphone|ipad|android|outlook|samsung|galaxy|mobile|handy|phone|mail)\b
"""
)
"""Lines that phones and programs put below a text."""
