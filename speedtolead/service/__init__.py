"""The use cases, each in one short transaction.

Owns: what is done in which order, and what is committed together. Must not know: HTTP, JSON, TwiML, SQL.
A use case that fails leaves nothing half-done: its transaction is rolled back and the caller is told why.
"""
