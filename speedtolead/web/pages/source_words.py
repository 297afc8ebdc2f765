"""What the numbers about sources mean, as a page says it.

Owns: their labels and definitions. Must not know: how they are summed.
"""

from __future__ import annotations

SOURCE_DEFINITIONS: dict[str, tuple[str, str]] = {
    "received": ("received", "Posts that left a lead, accepted or refused; without tests and touches."),
    "accepted": ("accepted", "Leads that were taken, whatever became of them."),
    "refused": ("refused", "Leads that were refused, each with its reason; they cost nothing."),
    "touches": ("touches", "Posts that refreshed a running lead: no lead of their own, and no cost."),
    "dialled": ("dialled", "Accepted leads for which the carrier was asked."),
    "contacted": ("contacted", "Accepted leads with a verified two-way talk of at least the campaign's minimum."),
    "calls": ("calls", "Calls that came in on the source's tracking number, whosever leads they are of."),
    "talked": ("talked", "Calls in which an agent and the caller talked, however long."),
    "missed_calls": ("missed", "Calls that nobody took: the caller hung up while waiting."),
    "messages": ("messages", "Calls that nobody took, and in which the caller left a message."),
    "billable": ("billable", "Calls that fulfil every condition of the source's qualified rule."),
    "cost_per_call": ("per call", "The price of the billable calls ÷ calls."),
    "cost_per_billable_call": ("per billable call", "The price of the billable calls ÷ billable calls."),
    "duplicate_rate": (
        "Duplicates",
        "Refused as duplicate, or a touch of a running lead ÷ received and touches together.",
    ),
    "invalid_number_rate": ("Invalid numbers", "Refused as invalid_phone ÷ received."),
    "return_rate": (
        "Returned",
        "Leads that the vendor credited ÷ accepted. A claim that is only made is not in it.",
    ),
    "cost": ("Cost", "What the accepted leads cost, before returns."),
    "credited": ("Credited", "What the vendor gave back for returned leads."),
    "net_cost": ("Net cost", "Cost − credited."),
    "undecided": ("Claimed", "Claims that may still be credited. They change no other number until they are."),
    "unpriced": (
        "without a price",
        "Accepted leads of which no price is known: they add nothing to the cost, so a lead costs more than is "
        "shown.",
    ),
    "cost_per_lead": (
        "Cost per lead",
        "Net cost ÷ accepted leads that were not credited back.",
    ),
    "cost_per_contact": (
        "Cost per contact",
        "Net cost ÷ contacted leads that were not credited back.",
    ),
    "cost_per_appointment": (
        "Cost per appointment",
        "Net cost ÷ leads with an appointment, that were not credited back.",
    ),
    "cost_per_sale": ("Cost per sale", "Net cost ÷ leads with a sale, that were not credited back."),
    "appointments": ("appointments", "Leads with an appointment reported, that were not credited back."),
    "quotes": ("quotes", "Leads with a quote reported, that were not credited back."),
    "sales": ("sales", "Leads with a sale reported, that were not credited back."),
    "revenue": ("Revenue", "What the reported sales of those leads were worth."),
    "roas": ("ROAS", "Return on ad spend: revenue ÷ net cost."),
}
