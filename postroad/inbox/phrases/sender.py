"""Refusals that blame the sender: account, address, domain or server."""

from postroad.inbox.phrases import one_of
from postroad.inbox.phrases.refusal import Refusal

SENDING_LIMIT = Refusal(
    "rate_limited",
    "sender",
    one_of(
        r"""
        reached a limit for sending
        exceeded.{0,30}\b(?:sending|outbound|messaging|submission|recipient rate) (?:limit|
            quota)
        (?:daily|hourly|monthly|sending|outgoing|user|max\w*) (?:\w+ )?(?:sending|message|
            mail|email|smtp) (?:quota|limit|rate)\w* (?:is |was |has been )?exceeded
        (?:quota|limit) for (?:sending|outgoing)
        maximum send rate exceeded
        tenant.{0,40}exceeded.{0,40}(?:threshold|limit|quota)
        sender.{0,20}(?:exceeded|has reached|over).{0,40}(?:quota|limit)
        has exceeded the (?:max|number|maximum|allowed).{0,40}(?:per (?:hour|day)|messages per)
        domain .{0,80} has exceeded the max (?:emails|defers and failures) per hour
        发信.{0,6}(?:超|限)
"""
    ),
)
"""The sending account or tenant has used up what it may send (Gmail, Exchange Online, SES)."""

SENDER_REFUSED = Refusal(
    "policy",
    "sender",
    one_of(
        r"""
        (?:your|sending|sender'?s?) account.{0,40}(?:blocked|suspended|disabled|restricted|
            locked)
        (?:sender|from)(?: e?-?mail)?(?: address)?(?: domain)? .{0,60}(?:verify failed|
            unverified|not verified|must exist|does(?: not|n't) (?:exist|resolve)|not exists?\b)
        (?:sender|return path|envelope from|mail from|from) (?:address |domain |name |
            id )?(?:is |was |has been |be )?(?:rejected|denied|blocked|refused|invalid|banned|
            black ?listed|unknown|not allowed|not found|prohibited)
        domain of sender address
        bad sender(?:'?s?)? (?:address|system|mailbox)
        invalid (?:sender|from|return|envelope)
        sender.{0,20}not (?:allowed|authori[sz]ed|owned)
        send ?as ?denied
        not (?:allowed|authori[sz]ed|permitted) to send (?:as|from|on behalf)
        email address is not verified
        sender verif
        callout verification
        \b(?:spf|dkim|dmarc|arc)\b
        sender policy framework
        domainkeys
        sender id\b
        purported responsible address
        unauthenticated (?:e?-?mail|message|sender)
        (?:message|mail|email|sender|domain).{0,30}(?:fail\w*|not pass\w*|
            missing).{0,30}authenticat
        authentication (?:is )?(?:required|check|requirement)
        must (?:be )?authenticate
        (?:required|sufficient) (?:levels? of )?authentication
        fail\w* authentication
        relay(?:ing)?(?: access| of mail| is| was| not| mail)* ?(?:denied|prohibited|
            not (?:allowed|permitted)|refused|disallowed|rejected)
        (?:unable|not (?:permitted|allowed|authori[sz]ed)|refus\w*|can(?:'t|not)|prohibited|
            deny|won'?t|do(?:es)? not) (?:to )?(?:\w+ )?relay
        we do not relay
        relay attempt
        tenantattribution; relay
        \b(?:sender|sending) (?:mail ?server|server|host|ip|mta).{0,40}(?:blocked|denied|
            black|banned)
"""
    ),
)
"""The sending account, domain or address is refused, whoever the recipient is."""

SERVER_REFUSED = Refusal(
    "policy",
    "sender",
    one_of(
        r"""
        \btosa@rx\.t-online\b
        \bptr\b
        reverse[ -](?:dns|lookup|hostname|mapping|name)
        \brdns\b
        fcrdns
        (?:unable to|cannot|could not|can't) find your (?:reverse )?hostname
        cannot resolve your (?:address|domain|ip)
        reverse.{0,20}(?:not found|fail)
        dns ?bl
        \brbl\b
        \bdnsrbl\b
        blackhole
        black ?list
        block ?list
        deny ?list
        spamhaus
        \bzen\.
        spamcop
        barracudacentral
        barracuda reputation
        \bbrbl\b
        \bsorbs\b
        senderbase
        sender ?score
        cloudmark.{0,40}(?:reset|reputation)
        \bsurbl\b
        uceprotect
        (?<!not )listed (?:by|in|at|on)\b
        blocked (?:using|by|for|due|via|because).{0,40}(?:\bip\b|reputation|dns|list|spam|abuse)
        (?:poor|bad|low|ip|domain|negative|no) (?:\w+ )?reputation
        reputation (?:of|is|score|filter|based)
        banned (?:sending )?ip
        \bip\b.{0,60}\b(?:blocked|banned|denied|rejected|refused|not allowed|throttled|
            block list|prohibited)
        blocked.{0,30}\bip\b
        user complaints
        client host.{0,80}(?:rejected|blocked|denied)
        client (?:host )?(?:is )?(?:blocked|rejected|denied)
        helo.{0,40}(?:reject|denied|invalid|refused|bad|syntax|must)
        \behlo\b.{0,40}(?:reject|denied|invalid|refused|bad)
        host(?: network)? (?:is )?not (?:allowed|permitted|welcome)
        connection (?:was )?(?:dropped|rejected|refused|denied|blocked) (?:due to|by|
            because|for).{0,40}(?:policy|reputation|spam|list)
        dynamic (?:ip|address|host|pool)
        residential
        generic (?:rdns|hostname|host)
        too many (?:bad|invalid|unknown|spam|nonexist\w+)
        directory harvest
        proofpoint.com/dnsbl
        unfortunately, messages from
        mail (?:server )?(?:from|at) .{0,60} (?:is |was |has been )?(?:blocked|refused|
            rejected|black)
        adresse ip source bloqu
        server access .{0,60}forbidden
        not (?:be )?a?n? ?mail exchanger
        you are not allowed to connect
        access from.{0,40}denied
        \[(?:s3140|s3150|s775|tss\d\d|bl\d\d|cs\d\d|pf\d\d|ph\d\d)\]
        \btss\d\d\b
        бло?кирован.{0,40}\bip\b
        в ч[её]рн\w+ списк
        ip.{0,12}(?:拒绝|封|黑名单)
        被列入黑名单
"""
    ),
)
"""The sending server is refused."""

TOO_FAST = Refusal(
    "rate_limited",
    "sender",
    one_of(
        r"""
        \blimits? (?:for|on|to) (?:how many|the number)\b
        too many (?:\w+ ){0,3}(?:connections?|messages|e-?mails|mails|sessions|requests|
            recipients|concurrent|deliveries|hits|attempts)
        rate[ -]?limit\w*
        throttl\w*
        limit(?:ed|ing) rate
        sending rate
        \brate .{0,30}exceed
        (?:connection|message|recipient|frequency|concurren\w+|session)s? (?:rate |
            frequency |count )?(?:limit|limits|limited)
        too (?:fast|frequent|quickly|much mail)
        unusual(?:ly high)? (?:rate|volume)
        unexpected volume
        slow down
        (?:exceed\w*|reached?) (?:\w+ ){0,5}(?:connections?|rate|frequency|per (?:hour|day|
            minute|second)|messages|recipients)
        maximum (?:number of )?(?:concurrent )?(?:connections|sessions)
        频率
        発信.{0,8}制限
"""
    ),
)
"""Too fast for this receiver: waiting helps."""
