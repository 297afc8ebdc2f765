"""What happens regularly on a node, and how often.

Owns: the ticks' names and intervals. Must not know: how a tick is driven (``runtime.ticks``), or what it does.
A tick that fails is logged and comes again.
"""

from __future__ import annotations

from functools import partial

from speedtolead.runtime.commits import Commits
from speedtolead.runtime.ticks import Ticks
from speedtolead.service.webhooks.relay import Relay
from speedtolead.web.services import Services

SWEEP_SECONDS = 1.0
WAITING_SECONDS = 0.5
COMMIT_LOG_SECONDS = 0.5
REPLAN_SECONDS = 2.0
STEPS_SECONDS = 1.0
PULSE_SECONDS = 10.0
PRUNE_SECONDS = 3600.0
RELEASE_PINGS_SECONDS = 5.0
RULES_SECONDS = 10.0
ABANDONMENT_SECONDS = 5.0
MAIL_DOMAIN_SECONDS = 5.0
RELAY_SECONDS = 0.5
REQUEUE_SECONDS = 5.0
PRUNE_JOBS_SECONDS = 600.0
EXPIRE_RETURNS_SECONDS = 60.0
LISTS_SECONDS = 600.0
GUARD_SECONDS = 300.0
NUMBER_WATCH_SECONDS = 900.0
CHAIN_SECONDS = 1.0
CHAIN_SPENDS = 0.15
"""Seconds of each tick: a chain that is written while leads come would take what their calls need."""
RETENTION_SECONDS = 600.0
CARRIERS_SECONDS = 1.0
COUNT_SECONDS = 1.0
COUNT_SPENDS = 0.1
"""Seconds of each tick: in a rush the sums fall behind, and the leads do not."""
ALARM_SECONDS = 15.0
NOTICE_SECONDS = 5.0
DIGEST_SECONDS = 60.0
PERFORMANCE_SECONDS = 300.0
LEARN_SECONDS = 60.0


def on_every_node(ticks: Ticks, services: Services, commits: Commits) -> None:
    """Whatever the node's roles are."""
    ticks.every(COMMIT_LOG_SECONDS, "commit_log", commits.flush)
    ticks.every(RULES_SECONDS, "rules", services.rules.refresh)  # whoever decides, whatever its roles


def on_dialers(ticks: Ticks, services: Services) -> None:
    """Whoever asks the carriers for calls says how that went, and hears what others saw."""
    ticks.every(CARRIERS_SECONDS, "carriers", services.carriers.look)
    ticks.every(PULSE_SECONDS, "pulse", services.catching_up.look)


def on_schedulers(ticks: Ticks, services: Services, relay: Relay, guard_seconds: float) -> None:
    """Each of these is safe on any number of nodes at once."""
    ticks.every(SWEEP_SECONDS, "sweep", services.sweeping.sweep)
    ticks.every(REPLAN_SECONDS, "replan", services.replanning.look)
    ticks.every(STEPS_SECONDS, "steps_within", services.steps_within.look)
    ticks.every(SWEEP_SECONDS, "sweep_sends", services.receipts.sweep)
    ticks.every(WAITING_SECONDS, "waiting_callers", services.incoming.serve)
    ticks.every(SWEEP_SECONDS, "shifts", services.shifts.change)
    ticks.every(SWEEP_SECONDS, "sweep_talks", services.talk_sweeping.sweep)
    ticks.every(SWEEP_SECONDS, "left_legs", services.left_legs.sweep)
    ticks.every(SWEEP_SECONDS, "sweep_lines", services.lines.sweep)
    ticks.every(SWEEP_SECONDS, "waiting", services.waiting.look)
    ticks.every(SWEEP_SECONDS, "dispositions", services.dispositions.look)
    ticks.every(SWEEP_SECONDS, "consoles", services.seats.look)
    ticks.every(PERFORMANCE_SECONDS, "performance", services.agents.count_performance)
    ticks.every(ABANDONMENT_SECONDS, "abandonment", services.abandonment.look)
    ticks.every(PRUNE_SECONDS, "prune_sessions", services.sign_in.prune)
    ticks.every(RELEASE_PINGS_SECONDS, "release_pings", services.pings.release)
    ticks.every(MAIL_DOMAIN_SECONDS, "mail_domains", services.mail_domains.ask)
    ticks.every(PRUNE_SECONDS, "forget_posts", services.unread.forget)
    ticks.every(PRUNE_SECONDS, "forget_facts", services.forgetting.forget)
    ticks.every(RELAY_SECONDS, "relay", relay.relay)
    ticks.every(REQUEUE_SECONDS, "requeue", relay.requeue)
    ticks.every(PRUNE_JOBS_SECONDS, "prune_jobs", relay.prune)
    ticks.every(LISTS_SECONDS, "lists", services.do_not_call.look)
    ticks.every(EXPIRE_RETURNS_SECONDS, "expire_returns", services.returns.expire)
    ticks.every(CHAIN_SECONDS, "chain", partial(services.ledger.chain, CHAIN_SPENDS))
    ticks.every(RETENTION_SECONDS, "retention", services.keeping.let_go)
    ticks.every(RETENTION_SECONDS, "remove_recordings", services.recordings.let_go)
    ticks.every(guard_seconds, "guard", services.guarding.look)
    ticks.every(LEARN_SECONDS, "learn_answers", services.learning.answering.learn)
    ticks.every(NUMBER_WATCH_SECONDS, "number_watch", services.number_watch.look)
    ticks.every(COUNT_SECONDS, "count", partial(services.counting.count, COUNT_SPENDS))
    ticks.every(PRUNE_SECONDS, "forget_spells", services.figures.forget)
    ticks.every(ALARM_SECONDS, "alarms", services.alarms.look)
    ticks.every(NOTICE_SECONDS, "notices", services.notices.send)
    ticks.every(DIGEST_SECONDS, "digests", services.digests.look)
