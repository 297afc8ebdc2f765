"""Outgoing webhooks: an account's events, told to the account's own systems.

``relay`` turns events into deliveries and their jobs, ``delivery`` makes one delivery, ``replay`` is what a manager
sees and asks for. A message may reach its receiver twice, always with the same ``webhook-id``; none is passed over.
"""
