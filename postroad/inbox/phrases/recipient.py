"""Refusals that are about the recipient: mailbox, user, domain, and whom they take mail from."""

from postroad.inbox.phrases import one_of
from postroad.inbox.phrases.refusal import Refusal

MAILBOX_FULL = Refusal(
    "mailbox_full",
    "recipient",
    one_of(
        r"""
        \b(?:reached|hit|at) (?:\w+ ){0,3}quota\b
        (?:mail ?box|inbox|mail ?folder|mail ?drop|mail ?quota|maildir|account|user|
            recipient|postfach|quota)\S{0,2}(?: storage| size| space| quota)* (?:is |has |are |
            currently |already |was |would |be |'s )*(?:completely )?(?:full\b|over ?flow\w*|
            over ?quota|overdrawn|exceed\w*|out of (?:space|quota|storage))
        over(?: |-|its |the |their |disk |mail |storage |allowed )*quota
        \boverquota\b
        exceed\w* (?:\w+ ){0,6}(?:quota|storage|mailbox (?:size|limit|capacity)|disk space|
            allocation)
        quota (?:\w+ ){0,3}(?:exceed|full|violat|reach|over)
        (?:mail ?box|user'?s?) quota
        mailbox (?:\w+ ){0,4}(?:full|exceed|over (?:its )?(?:limit|quota|size)|limit)
        (?:not enough|insufficient|no|out of|lack of|
            run out of) (?!system)(?:\w+ )?(?:disk |mail ?box |user )?(?:space|storage|quota)\b
        too much mail (?:stored|data)
        too many messages (?:in|on) (?:the |this )?(?:mailbox|account|server)
        quotaexceeded
        mailboxfull
        mailbox_full
        overquotatemp
        overquotaperm
        storedrv.{0,40}quota
        full mail ?box
        mailbox has run out of
        allowed storage
        account is full
        inbox (?:is )?full
        (?:postfach|mailbox|speicherplatz|quota).{0,40}(?:voll|überschritten|erschöpft|
            überfüllt)
        bo[iî]te.{0,40}(?:pleine|satur)
        quota.{0,30}d[ée]pass
        espace.{0,30}insuffisant
        buz[oó]n.{0,40}llen
        cuota.{0,40}(?:excedid|superad)
        bandeja.{0,20}llena
        casella.{0,40}(?:piena|esaurit)
        quota.{0,30}superat
        spazio.{0,30}esaurit
        caixa.{0,40}(?:cheia|lotada)
        cota.{0,30}excedid
        postvak.{0,30}vol\b
        skrzynka.{0,40}(?:pe[łl]na|przepe)
        ящик.{0,40}(?:переполнен|заполнен)
        квот\w+.{0,20}превышен
        メールボックス.{0,20}(?:一杯|いっぱい|容量|満杯)
        容量.{0,10}(?:超|オーバー)
        (?:邮箱|信箱|郵箱).{0,8}(?:已满|满|已滿|滿|容量)
        容量满
        空间不足
"""
    ),
)

MAILBOX_DISABLED = Refusal(
    "mailbox_disabled",
    "recipient",
    one_of(
        r"""
        \baccount is overdue\b
        (?:account|mail ?box|user|recipient|address|customer|inbox|
            domain)\S{0,80}(?: that you tried to reach)?(?: account| mailbox)? (?:is |has |
            been |was |currently |temporarily |or |suspected )*(?:disabled|suspended|inactive|
            deactivated|locked|frozen|blocked for|not active|administratively disabled|expired|
            on hold|out of service|dormant|not activated|terminated|hangup)
        (?:disabled|inactive|suspended|deactivated|locked|frozen|not activated|blocked|
            expired) (?:\w+ )?(?:mail ?box|account|user|recipient)
        account (?:that you tried to reach )?is disabled
        accountdisabled
        userdisabled
        disableduser
        mail ?box (?:is )?(?:disabled|inactive|not accepting|currently unavailable: suspended)
        (?<!delivery )temporarily (?:disabled|suspended|locked)
        not accepting (?:messages|mail|any messages)
        delivery to this (?:user|address|recipient) (?:is |has been )?(?:disabled|suspended|
            restricted)
        mailbox disabled
        user disabled
        user suspended
        vacation disabled
        (?:postfach|konto|benutzer).{0,40}(?:gesperrt|deaktiviert)
        compte.{0,40}(?:désactiv|suspendu|bloqu)
        cuenta.{0,40}(?:desactivad|deshabilitad|suspendid)
        conta.{0,40}(?:desativad|suspens)
        account.{0,30}(?:disabilitat|sospes)
        ящик.{0,40}(?:заблокирован|отключ[её]н)
        账号.{0,8}(?:停用|冻结|禁用)
"""
    ),
)

USER_UNKNOWN = Refusal(
    "user_unknown",
    "recipient",
    one_of(
        r"""
        (?:user|recipient|mailbox|account|address) \S{1,80} (?:does not|doesn't|do not|not) exist
        \bunable to find (?:user|recipient|mailbox|account)\b
        \bnot in my validrcptto\b
        \baccount \S{1,80} is not available\b
        \brcp-p[123]\b
        (?:user|recipient|mail ?box|account|addressee|alias|local ?part|customer|subscriber|
            person)\S{0,80}(?: address| name| account| mailbox| here|
             that you tried to reach)? (?:is |was |are |has |been |you (?:entered|
            specified) )*(?:not |in)?(?:un ?known|(?:does|did|do|doesn|could|can)(?: ?not|
            n'?t) (?:exists?|be found)|doesn'?t exist|non-?exist\w+|not (?:exists?|existing|
            found|known|here|recogni[sz]ed|listed|registered|valid|local)|invalid|no longer|
            not a valid|no such|nonexist\w+)
        (?:unknown|no such|invalid|nonexist\w*|non-exist\w*|not? known|illegal|
            unrecogni[sz]ed|no local|incorrect|wrong|undefined|bad destination|unavailable mail|
            not existing|(?:is )?not a known|no valid|not a valid|bad|unknown or illegal|
            invalid or unknown|no|unrouteable|unroutable) (?:\w+ ){0,2}?(?:user\b|users\b|
            user-?name|usuario|utilisateur|recipient\b|recipients here|rec[ie]pient|mail ?box|
            mail box here|account|addressee|alias|local ?part|person|destination mailbox|
            address\b|e-?mail address|forward path|mail user)(?! space| found matching)
        (?:address|e-?mail(?: address)?)\S{0,80} (?:you (?:entered|specified) |is |was |
            could |can |has |been )*(?:un ?known|not found|couldn'?t be found|not be found|
            does(?: not|n'?t) (?:seem to )?exist|invalid|not valid|no longer|not recogni[sz]ed|
            non-?exist\w+)
        (?:doesn'?t|does not|don'?t) have (?:a|an) (?:\S+ )?account
        account .{0,60}does not exist
        there is no (?:such |mailbox|user|one |account)
        no (?:one |mailbox |such )(?:here )?by that name
        no mailbox (?:here|currently|found)
        no mailbox by
        no such .{0,30}(?:here|person|address|user)
        (?:user|mailbox|recipient|address|name).{0,30}(?:cannot|can't|could not|
            couldn'?t) be (?:found|located)
        cannot find (?:your )?(?:recipient|user|address)
        recipnotfound
        recipientnotfound
        adr\.exrecipnotfound
        not (?:our|a local|my) (?:user|customer|employee)
        not user of this server
        user not in
        (?:not|isn'?t) (?:listed|found|present|registered|exist) in (?:the |our |domino |
            public |name |this |directory|virtual|relay|local)
        (?:virtual|local|relay)(?: mailbox| alias| recipient)? table
        (?:recipient|mailbox|user|account|address) (?:has |is |was )*(?:moved|removed|
            deleted|gone|left|closed|cancell?ed|discontinued|no longer)
        no longer (?:on (?:this )?server|valid|exists?|accept\w*|works?|employed|with|
            in use|active|a user|have|available|used|monitored)
        has (?:left|moved|been deleted)
        requested action not taken: (?:mailbox|user)(?: name)? (?:unavailable|not found|
            not available|unknown)
        (?<!450 )mailbox (?:is )?(?:unavailable|
            not available)(?! temporarily)(?! or access denied)
        unavailable mail ?box
        mailbox not found
        dosn'?t exist
        not_?found
        invalid_?recipient
        address_?rejected_?unknown
        recipient name is not recogni[sz]ed
        name (?:was|is) not found
        \binconnue? (?:ici|à cette adresse)
        unknown_recipient
        unknown recipient
        recipient unknown
        (?:failed to|cannot|can not|could not) (?:find|locate) (?:user|mailbox|recipient)
        recipient address rejected: access denied
        all recipients (?:were|are) invalid
        bad recipient
        rcpt(?: to)? .{0,60}(?:does not exist|not exist|invalid|unknown)
        address unknown
        unknown address
        not a mailbox
        check the recipient'?s? (?:e-?mail )?address
        wasn'?t found at
        couldn'?t be found
        #5\.1\.0 address rejected
        sorry, no mailbox
        リストにありません
        登録されて(?:い|お)
        vrfy.{0,10}fail
        no account
        delivery to nonexist
        (?:empfänger|benutzer|adresse|postfach|user).{0,40}(?:unbekannt|existiert nicht|
            nicht gefunden|ungültig|nicht bekannt|nicht vorhanden)
        unbekannte[rn]? (?:benutzer|empfänger|adresse)
        (?:adresse|utilisateur|destinataire|bo[iî]te|compte).{0,50}(?:inconnu|n'existe pas|
            introuvable|invalide|n'a pas été trouvé|inexistant)
        (?:usuario|destinatario|cuenta|direcci[oó]n|buz[oó]n).{0,50}(?:desconocid|no existe|
            no se (?:ha )?(?:encontr|pudo encontrar)|inv[aá]lid|inexistente)
        (?:utente|destinatario|casella|indirizzo|account).{0,50}(?:sconosciut|non esiste|
            inesistente|non trovat|non valid)
        (?:usu[aá]rio|destinat[aá]rio|conta|endere[cç]o|caixa).{0,50}(?:desconhecid|
            n[aã]o existe|inexistente|n[aã]o (?:foi )?encontrad|inv[aá]lid)
        (?:gebruiker|ontvanger|adres|postvak).{0,40}(?:onbekend|bestaat niet|niet gevonden)
        (?:u[żz]ytkownik|odbiorca|adres|konto|skrzynka).{0,40}(?:nieznan|nie istnieje|
            nie znaleziono)
        (?:пользовател\w*|адресат\w*|получател\w*|ящик\w*|адрес\w*).{0,50}(?:не существует|
            не найден|неизвест|не зарегистрирован)
        нет такого (?:пользователя|адрес)
        (?:宛先|アドレス|ユーザ|受信者|送信先).{0,24}(?:見つか|存在し|不明|ありません|無効)
        (?:收件人|用户|用戶|帐号|账号|地址|邮箱|信箱).{0,16}(?:不存在|无效|不正确|未找到|找不到|有误)
        查无此(?:人|用户)
        (?:kullanıcı|alıcı).{0,30}(?:bulunamadı|yok|bilinmeyen)
        (?:uživatel|příjemce).{0,30}(?:neznám|neexist)
"""
    ),
)

DOMAIN_UNKNOWN = Refusal(
    "domain_unknown",
    "recipient",
    one_of(
        r"""
        \bunable to resolve (?:\w+ ){0,3}(?:record|host|domain)
        \bdomain \S{1,80} is not hosted\b
        (?:host|domain|server)\S{0,80}(?: name)? (?:is |was |does |could |can )*(?:not |
            un)(?:known|found|exists?|be found|resolv\w*|registered|valid)
        (?:domain|host)\S{0,80} (?:doesn'?t|does not|do not) (?:exist|resolve|accept)
        (?:no such|unknown|invalid|bad|illegal|nonexist\w+|unrouteable|unroutable|
            unresolvable|unable to resolve) (?:\w+ ){0,2}(?:host|domain|mail domain|
            destination system|server name)
        host ?(?:name )?(?:unknown|not found(?!, try)|lookup (?:did not|failed))
        name or service not known
        nxdomain
        dns_?nxdomain
        couldn'?t find any host
        no (?:mx|mail exchanger|a record|dns|address record)\b
        null ?mx
        nullmx
        does not (?:accept|receive) (?:any )?(?:e-?)?mail
        no (?:smtp|mail|e-?mail) (?:service|server) here
        mx record .{0,30}(?:not found|missing|invalid|null)
        no route for
        unrouteable address
        all relevant mx records point to non-existent
        (?:domain|host).{0,40}(?:couldn'?t|could not|cannot|can't) be (?:found|resolved)
        name service error.{0,80}not found(?!, try)
        dns (?:error|query).{0,40}(?:not exist|no such|nxdomain)
        nodename nor servname
        domain name not found
        recipient domain .{0,30}(?:invalid|not)
        (?:domain|domäne|domaine|dominio|dom[ií]nio|домен).{0,40}(?:existiert nicht|
            nicht gefunden|unbekannt|n'existe pas|introuvable|no existe|non esiste|
            n[aã]o existe|не существует|не найден)
        域名.{0,6}(?:不存在|错误)
        (?:ドメイン|ホスト).{0,16}(?:見つか|存在し)
"""
    ),
)

RECEIVES_TOO_MUCH = Refusal(
    "rate_limited",
    "recipient",
    one_of(
        r"""
        \breceiving mail (?:too quickly|at a rate)
"""
    ),
)
"""Gmail: somebody gets more mail than a person can."""

RECIPIENT_RULES = Refusal(
    "policy",
    "recipient",
    one_of(
        r"""
        restricted
        (?:only|not) accept\w* (?:\w+ ){0,3}(?:from|mail from)
        allowed senders
        authrequired
        recipient (?:\w+ ){0,3}(?:does not|not|only) accept
        not permitted to (?:mail|send to|post)
        (?:don'?t|do not) have permission
        requires? (?:all )?senders? to be authenticated
        not authori[sz]ed to (?:send|post)
        resolver\.rst
        delivery restriction
        moderat
        members? only
        must be (?:a )?(?:member|subscribed)
        (?:groupe|grupo|gruppe|gruppo|group).{0,160}(?:autoris|permis|berechtig|may not|
            allowed|autoriz)
        no hemos podido
        groups\.google\.com
"""
    ),
)
"""Whom the recipient, or a group, takes mail from."""
