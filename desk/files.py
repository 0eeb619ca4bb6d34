"""Serving of uploads through a permission check."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, abort, request

from desk.blueprint import bp
from models.files import File
from queries.files import facts, files_by_uid, readable_file
from services.received import IN_PLACE, ending_of
from shell.access import actor, signed_in
from shell.files import file_store

# Should a browser ever take a picture for a page, the page can do nothing and belongs to nobody.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@bp.get("/files/<uid>")
@signed_in
def file(uid: str) -> Response:
    known = readable_file(uid, actor())
    if known is None:
        abort(404)
    try:
        data = file_store().path(known.uid).read_bytes()  # measured on the way in, so never large
    except FileNotFoundError:
        abort(404)
    response = Response(data, mimetype=known.mime)
    response.headers.update(_HEADERS)
    response.headers["Content-Disposition"] = _disposition(known)
    # Part by part where the browser asks so: a player jumps to the middle of a recording.
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response


@bp.app_template_global()
def kept_files(uids: list[str]) -> list[File]:
    """Return the uploads of an answer that the page shows, in its order."""
    known = files_by_uid(uids)
    return [known[uid] for uid in uids if uid in known]


bp.add_app_template_global(facts, "file_facts")


def _disposition(known: File) -> str:
    """Show pictures and play sound in place, save documents, under their own names (RFC 6266 with RFC 5987)."""
    how = "inline" if known.mime in IN_PLACE else "attachment"
    plain = f"{'photo' if known.mime.startswith('image/') else 'file'}.{ending_of(known.mime)}"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(known.name, safe='')}"
