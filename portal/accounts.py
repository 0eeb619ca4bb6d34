"""Signing in and out, and the language switch."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, request, session, url_for

from forms.accounts import CodeForm, SignInForm
from portal.blueprint import bp
from queries.accounts import ROLE_LABELS, demo_accounts, own_user
from queries.settings import public_face
from services.demo_county import PASSWORD
from services.own_account import set_locale
from services.refusals import Refusal
from services.signins import Passed, check_code, check_password, end_sign_in, open_sign_in
from shell import clock, signin
from shell.access import current_actor, public
from shell.i18n import COOKIE, LOCALES
from shell.limits import limiter
from shell.redirects import local_path, next_path

PENDING = "pending"
PENDING_SECONDS = 300
YEAR_SECONDS = 365 * 24 * 3600


@bp.route("/login", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def sign_in() -> Any:
    if current_actor() is not None:
        return redirect(next_path())
    form = SignInForm(next=next_path(""))
    refusal = None
    if form.validate_on_submit():
        try:
            name, password = form.username.data or "", form.password.data or ""
            passed = check_password(name, password, origin=signin.origin(), at=clock.now())
            return proceed(passed, by="password", onward=next_path())
        except Refusal as told:
            refusal = told
    return _sign_in_page(form, refusal)


@bp.route("/login/code", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def second_factor() -> Any:
    """Ask for the code of the phone after the first factor was right."""
    pending = session.get(PENDING)
    at = clock.now()
    if not pending or at.timestamp() - pending["at"] > PENDING_SECONDS:
        session.pop(PENDING, None)
        return redirect(url_for("portal.sign_in"))
    form = CodeForm()
    status = 200
    if form.validate_on_submit():
        try:
            check_code(pending["user"], form.code.data or "", origin=signin.origin(), at=at)
            return _welcome(pending["user"], by=pending["by"], second_factor=True, onward=local_path(pending["next"]))
        except Refusal as refusal:
            form.code.errors = [refusal.message]
            status = refusal.status
    elif form.is_submitted():
        status = Refusal.status
    return render_template("portal/second_factor.html", form=form), status


@bp.post("/logout")
@public
def sign_out() -> Any:
    who = current_actor()
    if who is not None:
        end_sign_in(signin.sign_in_id(), actor=who, at=clock.now())
    signin.forget()
    return redirect(url_for("portal.sign_in"))


@bp.post("/language")
@public
def set_language() -> Any:
    """Switch the language of this browser, and of the account of who is signed in."""
    chosen = request.form.get("language", "")
    response = redirect(next_path())
    if chosen not in LOCALES:
        return response
    who = current_actor()
    user = own_user(who) if who else None
    if who and user:
        set_locale(user, locale=chosen, actor=who, at=clock.now())
    response.set_cookie(COOKIE, chosen, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure)
    return response


def proceed(passed: Passed, *, by: str, onward: str) -> Any:
    """Go on after a first factor was right: to the code where there is one, else into the house."""
    if not passed.needs_code:
        return _welcome(passed.user_id, by=by, second_factor=False, onward=onward)
    signin.forget()
    session[PENDING] = {"user": passed.user_id, "at": clock.now().timestamp(), "by": by, "next": onward}
    return redirect(url_for("portal.second_factor"))


def _welcome(user_id: int, *, by: str, second_factor: bool, onward: str) -> Any:
    token = open_sign_in(
        user_id,
        origin=signin.origin(),
        agent=request.user_agent.string,
        second_factor=second_factor,
        hours=current_app.config["ZHIYE"].session_hours,
        at=clock.now(),
        by=by,
    )
    signin.remember(token)
    return redirect(onward)


def _sign_in_page(form: SignInForm, refusal: Refusal | None) -> Any:
    settings = current_app.config["ZHIYE"]
    wrong = refusal or (Refusal() if form.is_submitted() else None)
    county, contact = public_face(settings.county_code)
    page = render_template(
        "portal/sign_in.html",
        form=form,
        refusal=refusal.message if refusal else "",
        county=county,
        contact=contact,
        demo=demo_accounts(),
        demo_password=PASSWORD,
        role_labels=ROLE_LABELS,
        single_sign_on=bool(settings.oidc_issuer),
    )
    return page, wrong.status if wrong else 200
