"""How many agents it takes: a forecast of the calls, and a simulation of who waits how long for an agent.

Owns: the forecast with its past error, the simulated queue, Erlang's formula to check it by. Must not know: where
calls are counted. Everything random is drawn from a stated seed, so the same history gives the same answer.
"""
