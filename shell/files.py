"""Where this installation keeps uploads, for rooms and jobs."""

from __future__ import annotations

from typing import Any

from flask import current_app, request

from services.files import FileStore

_MIB = 1024 * 1024
PHOTOS_A_POST = 10


def post_bytes(upload_max_mb: int) -> int:
    """Return how large a request with photographs may be: ten of the largest, and what is typed beside them."""
    return (upload_max_mb * PHOTOS_A_POST + 1) * _MIB


def allow_photos(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Let a page bring several photographs at once; each one is measured on its own.

    A too large photograph is then refused beside its field, and what was typed with it is kept. Blueprints take it
    as url_value_preprocessor, because the CSRF check reads the form before any other function of a room is asked.
    """
    request.max_content_length = post_bytes(current_app.config["ZHIYE"].upload_max_mb)


def file_store() -> FileStore:
    """Return the folder of uploads and how large one may be, from the settings."""
    settings = current_app.config["ZHIYE"]
    return FileStore(settings.files_dir, settings.upload_max_mb * _MIB)


def import_store() -> FileStore:
    """Return the folder of workbooks on their way in, and how large one may be."""
    settings = current_app.config["ZHIYE"]
    return FileStore(settings.data_dir / "imports", settings.upload_max_mb * _MIB)


def export_store() -> FileStore:
    """Return the folder of exports that wait to be fetched."""
    return FileStore(current_app.config["ZHIYE"].data_dir / "exports", 0)
