"""What passes by itself, and what says nearly nothing."""

from postroad.inbox.phrases import one_of
from postroad.inbox.phrases.refusal import Refusal

NAME_SERVER = Refusal(
    "transient",
    "network",
    one_of(
        r"""
        not found, try again
        temporary (?:failure in name|lookup failure|dns|resolution)
        (?:name ?server|dns) .{0,40}(?:temporar|timed? ?out|servfail)
"""
    ),
)
"""The name server gave no answer: the domain may well exist."""

TRANSIENT = Refusal(
    "transient",
    "network",
    one_of(
        r"""
        too many hops
        hop count
        (?:mail|routing|forwarding|delivery|message) ?loop
        loops? (?:back|detected|alert)
        looping
        mail for .{0,80}loops
        duplicated message-id
        gr[ae]y ?-?list\w*
        try (?:again )?later
        try again
        retry later
        temporar(?:y|il\w*)
        please retry
        deferred\b
        (?:connection|network|session|operation|delivery|conversation|lookup|greeting|smtp|
            command|dns|read|response|server|host|
            remote host)\S{0,60} (?:\w+ ){0,3}(?:timed? ?out|timeout|lost|dropped|reset|refused|
            failed|unreachable|closed|not respond\w*|busy|unavailable|aborted)
        timed out
        connect(?:ion)? (?:to \S{1,80} )?(?:refused|failed)
        no route to host
        network (?:is )?unreachable
        unable to connect
        can(?:not|'t) connect
        couldn'?t connect
        could not connect
        not reachable
        was not reachable
        could not be contacted
        bad connection
        broken pipe
        lost connection
        no answer
        is not responding
        (?:too long|been) in (?:the )?queue
        in the queue too long
        queue (?:lifetime|too long|expired|time)
        (?:message|delivery time|envelope|retry timeout|mail|
            delivery) (?:\w+ ){0,2}(?:expired|timeout exceeded)
        retry time(?:out)? (?:not reached|exceeded)
        not (?:be )?delivered (?:for|within|after)
        undelivered after
        hosts? .{0,80}been failing
        could not deliver for
        for more than \d+
        giving up
        (?:insufficient|not enough|out of|no) (?:system |server )?(?:storage|resources|
            memory|disk)
        disk full
        file system full
        no space left
        system (?:\w+ )?(?:full|error|failure|busy|overload)
        resources (?:temporarily )?unavailable
        (?:service|server) (?:is |currently |temporarily )*(?:unavailable|not available|
            busy|overloaded|too busy|shutting down)
        local (?:error|configuration|problem)
        internal (?:server )?error
        (?:error|problem) (?:in|during) (?:processing|local)
        ldap server
        tempfail
        storedrv\.
        can't create (?:output|transcript)
        permission denied
        insufficient permission
        i/o error
        command (?:died|output|failed|time)
        mailer (?:error|died)
        bounce\.? ?loop
        configuration error
        service refus
        will (?:keep|continue) (?:trying|to (?:try|be made))
        continue trying
        (?:vorübergehend|später erneut)
        (?:temporairement|réessayer|essayer plus tard)
        temporalmente
        più tardi
        mais tarde
        временно
        позже
        一時的
        しばらく
        稍后
        超时
        タイムアウト
"""
    ),
)
"""What passes: networks, machines, loops, queues."""

RULES = Refusal(
    "policy",
    None,
    one_of(
        r"""
        \bstarttls\b
        \btls\b
        certificate
        polic(?:y|ies)
        access (?:is )?denied
        administrative(?:ly)? prohibit\w*
        not authori[sz]ed
        unauthori[sz]ed
        prohibited
        protocol violation
        violat\w+
        security
        \bblocked\b
        forbidden
        not (?:allowed|permitted|acceptable|welcome|accepted)
        reject\w*
        refus\w*
        denied
        filter\w*
        not comply
        rfc ?\d{3,4}
        protection
        verboten
        abgelehnt
        refusé
        rechazad
        rifiutat
        rejeitad
        odrzucon
        отклон
        отказ
        拒绝
        拒收
        拒否
"""
    ),
)
"""Somebody's rules, without saying more."""
