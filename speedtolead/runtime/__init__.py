"""The loops of a running node: dialer, listener, ticks, live hub.

Owns: when things are looked at, and an orderly stop. Must not know: business rules, SQL.
A loop that dies takes the node down, loudly: the process ends, and its leases let others take over.
"""
