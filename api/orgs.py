"""Look-ups of organisations."""

from __future__ import annotations

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from api.blueprint import bp
from models.orgs import Level
from queries.orgs import find_orgs
from shell.access import actor, requires
from shell.clock import today

LONGEST = 50


@bp.get("/orgs")
@requires("org:list")
def orgs() -> ResponseReturnValue:
    """Return at most 50 units in use, inside the scope, whose name, earlier name, pinyin or code matches `q`."""
    text = request.args.get("q", "").replace("\0", "").strip()[:LONGEST]
    level = request.args.get("level", "")
    if level and level not in set(Level):
        return jsonify([])
    found = find_orgs(actor(), text=text, level=level, on=today())
    return jsonify([{"id": unit.id, "name": unit.name, "level": unit.level, "code": unit.code} for unit in found])
