"""Erlang's formula for a queue of calls: what the simulation is checked by, where it applies.

It holds for calls that come at random (Poisson), are served in the order in which they came, take an exponential
time and never leave. Ours are served by rank, hold an agent for what they really took, and differ in kind; so it
decides nothing here. Source: A. K. Erlang, Elektroteknikeren 13 (1917); R. B. Cooper, Introduction to Queueing
Theory (2nd ed. 1981), 3.4.
"""

from __future__ import annotations

from math import exp


def waits(agents: int, load: float) -> float:
    """The chance that a call waits (Erlang C). ``load``: calls an hour times hours that each holds an agent.

    1 where the load is not less than the agents: the queue grows for ever.
    """
    if load >= agents:
        return 1.0
    blocked = 1.0  # Erlang B, by its recursion, which cannot overflow
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))


def waits_longer(agents: int, load: float, seconds: float, held: float) -> float:
    """The chance that a call waits for more than ``seconds``, where one holds an agent for ``held`` s on
    average."""
    if load >= agents:
        return 1.0
    return waits(agents, load) * exp(-(agents - load) * seconds / held)
