"""How notices call themselves, in their subjects and first words."""

from postroad.inbox.phrases import one_of

BOUNCE_SUBJECTS = one_of(
    r"""
    undeliver(?:able|ed)
    \breached a limit for sending\b
    mail delivery (?:failed|failure|error|problem|system|status|report|subsystem)
    delivery (?:status )?(?:notification|failure|failed|report|error|problem|has failed|
        incomplete|status)
    failure (?:notice|delivery|notification)
    fail(?:ed|ure) (?:mail|delivery|to deliver)
    returned (?:e-?)?mail
    \bbounced?\b
    non[- ]?(?:delivery|deliverable|remise|recapito)
    mail system error
    mail error
    message (?:not delivered|error)
    (?:mail|message|e-?mail)s? (?:could not|cannot|can't|was not|couldn't|
        not) be(?:en)? (?:sent|delivered)
    could not (?:be delivered|send message)
    unable to deliver
    not delivered
    wasn't delivered
    (?:message|mail|delivery) (?:delayed|is delayed|has been delayed)
    delayed (?:mail|delivery)
    delivery delay
    warning: (?:could not send|message|mail)
    rejected (?:mail|posting|message)
    message (?:was )?(?:rejected|blocked)
    error sending your mail
    bounce(?:d)? (?:mail|message|notification)
    mail (?:bounced|returned)
    \bndr\b
    \bndn\b
    notice: mail delivery
    loop alert
    postmaster notify
    address not found
    message blocked
    user unknown
    recipient (?:unknown|not found)
    nondeliverable
    invalid address
    unzustellbar
    nicht (?:zugestellt|zustellbar)
    zustell(?:ung|ungs)?\w* ?(?:fehl|nicht|problem|verzögert)
    unzustellbarkeit
    non (?:remis|distribu|délivr)
    échec (?:de |d')
    remise (?:différée|retardée|impossible)
    retour de courrier
    notification d'état
    no (?:se )?(?:entregad|ha podido entregar|se pudo)
    no se puede entregar
    error (?:de|en la) entrega
    devuelto
    no entregable
    aviso de no entrega
    entrega (?:retrasada|fallida)
    non (?:recapitat|consegnat)
    mancat[oa] (?:recapito|consegna)
    impossibile (?:recapitare|consegnare)
    errore di consegna
    não (?:entregue|foi entregue|pôde ser)
    falha (?:na|de) entrega
    não é possível entregar
    devolvid[oa]
    onbestelbaar
    niet (?:bezorgd|afgeleverd)
    kan niet worden (?:bezorgd|afgeleverd)
    kunne ikke leveres
    ikke leveret
    kan inte leverera
    olevererbart
    går inte att leverera
    ikke levert
    toimittaminen epäonnistui
    ei voitu toimittaa
    niedostarczon
    nie (?:można|udało się|został\w*) (?:dostarcz|doręcz)
    zwrot
    nedoručiteln
    nelze doručit
    kézbesíthetetlen
    nu (?:a fost|poate fi) livrat
    teslim edilemedi
    iletilemedi
    gönderilemedi
    не ?доставлен
    недоставл
    не удалось доставить
    ошибка доставки
    невозможно доставить
    не може бути доставлен
    возвращ[её]н
    配信(?:不能|できません|失敗|エラー)
    送信(?:できません|エラー|失敗)
    配達(?:不能|できません)
    不達
    届け(?:られ|でき)
    退信
    无法(?:投递|送达|传递)
    無法(?:傳遞|投遞|寄送)
    未(?:送达|能送达)
    投递失败
    发送失败
    邮件传输失败
    系统退信
    傳送失敗
    배달(?:되지| 실패)
    반송
    전송 실패
"""
)
"""Subjects of notices, delays included."""

BOUNCE_WORDS = one_of(
    r"""
    (?:could|can|was|were|has|have|is|did)(?: ?not|n't) (?:yet )?(?:been |be )?(?:be |
        immediately )?(?:delivered|sent|relayed|reach)
    cannot be (?:delivered|sent)
    unable to (?:deliver|be delivered|send|relay)
    (?:wasn't|was not) able to (?:deliver|send)
    undeliver(?:able|ed)
    non-?deliver
    not deliverable
    delivery (?:to .{0,80})?(?:has )?(?:failed|failure|error|was unsuccessful)
    delivery to the following
    following (?:address|recipient|error)
    failed (?:to deliver|delivery|recipient|permanently)
    deliver(?:y|ing) (?:attempt|your mail)
    did not receive
    had (?:permanent|transient|delivery|fatal)
    permanent (?:fatal )?error
    \bbounced\b
    returned (?:to (?:you|sender)|mail|message)
    is being returned
    message (?:was )?(?:rejected|returned|bounced|refused|blocked)
    (?:mailbox|quota) (?:is )?(?:full|exceeded)
    user unknown
    unknown user
    no such user
    does not exist
    has been delayed
    is delayed
    still being retried
    not (?:yet )?been delivered
    trouble delivering
    problem(?:s)? delivering
    error (?:was )?(?:occurred|message|while|sending)
    transcript of (?:session|the)
    while talking to
    mailer-daemon
    disk quota
    address(?:es)? (?:failed|rejected)
    duplicated message-id
    remote host said
    invalid (?:user|recipient|address)
    not a member
    (?:recipients? .{0,40}|user )not found
    failure reasons
    couldn't be found
    nicht (?:zugestellt|zustellbar|erreicht)
    konnte(?:n)? nicht
    fehler bei der zustellung
    zustellung .{0,60}(?:fehlgeschlagen|nicht|verzögert)
    n'a (?:pas|pu)
    n'ont pas pu
    impossible de (?:remettre|livrer|distribuer)
    échec de (?:la )?(?:remise|livraison|distribution)
    il se peut que
    no (?:se )?(?:ha |han |pudo|pudieron|puede)
    error al entregar
    no (?:fue|ha sido) (?:posible )?entreg
    es posible que el grupo
    non (?:è stato|può essere|ha raggiunto|è stata)
    impossibile (?:recapitare|consegnare)
    errore (?:di|nella) consegna
    não (?:foi|pôde|pode|conseg)
    falha na entrega
    niet (?:worden )?(?:bezorgd|afgeleverd)
    kon niet
    kunne ikke
    kunde inte
    ei voitu
    nie (?:mógł|mogła|można|udało|został)
    niemożliw
    nelze
    nebyl
    nem (?:sikerült|lehet)
    teslim edilemedi
    iletilemedi
    nu (?:a putut|poate)
    не (?:может|удалось|было|был|доставл|можем)
    невозможно
    недоступен
    ошибк
    повідомляємо
    уведомля
    できません
    できなかった
    届き
    配信
    不明
    無法
    无法
    失败
    失敗
    退信
    未能
    不存在
    못했
    없습니다
"""
)
"""What the first words of a notice say."""

NOTICE_OPENINGS = one_of(
    r"""
    \b(?:your|the|a|this) (?:e-?mail|message|mail) (?:\S+ ){0,14}(?:could not|was not|cannot|
        couldn't|can not|can't|has not|were not) (?:be |been )?(?:successfully )?
        (?:delivered|sent)\b
    \bwas undeliverable to\b
    \bdid not reach the following\b
    \b(?:unable|failed) to deliver (?:your |the )?(?:following )?(?:e-?mail|message|mail)\b
    \bdelivery (?:to|of) .{0,80} (?:failed|has failed|was unsuccessful)\b
    \bhi\. this is the
    \bcreated automatically by mail delivery software
    \bthis is the (?:mail|postfix|sendmail|qmail)
"""
)
"""What opens a notice, whoever it calls itself; people begin otherwise."""
