"""What a permit looks at, as the database gathers it."""

from __future__ import annotations

import json

import asyncpg


async def test_who_was_never_contacted_needs_no_look(database_url: str) -> None:
    """The short way of a fresh lead says just what the long way would."""
    connection = await asyncpg.connect(database_url)
    try:
        long, short = await connection.fetchrow(
            """SELECT contact_facts(gen_random_uuid(), NULL, gen_random_uuid(), '+12122360142', 'ada@example.com'),
                      no_contact_facts()"""
        )
        found = json.loads(long)
        assert found | {"lead_first_held": False} == json.loads(short)
        assert found["lead_first_held"] is None  # there is no such campaign
    finally:
        await connection.close()
