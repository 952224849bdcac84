"""How programs that answer for somebody say so."""

from postroad.inbox.phrases import one_of

AUTO_REPLY_SUBJECTS = one_of(
    r"""
    ^(?:\S{1,12}:\s*)?(?:automatic (?:reply|response|answer)|auto(?:matic|
        mated)?[ -]?(?:reply|response|respond\w*|answer)|autoreply|out[ -]of[ -](?:the )?office|
        ooo\b|away (?:from|message)|vacation|on (?:vacation|holiday|leave)|i am (?:away|out|on)|
        i'm (?:away|out|on)|not in the office|absence|auto:)
    \b(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|away from (?:my|
        the) (?:office|desk|mail|email)|vacation (?:reply|notice|response|message|auto)|
        maternity leave|annual leave|no longer (?:with|works|at|employed))\b
    automatische antwort
    abwesenheit
    automatische rückmeldung
    nicht im (?:büro|haus)
    bin (?:im urlaub|abwesend|außer haus)
    autom\. antwort
    réponse automatique
    absence du bureau
    absent(?:e)? du
    message d'absence
    en congés?\b
    réponse auto
    hors du bureau
    respuesta automática
    fuera de (?:la )?oficina
    ausencia
    ausente
    de vacaciones
    respuesta de ausencia
    contestación automática
    risposta automatica
    fuori (?:sede|ufficio)
    assenza
    assente
    in ferie
    risponditore
    resposta automática
    ausência
    fora do escritório
    de férias
    resposta de ausência
    automatisch (?:antwoord|bericht)
    afwezig
    niet (?:op kantoor|aanwezig)
    met vakantie
    automatische reactie
    autosvar
    automatisk(?:t)? (?:svar|besked|meddelande)
    fraværende
    frånvaro
    ikke på kontoret
    fravær
    automaattinen (?:vastaus|poissaolo)
    poissa\b
    lomalla
    odpowiedź automatyczna
    automatyczna odpowiedź
    autoodpowied
    poza biurem
    nieobecno
    urlop
    automatická odpov
    mimo kancelář
    nepřítomnost
    автоматический ответ
    автоответ
    вне офиса
    в отпуске
    отсутств
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
    休暇
    自动(?:回复|答复|回覆)
    自動(?:回覆|回復|答覆)
    外出
    休假
    자동 ?(?:회신|응답|답장)
    부재
"""
)
"""Subjects of auto-replies."""

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
