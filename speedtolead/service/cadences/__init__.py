"""Cadences thought through: a lead walked through its plan and through the rules, and nobody contacted.

``lawful`` is the moment at which a planned step may be made, ``walk`` the way of one lead from its first step to
its last, ``why`` what brought each step to its time, in words. ``preview`` answers for a sample lead, ``replay``
for the leads that there were. The planner and the permit decide here as they do in earnest; nothing else does.
"""
