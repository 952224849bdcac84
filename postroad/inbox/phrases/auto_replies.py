"""How programs that answer for somebody say so."""

from postroad.inbox.phrases import one_of

AUTO_REPLY_SUBJECTS = one_of(
    r"""
    \bauto(?:mat(?:ic|ed))?[ -]?(?:reply|response|responder|answer)\b
    ^(?:\S{1,12}: )?auto:
    \bout[ -]of[ -](?:the )?office\b
    ^(?:\S{1,12}: )?ooo\b
    \baway from (?:my|the) (?:office|desk|mail|e-?mail)\b
    \bvacation (?:reply|notice|response|message|auto)
    automatische (?:antwort|rückmeldung)
    autom\. antwort
    abwesenheits(?:notiz|nachricht|meldung|assistent)
    ^abwesenheit
    nicht im (?:büro|haus)
    réponse auto
    absence du bureau
    message d'absence
    hors du bureau
    (?:respuesta|contestación) automática
    fuera de (?:la )?oficina
    respuesta de ausencia
    risposta automatica
    fuori (?:sede|ufficio)
    risponditore automatico
    resposta automática
    resposta de ausência
    fora do escritório
    automatisch (?:antwoord|bericht)
    automatische reactie
    niet op kantoor
    autosvar
    automatiskt? (?:svar|besked|meddelande)
    ikke på kontoret
    automaattinen (?:vastaus|poissaolo)
    odpowiedź automatyczna
    automatyczna odpowiedź
    autoodpowied
    poza biurem
    automatická odpov
    mimo kancelář
    автоматический ответ
    автоответ
    вне офиса
    автоматична відповідь
    otomatik (?:yanıt|cevap)
    ofis dışında
    automatikus válasz
    házon kívül
    răspuns automat
    αυτόματη απάντηση
    תשובה אוטומטית
    رد تلقائي
    自動応答
    自動返信
    不在(?:通知|の|連絡|にし)
    不在です
    自动(?:回复|答复|回覆)
    自動(?:回覆|回復|答覆)
    자동 ?(?:회신|응답|답장)
    부재 ?중
"""
)
"""Subjects that only auto-repliers write."""

ABSENCE_SUBJECTS = one_of(
    r"""
    \b(?:vacation|holiday|on leave|annual leave|parental leave|maternity leave|absence|absent)\b
    \bno longer (?:with|works?|at|employed)\b
    \b(?:i am|i'm|away|currently) (?:away|out|until|on)\b
    urlaub
    abwesen
    außer haus
    absente? du
    en congés?\b
    en vacances
    ausencia
    ausente
    de vacaciones
    assen(?:za|te)
    in ferie
    ausência
    de férias
    afwezig
    vakantie
    fraværende
    fravær
    frånvaro
    semester\b
    poissa\b
    lomalla
    nieobecno
    urlop
    nepřítomnost
    dovolen
    в отпуске
    отсутств
    休暇
    外出
    休假
    휴가
    부재
"""
)
"""Subjects of auto-replies that people write as well; first words or headers must agree."""

AUTO_REPLY_WORDS = one_of(
    r"""
    (?:i am|i'm|i will be|i'll be|we are|is|
        currently) (?:\w+ ){0,3}(?:out of (?:the )?office|on (?:vacation|holiday|leave|annual|
        maternity|parental|sick|business)|away (?:from|until|on|till)|travel?ling|
        unavailable until|not in the office|out until)
    (?:this is an|this email is an) auto(?:matic|mated)(?:ally generated)? (?:reply|
        response|message)
    automatic(?:ally)? (?:reply|response|generated reply)
    no longer (?:work|with|employed)
    limited access to (?:my )?e?-?mail
    out of (?:the )?office (?:until|from|till|on|and|with)
    (?:will respond|will reply|will get back to you|will answer) (?:\w+ ){0,8}(?:return|
        when i|upon my)
    (?:ich bin|wir sind|bin ich|befinde mich) .{0,60}(?:nicht im (?:büro|haus)|im urlaub|
        abwesend|nicht erreichbar|außer haus|wieder (?:im|da|erreichbar))
    automatisch generierte
    nicht mehr (?:im unternehmen|bei .{0,40} tätig|für .{0,40} tätig)
    je suis .{0,40}(?:absent|en congé|en déplacement|en vacances)
    actuellement absent
    de retour le
    ceci est (?:une réponse|un message) automatique
    (?:estoy|estaré|me encuentro) .{0,40}(?:fuera|ausente|vacaciones)
    respuesta automática
    mensaje automático
    (?:sono|sarò) .{0,40}(?:fuori|assente|in ferie)
    (?:estou|estarei) .{0,40}(?:fora|ausente|férias)
    ik ben .{0,40}(?:afwezig|niet aanwezig|vakantie|niet op kantoor)
    (?:jestem|będę) .{0,40}(?:nieobecn|na urlopie|poza biurem)
    я .{0,40}(?:в отпуске|отсутств|вне офиса)
    jeg er .{0,40}(?:ferie|fraværende|ikke på)
    jag är .{0,40}(?:semester|ledig|inte på|borta)
    olen .{0,40}(?:lomalla|poissa)
    不在に(?:して|し)
    不在です
    休暇(?:中|を|のため)
    自動(?:返信|応答)
    外出中
    休假
    不在办公室
    自动回复
    부재 ?중
    휴가
"""
)
"""What their first words say; this decides only together with other signs."""
