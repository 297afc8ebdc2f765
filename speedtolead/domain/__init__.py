"""The rules of speed to lead, pure.

Owns: the states of leads, attempts, legs and agents, the cadence, the calling hours, the permit, routing and
the definitions of the numbers. Must not know: SQL, HTTP, a carrier's names, or the clock: time is an argument.
Only the standard library is imported here (import-linter holds it), so a rule can be read, and tested, alone.
"""
