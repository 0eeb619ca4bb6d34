"""Where this installation keeps uploads, for rooms and jobs."""

from __future__ import annotations

from flask import current_app

from services.files import FileStore

_MIB = 1024 * 1024


def file_store() -> FileStore:
    """Return the folder of uploads and how large one may be, from the settings."""
    settings = current_app.config["ZHIYE"]
    return FileStore(settings.files_dir, settings.upload_max_mb * _MIB)
