"""Adapters: the ports, spoken to real providers.

Owns: wire formats and the mapping of their errors to Permanent, Transient and Indeterminate.
Must not know: the database, or the service that calls them. They see only ``domain`` and ``ports``.
"""
