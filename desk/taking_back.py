"""Taking a journal back from a page: points, receipts, allotments and settlements ask for it with the same form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request

from models.coins import CoinJournal
from services.refusals import NotAllowed, NotFound, Refusal
from services.reversals import reverse
from shell import clock
from shell.access import actor
from shell.uids import sent_uid


def taken_back(original: CoinJournal, page: Callable[[str, str], str], *, address: str, told: str) -> Any:
    """Undo a journal and lead to its page, which says what was `told`; on a refusal show the page with it.

    `page` takes what was refused and the reason that was typed, so that nobody types it twice.
    """
    reason = request.form.get("reason", "").replace("\0", "")
    try:
        reverse(original, reason=reason, uid=sent_uid(), actor=actor(), at=clock.now(), today=clock.today())
    except (NotAllowed, NotFound):
        raise
    except Refusal as refusal:
        return page(str(refusal), reason), refusal.status
    flash(told, "success")
    return redirect(address, 303)
