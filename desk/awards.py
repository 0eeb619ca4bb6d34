"""Points given and taken, for officials who put a mistake right: the list, one of them, and taking it back."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from desk.counter import new_uid, sent_uid
from queries import awards as reads
from queries.journal_sheet import KINDS
from services import reversals
from services.refusals import NotAllowed, NotFound, Refusal
from shell import clock
from shell.access import actor, requires

LARGEST = 2**53


@bp.get("/coins/awards")
@requires(reads.REVERSE)
def award_list() -> str:
    before = request.args.get("before", type=int)
    found, older = reads.awards(actor(), before=before if before and 0 < before < LARGEST else None)
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
    reason = request.form.get("reason", "").replace("\0", "")
    try:
        reversals.reverse(
            found.journal, reason=reason, uid=sent_uid(), actor=actor(), at=clock.now(), today=clock.today()
        )
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        return _award(award_uid, str(refusal), reason), refusal.status
    flash(_("已冲正，两笔流水都留着。"), "success")
    return redirect(url_for("desk.award", award_uid=award_uid), 303)


def _award(award_uid: str, said: str = "", reason: str = "") -> str:
    found = reads.award(award_uid, actor()) or abort(404)
    return render_template("desk/claims/award.html", award=found, kinds=KINDS, said=said, reason=reason, uid=new_uid())
