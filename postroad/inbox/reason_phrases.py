"""Why mail is refused, in the words of mail servers: the first row that matches decides.

Rows go from what can mean one thing only to what is said of many things. Words are matched in
lower case, with single spaces. Sources: RFC 5321, RFC 3463 and the registry of status codes, the
sources of Postfix, Exim, sendmail and qmail, and what providers document of their replies.
"""

from dataclasses import dataclass

from postroad.inbox.verdict import Fault, Reason


@dataclass(frozen=True, slots=True)
class Phrases:
    """Patterns that mean one reason."""

    reason: Reason
    at_fault: Fault | None
    patterns: tuple[str, ...]


TELLING = (
    # The sending account or tenant has used up what it may send (Gmail, Exchange Online, SES).
    Phrases("rate_limited", "sender", (
        r"reached a limit for sending",
        r"exceeded.{0,30}\b(?:sending|outbound|messaging|submission|recipient rate) (?:limit|quota)",
        r"(?:daily|hourly|monthly|sending|outgoing|user|max\w*) (?:\w+ )?"
        r"(?:sending|message|mail|email|smtp) (?:quota|limit|rate)\w* (?:is |was |has been )?exceeded",
        r"(?:quota|limit) for (?:sending|outgoing)", r"maximum send rate exceeded",
        r"tenant.{0,40}exceeded.{0,40}(?:threshold|limit|quota)",
        r"sender.{0,20}(?:exceeded|has reached|over).{0,40}(?:quota|limit)",
        r"has exceeded the (?:max|number|maximum|allowed).{0,40}(?:per (?:hour|day)|messages per)",
        r"domain .{0,80} has exceeded the max (?:emails|defers and failures) per hour",
        r"发信.{0,6}(?:超|限)",
    )),
    # The sending account, domain or address is refused, whoever the recipient is.
    Phrases("policy", "sender", (
        r"(?:your|sending|sender'?s?) account.{0,40}(?:blocked|suspended|disabled|restricted|locked)",
        r"(?:sender|from)(?: e?-?mail)?(?: address)?(?: domain)? .{0,60}(?:verify failed|unverified|"
        r"not verified|must exist|does(?: not|n't) (?:exist|resolve)|not exists?\b)",
        r"(?:sender|return path|envelope from|mail from|from) (?:address |domain |name |id )?"
        r"(?:is |was |has been |be )?(?:rejected|denied|blocked|refused|invalid|banned|black ?listed|"
        r"unknown|not allowed|not found|prohibited)",
        r"domain of sender address", r"bad sender(?:'?s?)? (?:address|system|mailbox)",
        r"invalid (?:sender|from|return|envelope)", r"sender.{0,20}not (?:allowed|authori[sz]ed|owned)",
        r"send ?as ?denied", r"not (?:allowed|authori[sz]ed|permitted) to send (?:as|from|on behalf)",
        r"email address is not verified", r"sender verif", r"callout verification",
        r"\b(?:spf|dkim|dmarc|arc)\b", r"sender policy framework", r"domainkeys", r"sender id ",
        r"purported responsible address", r"unauthenticated (?:e?-?mail|message|sender)",
        r"(?:message|mail|email|sender|domain).{0,30}(?:fail\w*|not pass\w*|missing).{0,30}authenticat",
        r"authentication (?:is )?(?:required|check|requirement)", r"must (?:be )?authenticate",
        r"(?:required|sufficient) (?:levels? of )?authentication", r"fail\w* authentication",
        r"relay(?:ing)?(?: access| of mail| is| was| not| mail)* ?(?:denied|prohibited|not (?:allowed|"
        r"permitted)|refused|disallowed|rejected)", r"(?:unable|not (?:permitted|allowed|authori[sz]ed)|"
        r"refus\w*|can(?:'t|not)|prohibited|deny|won'?t|do(?:es)? not) (?:to )?(?:\w+ )?relay",
        r"we do not relay", r"relay attempt", r"tenantattribution; relay",
        r"\b(?:sender|sending) (?:mail ?server|server|host|ip|mta).{0,40}(?:blocked|denied|black|banned)",
    )),
    # The sending server is refused.
    Phrases("policy", "sender", (
        r"\bptr\b", r"reverse[ -](?:dns|lookup|hostname|mapping|name)", r"\brdns\b", r"fcrdns",
        r"(?:unable to|cannot|could not|can't) find your (?:reverse )?hostname",
        r"cannot resolve your (?:address|domain|ip)", r"reverse.{0,20}(?:not found|fail)",
        r"dns ?bl", r"\brbl\b", r"\bdnsrbl\b", r"blackhole", r"black ?list", r"block ?list", r"deny ?list",
        r"spamhaus", r"\bzen\.", r"spamcop", r"barracudacentral|barracuda reputation|\bbrbl\b", r"\bsorbs\b",
        r"senderbase", r"sender ?score", r"cloudmark.{0,40}(?:reset|reputation)", r"\bsurbl\b", r"uceprotect",
        r"listed (?:by|in|at|on) ", r"blocked (?:using|by|for|due|via|because).{0,40}(?:\bip\b|reputation|"
        r"dns|list|spam|abuse)", r"(?:poor|bad|low|ip|domain|negative|no) (?:\w+ )?reputation",
        r"reputation (?:of|is|score|filter|based)", r"banned (?:sending )?ip", r"\bip\b.{0,60}\b(?:blocked|"
        r"banned|denied|rejected|refused|not allowed|throttled|block list|prohibited)",
        r"blocked.{0,30}\bip\b", r"user complaints", r"client host.{0,80}(?:rejected|blocked|denied)",
        r"client (?:host )?(?:is )?(?:blocked|rejected|denied)", r"helo.{0,40}(?:reject|denied|invalid|"
        r"refused|bad|syntax|must)", r"\behlo\b.{0,40}(?:reject|denied|invalid|refused|bad)",
        r"host(?: network)? (?:is )?not (?:allowed|permitted|welcome)", r"connection (?:was )?(?:dropped|"
        r"rejected|refused|denied|blocked) (?:due to|by|because|for).{0,40}(?:policy|reputation|spam|list)",
        r"dynamic (?:ip|address|host|pool)", r"residential", r"generic (?:rdns|hostname|host)",
        r"too many (?:bad|invalid|unknown|spam|nonexist\w+)", r"directory harvest", r"proofpoint.com/dnsbl",
        r"unfortunately, messages from", r"mail (?:server )?(?:from|at) .{0,60} (?:is |was |has been )?"
        r"(?:blocked|refused|rejected|black)", r"adresse ip source bloqu", r"server access .{0,60}forbidden",
        r"not (?:be )?a?n? ?mail exchanger", r"you are not allowed to connect", r"access from.{0,40}denied",
        r"\[(?:s3140|s3150|s775|tss\d\d|bl\d\d|cs\d\d|pf\d\d|ph\d\d)\]", r"\btss\d\d\b",
        r"бло?кирован.{0,40}\bip\b|в ч[её]рн\w+ списк", r"ip.{0,12}(?:拒绝|封|黑名单)|被列入黑名单",
    )),
    Phrases("mailbox_full", "recipient", (
        r"(?:mail ?box|inbox|mail ?folder|mail ?drop|mail ?quota|maildir|account|user|recipient|disk|"
        r"directory|storage|postfach|quota)\S{0,2}(?: storage| size| space| quota)* "
        r"(?:is |has |are |currently |already |was |would |be |'s )*(?:completely )?"
        r"(?:full\b|over ?flow\w*|over ?quota|overdrawn|exceed\w*|out of (?:space|quota|storage))",
        r"over(?: |-|its |the |their |disk |mail |storage |allowed )*quota", r"\boverquota\b",
        r"exceed\w* (?:\w+ ){0,6}(?:quota|storage|mailbox (?:size|limit|capacity)|disk space|allocation)",
        r"quota (?:\w+ ){0,3}(?:exceed|full|violat|reach|over)", r"(?:mail ?box|user'?s?) quota",
        r"mailbox (?:\w+ ){0,4}(?:full|exceed|over (?:its )?(?:limit|quota|size)|limit)",
        r"(?:not enough|insufficient|no|out of|lack of|run out of) (?!system)(?:\w+ )?(?:disk |mail ?box |"
        r"user )?(?:space|storage|quota)\b",
        r"too much mail (?:stored|data)|too many messages (?:in|on) (?:the |this )?(?:mailbox|account|server)",
        r"quotaexceeded|mailboxfull|mailbox_full|overquotatemp|overquotaperm|storedrv.{0,40}quota",
        r"full mail ?box|mailbox has run out of|allowed storage|account is full|inbox (?:is )?full",
        r"(?:postfach|mailbox|speicherplatz|quota).{0,40}(?:voll|überschritten|erschöpft|überfüllt)",
        r"bo[iî]te.{0,40}(?:pleine|satur)|quota.{0,30}d[ée]pass|espace.{0,30}insuffisant",
        r"buz[oó]n.{0,40}llen|cuota.{0,40}(?:excedid|superad)|bandeja.{0,20}llena",
        r"casella.{0,40}(?:piena|esaurit)|quota.{0,30}superat|spazio.{0,30}esaurit",
        r"caixa.{0,40}(?:cheia|lotada)|cota.{0,30}excedid|postvak.{0,30}vol\b",
        r"skrzynka.{0,40}(?:pe[łl]na|przepe)|ящик.{0,40}(?:переполнен|заполнен)|квот\w+.{0,20}превышен",
        r"メールボックス.{0,20}(?:一杯|いっぱい|容量|満杯)|容量.{0,10}(?:超|オーバー)|"
        r"(?:邮箱|信箱|郵箱).{0,8}(?:已满|满|已滿|滿|容量)|容量满|空间不足",
    )),
    # Exchange's limits on the size, before its words on restrictions.
    Phrases("message_size", "message", (
        r"message (?:\w+ ){0,4}(?:too (?:big|large|long)|oversi[zs]e)", r"too (?:big|large) (?:message|for|mail)",
        r"(?:message|mail|size|e-?mail|attachment)s?'? (?:\w+ ){0,8}(?:exceed|larger than|bigger than|over the)"
        r"(?:\w+ )?.{0,40}(?:size|limit|maximum|kb|mb|bytes|allowed)",
        r"(?:message|mail|maximum|max|content) (?:\w+ )?(?:size|length)(?: limit)? (?:\w+ ){0,3}(?:exceed|violat|limit|too)",
        r"exceed(?:s|ed|ing)? (?:the )?(?:\w+ ){0,4}(?:message|mail|maximum|max|size|incoming) (?:\w+ )?(?:size|length|limit)",
        r"(?:size|length) (?:limit|restriction)s? (?:\w+ )?(?:exceed|reach)", r"message size exceeds",
        r"(?:sender|recip)sizelimit|msgsize|message too (?:big|large)|\btoo large\b|sizelimit",
        r"line (?:is )?too long|(?:header|headers) (?:size )?(?:too|exceed)\w*",
        r"nachricht.{0,40}zu (?:gro(?:ß|ss)|lang)|message.{0,30}trop (?:volumineux|gros|long)|"
        r"mensaje.{0,40}demasiado (?:grande|largo)|messaggio.{0,40}troppo grande|"
        r"mensagem.{0,40}muito grande|сообщени\w+.{0,30}слишком велик|サイズ.{0,12}(?:超|大き)|邮件过大|"
        r"邮件.{0,6}大小.{0,6}超",
    )),
    Phrases("mailbox_disabled", "recipient", (
        r"(?:account|mail ?box|user|recipient|address|customer|inbox|domain)\S{0,80}(?: that you tried to reach)?"
        r"(?: account| mailbox)? (?:is |has |been |was |currently |temporarily |or |suspected )*"
        r"(?:disabled|suspended|inactive|deactivated|locked|frozen|blocked for|not active|"
        r"administratively disabled|expired|on hold|out of service|dormant|not activated|terminated|hangup)",
        r"(?:disabled|inactive|suspended|deactivated|locked|frozen|not activated|blocked|expired) "
        r"(?:\w+ )?(?:mail ?box|account|user|recipient)",
        r"account (?:that you tried to reach )?is disabled|accountdisabled|userdisabled|disableduser",
        r"mail ?box (?:is )?(?:disabled|inactive|not accepting|currently unavailable: suspended)",
        r"temporarily (?:disabled|suspended|locked)(?! by)", r"not accepting (?:messages|mail|any messages)",
        r"delivery to this (?:user|address|recipient) (?:is |has been )?(?:disabled|suspended|restricted)",
        r"mailbox disabled|user disabled|user suspended|vacation disabled",
        r"(?:postfach|konto|benutzer).{0,40}(?:gesperrt|deaktiviert)|compte.{0,40}(?:désactiv|suspendu|bloqu)|"
        r"cuenta.{0,40}(?:desactivad|deshabilitad|suspendid)|conta.{0,40}(?:desativad|suspens)|"
        r"account.{0,30}(?:disabilitat|sospes)|ящик.{0,40}(?:заблокирован|отключ[её]н)|账号.{0,8}(?:停用|冻结|禁用)",
    )),
    Phrases("user_unknown", "recipient", (
        r"(?:user|recipient|mail ?box|account|addressee|alias|local ?part|customer|subscriber|person)\S{0,80}"
        r"(?: address| name| account| mailbox| here| that you tried to reach)? (?:is |was |are |has |been |"
        r"you (?:entered|specified) )*(?:not |in)?(?:un ?known|(?:does|did|do|doesn|could|can)(?: ?not|n'?t) "
        r"(?:exists?|be found)|doesn'?t exist|non-?exist\w+|not (?:exists?|existing|found|known|here|"
        r"recogni[sz]ed|listed|registered|valid|local)|invalid|no longer|not a valid|no such|nonexist\w+)",
        r"(?:unknown|no such|invalid|nonexist\w*|non-exist\w*|not? known|illegal|unrecogni[sz]ed|no local|"
        r"incorrect|wrong|undefined|bad destination|unavailable mail|not existing|(?:is )?not a known|no valid|"
        r"not a valid|bad|unknown or illegal|invalid or unknown|no|unrouteable|unroutable) "
        r"(?:\w+ ){0,2}?(?:user\b|users\b|user-?name|usuario|utilisateur|recipient\b|recipients here|"
        r"rec[ie]pient|mail ?box|mail box here|account|addressee|alias|local ?part|person|destination mailbox|"
        r"address\b|e-?mail address|forward path|mail user)(?! space| found matching)",
        r"(?:address|e-?mail(?: address)?)\S{0,80} (?:you (?:entered|specified) |is |was |could |can |has |been )*"
        r"(?:un ?known|not found|couldn'?t be found|not be found|does(?: not|n'?t) (?:seem to )?exist|invalid|not valid|"
        r"no longer|not recogni[sz]ed|non-?exist\w+)",
        r"(?:doesn'?t|does not|don'?t) have (?:a|an) (?:\S+ )?account", r"account .{0,60}does not exist",
        r"there is no (?:such |mailbox|user|one |account)", r"no (?:one |mailbox |such )(?:here )?by that name",
        r"no mailbox (?:here|currently|found)", r"no mailbox by", r"no such .{0,30}(?:here|person|address|user)",
        r"(?:user|mailbox|recipient|address|name).{0,30}(?:cannot|can't|could not|couldn'?t) be (?:found|located)",
        r"cannot find (?:your )?(?:recipient|user|address)", r"recipnotfound|recipientnotfound|adr\.exrecipnotfound",
        r"not (?:our|a local|my) (?:user|customer|employee)|not user of this server|user not in",
        r"(?:not|isn'?t) (?:listed|found|present|registered|exist) in (?:the |our |domino |public |name |this |directory|"
        r"virtual|relay|local)", r"(?:virtual|local|relay)(?: mailbox| alias| recipient)? table",
        r"(?:recipient|mailbox|user|account|address) (?:has |is |was )*(?:moved|removed|deleted|gone|left|closed|"
        r"cancell?ed|discontinued|no longer)", r"no longer (?:on (?:this )?server|valid|exists?|accept\w*|works?|"
        r"employed|with|in use|active|a user|have|available|used|monitored)", r"has (?:left|moved|been deleted)",
        r"requested action not taken: (?:mailbox|user)(?: name)? (?:unavailable|not found|not available|unknown)",
        r"(?<!450 )mailbox (?:is )?(?:unavailable|not available)(?! temporarily)(?! or access denied)",
        r"unavailable mail ?box|mailbox not found|dosn'?t exist|not_?found|invalid_?recipient|address_?rejected_?unknown",
        r"recipient name is not recogni[sz]ed|unknown_recipient|unknown recipient|recipient unknown",
        r"(?:failed to|cannot|can not|could not) (?:find|locate) (?:user|mailbox|recipient)",
        r"recipient address rejected: access denied", r"all recipients (?:were|are) invalid|bad recipient",
        r"rcpt(?: to)? .{0,60}(?:does not exist|not exist|invalid|unknown)|address unknown|unknown address|"
        r"not a mailbox|check the recipient'?s? (?:e-?mail )?address|wasn'?t found at|couldn'?t be found",
        r"#5\.1\.0 address rejected|sorry, no mailbox|リストにありません|登録されて(?:い|お)|vrfy.{0,10}fail|no account|delivery to nonexist",
        r"(?:empfänger|benutzer|adresse|postfach|user).{0,40}(?:unbekannt|existiert nicht|nicht gefunden|ungültig|"
        r"nicht bekannt|nicht vorhanden)|unbekannte[rn]? (?:benutzer|empfänger|adresse)",
        r"(?:adresse|utilisateur|destinataire|bo[iî]te|compte).{0,50}(?:inconnu|n'existe pas|introuvable|invalide|"
        r"n'a pas été trouvé|inexistant)", r"(?:usuario|destinatario|cuenta|direcci[oó]n|buz[oó]n).{0,50}(?:desconocid|"
        r"no existe|no se (?:ha )?(?:encontr|pudo encontrar)|inv[aá]lid|inexistente)",
        r"(?:utente|destinatario|casella|indirizzo|account).{0,50}(?:sconosciut|non esiste|inesistente|non trovat|non valid)",
        r"(?:usu[aá]rio|destinat[aá]rio|conta|endere[cç]o|caixa).{0,50}(?:desconhecid|n[aã]o existe|inexistente|"
        r"n[aã]o (?:foi )?encontrad|inv[aá]lid)", r"(?:gebruiker|ontvanger|adres|postvak).{0,40}(?:onbekend|bestaat niet|"
        r"niet gevonden)", r"(?:u[żz]ytkownik|odbiorca|adres|konto|skrzynka).{0,40}(?:nieznan|nie istnieje|nie znaleziono)",
        r"(?:пользовател\w*|адресат\w*|получател\w*|ящик\w*|адрес\w*).{0,50}(?:не существует|не найден|неизвест|"
        r"не зарегистрирован)", r"нет такого (?:пользователя|адрес)",
        r"(?:宛先|アドレス|ユーザ|受信者|送信先).{0,24}(?:見つか|存在し|不明|ありません|無効)",
        r"(?:收件人|用户|用戶|帐号|账号|地址|邮箱|信箱).{0,16}(?:不存在|无效|不正确|未找到|找不到|有误)|查无此(?:人|用户)",
        r"(?:kullanıcı|alıcı).{0,30}(?:bulunamadı|yok|bilinmeyen)|(?:uživatel|příjemce).{0,30}(?:neznám|neexist)",
    )),
    Phrases("domain_unknown", "recipient", (
        r"(?:host|domain|server)\S{0,80}(?: name)? (?:is |was |does |could |can )*(?:not |un)(?:known|found|exists?|be found|"
        r"resolv\w*|registered|valid)", r"(?:domain|host)\S{0,80} (?:doesn'?t|does not|do not) (?:exist|resolve|accept)",
        r"(?:no such|unknown|invalid|bad|illegal|nonexist\w+|unrouteable|unroutable|unresolvable|unable to resolve) "
        r"(?:\w+ ){0,2}(?:host|domain|mail domain|destination system|server name)",
        r"host ?(?:name )?(?:unknown|not found|lookup (?:did not|failed))|name or service not known|nxdomain|dns_?nxdomain",
        r"couldn'?t find any host|no (?:mx|mail exchanger|a record|dns|address record)\b|null ?mx|nullmx",
        r"does not (?:accept|receive) (?:any )?(?:e-?)?mail|mx record .{0,30}(?:not found|missing|invalid|null)|"
        r"no route for|unrouteable address|all relevant mx records point to non-existent",
        r"(?:domain|host).{0,40}(?:couldn'?t|could not|cannot|can't) be (?:found|resolved)",
        r"name service error.{0,80}(?:host|domain)? ?not found|dns (?:error|query).{0,40}(?:not exist|no such|nxdomain)",
        r"nodename nor servname|domain name not found|recipient domain .{0,30}(?:invalid|not)",
        r"(?:domain|domäne|domaine|dominio|dom[ií]nio|домен).{0,40}(?:existiert nicht|nicht gefunden|unbekannt|"
        r"n'existe pas|introuvable|no existe|non esiste|n[aã]o existe|не существует|не найден)|域名.{0,6}(?:不存在|错误)|"
        r"(?:ドメイン|ホスト).{0,16}(?:見つか|存在し)",
    )),
    # What RFC 5322 forbids: rules about the form, not about what is said.
    Phrases("policy", "message", (
        r"multiple addresses in from|(?:not|non-?) ?(?:rfc )?complian(?:t|ce)|rfc ?(?:2|5)\d22 (?:violat|non|not|section)|"
        r"(?:missing|duplicate|invalid|malformed|bad|multiple) (?:\S{1,20} )?headers?|malformed|header (?:error|syntax)|"
        r"invalid 2822|message-id header",
    )),
    Phrases("content", "message", (
        r"\bvirus\b|malware|infected|trojan|phish|(?:dangerous|forbidden|prohibited|banned|executable|blocked|illegal|"
        r"invalid|disallowed|restricted) (?:\w+ )?(?:attachment|file|content|extension)",
        r"attachment.{0,40}(?:not allowed|prohibited|blocked|rejected|not accepted|removed)",
        r"(?:message|mail) content (?:\w+ )?(?:reject|not accept|violat|not acceptable)|improper use of 8-?bit|"
        r"bad content|(?:contains?|has|have) (?:\w+ ){0,3}(?:bare|illegal character|invalid character|nul\b)|content not supported|"
        r"conversion (?:required|not supported|failed)|8-?bit data|smtputf8",
    )),
    Phrases("spam", "message", (
        r"(?:unsolicited|spam\b|spam[ -]?like|junk|spammy|spamming|spam content|bulk (?:e-?)?mail|suspicious (?:mail|message)|"
        r"looks? like spam|spam_?detected)", r"rejected by content filter|content filter|considered (?:as )?(?:uce|ube)|"
        r"(?:message|mail|content) (?:\w+ ){0,4}(?:identified|classified|detected|flagged|marked|suspected) as",
        r"score .{0,30}(?:threshold|limit|too high)|content (?:reject|denied)|mail content denied|uribl|"
        r"high probability of|垃圾|迷惑メール|спам\w*",
    )),
    # Too fast for this receiver: waiting helps.
    Phrases("rate_limited", "sender", (
        r"too many (?:\w+ ){0,3}(?:connections?|messages|e-?mails|mails|sessions|requests|recipients|concurrent|"
        r"deliveries|hits|attempts)", r"rate[ -]?limit\w*|throttl\w*|limit(?:ed|ing) rate|sending rate|\brate .{0,30}exceed",
        r"(?:connection|message|recipient|frequency|concurren\w+|session)s? (?:rate |frequency |count )?(?:limit|limits|limited)",
        r"too (?:fast|frequent|quickly|much mail)|unusual(?:ly high)? (?:rate|volume)|unexpected volume|slow down|"
        r"receiving mail (?:too quickly|at a rate)|(?:exceed\w*|reached?) (?:\w+ ){0,5}(?:connections?|rate|frequency|per "
        r"(?:hour|day|minute|second)|messages|recipients)",
        r"maximum (?:number of )?(?:concurrent )?(?:connections|sessions)|频率|発信.{0,8}制限",
    )),
    # What passes: networks, machines, loops, queues.
    Phrases("transient", "network", (
        r"too many hops|hop count|(?:mail|routing|forwarding|delivery|message) ?loop|loops? (?:back|detected|alert)|"
        r"looping|mail for .{0,80}loops|duplicated message-id",
        r"gr[ae]y ?-?list\w*|try (?:again )?later|try again|retry later|temporar(?:y|il\w*)|please retry|deferred\b|"
        r"(?:connection|network|session|operation|delivery|conversation|lookup|greeting|smtp|command|dns|read|response|"
        r"server|host|remote host)\S{0,60} (?:\w+ ){0,3}(?:timed? ?out|timeout|lost|dropped|reset|refused|failed|unreachable|"
        r"closed|not respond\w*|busy|unavailable|aborted)",
        r"timed out|connect(?:ion)? (?:to \S{1,80} )?(?:refused|failed)|no route to host|network (?:is )?unreachable|"
        r"unable to connect|can(?:not|'t) connect|couldn'?t connect|could not connect|not reachable|was not reachable|"
        r"could not be contacted|bad connection|broken pipe|lost connection|no answer|is not responding",
        r"(?:too long|been) in (?:the )?queue|in the queue too long|queue (?:lifetime|too long|expired|time)|"
        r"(?:message|delivery time|envelope|retry timeout|mail|delivery) (?:\w+ ){0,2}(?:expired|timeout exceeded)|"
        r"retry time(?:out)? (?:not reached|exceeded)|not (?:be )?delivered (?:for|within|after)|undelivered after|"
        r"hosts? (?:\w+ ){0,4}been failing|could not deliver for|for more than \d+|giving up",
        r"(?:insufficient|not enough|out of|no) (?:system |server )?(?:storage|resources|memory|disk)|"
        r"disk full|file system full|no space left|system (?:\w+ )?(?:full|error|failure|busy|overload)|resources "
        r"(?:temporarily )?unavailable|(?:service|server) (?:is |currently |temporarily )*(?:unavailable|not available|busy|"
        r"overloaded|too busy|shutting down)|local (?:error|configuration|problem)|internal (?:server )?error|"
        r"(?:error|problem) (?:in|during) (?:processing|local)|ldap server|tempfail|starttls|\btls\b|"
        r"storedrv\.|can't create (?:output|transcript)|permission denied|insufficient permission|i/o error|"
        r"command (?:died|output|failed|time)|mailer (?:error|died)|bounce\.? ?loop|configuration error|"
        r"service refus|will (?:keep|continue) (?:trying|to (?:try|be made))|continue trying",
        r"(?:vorübergehend|später erneut)|(?:temporairement|réessayer|essayer plus tard)|temporalmente|più tardi|"
        r"mais tarde|временно|позже|一時的|しばらく|稍后|超时|タイムアウト",
    )),
    # Somebody's rules, without saying more.
    Phrases("policy", "recipient", (
        r"restricted|(?:only|not) accept\w* (?:\w+ ){0,3}(?:from|mail from)|allowed senders|authrequired|"
        r"recipient (?:\w+ ){0,3}(?:does not|not|only) accept|not permitted to (?:mail|send to|post)|"
        r"(?:don'?t|do not) have permission|requires? (?:all )?senders? to be authenticated|not authori[sz]ed to (?:send|post)|"
        r"resolver\.rst|delivery restriction|moderat|members? only|must be (?:a )?(?:member|subscribed)|"
        r"(?:groupe|grupo|gruppe|gruppo|group).{0,160}(?:autoris|permis|berechtig|may not|allowed|autoriz)|no hemos podido|groups\.google\.com",
    )),
)  # fmt: skip
"""Words that say more than a status code does."""

VAGUE = (
    Phrases("policy", None, (
        r"polic(?:y|ies)|access (?:is )?denied|administrative(?:ly)? prohibit\w*|not authori[sz]ed|unauthori[sz]ed|"
        r"prohibited|protocol violation|violat\w+|security|\bblocked\b|forbidden|not (?:allowed|permitted|acceptable|"
        r"welcome|accepted)|reject\w*|refus\w*|denied|filter\w*|not comply|rfc ?\d{3,4}|protection|verboten|abgelehnt|"
        r"refusé|rechazad|rifiutat|rejeitad|odrzucon|отклон|отказ|拒绝|拒收|拒否",
    )),
)  # fmt: skip
"""Words that decide only where no status code says more."""
