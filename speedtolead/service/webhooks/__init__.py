"""Outgoing webhooks: an account's events, told to its own systems, and, as postbacks, to its leads' vendors.

``relay`` turns events into deliveries and their jobs, ``delivery`` makes one delivery, ``replay`` is what a manager
sees and asks for, ``postback`` puts an event into a vendor's words. A message may reach its receiver twice, always
with the same ``webhook-id``; none is passed over.
"""
