"""The store: the only callers of SQL.

Owns: rows and the dataclasses they become, the pool, migrations, the embedded server.
Must not know: policy. Why a row is written is the service's business.
Postgres is a settled choice: the store is called directly, and no test imitates it.
"""
