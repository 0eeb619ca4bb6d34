"""Tokens of one's own: what programs may do in one's name."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from forms.tokens import USUAL, OwnTokenForm, chosen_forms, offer_forms
from models.accounts import User
from queries.accounts import own_user
from queries.tokens import SCOPE_LABELS, form_titles, offered_forms, own_token, tokens_of
from services import tokens
from services.refusals import Refusal
from services.signins import WrongPassword
from shell import clock
from shell.access import actor, signed_in


@bp.get("/me/tokens")
@signed_in
def own_tokens() -> str:
    found = tokens_of(_me().id, clock.now())
    titles = form_titles(sorted({ident for token in found for ident in token.forms}))
    return render_template("desk/tokens.html", tokens=found, now=clock.now(), titles=titles, scope_labels=SCOPE_LABELS)


@bp.route("/me/tokens/new", methods=["GET", "POST"])
@signed_in
def new_token() -> Any:
    form, user = OwnTokenForm(data={"expires_on": clock.today() + USUAL}), _me()
    offer_forms(form, offered_forms(actor()))
    status = Refusal.status if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            _ident, secret = _create(user, form)
        except Refusal as refusal:
            status = _show(refusal, form)
        else:
            # The token goes into this one answer: a flashed message would lie in the cookie.
            return render_template("desk/token_shown.html", secret=secret, name=form.name.data)
    return render_template("desk/token_new.html", form=form, user=_me()), status


@bp.post("/me/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> Any:
    token = own_token(token_id, actor())
    if token is None:
        abort(404)
    tokens.revoke_token(token, actor=actor(), at=clock.now())
    flash(_("令牌已作废，用它的程序从现在起不能再访问。"), "success")
    return redirect(url_for("desk.own_tokens"))


def _create(user: User, form: Any) -> tuple[int, str]:
    asked = tokens.Asked(
        form.name.data or "", form.scopes.data or (), chosen_forms(form), clock.end_of(form.expires_on.data)
    )
    return tokens.create_personal(user, asked, current=form.current.data or "", actor=actor(), at=clock.now())


def _show(refusal: Refusal, form: Any) -> int:
    """Put a refusal beside the field it speaks of, else on top of the form; return the answer's status."""
    name = "current" if isinstance(refusal, WrongPassword) else getattr(refusal, "field", "")
    if name and name in form:
        form[name].errors = [refusal.message]
    else:
        form.form_errors.append(refusal.message)
    return refusal.status


def _me() -> User:
    user = own_user(actor())
    if user is None:
        abort(401)
    return user
