"""The sentences by which people ask for an end, as data in the notation of ``phrases``.

Owns: every phrase by which a longer message is judged, in groups that can be named to an agent or a court.
Must not know: keywords (``words``), which words stand for one another (``groups``), or what follows from a match
(``reading``).
"Don't" is written "dont", "número" is "numero", "opt out" is "optout": as messages arrive (``own_words.plain``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from speedtolead.domain.opt_out.groups import GROUPS
from speedtolead.domain.opt_out.phrases import patterns

# ---- what only sounds like a request ----------------------------------------------------------------------------

INNOCENT = patterns(
    """
    # To stop somewhere; a place where one stops; a thing that goes on; a way to stop something else.
    stop|stopping by|over|off|sign|light
    stop|stopping at|in|for !once|good|real|ever|the_love|the_name|gods|christs|heavens|all|this|these
    bus|truck|rest|pit|one|next|train|last|first|non stop
    nonstop
    does the|this|that ~1 stop
    how do|can i|we|you stop !CONTACTING !this|these|it|getting|receiving|your|the_calls|the_texts
    when i|we|it stop
    stop paying|working|leaking|running|raining|smoking|drinking|driving
    i|we have_to|had_to|got_to|need_to stop !CONTACTING
    cant|cannot|wont|doesnt|didnt|does_not|will_not stop !CONTACTING|CONTACTS|these|this|you|your|the_calls
    # "Don't stop calling", but not "you don't stop calling".
    -you -people -guys -they -phone dont|do_not|never stop [CONTACTING]
    # Asks why we stopped.
    did you|they|you_guys stop ~3
    # A time that does not suit.
    NOT CONTACT [me|us] before|after|until|till|til|while|when|during|so_early|this_early|at_night|yet !or|again
    NOT CONTACT [me|us] on DAY !or|again
    NOT CONTACT [me|us] now|right_now|today|tonight|tomorrow|DAY !or|again|anymore|ever|any_more
    no me|nos CONTACTE antes|despues|ahora|ahorita|hoy|hasta|todavia|mientras|de_noche
    # Another number or person is not to be called; what the person does not do; a manner of speaking.
    NOT CONTACT [at] my|the work|office|wife|husband|old|other|landline [number|phone|line] , call|use|text|try
    dont|do_not need it|this until|till|before|yet|this|right_now
    NOT text and drive
    NOT call me sir|maam|mr|mrs|miss|ms|dude|bro|buddy|honey
    i|we|they dont|do_not|never CONTACT
    if you|they dont|do_not CONTACT
    # Not interested in one thing, and says what else is wanted.
    not interested in ~6 but
    # A contract's own words.
    optout of the|my|a ~2 CONTRACT !LIST|CONTACTS
    remove|take|get|drop me|us|FAMILY off|from [of] the|my|our|his|her ~2 CONTRACT !LIST|CONTACTS
    # A wrong number that the person has given, and puts right.
    i|we|ive ~1 gave|given|typed|put|entered|wrote|submitted|left [you|in|down] [a|the|my] wrong number|one
    wrong email|address [,|.] its|it_is|mine_is|my|use|the_right|should_be
    wrong number [,|.] mine_is|use|my_number|my_cell|the_right|should_be
    # A death that is the reason for the request; a thing that died; nobody rang.
    died|passed_away|passed ~3 so|and i|we|now|left|my|im
    dog|cat|phone|battery|car|engine|heater|furnace|tree|trees [just|has] died|dead
    NOBODY [here] [has|ever|even] called|texted|answered|contacted|showed
    # Somebody else is sued or reported; a question about us; no hurry.
    sue the|my|his|her|their
    report|reported|reporting the|my accident|claim|damage|theft
    is this|it [a] scam|spam
    no need to rush|hurry|worry|apologize
    """,
    GROUPS,
)
"""Taken away before any rule is asked."""

# ---- the rules --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to say it."""

    name: str
    """As it is shown to an agent and kept as evidence: stable."""
    pattern: re.Pattern[str]
    certain: bool = True
    """False: it may be meant otherwise."""
    opt_out: bool = True
    """False: the wrong number."""
    by_capitals: bool = False
    """The pattern looks for a name, so it is asked of the message with its capitals."""


def _rule(name: str, text: str, *, certain: bool = True, opt_out: bool = True) -> Rule:
    return Rule(name, patterns(text, GROUPS), certain, opt_out)


_NAME = (
    r" (?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|To(?:day|morrow)|Now|Yet|January|February|March|April|May|June"
)
_NAME += r"|July|August|September|October|November|December)[A-Z][a-z]{1,20}(?= )"
_NOT_THE_NAME = Rule(
    "says it is not who is asked for",
    re.compile(
        r" (?:[Tt]his (?:is not|isnt)|[Ii]m not|I am not|[Nn]o soy|[Nn]ot|[Dd]ont know|[Dd]o not know|[Tt]heres no"
        r"|[Tt]here is no|[Nn]o)(?= )"
        + _NAME + "(?:" + _NAME + r")?(?: (?:here|at this number|lives here|aqui))?(?= [.,]| $)"
    ),
    certain=False,
    opt_out=False,
    by_capitals=True,
)  # fmt: skip
"""A capital is the only sign of a name: "I'm not Carlos" against "I'm not sure"."""

RULES: tuple[Rule, ...] = (
    _rule(
        "says wrong number",
        """
        wrong|worng|wrng|incorrect [phone|cell] number|numbr|num|no|nbr|#|email
        wrong|incorrect person|guy|gal|girl|lady|man|party|house
        numero|persona|telefono equivocado|equivocada|incorrecto|incorrecta|erroneo
        equivocado|equivocada de numero|persona
        have|got the wrong END
        se [ha] equivoco|equivocaron|equivocado de numero|persona|telefono
        no soy esa|la persona !indicada
        mal el numero
        """,
        opt_out=False,
    ),
    _rule(
        "asks to stop contact",
        """
        # "Stop fucking calling", "quit it with the calls", "no more texts", "enough with the calls".
        stop|quit|cease|discontinue|enough ~4 CONTACTING|CONTACTS
        no more ~3 CONTACTING|CONTACTS
        end|cancel [all|any|these|the|your] [further|more] CONTACTS
        no|any further CONTACTS
        refrain|avoid [from] [any] [further] CONTACTING|CONTACTS
        stop this|it|these|that ANYEND
        cease [and_desist]
        knock it off
        cut it out
        # "Stop" is a clause of its own.
        START stop !? ANYEND
        CLAUSE [please|pls|just|so|now] stop [please|now|thanks|already] END
        please|pls|plz|kindly|just|said stop ANYEND
        told|asked|begged|begging|asking|telling|need|want|like|love|warned ~4 to stop
        texted|replied|said|sent|wrote|typed|answered|responded|say|saying|text|reply|did [to_you] stop
        """,
    ),
    _rule(
        "says do not contact",
        """
        NOT [you|ever|even|please|you_ever|you_dare] CONTACT
        NOT [ever] use my|this number|phone
        NOT [ever] send me|us|any|anything|more
        POLITELY you [please] [do|did|would|could] not|didnt|dont CONTACT
        prefer|rather|ask|asked|like [you|it_if_you] not [to] ~3 CONTACT|CONTACTS
        CLAUSE [please|pls] no [phone|sales|more|further] CONTACTS [or|and|nor] [CONTACTS] [please|thanks|ever] END
        do_not|dont call list|registry
        dnc|dnd
        """,
    ),
    _rule(
        "wants no contact",
        """
        WANTNOT WANT [for] ~3 CONTACTED|calls|texts|messages|emails
        WANTNOT WANT [for] ~3 hear_from|receive|to_talk_to_you|these
        WANTNOT WANT to_talk anymore|any_more
        leave|let me|us ~3 alone
        leave|let me|us be ANYEND
        lose|forget|burn my|this|our number|phone|contact|info
        """,
    ),
    _rule(
        "asks to be taken off",
        """
        take|get|scratch|strike|cross|pull me|us|my_name|my_number|my_info|my_email|this_number off !hold
        off|from|out_of [of] your|this|that|the|any|all ~3 LIST
        remove from [the|your|this|all] LIST
        take|get me|us|my_number|my_name|this_number out of
        ERASE me|us !as|and
        ERASE|lose [all] my|our|this|the|that [cell|phone|personal] number|phone|mobile|cell|line|name|email|#
        ERASE|lose [all] my|our|this|the|that [cell|phone|contact|personal] info|information|data|details|contact
        """,
    ),
    _rule(
        "withdraws consent",
        """
        revoke|revoking|withdraw|withdrawing|rescind|rescinding ~3 CONSENT
        CONSENT [is] revoked|withdrawn|rescinded
        no|not|dont|never|without [have|gave|give] ~3 CONSENT !form|slip
        unsub|unsubscribe|unsubscribed
        optout
        opt me|us out
        cancel everything
        cancel my|this|the|our ~2 request|inquiry|enquiry|lead|subscription
        """,
    ),
    _rule(
        "asks to stop contact (Spanish)",
        """
        no|nunca|jamas me|nos CONTACTE
        no|nunca|jamas [me|nos] vuelva|vuelvas|vuelvan|volver a ~1
        no CONTACTE mas|otra|a_este|nunca
        no CONTACTE END
        no moleste|molestes|molesten
        lista de no llamar
        deje|deja|dejen|dejar|pare|para|paren [ya] de ~1 CONTACTAR
        no mas CONTACTOS
        no quiero|deseo|quisiera ~3 CONTACTOS
        no quiero|deseo que me|nos CONTACTE|esten|este|sigan|siga
        deje|deja|dejen|pare|para|paren de|con ~2 llamando|escribiendo|mandando|enviando|molestando
        deje|deja|dejen|pare|para|paren de|con ~2 mensajes|llamadas
        ya no quiero sus|tus|mas|que|recibir
        cancele|cancelen|cancela|cancelar mi|la|esta solicitud|peticion|suscripcion
        ELIMINE ~3 lista|numero|contactos|sistema|base_de_datos|datos|registro|registros|telefono
        borreme|borrenme|borrame
        dar|darme|den|denme|da|dame|deme [me] de baja
        deje|dejen|deja|dejeme|dejenme|dejame|dejenos|dejennos ~1 en_paz|tranquilo|tranquila
        """,
    ),
    _rule(
        "says it is not this person's number",
        """
        this is_not|isnt|aint ~1 number|phone|cell
        NOBODY [here] by|with|named|called|of ~2
        NOBODY here|at_this_number|in_this_house
        START [sorry] [,] [theres|there_is] no ~1 here END
        number|phone|cell doesnt|does_not|no_longer|isnt|is_not belong|belongs
        not my name
        CLAUSE [thats|that_is|its|this_is] not me END
        # A name in lower case; with capitals see the next rule.
        START [sorry] this isnt|is_not !ADJECTIVE ~1 END
        this is my kid*|son*|daughter*|wife*|husband*|mom*|dad*|child*|work phone|number|cell
        put|entered|typed|wrote|used|left|have my|this number|phone ~3 mistake|error|wrong
        using|used|giving|gave|gives|given [out|them|you] my number|phone
        [has|have|is|just] died|passed_away|passed_on|deceased
        he|she [has|is] passed !the
        he|she is dead
        got|had|have this [new] number|phone last|recently|a_few|this|since|for|over|almost|about|a_long
        calls|texts|messages for ~1 all|every|daily|constantly
        mixed me|us up
        me|us confused|mixed_up|mistaken
        confused|confusing|mistaken|mistaking me
        not the [right|same] person|one|guy|lady|owner !yet
        doesnt|does_not|dont|no_longer have|has|own|use this number|phone|cell
        doesnt|does_not|dont|no_longer live|lives here !yet
        no_longer works here
        dont|do_not know who|anyone|anybody that|this|by_that|named|with_that
        never heard of
        -i changed numbers|phones|his_number|her_number|their_number
        belongs to someone|somebody|another|a_different
        no such person
        new number|phone [,] who
        nadie|persona con ese nombre
        no conozco a ~1
        aqui no vive|hay|trabaja|esta|es
        no vive|trabaja aqui
        no soy yo
        no es el|mi|su numero|telefono|celular de
        """,
        certain=False,
        opt_out=False,
    ),
    _NOT_THE_NAME,
    _rule(
        "says they did not ask",
        """
        never|didnt|did_not|havent|have_not sign|signed up
        never|didnt|did_not|havent|have_not ask|asked for|you
        never|didnt|did_not|havent|have_not request|requested|subscribe|subscribed|inquire|inquired|enquire|enquired
        never|didnt|did_not|havent|have_not fill|filled out|in|anything
        never|didnt|did_not|havent|have_not submit|submitted this|any|anything|my|a
        never|didnt|did_not|havent|have_not apply|applied for_this|for_any|to_this|to_any
        never applied END
        no|nunca [he] solicite|pedi|solicitado|pedido|llene nada|informacion|esto|ningun|ninguna
        """,
        certain=False,
        opt_out=False,
    ),
    _rule(
        "threatens with the law",
        """
        ill|i_will|will|gonna|going_to|can sue
        sue|suing|report|reported|reporting you|your|yall|u|this|these
        report|reported|reporting as|to|for spam|junk|the
        ftc|fcc|tcpa|attorney_general|lawsuit|legal_action|illegal|small_claims|in_court
        police !officer|report|department
        my|an|our LAWYER will|is_going|is_about
        contacting|calling|contact|call|for|hiring my|our|a|an LAWYER
        talk|talking|speak|speaking to_my LAWYER
        hear from my|our LAWYER
        file|filing a complaint
        los|las|lo|la|les|te voy_a demandar|reportar|denunciar
        """,
        certain=False,
    ),
    _rule(
        "is angry about being contacted",
        """
        fuck off|you|u|yourself
        f|piss|bugger|screw|buzz|back|bug off
        stfu|gtfo|f_u|f_you|screw_you|screw_u|get_lost|go_away|drop_dead|get_out_of_here|go_to_hell|get_a_life
        kiss my ass|butt|a
        shut up
        shut the ~1 up
        harassing|harassment
        this is spam|a_scam
        block|blocked|blocking|been you|u|your|me|blocked
        blocked|blocking this
        CLAUSE enough END
        enough is_enough|already
        CLAUSE no more END
        not now not ever
        sick|tired|fed_up|done of|with this|you|these|it|all|your|getting|CONTACTING
        lay off
        take the|a hint|hike
        give it a_rest|up
        how many times do|must|have|will i
        too|so many ~1 CONTACTS !from_other
        why do_you|do_you_guys|are_you|are_you_guys|am_i keep|still
        START [please] do_not|dont reply|respond
        waste|wasting your|my|our time
        """,
        certain=False,
    ),
    _rule(
        "declines the offer",
        """
        not|no_longer|isnt|arent [at_all|really] interested|intrested|intersted|interseted|interrested
        no|zero interest
        not buying|shopping|selling END
        ill|i_will pass END
        no thanks|thank
        hard pass
        no tks|tnx|ty
        pass on this|it END
        START no way END
        all set END
        all set thanks|thank
        im|i_am|were|we_are [all] good|set END
        im|i_am|were|we_are [all] good|set thanks|thank
        already bought|purchased|signed|found
        already have|got one|insurance|coverage|someone|somebody END
        already got|had|have it|this|that handled|covered|done|sorted|taken|fixed
        dont|do_not|no_longer need [anymore|any_more|thanks] END
        dont|do_not|no_longer need it|this|one|any|anything|insurance [anymore|any_more|thanks] END
        dont|do_not|no_longer need a|your quote|help|call [anymore|any_more|thanks] END
        no need END
        no need to call|text|contact|reach
        no longer|more [really] looking|shopping|in_the_market|in_need
        not looking|shopping|in_the_market anymore|any_more|any_longer|now
        not for me|us [thanks] FULLEND
        went|going|gone with|to another|a_different|someone|somebody|something
        went|going|gone elsewhere|a_different
        found|chose|hired|picked someone|somebody|another_company|another_one|another_agent
        changed my mind
        decided not_to|against !wait
        no me|nos interesa
        no estoy interesado|interesada
        no quiero ~2 nada
        no gracias
        ya [no] [lo|la] necesito
        ya no [lo|la] quiero
        ya compre|consegui|encontre|contrate
        ya tengo [gracias] END
        """,
        certain=False,
    ),
    # No rule above holds, but something is refused and contact is spoken of, or an offer is refused outright.
    _rule(
        "may refuse contact",
        """
        no|not|nothing|dont|do_not|didnt|never|wont|without|zero !GOT ~4 CONTACTING|CONTACTS
        not|dont|do_not|never !GOT ~1 call|text|message|email|contact me|us|this|my
        -please keep|keeps|kept|still calling|texting|messaging|emailing|contacting|sending_me
        one more time|call|text
        WANTNOT want|need !GOT !to ~3 END !,_just|,_but|,_only|,_ill|,_i
        not|never ~3 ever END
        or ever END
        never again
        i|we|already said|told [you|them] [people|guys|all] no
        CLAUSE told you|u [people|guys] no
        CLAUSE i want out END
        ya le|les|te|lo dije que no
        """,
        certain=False,
    ),
    # Once the innocent uses are taken away, most that is left is a request.
    _rule("the word stop", "stop !?", certain=False),
)  # fmt: skip
"""Asked in this order: what is certain before what is in doubt, so that a doubt never hides a plain request."""
