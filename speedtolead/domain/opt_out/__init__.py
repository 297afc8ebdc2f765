"""The words by which people say stop: texts and mails, in English and Spanish.

Owns: what counts as a request to stop, to start again, or for help (``words``, ``sentences``), what of a message is
the person's own (``own_words``), and in which order the rules are asked (``reading``).
Must not know: who wrote, what is then suppressed and for how long, what is answered, where a message is kept.
A message that cannot be understood reads as nothing; one that may be a request is a request with ``certain=False``:
suppress at once, and ask an agent to look. It never raises.
"""

from speedtolead.domain.opt_out.reading import Kind, Reading, Scope, read

__all__ = ["Kind", "Reading", "Scope", "read"]
