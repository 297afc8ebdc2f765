"""What is done with a talk under way: hold, mute, tones, transfers, third parties, supervisors, recording, its end.

Owns: the way from a command to the carrier and back, in these steps.

1. ``taking``: one transaction judges the command (``domain.talk``), writes how the talk is to be and a ``control``
   row that says so. That is committed before the carrier hears of it, and answered.
2. ``carrying``: whoever has the next control of a talk under a lease makes the carrier's requests, one control
   after the other. All say how it is to be, and may be repeated; the two that may not (ringing somebody, sending
   tones) are marked before they are sent, and given up, not repeated, when nobody can say what became of them.
3. ``following``: with every piece of news about a leg, reads the parties anew: who took a transfer leads the talk,
   a transfer that came to nothing gives the lead back, and a talk that nobody leads any more is ended.
4. ``joining``: a party that was rung says yes, and is let in.

Killed anywhere: the control is still there, and ``sweeping`` takes it up again; a party that was rung is a leg like
any other, and is closed with what the carrier says. Must not know: HTTP, TwiML.
"""
