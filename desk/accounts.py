"""Own account: password, second factor, sign-ins."""

from __future__ import annotations

from typing import Any

import pyotp
import segno
from flask import abort, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _

from desk.blueprint import bp
from forms.accounts import CodeForm, ConfirmForm, PasswordForm
from models.accounts import User
from queries.accounts import CHANGE_PASSWORD, ROLE_LABELS, SET_UP_CODE, memberships_of, open_sign_ins, own_user
from services import accounts, own_account
from services.passwords import WeakPassword
from services.refusals import Refusal
from services.signins import TOTP_CONTEXT, WrongPassword
from services.vault import Unsealable, vault
from shell import clock, signin
from shell.access import actor, signed_in
from shell.redirects import HOME

NEW_SECRET = "new-secret"  # noqa: S105 - the key in the browser's session; what lies there is sealed
PHONE_WORDS = ("Mobile", "Android", "iPhone", "Harmony")


@bp.get("/me")
@signed_in
def profile() -> str:
    user, at = _me(), clock.now()
    return render_template(
        "desk/account.html",
        user=user,
        memberships=memberships_of(user.id, clock.today()),
        role_labels=ROLE_LABELS,
        sign_ins=open_sign_ins(user.id, at),
        this_sign_in=signin.sign_in_id(),
        code_demanded=own_account.code_demanded(user, today=clock.today()),
        is_phone=is_phone,
    )


@bp.route("/me/password", methods=["GET", "POST"])
@signed_in
def change_password() -> Any:
    form, user = PasswordForm(), _me()
    forced = CHANGE_PASSWORD in actor().flags
    status = Refusal.status if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            own_account.change_password(
                user,
                current=form.current.data or "",
                new=form.new.data or "",
                keep=signin.sign_in_id(),
                actor=actor(),
                at=clock.now(),
            )
            flash(_("密码已修改。其他设备上的登录都已退出。"), "success")
            return redirect(HOME if forced else url_for("desk.profile"))
        except Refusal as refusal:
            status = show(refusal, form)
    return render_template("desk/account_password.html", form=form, forced=forced, user=_me()), status


@bp.route("/me/code", methods=["GET", "POST"])
@signed_in
def set_up_code() -> Any:
    """Turn on the second factor: show the picture for the phone, ask for the first code."""
    form, user = CodeForm(), _me()
    forced = SET_UP_CODE in actor().flags
    if user.totp_sealed:
        return redirect(url_for("desk.profile"))
    secret = _new_secret()
    status = Refusal.status if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            own_account.set_up_totp(
                user,
                secret=secret,
                code=form.code.data or "",
                sign_in_id=signin.sign_in_id(),
                actor=actor(),
                at=clock.now(),
            )
            session.pop(NEW_SECRET, None)
            flash(_("两步验证已开启。下次登录时，除了密码还要输入手机上的验证码。"), "success")
            return redirect(HOME if forced else url_for("desk.profile"))
        except Refusal as refusal:
            form.code.errors = [refusal.message]
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    picture = _picture(secret, _me().username)
    return render_template("desk/account_code.html", form=form, forced=forced, picture=picture, groups=groups), status


@bp.route("/me/code/off", methods=["GET", "POST"])
@signed_in
def turn_off_code() -> Any:
    form, user = ConfirmForm(), _me()
    status = Refusal.status if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            own_account.turn_off_totp(
                user, current=form.current.data or "", today=clock.today(), actor=actor(), at=clock.now()
            )
            flash(_("两步验证已关闭。"), "success")
            return redirect(url_for("desk.profile"))
        except Refusal as refusal:
            status = show(refusal, form)
    return render_template("desk/account_code_off.html", form=form, user=_me()), status


@bp.post("/me/sign-ins/<int:sign_in_id>/end")
@signed_in
def end_sign_in(sign_in_id: int) -> Any:
    mine = {row.id: row for row in open_sign_ins(_me().id, clock.now())}
    if sign_in_id not in mine:
        abort(404)
    accounts.revoke_sign_in(mine[sign_in_id], actor=actor(), at=clock.now())
    flash(_("那台设备已退出登录。"), "success")
    return redirect(url_for("desk.profile"))


@bp.post("/me/sign-ins/end-others")
@signed_in
def end_other_sign_ins() -> Any:
    ended = own_account.revoke_other_sign_ins(_me(), keep=signin.sign_in_id(), actor=actor(), at=clock.now())
    flash(_("已退出其他 %(n)s 处登录。", n=ended), "success")
    return redirect(url_for("desk.profile"))


def show(refusal: Refusal, form: Any) -> int:
    """Put a refusal beside the field it speaks of, else on top of the form; return the answer's status."""
    if isinstance(refusal, WrongPassword):
        form.current.errors = [refusal.message]
    elif isinstance(refusal, WeakPassword):
        form.new.errors = [refusal.message]
    else:
        form.form_errors.append(refusal.message)
    return refusal.status


def is_phone(agent: str) -> bool:
    """Tell whether a browser says it runs on a phone or tablet."""
    return any(word in agent for word in PHONE_WORDS)


def _me() -> User:
    user = own_user(actor())
    if user is None:
        abort(401)
    return user


def _new_secret() -> str:
    """Return the secret being set up, the same one until the code fits; the browser holds it sealed."""
    try:
        return vault().unseal(session[NEW_SECRET], context=TOTP_CONTEXT)
    except (KeyError, Unsealable):
        secret = pyotp.random_base32()
        session[NEW_SECRET] = vault().seal(secret, context=TOTP_CONTEXT)
        return secret


def _picture(secret: str, username: str) -> str:
    """Return the QR code that authenticator apps read, as a data address."""
    address = pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="枝叶")
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#ffffff", dark="#1e2a25")
