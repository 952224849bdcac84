"""Notices without delivery-status fields, as mail systems word them; written for these tests."""

from dataclasses import dataclass

RETURNED = """\
From: Dana Reed <dana@acme.test>
To: kay@wing.test
Subject: A question
Message-ID: <sent.1@acme.test>
X-Postroad-Message: q4/intro/p17
Date: Mon, 3 Jun 2024 09:00:00 +0000

Hello Kay
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A notice, and what it means."""

    system: str
    sender: str
    subject: str
    words: str
    kind: str
    reason: str
    status: str | None = None
    recipients: tuple[str, ...] = ("kay@wing.test",)
    headers: str = ""
    """Further header lines, each with its line feed."""
    action: str = "failed"

    @property
    def mail(self) -> bytes:
        """The whole mail, with the mail that came back below the notice."""
        return (
            f"From: {self.sender}\nTo: dana@acme.test\nSubject: {self.subject}\n"
            f"Date: Mon, 3 Jun 2024 10:00:00 +0000\nMessage-ID: <notice.1@mx.test>\n"
            f"Content-Type: text/plain; charset=utf-8\n{self.headers}\n{self.words}\n{RETURNED}"
        ).encode()


DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.test>"

SAMPLES = (
    Sample(
        "postfix", DAEMON, "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.test.\n\nI'm sorry to have to inform you that your "
        "message could not\nbe delivered to one or more recipients. It's attached below.\n\n"
        "For further assistance, please send mail to postmaster.\n\n"
        "                   The mail system\n\n"
        "<kay@wing.test>: host mx.wing.test[192.0.2.7] said: 550 5.1.1\n"
        "    <kay@wing.test>: Recipient address rejected: User unknown in virtual mailbox table\n"
        "    (in reply to RCPT TO command)\n\n--- Below this line is a copy of the message.\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "postfix, host not found", DAEMON, "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.test.\n\nI'm sorry to have to inform you that your "
        "message could not be delivered.\n\n<kay@wing.test>: Host or domain name not found. Name "
        "service error for\n    name=wing.test type=MX: Host not found\n\n----- Original message "
        "-----\n",
        "hard", "domain_unknown",
    ),
    Sample(
        "postfix, delayed", DAEMON, "Delayed Mail (still being retried)",
        "This is the mail system at host mx.test.\n\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO "
        "RESEND YOUR MESSAGE. #\n\nYour message could not be delivered for more than 4 hour(s).\n"
        "It will be retried until it is 5 day(s) old.\n\n<kay@wing.test>: connect to mx.wing.test"
        "[192.0.2.7]:25: Connection timed out\n\n----- Original message -----\n",
        "soft", "transient", action="delayed",
    ),
    Sample(
        "exim", DAEMON, "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you "
        "sent could not be delivered to one or more of its\nrecipients. This is a permanent error. "
        "The following address(es) failed:\n\n  kay@wing.test\n    host mx.wing.test [192.0.2.7]\n"
        "    SMTP error from remote mail server after RCPT TO:<kay@wing.test>:\n"
        "    552 5.2.2 <kay@wing.test>: Mailbox is full\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n",
        "soft", "mailbox_full", "5.2.2",
    ),
    Sample(
        "exim, refused at MAIL", DAEMON, "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you "
        "sent could not be delivered to one or more of its\nrecipients. The following address(es) "
        "failed:\n\n  kay@wing.test\n    SMTP error from remote mail server after MAIL FROM:"
        "<dana@acme.test>:\n    host mx.wing.test [192.0.2.7]: 550 acme.test does not exist\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n",
        "soft", "policy",
    ),
    Sample(
        "exim, warning", DAEMON, "Warning: message 1abc-0004 delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you "
        "sent "
        "has not yet been delivered to one or more of its\nrecipients after more than 24 hours on "
        "the queue on mx.test.\n\nThe address to which the message has not yet been delivered is:"
        "\n\n  kay@wing.test\n    host mx.wing.test [192.0.2.7]: 450 4.2.0 Greylisted\n\n"
        "No action is required on your part. Delivery attempts will continue for\nsome time.\n\n"
        "----- Original message -----\n",
        "soft", "transient", "4.2.0", action="delayed",
    ),
    Sample(
        "sendmail", "Mail Delivery Subsystem <MAILER-DAEMON@mx.test>",
        "Returned mail: see transcript for details",
        "The original message was received at Mon, 3 Jun 2024 09:00:01 GMT\nfrom localhost\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n<kay@wing.test>\n"
        "    (reason: 550 5.1.1 <kay@wing.test>... No such user here)\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.wing.test.:\n"
        ">>> RCPT To:<kay@wing.test>\n<<< 550 5.1.1 <kay@wing.test>... No such user here\n"
        "550 5.1.1 <kay@wing.test>... User unknown\n\n   ----- Original message follows -----\n\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "sendmail 5", "Mail Delivery Subsystem <MAILER-DAEMON@mx.test>",
        "Returned mail: Host unknown",
        "   ----- Transcript of session follows -----\n550 <kay@wing.test>... Host unknown\n\n"
        "   ----- Unsent message follows -----\n",
        "hard", "domain_unknown",
    ),
    Sample(
        "qmail", "MAILER-DAEMON@mx.test", "failure notice",
        "Hi. This is the qmail-send program at mx.test.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\nThis is a permanent error; I've given up. Sorry it "
        "didn't work out.\n\n<kay@wing.test>:\n192.0.2.7 does not like recipient.\nRemote host "
        "said: "
        "550 sorry, no mailbox here by that name (#5.1.1)\nGiving up on 192.0.2.7.\n\n"
        "--- Below this line is a copy of the message.\n\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "qmail, several", "MAILER-DAEMON@mx.test", "failure notice",
        "Hi. This is the qmail-send program at mx.test.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\n\n<kay@wing.test>:\nUser is over the quota. (#5.2.2)"
        "\n\n<lee@wing.test>:\nMailbox quota exceeded (#5.2.2)\n\n--- Below this line is a copy.\n",
        "soft", "mailbox_full", "5.2.2", ("kay@wing.test", "lee@wing.test"),
    ),
    Sample(
        "yahoo", "MAILER-DAEMON@yahoo.test", "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n"
        "<kay@wing.test>:\n554: delivery error: dd This user doesn't have a wing.test account "
        "(kay@wing.test) [0] - mta1.mail.test\n\n--- Below this line is a copy of the message.\n\n",
        "hard", "user_unknown",
    ),
    Sample(
        "gmail, plain", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "Delivery to the following recipient failed permanently:\n\n     "
        "kay@wing.test\n\nTechnical "
        "details of permanent failure: \nGoogle tried to deliver your message, but it was rejected "
        "by the server for the recipient domain wing.test by mx.wing.test. [192.0.2.7].\n\nThe "
        "error "
        "that the other server returned was:\n550 5.7.1 Message rejected as spam by Content "
        "Filtering.\n\n----- Original message -----\n\n",
        "soft", "spam", "5.7.1", headers="X-Failed-Recipients: kay@wing.test\n",
    ),
    Sample(
        "gmail, daily limit", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "You have reached a limit for sending mail. Your message was not sent.\n\n"
        "----- Original message -----\n\n",
        "soft", "rate_limited", headers="X-Failed-Recipients: kay@wing.test\n",
    ),
    Sample(
        "exchange online", "postmaster@acme.test", "Undeliverable: A question",
        "wing.test rejected your message to the following email addresses:\n\nkay@wing.test"
        "<mailto:kay@wing.test>\nYour message wasn't delivered because the recipient's email "
        "provider "
        "rejected it. The mailbox may be full. Try again later.\n\nDiagnostic information for "
        "administrators:\n\nGenerating server: VI1.prod.outlook.test\n\nkay@wing.test\n"
        "Remote Server returned '550 5.7.708 Access denied, traffic not accepted from this IP'\n\n"
        "Original message headers:\n\n",
        "soft", "policy", "5.7.708",
    ),
    Sample(
        "exchange, german", "Microsoft Outlook <postmaster@acme.test>", "Unzustellbar: Eine Frage",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n"
        "Kay (kay@wing.test)<mailto:kay@wing.test>\nDie eingegebene E-Mail-Adresse konnte nicht "
        "gefunden werden.\n\nDiagnoseinformationen für Administratoren:\n\nGenerierender Server: "
        "ex1.acme.test\n\nkay@wing.test\n#550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found "
        "##\n\n"
        "Ursprüngliche Nachrichtenkopfzeilen:\n\n",
        "hard", "user_unknown", "5.1.10",
    ),
    Sample(
        "exchange 2003", "System Administrator <postmaster@acme.test>", "Undeliverable: A question",
        "Your message\n\n  To:      kay@wing.test\n  Subject: A question\n  Sent:    Mon, 3 Jun "
        "2024 "
        "09:00:00\n\ndid not reach the following recipient(s):\n\nkay@wing.test on Mon, 3 Jun 2024 "
        "09:00:05\n    The e-mail account does not exist at the organization this message\n    was "
        "sent to.\n    <ex1.acme.test #5.1.1>\n\n----- Original message -----\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "exchange 5.5", "System Administrator <postmaster@acme.test>", "Undeliverable: A question",
        "Your message\n\n  To:      sales@wing.test\n  Subject: A question\n\ndid not reach the "
        "following recipient(s):\n\nc=US;a= ;p=Wing;o=HQ;dda:SMTP=kay@wing.test; on Mon, 3 Jun 2024"
        "\n09:00:05\n    The recipient name is not recognized\n    MSEXCH:IMS:Wing:HQ:X 0 "
        "(000C05A6) "
        "Unknown Recipient\n\n----- Original message -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "domino", "postmaster@wing.test", "DELIVERY FAILURE: User kay not listed in Domino "
        "Directory",
        "Your message\n\n  Subject: A question\n\nwas not delivered to:\n\n  kay@wing.test\n\n"
        "because:\n\n  User kay (kay@wing.test) not listed in Domino Directory\n\n"
        "----- Original message -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "groupwise", "Mail System <postmaster@wing.test>", "Message status - undeliverable",
        "The message that you sent was undeliverable to the following:\n\n\tkay@wing.test (user "
        "unknown)\n\nPossibly truncated original message follows:\n\n",
        "hard", "user_unknown", headers="X-Mailer: Novell GroupWise Internet Agent 6.0\n",
    ),
    Sample(
        "mdaemon", "MDaemon at wing.test <MDaemon@wing.test>", "Permanent Delivery Failure",
        "The attached message had PERMANENT fatal delivery errors!\n\nAfter one or more "
        "unsuccessful "
        "delivery attempts the attached message has\nbeen removed from the mail queue on this "
        "server."
        "\n\nFailed address: kay@wing.test\n\n--- Session Transcript ---\n Mon 2024-06-03: <-- 550 "
        "Recipient unknown\n--- End Transcript ---\n\n: Message contains [1] file attachments\n",
        "hard", "user_unknown",
    ),
    Sample(
        "communigate", "MAILER-DAEMON@wing.test", "Undeliverable mail: A question",
        "Failed to deliver to 'kay@wing.test'\nLOCAL module(account kay) reports:\n account is "
        "full "
        "(quota exceeded)\n\n----- Original message -----\n",
        "soft", "mailbox_full",
    ),
    Sample(
        "smail", "Mail Delivery System <mailer-daemon@wing.test>", "mail failed, returning to "
        "sender",
        "|------------------------- Message log follows: -------------------------|\n no valid "
        "recipients were found for this message\n|------------------------- Failed addresses "
        "follow: "
        "---------------------|\n <kay@wing.test> ... unknown user\n"
        "|------------------------- Message text follows: ------------------------|\n",
        "hard", "user_unknown",
    ),
    Sample(
        "1&1, gmx", "Mail Delivery System <mailer-daemon@kundenserver.test>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you "
        "sent "
        "could not be delivered to one or more of\nits recipients. This is a permanent error. The "
        "following address failed:\n\n<kay@wing.test>:\nSMTP error from remote server after "
        "transfer "
        "of mail text:\nhost: mx.wing.test\n5.3.4 message size exceeds limit\n\n--- The header of "
        "the "
        "original message is following. ---\n\n",
        "soft", "message_size", "5.3.4",
    ),
    Sample(
        "mail.ru", "mailer-daemon@corp.mail.test", "Mail failure.",
        "This message was created automatically by mail delivery software.\n\nA message that you "
        "sent "
        "was rejected by the local scanning code that\nchecks incoming messages on this system. "
        "The "
        "following address(es) failed:\n\n  kay@wing.test\n    SMTP error from remote mail server "
        "after RCPT TO:<kay@wing.test>:\n    550 Message was not accepted -- invalid mailbox. "
        "Local "
        "mailbox kay@wing.test is unavailable: user not found\n\n"
        "------ This is a copy of your message, including all the headers. ------\n",
        "hard", "user_unknown",
    ),
    Sample(
        "yandex, russian", "mailer-daemon@yandex.test", "Недоставленное сообщение",
        "Это сообщение отправлено почтовым сервером yandex.test.\n\nК сожалению, мы вынуждены "
        "сообщить "
        "Вам о том, что Ваше письмо не может\nбыть отправлено одному или нескольким адресатам.\n\n"
        "<kay@wing.test>: host mx.wing.test[192.0.2.7] said: 550 5.7.1 Policy\n    rejection on "
        "the "
        "target address (in reply to RCPT TO command)\n\n--- Исходное сообщение ---\n",
        "soft", "policy", "5.7.1",
    ),
    Sample(
        "qq, chinese", "PostMaster@qq.test", "系统退信",
        "抱歉，您的邮件被退回来了……\n原邮件信息：\n收件人：kay@wing.test\n退信原因：收件人邮箱不存在，"
        "邮件无法送达。\nhost mx.wing.test said: 550 Mailbox not found\n\n--- 原始邮件 ---\n",
        "hard", "user_unknown",
    ),
    Sample(
        "coremail, chinese", "Postmaster@163.test", "系统退信/Systems bounce",
        "您好，您的邮件无法投递到以下收件人：\n\nkay@wing.test\n\n原因：对方邮箱容量已满。\n\n"
        "--- 原邮件 ---\n",
        "soft", "mailbox_full",
    ),
    Sample(
        "japanese", "Postmaster@ezweb.test", "Mail System Error - Returned Mail",
        "次のあて先へのメッセージはエラーのため送信できませんでした。\n\n送信先メールアドレスが見つかりません。\n\n"
        "The following recipients did not receive this message:\n\n<kay@wing.test>\n\n"
        "--- 元のメッセージ ---\n",
        "hard", "user_unknown",
    ),
    Sample(
        "spanish", "Administrador del sistema <postmaster@wing.test>", "No se puede entregar: Una "
        "pregunta",
        "Su mensaje no se pudo entregar al siguiente destinatario:\n\n  kay@wing.test\n\nEl buzón "
        "del "
        "destinatario está lleno.\n\n----- Mensaje original -----\n",
        "soft", "mailbox_full",
    ),
    Sample(
        "french", "Administrateur système <postmaster@wing.test>", "Non remis : Une question",
        "Votre message n'a pas pu être remis au destinataire suivant :\n\nkay@wing.test\n"
        "L'adresse du destinataire n'existe pas.\n\n----- Message original -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "italian", "Amministratore di sistema <postmaster@wing.test>", "Mancato recapito: Una "
        "domanda",
        "Impossibile recapitare il messaggio ai destinatari seguenti:\n\nkay@wing.test\nUtente "
        "sconosciuto\n\n----- Messaggio originale -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "portuguese", "Postmaster <postmaster@wing.test>", "Não entregue: Uma pergunta",
        "A sua mensagem não foi entregue ao destinatário:\n\nkay@wing.test\nA caixa de correio "
        "está "
        "cheia.\n\n----- Mensagem original -----\n",
        "soft", "mailbox_full",
    ),
    Sample(
        "dutch", "Postmaster <postmaster@wing.test>", "Onbestelbaar: Een vraag",
        "Uw bericht kon niet worden bezorgd bij de volgende ontvanger:\n\nkay@wing.test\nGebruiker "
        "onbekend\n\n----- Oorspronkelijk bericht -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "polish", "Postmaster <postmaster@wing.test>", "Niedostarczona: Pytanie",
        "Wiadomość nie mogła zostać dostarczona do:\n\nkay@wing.test\nUżytkownik nieznany\n\n"
        "----- Oryginalna wiadomość -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "imail", "Postmaster <postmaster@wing.test>", "Undeliverable Mail",
        "User mailbox exceeds allowed size: kay@wing.test\n\n\nOriginal message follows.\n\n",
        "soft", "mailbox_full", headers="X-Mailer: <SMTP32 v8.0>\n",
    ),
    Sample(
        "mailenable", "postmaster@wing.test", "Message Delivery Failure",
        "Message could not be delivered to some recipients.\nThe following recipient(s) could not "
        "be "
        "reached:\n\n\tRecipient: [SMTP:kay@wing.test]\n\tReason: Remote SMTP Server Returned: 550 "
        "Requested action not taken: mailbox unavailable\n\nMessage headers follow:\n\n",
        "hard", "user_unknown",
    ),
    Sample(
        "zoho", "mailer-daemon@mail.zoho.test", "Undelivered Mail Returned to Sender",
        "This message was created automatically by mail delivery software.\n A message that you "
        "sent "
        "could not be delivered to one or more of its recipients. This is a permanent error. \n\n"
        "kay@wing.test Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <kay@wing.test>... User "
        "Unknown\n\n----- Original message -----\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "mailfoundry", "Mail Administrator <postmaster@mx.test>", "Message delivery has failed",
        "Unable to deliver message to: <kay@wing.test>\nDelivery failed for the following reason:\n"
        "Server mx.wing.test[192.0.2.7] failed with: 550 Rejected: listed at zen.example.test\n\n"
        "This has been a permanent failure.  No further delivery attempts will be made.\n\n"
        "----- Original message -----\n",
        "soft", "policy",
    ),
    Sample(
        "james", "postmaster@wing.test", "[BOUNCE]",
        "Hi. This is the James mail server at wing.test.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\nThis is a permanent error; I've given up. Sorry it "
        "didn't work out.  Below\nI include the list of recipients and the reason why I was "
        "unable to "
        "deliver\nyour message.\n\nFailed recipient(s):\nkay@wing.test\n\nError message:\n550 - "
        "Requested action not taken: no such user here\n\n----- Original message -----\n",
        "hard", "user_unknown",
    ),
    Sample(
        "mailmarshal", "postmaster@wing.test", "Undeliverable Mail: A question",
        "Your message:\n   From:    dana@acme.test\n   Subject: A question\n\nCould not be "
        "delivered "
        "because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected: \n"
        "    kay@wing.test\n\nAdditional Information\n======================\n"
        "Original Sender:    <dana@acme.test>\n\n----- Original message -----\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "interscan", "InterScan MSS <postmaster@wing.test>", "Mail could not be delivered",
        "Sent <<< RCPT TO:<kay@wing.test>\nReceived >>> 550 5.1.1 <kay@wing.test>... user "
        "unknown\n\n"
        "Unable to deliver message to <kay@wing.test>\n\n************ End of message ***********\n"
        "----- Original message -----\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "active!hunter", DAEMON, "FAILURE NOTICE :",
        "  ----- The following addresses had permanent fatal errors -----\n\n >>> kay@wing.test "
        "<kay@wing.test>\n\n  ----- Transcript of session follows -----\n550 sorry, no mailbox "
        "here "
        "by that name (#5.1.1 - chkusr)\n\n--- original message\n",
        "hard", "user_unknown", "5.1.1",
    ),
    Sample(
        "biglobe", "MAILER-DAEMON@biglobe.test", "Returned mail: A question",
        "   ----- The following addresses had delivery problems -----\nkay@wing.test\n\n   ----- "
        "Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded "
        "the "
        "local limit.\n\n--- original message\n",
        "soft", "mailbox_full",
    ),
    Sample(
        "kddi", "no-reply@au.test", "Mail delivery failure",
        "Your mail sent on: Mon, 3 Jun 2024 09:00:00 +0000\n\nCould not be delivered to: "
        "<kay@wing.test>\nAs their mailbox is full.\n\n--- original message\n",
        "soft", "mailbox_full", headers="Auto-Submitted: auto-generated\n",
    ),
    Sample(
        "mcafee", "mailer-daemon@wing.test", "Delivery Status",
        "The following is the problem with your message.\n\n--- The following addresses had "
        "delivery "
        "problems ---\n\n<kay@wing.test>   (User unknown kay@wing.test)\n\n"
        "--------------Returned Mail Header--------\n",
        "hard", "user_unknown",
    ),
    Sample(
        "google groups", "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "Hello dana@acme.test,\n\nWe're writing to let you know that the group you tried to "
        "contact "
        "(wing) may not exist, or you may not have permission to post messages to the group.\n\n"
        "https://groups.google.com/support\n\n----- Original message -----\n\n",
        "soft", "policy", None, ("wing@googlegroups.test",),
        headers="X-Failed-Recipients: wing@googlegroups.test\n",
    ),
    Sample(
        "symantec, trying on", "Symantec_AntiVirus_for_SMTP_Gateways@wing.test",
        "Delivery failure notification",
        "Your message with Subject: A question\ncould not be delivered to the following recipients:"
        "\n\nkay@wing.test\n\nPlease do not resend your original message.\n\nDelivery attempts "
        "will "
        "continue to be made for 5  day(s).\n\n--- original message\n",
        "soft", "transient", action="delayed",
    ),
    Sample(
        "null mx", DAEMON, "Undelivered Mail Returned to Sender",
        "I'm sorry to have to inform you that your message could not be delivered.\n\n"
        "<kay@wing.test>: Domain wing.test does not accept mail (nullMX)\n\n--- original message\n",
        "hard", "domain_unknown",
    ),
    Sample(
        "greylisting given up", DAEMON, "Undelivered Mail Returned to Sender",
        "I'm sorry to have to inform you that your message could not be delivered.\n\n"
        "<kay@wing.test>: host mx.wing.test[192.0.2.7] said: 450 4.7.1 <kay@wing.test>: Recipient "
        "address rejected: Greylisted, see help page\n\n--- original message\n",
        "soft", "transient", "4.7.1",
    ),
)  # fmt: skip
