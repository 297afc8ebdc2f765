"""Words that stand for one another in a request to stop. ``sentences`` names a group for any of its words.

Owns: the groups, in the notation of ``phrases``. Must not know: the sentences.
"""

GROUPS = {
    "CONTACT": "call|recall|text|txt|message|msg|phone|contact|email|e_mail|mail|bother|disturb|solicit|harass|spam"
    "|bug|dial|ring|telephone|write|hmu|hit_me_up|reach_out|blow_up|talk",
    "CONTACTING": "callin*|textin*|txting|messag*ing|msging|phoning|contacting|emailing|mailing|sending|bothering"
    "|disturbing|soliciting|harassing|spamming|bugging|annoying|hounding|pestering|dialing|ringing|blowin*|reaching"
    "|hitting|bombarding|pressuring|flooding",
    "CONTACTED": "contacted|called|texted|emailed|messaged|bothered",
    "CONTACTS": "calls|texts|txts|messages|msgs|emails|mails|robocalls|contact|communication|communications"
    "|mailings|text_messages|phone_calls",
    "NOT": "do_not|dont|donot|don_t|never|not_to|must_not|mustnt|should_not|shouldnt",
    "POLITELY": "if|that|rather|prefer|ask|request|asked|can|could|will|would",
    "WANT": "want|wish|need|like|care",
    "WANTNOT": "do_not|dont|no_longer|not|never|didnt",
    "GOT": "get|got|getting|receive|received|see|saw|hear|heard|have|had|been|miss|missed"
    "|to_miss|sure|a_problem|until",
    "LIST": "list|lists|database|data_base|system|records|mailing|directory",
    "ERASE": "remove|delete|erase|drop|scrub|purge|unlist|unregister",
    "CONSENT": "consent|permission|authorization",
    "NOBODY": "no_one|noone|nobody|no_body",
    "LAWYER": "lawyer|attorney|abogado",
    "CONTRACT": "policy|policies|quote|title|loan|deed|lease|insurance|plan|mortgage|coverage|benefit|benefits"
    "|warranty",
    "FAMILY": "my_wife|my_husband|my_son|my_daughter",
    "DAY": "monday|mondays|tuesday|tuesdays|wednesday|wednesdays|thursday|thursdays|friday|fridays|saturday"
    "|saturdays|sunday|sundays|weekends",
    "ADJECTIVE": "good|bad|fair|right|true|urgent|okay|ok|what|working|possible|enough|helpful|correct|easy|cheap"
    "|about|my|our|a|an|the|it|for",
    # Spanish: commands and wishes only ("llame"), never what was ("llamaron").
    "CONTACTE": "llame|llames|llamen|escriba|escribas|escriban|mande|mandes|manden|envie|envies|envien|contacte"
    "|contactes|contacten|moleste|molestes|molesten|marque|marques|marquen|textee|texteen|hable|hablen|busque|busquen",
    "ELIMINE": "quit*|sac*|saq*|borr*|elimin*|remuev*",
    "CONTACTAR": "llamar*|escribir*|mandar*|enviar*|molestar*|contactar*|textear*|marcar*",
    "CONTACTOS": "llamada|llamadas|mensaje|mensajes|texto|textos|correo|correos|email|emails|sms|comunicaciones",
}
