"""HTTP: the API, the carrier's callbacks, the pages.

Owns: parsing, who may do what, and rendering. Must not know: SQL, or the rules of the business.
Every error leaves as ``application/problem+json`` with a stable code, and never with a person's data in it.
"""
