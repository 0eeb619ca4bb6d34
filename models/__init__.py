"""Tables, enums and constraints; what may be stored and who may do what."""

from __future__ import annotations

# Importing every noun here puts every table into Base.metadata for migrations and relationships.
from models import (
    access,
    accounts,
    audit,
    calendar,
    categories,
    claims,
    coins,
    comments,
    drafts,
    exports,
    files,
    forms,
    imports,
    jobs,
    messages,
    orgs,
    people,
    point_rules,
    points_drafts,
    records,
    settings,
    stations,
    tokens,
    webhooks,
    xlsforms,
)

__all__ = [
    "access", "accounts", "audit", "calendar", "categories", "claims", "coins", "comments", "drafts", "exports",
    "files", "forms", "imports", "jobs", "messages", "orgs", "people", "point_rules", "points_drafts", "records",
    "settings", "stations", "tokens", "webhooks", "xlsforms",
]  # fmt: skip
