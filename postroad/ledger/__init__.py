"""The ledger owns people and messages: tables, migrations, and queries by purpose."""
