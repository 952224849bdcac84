"""How programs that answer for somebody say so, in the main languages; in lower case."""

from postroad.inbox.phrases import any_of

AUTO_REPLY_SUBJECTS = any_of((
    r"^(?:\S{1,12}:\s*)?(?:automatic (?:reply|response|answer)|auto(?:matic|mated)?[ -]?(?:reply|response|respond\w*|answer)|autoreply|"
    r"out[ -]of[ -](?:the )?office|ooo\b|away (?:from|message)|vacation|on (?:vacation|holiday|leave)|i am (?:away|out|on)|i'm (?:away|out|on)|"
    r"not in the office|absence|auto:)|\b(?:auto(?:matic|mated)?[ -]?(?:reply|response)|out of (?:the )?office|away from (?:my|the) (?:office|desk|mail|email)|"
    r"vacation (?:reply|notice|response|message|auto)|maternity leave|annual leave|no longer (?:with|works|at|employed))\b",
    r"automatische antwort|abwesenheit|automatische rückmeldung|nicht im (?:büro|haus)|bin (?:im urlaub|abwesend|außer haus)|autom\. antwort",
    r"réponse automatique|absence du bureau|absent(?:e)? du|message d'absence|en congés?\b|réponse auto|hors du bureau",
    r"respuesta automática|fuera de (?:la )?oficina|ausencia|ausente|de vacaciones|respuesta de ausencia|contestación automática",
    r"risposta automatica|fuori (?:sede|ufficio)|assenza|assente|in ferie|risponditore",
    r"resposta automática|ausência|fora do escritório|de férias|resposta de ausência",
    r"automatisch (?:antwoord|bericht)|afwezig|niet (?:op kantoor|aanwezig)|met vakantie|automatische reactie",
    r"autosvar|automatisk(?:t)? (?:svar|besked|meddelande)|fraværende|frånvaro|ikke på kontoret|fravær|automaattinen (?:vastaus|poissaolo)|poissa\b|lomalla",
    r"odpowiedź automatyczna|automatyczna odpowiedź|autoodpowied|poza biurem|nieobecno|urlop|automatická odpov|mimo kancelář|nepřítomnost",
    r"автоматический ответ|автоответ|вне офиса|в отпуске|отсутств|автоматична відповідь|otomatik (?:yanıt|cevap)|ofis dışında|automatikus válasz|"
    r"házon kívül|răspuns automat|αυτόματη απάντηση|תשובה אוטומטית|رد تلقائي",
    r"自動応答|自動返信|不在(?:通知|の|連絡|にし)|不在です|休暇|自动(?:回复|答复|回覆)|自動(?:回覆|回復|答覆)|外出|休假|자동 ?(?:회신|응답|답장)|부재",
))  # fmt: skip
"""Subjects of auto-replies."""

AUTO_REPLY_WORDS = any_of((
    r"(?:i am|i'm|i will be|i'll be|we are|is|currently) (?:\w+ ){0,3}(?:out of (?:the )?office|on (?:vacation|holiday|leave|annual|maternity|parental|"
    r"sick|business)|away (?:from|until|on|till)|travel?ling|unavailable until|not in the office|out until)",
    r"(?:this is an|this email is an) auto(?:matic|mated)(?:ally generated)? (?:reply|response|message)|automatic(?:ally)? (?:reply|response|generated reply)|"
    r"no longer (?:work|with|employed)|limited access to (?:my )?e?-?mail|out of (?:the )?office (?:until|from|till|on|and|with)|"
    r"(?:will respond|will reply|will get back to you|will answer) (?:\w+ ){0,8}(?:return|when i|upon my)",
    r"(?:ich bin|wir sind|bin ich|befinde mich) .{0,60}(?:nicht im (?:büro|haus)|im urlaub|abwesend|nicht erreichbar|außer haus|wieder (?:im|da|erreichbar))|"
    r"automatisch generierte|nicht mehr (?:im unternehmen|bei .{0,40} tätig|für .{0,40} tätig)",
    r"je suis .{0,40}(?:absent|en congé|en déplacement|en vacances)|actuellement absent|de retour le|ceci est (?:une réponse|un message) automatique",
    r"(?:estoy|estaré|me encuentro) .{0,40}(?:fuera|ausente|vacaciones)|respuesta automática|mensaje automático",
    r"(?:sono|sarò) .{0,40}(?:fuori|assente|in ferie)|(?:estou|estarei) .{0,40}(?:fora|ausente|férias)|ik ben .{0,40}(?:afwezig|niet aanwezig|vakantie|niet op kantoor)",
    r"(?:jestem|będę) .{0,40}(?:nieobecn|na urlopie|poza biurem)|я .{0,40}(?:в отпуске|отсутств|вне офиса)|jeg er .{0,40}(?:ferie|fraværende|ikke på)|"
    r"jag är .{0,40}(?:semester|ledig|inte på|borta)|olen .{0,40}(?:lomalla|poissa)",
    r"不在に(?:して|し)|不在です|休暇(?:中|を|のため)|自動(?:返信|応答)|外出中|休假|不在办公室|自动回复|부재 ?중|휴가",
))  # fmt: skip
"""What the first words of an auto-reply say; they decide only together with other signs."""
