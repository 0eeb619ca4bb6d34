"""Points given and taken, for officials who put a mistake right: the list, one of them, and taking it back."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.taking_back import taken_back
from queries import awards as reads
from queries.journal_sheet import KINDS
from shell.access import actor, requires
from shell.paging import before_asked
from shell.uids import new_uid


@bp.get("/coins/awards")
@requires(reads.REVERSE)
def award_list() -> str:
    found, older = reads.awards(actor(), before=before_asked())
    return render_template("desk/claims/awards.html", awards=found, older=older, kinds=KINDS, size=reads.PAGE)


@bp.get("/coins/awards/<award_uid>")
@requires(reads.REVERSE)
def award(award_uid: str) -> str:
    return _award(award_uid)


@bp.post("/coins/awards/<award_uid>/reverse")
@requires(reads.REVERSE)
def reverse_award(award_uid: str) -> Any:
    """Take points back by an opposite journal, once: what is spent of them already becomes a debt."""
    found = reads.award(award_uid, actor()) or abort(404)
    return taken_back(
        found.journal,
        lambda said, reason: _award(award_uid, said, reason),
        address=url_for("desk.award", award_uid=award_uid),
        told=_("已冲正，两笔流水都留着。"),
    )


def _award(award_uid: str, said: str = "", reason: str = "") -> str:
    found = reads.award(award_uid, actor()) or abort(404)
    return render_template("desk/claims/award.html", award=found, kinds=KINDS, said=said, reason=reason, uid=new_uid())
