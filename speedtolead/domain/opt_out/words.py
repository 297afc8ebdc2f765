"""The rules' words, as data: keywords, what only sounds like a request, and the sentences that are one.

Owns: every word and pattern by which a message is judged, each group with its reason.
Must not know: in which order they are asked, beyond the order of ``RULES``.
How to read a pattern: messages come as ``own_words.plain`` writes them, in lower case: words and marks between single
spaces, no apostrophes, no accents ("don't" is "dont", "número" is "numero"). A comma, a question mark or "." (any
end of a clause) stands between spaces, so a pattern never reaches from one clause into the next unless it says so.
No repetition is without a bound: a message of any length is read in time proportional to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# ---- whole messages ---------------------------------------------------------------------------------------------

MARKS = frozenset({".", ",", "?"})
COURTESY = frozenset(
    {
        "please", "pls", "plz", "kindly", "thanks", "thank", "thx", "tnx", "ty", "you", "just", "ok", "okay", "now",
        "hi", "hello", "hey", "sir", "maam", "guys", "immediately", "asap", "all", "me", "it", "this", "por", "favor",
        "porfavor", "gracias", "ya",
    }
)  # fmt: skip
"""Around a keyword they change nothing: "STOP please", "ok stop", "stop it"."""
OPT_OUT = frozenset(
    {
        # 47 CFR 64.1200(a)(10): per se.
        "stop", "quit", "end", "revoke", "optout", "cancel", "unsubscribe",
        # What carriers take as well.
        "stopall", "remove", "unsub",
        # The same in Spanish.
        "parar", "pare", "paren", "para", "alto", "basta", "cancelar", "cancele", "cancela", "cancelen", "detener",
        "detengase", "detenganse", "desuscribir", "desuscribirme", "baja",
    }
)  # fmt: skip
DOUBTFUL = frozenset({"no", "nope", "nah", "pass", "spam", "salir", "🛑", "⛔", "🚫"})
"""Alone they may answer a question of ours, or may be a request."""
OPT_IN = frozenset({"start", "unstop"})
"""What carriers take to lift a stop. "Yes" is left out on purpose: it answers too many other questions. So are the
Spanish words: no carrier takes them by default, and it would go on refusing our texts."""
HELP = frozenset({"help", "info", "ayuda"})
DIGITS_FOR_LETTERS = str.maketrans({"0": "o", "1": "i", "5": "s", "3": "e"})
SLIPS_OF = ("stop", "unsubscribe", "cancel", "quit", "remove")
NOT_A_SLIP = frozenset(
    {
        "shop", "step", "slop", "stow", "top", "atop", "sop", "strop", "stomp", "estop", "cancer", "quiet", "quite",
        "quilt", "quid", "quip", "suit", "quits", "remote", "remover", "removed", "cancels", "canceled",
    }
)  # fmt: skip
"""Words of their own that are one letter away from a keyword."""

# ---- pieces of sentences ----------------------------------------------------------------------------------------

_TO_CONTACT = (
    r"(?:re)?(?:call|text|txt|message|msg|phone|contact|email|e mail|mail|bother|disturb|solicit|harass|spam|bug|dial"
    r"|ring|telephone|write)"
)
_CONTACTING = (
    r"(?:call|text|messag|msg|phon|contact|email|mail|send|bother|disturb|solicit|harass|spamm|bugg|annoy|hound"
    r"|pester|dial|ring|blow|reach)(?:ing|in)"
)
_CONTACTS = r"(?:calls|texts|txts|messages|msgs|emails|mails|robocalls|contact|communications?|phone calls|mailings)"
_WORDS_3 = r"(?:\w{1,20} ){0,3}"
_WORDS_2 = r"(?:\w{1,20} ){0,2}"
_MY = r"(?:my|our|this|the|that)"
_LISTS = r"(?:list|lists|database|data base|system|records|mailing|directory)"
_NOT = r"(?:do not|dont|donot|don t|never|not to|must not|mustnt|should not|shouldnt)"
_ME_NO = r"(?:me|nos)"
_CONTACTE = (
    r"(?:llam(?:e|es|en)|escrib(?:a|as|an)|mand(?:e|es|en)|envi(?:e|es|en)|contact(?:e|es|en)|molest(?:e|es|en)"
    r"|marqu(?:e|es|en)|text(?:ee|ees|een)|habl(?:e|es|en)|busqu(?:e|es|en))"
)
_CONTACTOS = r"(?:llamadas?|mensajes?|textos?|correos?|emails?|mails?|sms|comunicacion(?:es)?)"
_A_CONTRACT = r"(?:policy|policies|quote|title|loan|deed|lease|insurance|plan|mortgage|coverage|benefits?|warranty)"


def _compiled(*patterns: str) -> re.Pattern[str]:
    """Any of the patterns, as whole words."""
    return re.compile(r"(?<![\w#])(?:" + "|".join(patterns) + r")(?!\w)")


# ---- what only sounds like a request ----------------------------------------------------------------------------

INNOCENT: tuple[re.Pattern[str], ...] = (
    # To stop somewhere; a place where one stops; a thing that goes on.
    _compiled(
        r"stop(?:ping)? (?:by|in|over|at|off|for)",
        r"(?:bus|truck|rest|pit|one|next|train|last|first|non) stop",
        r"nonstop",
        r"(?:cant|cannot|wont|doesnt|didnt|does not|will not) stop(?: (?!" + _CONTACTING + r")\w{1,20})?",
    ),
    # "Don't stop", but not "you don't stop calling".
    _compiled(r"(?<!you )(?<!people )(?<!guys )(?<!they )(?<!phone )(?:dont|do not|never) stop(?: " + _CONTACTING + ")?"),
    # Asks why we stopped.
    _compiled(r"(?:why )?did (?:you|they|you guys) stop " + _WORDS_2 + r"\w{1,20}"),
    # A time that does not suit.
    _compiled(
        _NOT + " " + _TO_CONTACT + r"(?: me| us)? (?:before|after|until|till|til|now|right now|today|tonight|yet"
        r"|while|when|during|so early|this early|at night|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
        r"(?! (?:or ever|or|ever|again|anymore))",
        r"no " + _ME_NO + " " + _CONTACTE + r" (?:antes|despues|ahora|ahorita|hoy|hasta|todavia|mientras|de noche)",
    ),
    # Another number or another person is not to be called; the person tells what they themselves do not do.
    _compiled(
        _NOT + " " + _TO_CONTACT + r" (?:my|the|at my) (?:work|office|wife|husband|home|house|old|other)",
        r"(?:i|we|they) (?:dont|do not|never) " + _TO_CONTACT,
        r"if (?:you|they) (?:dont|do not) " + _TO_CONTACT,
    ),
    # Not interested in one thing, and says what else is wanted.
    _compiled(r"not interested in (?:\w{1,20} ){1,8}(?:, )?but", r"not interested in (?:\w{1,20} ){1,6}, (?:just|only)"),
    # A contract's own words.
    _compiled(
        r"optout of (?:the|my|a) " + _WORDS_2 + _A_CONTRACT,
        r"(?:remove|take|get|drop) (?:me|us|my \w{1,20}) (?:off|from) (?:of )?(?:the|my|our|his|her) "
        + _WORDS_2 + _A_CONTRACT,
    ),
    # A wrong number that the person has given, and puts right.
    _compiled(
        r"(?:gave|give|typed|put|entered|wrote|submitted|left) (?:you |in |down )?(?:a |the |my )?wrong (?:number|one)",
    ),
    # Somebody else is sued or reported.
    _compiled(r"sue (?:the|my|his|her|their)", r"report(?:ed|ing)? (?:the|my) (?:accident|claim|damage|theft)"),
)  # fmt: skip

# ---- the sentences ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to say it."""

    name: str
    """As it is shown to an agent and kept as evidence: stable."""
    pattern: re.Pattern[str]
    certain: bool = True
    opt_out: bool = True
    """False: the wrong number."""
    by_capitals: bool = False
    """The pattern looks for a name, so it is asked of the message with its capitals."""


_WRONG_NUMBER = Rule(
    "says wrong number",
    _compiled(
        r"(?:wrong|worng|wrng|incorrect) (?:phone |cell |tele)?(?:number|numbr|num|no|nbr|person|guy|gal|girl|lady|man"
        r"|party|house|email|address e)",
        r"wrong #",
        r"(?:number|numero|persona|telefono) (?:equivocad[oa]|incorrect[oa]|erronea?o?)",
        r"equivocad[oa] de (?:numero|persona)",
        r"no soy esa persona",
    ),
    opt_out=False,
)
_ASKS_TO_STOP = Rule(
    "asks to stop contact",
    _compiled(
        r"(?:stop|quit|cease|discontinue|no more|enough)(?: with)? " + _WORDS_3 + r"(?:" + _CONTACTING + "|" + _CONTACTS + ")",
        r"(?:end|cease|discontinue) (?:all |any )?(?:\w{1,20} )?(?:contact|communications?|calls|texts|messages)",
        r"stop (?:this|it|these|that)(?= [.,?]| $)",
        # "Stop" is a clause of its own.
        r"(?<= [.,?] )(?:please |pls |just |so |now )?stop(?: please| now| thanks| already)?(?= [.,]| $)",
        r"(?:please|pls|plz|kindly|just|said|told you to|asked you to|need you to|want you to|want this to) stop"
        r"(?= [.,?]| $)",
        r"(?:texted|replied|said|sent|wrote|typed|answered|responded|say|saying|text|reply|did) (?:to you )?stop",
    ),
)  # fmt: skip
_SAYS_DO_NOT = Rule(
    "says do not contact",
    _compiled(
        _NOT + r" (?:you |ever |even |please |you ever |you dare )?" + _TO_CONTACT,
        _NOT + r" (?:ever |you ever )?send (?:me|us|any|anything|more)",
        r"^ (?:please |pls )?no (?:phone |sales |more |further )?(?:calls|texts|messages|emails)",
        r"(?<= [.,] )no (?:phone |sales |more |further )?(?:calls|texts|messages|emails)",
        r"(?:do not|dont) call (?:list|registry)",
        r"dnc(?: list)?",
    ),
)
_WANTS_NONE = Rule(
    "wants no contact",
    _compiled(
        r"(?:do not|dont|no longer|not|never|didnt) (?:want|wish|need|like|care)(?: for)? " + _WORDS_3
        + r"(?:calls|texts|messages|emails|contacted|called|texted|emailed|messaged|bothered|hear from|receive)",
        r"leave (?:me|us) (?:\w{1,20} ){0,3}alone",
        r"(?:lose|forget|burn) (?:my|this|our) (?:number|phone|contact|info)",
    ),
)  # fmt: skip
_OFF_THE_LIST = Rule(
    "asks to be taken off",
    _compiled(
        r"(?:take|get) (?:me|us|my name|my number|my info|my email|this number) off",
        r"(?:off|from) (?:of )?(?:your|this|that|the|any|all) " + _WORDS_3 + _LISTS,
        r"(?:remove|delete|erase|drop|scrub|purge) (?:me|us)(?! (?:as|and) \w{1,20} (?:driver|owner))",
        r"(?:remove|delete|erase|lose|drop|scrub|purge) (?:all )?" + _MY + r" (?:cell |phone |contact |personal )?"
        r"(?:number|phone|name|info|information|data|email|contact|details|#)",
    ),
)
_WITHDRAWS = Rule(
    "withdraws consent",
    _compiled(
        r"(?:revok|withdraw|rescind)(?:e|ing)? " + _WORDS_3 + r"(?:consent|permission|authorization)",
        r"(?:consent|permission|authorization) (?:is )?(?:revoked|withdrawn|rescinded)",
        r"unsub(?:scribe|scribed|bed)?",
        r"optout",
        r"opt (?:me|us) out",
        r"cancel (?:everything|(?:my|this|the|our) " + _WORDS_2 + r"(?:request|inquiry|enquiry|lead|subscription))",
    ),
)
_ASKS_TO_STOP_ES = Rule(
    "asks to stop contact (Spanish)",
    _compiled(
        r"(?:no|nunca|jamas) " + _ME_NO + r" (?:vuelvan? a )?" + _CONTACTE,
        r"no molest(?:e|es|en)",
        r"(?:dej(?:e|a|en|ar)|par(?:e|a|en)) (?:ya )?de (?:\w{1,20} )?"
        r"(?:llamar|escribir|mandar|enviar|molestar|contactar|textear|marcar)(?:me|nos|le)?",
        r"no mas " + _CONTACTOS,
        r"no (?:quiero|deseo|quisiera) (?:\w{1,20} ){0,3}" + _CONTACTOS,
        r"no (?:quiero|deseo) que " + _ME_NO + " " + _CONTACTE,
        r"(?:quit|sac|saqu|borr|elimin|remuev)(?:e|en|a|ar|ame|eme|enme|arme|enos|ennos)" + r" (?:\w{1,20} ){0,3}"
        r"(?:lista|numero|base de datos|datos|registros?|telefono)",
        r"(?:dar|dar|de|den|da|dame|darme|deme|denme) (?:me )?de baja",
        r"dej(?:e|a|en)(?:me|nos) (?:\w{1,20} )?(?:en paz|tranquil[oa])",
    ),
)
_NOT_THE_PERSON = Rule(
    "says it is not this person's number",
    _compiled(
        r"this (?:is not|isnt|is nt|aint) (?:his|her|their|\w{1,20}s) (?:number|phone|cell)",
        r"(?:no one|noone|nobody|no body) (?:here )?(?:by|with|named|called|of) (?:that |the |this )?\w{1,20}",
        r"^ (?:sorry |sorry , )?(?:theres |there is )?no \w{1,20} here(?= [.,]| $)",
        r"(?:number|phone|cell) (?:doesnt|does not|no longer|isnt|is not) belongs?",
        r"not my name",
        r"^ (?:thats |that is |its )?not me(?= [.,]| $)",
        r"(?:he|she) (?:has |is |just )?(?:died|passed|passed away|dead|deceased)",
        r"is deceased",
        r"no longer works here",
        r"(?:using|used|giving|gave|gives|given) (?:out |them |you )?my (?:number|phone)",
        r"(?:got|have|had) this (?:new )?number (?:last|recently|a few|this|since)",
        r"(?:dont|do not) know (?:who|anyone|anybody) (?:that|this|by that|named|with that)",
        r"nadie con ese nombre",
        r"no conozco a (?:es[ae]|nadie|ningun[oa]?)",
    ),
    certain=False,
    opt_out=False,
)
_NOT_THE_NAME = Rule(
    "says it is not who is asked for",
    re.compile(
        r" (?:[Tt]his (?:is not|isnt)|[Ii]m not|I am not|[Nn]o soy|[Tt]heres no|[Tt]here is no|[Nn]o)"
        r" [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?(?: (?:here|at this number|lives here|aqui))?(?= [.,]| $)"
    ),
    certain=False,
    opt_out=False,
    by_capitals=True,
)
_DID_NOT_ASK = Rule(
    "says they did not ask",
    _compiled(
        r"(?:never|didnt|did not|havent|have not) (?:sign(?:ed)? up|ask(?:ed)? (?:for|you)|request(?:ed)?|subscribed?"
        r"|fill(?:ed)? (?:out|in|anything)|appl(?:y|ied) (?:for|to) (?:this|any))",
        r"(?:yo )?(?:no|nunca) (?:he )?(?:solicite|pedi|solicitado|pedido|llene) (?:nada|informacion|esto|ningun[oa]?)",
    ),
    certain=False,
    opt_out=False,
)
_THREAT = Rule(
    "threatens with the law",
    _compiled(
        r"(?:ill|i will|will|gonna|going to|can) sue",
        r"(?:su(?:e|ing)|report(?:ed|ing)?) (?:you|your|yall|u|this|these)",
        r"(?:ftc|fcc|tcpa|attorney general)",
        r"(?:my|an|our) (?:lawyer|attorney) (?:will|is going|is about)",
        r"(?:talk|speak) to my (?:lawyer|attorney)",
        r"hear from (?:my|our) (?:lawyer|attorney)",
        r"fil(?:e|ing) a complaint",
        r"(?:los|las|lo|la|les|te) voy a (?:demandar|reportar|denunciar)",
    ),
    certain=False,
)
_ANGER = Rule(
    "is angry about being contacted",
    _compiled(
        r"fuck (?:off|you|u|yourself)",
        r"(?:f|piss|bugger) off",
        r"go to hell",
        r"get a life",
        r"harass(?:ing|ment)",
        r"this is (?:spam|a scam)",
        r"block(?:ed|ing) (?:you|u|your|this)",
        r"been blocked",
        r"enough already",
        r"shut (?:the \w{1,20} )?up",
    ),
    certain=False,
)
_DECLINES = Rule(
    "declines the offer",
    _compiled(
        r"(?:not|no longer|isnt|arent) (?:at all |really )?int(?:e)?rested",
        r"no thanks?(?: you)?",
        r"(?:all set|im good)(?= thanks| thank| [.,]| $)",
        r"already (?:bought|purchased|signed|found)",
        r"already (?:have|got) (?:one|insurance|coverage|someone|somebody)(?= [.,]| thanks| $)",
        r"(?:dont|do not|no longer) need(?: (?:it|this|one|anything|your \w{1,20}))?(?= [.,]| any ?more| thanks| $)",
        r"changed my mind",
        r"decided (?:not to|against)",
        r"no " + _ME_NO + r" interesa",
        r"no estoy interesad[oa]|ya no estoy interesad[oa]",
        r"no quiero nada",
        r"ya no (?:lo |la )?(?:necesito|quiero)",
        r"no gracias",
    ),
    certain=False,
)
_STARTS_WITH_STOP = Rule(
    "starts with stop",
    _compiled(r"^ (?:please |pls |ok |hi |hello |yes )?(?:, )?stop (?!\?)\S{1,20}"),
    certain=False,
)

RULES: tuple[Rule, ...] = (
    _WRONG_NUMBER,
    _ASKS_TO_STOP,
    _SAYS_DO_NOT,
    _WANTS_NONE,
    _OFF_THE_LIST,
    _WITHDRAWS,
    _ASKS_TO_STOP_ES,
    _NOT_THE_PERSON,
    _NOT_THE_NAME,
    _DID_NOT_ASK,
    _THREAT,
    _ANGER,
    _DECLINES,
    _STARTS_WITH_STOP,
)
"""Asked in this order: what is certain before what is in doubt, so that a doubt never hides a plain request."""

# ---- which channel ----------------------------------------------------------------------------------------------

_REFUSAL = r"(?:stop|quit|cease|no|no more|not|dont|never|or|nor|without)(?: with)? (?:(?:all|any|the|your|me|more|phone|ever|please|making|sending|these) ){0,3}"  # noqa: E501
CALLS_REFUSED = _compiled(
    _REFUSAL + r"(?:call|calls|calling|callin|phone|phoning)",
    r"and (?:calls|calling)",
    r"no (?:mas |quiero |recibir ){0,3}(?:me )?(?:llam(?:e|es|en)|llamadas)",
)
TEXTS_REFUSED = _compiled(
    _REFUSAL + r"(?:text|texts|texting|textin|txt|txts|message|messages|messaging|msg)",
    r"and (?:texts|texting|messages|messaging)",
    r"no (?:mas |quiero |recibir ){0,3}(?:me )?(?:escrib(?:a|as|an)|mensajes|textos)",
)
_WELCOME = r"(?:just|only|instead|you can|you may|rather|prefer|better|solo|mejor|solamente) (?:to |me |por |un ){0,2}"
CALLS_WELCOME = _compiled(
    _WELCOME + r"(?:call|calls|calling|phone|llamadas?|llam(?:e|a|en)(?:me|nme)?)",
    r"(?:call|calls|calling)(?: me)? (?:is|are|only|instead|ok|okay|fine|anytime)",
    r"(?<= [.,] )(?:please |just )?(?:call|call me|llam(?:e|a|en)me)(?= [.]| $)",
)
TEXTS_WELCOME = _compiled(
    _WELCOME + r"(?:text|texts|texting|txt|message|messages|mensajes?|textos?)",
    r"(?:text|texts|texting|txt|messages)(?: me)? (?:is|are|only|instead|ok|okay|fine|works)",
    r"(?<= [.,] )(?:please |just )?(?:text|text me|txt me)(?= [.]| $)",
)
ASKS_FOR_CONTACT = _compiled(
    r"(?<!dont )(?<!not )(?<!never )(?:call|text|email) me (?:back|later|tomorrow|after|at|on|in|instead)",
    r"(?<= [.,] )(?:please )?(?:call|text|email) me",
)
"""A request to stop and a request to be contacted, in one message: an agent looks."""
