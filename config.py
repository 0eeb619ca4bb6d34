"""Settings, read from the environment once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

KNOWN_BAD_SECRETS = frozenset({"dev", "secret", "changeme", "change-me", "default", "please-change"})
MIN_SECRET_LENGTH = 32


class UnsafeSettings(ValueError):  # noqa: N818 - named as the fact, like every refusal here
    """Settings that a production server must not start with."""


@dataclass(frozen=True)
class Settings:
    """Everything an operator may set. Each field is told in docs/settings.md under its variable."""

    data_dir: Path = Path("instance")
    database_url: str = ""
    redis_url: str = ""
    host: str = "127.0.0.1"
    port: int = 5000
    threads: int = 8
    production: bool = False
    secret_key: str = field(default="", repr=False)
    county_code: str = "330523"
    default_locale: str = "zh_Hans_CN"
    timezone: str = "Asia/Shanghai"
    upload_max_mb: int = 16
    session_hours: int = 12
    password_memory_mb: int = 64
    trusted_proxies: int = 0
    embedded_jobs: bool = True
    rate_limits: bool = True
    secure_cookies: bool = False
    webhook_private: bool = False
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from ZHIYE_* variables, DATABASE_URL, REDIS_URL and PORT."""
        data_dir = Path(environ.get("ZHIYE_DATA", "instance")).resolve()
        production = environ.get("ZHIYE_ENV", "development") == "production"
        return cls(
            data_dir=data_dir,
            database_url=environ.get("DATABASE_URL", ""),
            redis_url=environ.get("REDIS_URL", ""),
            host=environ.get("ZHIYE_HOST", cls.host),
            port=int(environ.get("PORT", cls.port)),
            threads=int(environ.get("ZHIYE_THREADS", cls.threads)),
            production=production,
            secret_key=environ.get("SECRET_KEY", ""),
            county_code=environ.get("ZHIYE_COUNTY", cls.county_code),
            default_locale=environ.get("ZHIYE_LOCALE", cls.default_locale),
            timezone=environ.get("ZHIYE_TIMEZONE", cls.timezone),
            upload_max_mb=int(environ.get("ZHIYE_UPLOAD_MAX_MB", cls.upload_max_mb)),
            session_hours=int(environ.get("ZHIYE_SESSION_HOURS", cls.session_hours)),
            password_memory_mb=int(environ.get("ZHIYE_PASSWORD_MEMORY_MB", cls.password_memory_mb)),
            trusted_proxies=int(environ.get("ZHIYE_TRUSTED_PROXIES", cls.trusted_proxies)),
            embedded_jobs=_flag(environ, "ZHIYE_EMBEDDED_JOBS", default=True),
            rate_limits=_flag(environ, "ZHIYE_RATE_LIMITS", default=True),
            secure_cookies=_flag(environ, "ZHIYE_SECURE_COOKIES", default=production),
            webhook_private=_flag(environ, "ZHIYE_WEBHOOK_PRIVATE", default=False),
            oidc_issuer=environ.get("ZHIYE_OIDC_ISSUER", ""),
            oidc_client_id=environ.get("ZHIYE_OIDC_CLIENT_ID", ""),
            oidc_client_secret=environ.get("ZHIYE_OIDC_CLIENT_SECRET", ""),
        )

    @property
    def database(self) -> str:
        """The SQLAlchemy address: DATABASE_URL, or a SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'zhiye.db'}"

    @property
    def root(self) -> Path:
        """The checkout: where migrations/ and translations/ lie."""
        return Path(__file__).resolve().parent

    @property
    def uses_sqlite(self) -> bool:
        return self.database.startswith("sqlite")

    @property
    def files_dir(self) -> Path:
        """Where uploads lie: beside the database, never under static/."""
        return self.data_dir / "files"

    def secret(self) -> str:
        """Return the signing secret: SECRET_KEY, or one generated into the data folder on first run."""
        if self.secret_key:
            return self.secret_key
        return read_or_create(self.data_dir / "secret.key", lambda: secrets.token_hex(32))

    def refuse_unsafe(self) -> None:
        """Raise UnsafeSettings when production runs on a default or short secret."""
        secret = self.secret()
        if self.production and (secret.lower() in KNOWN_BAD_SECRETS or len(secret) < MIN_SECRET_LENGTH):
            raise UnsafeSettings("SECRET_KEY 太短或是默认值：正式环境请设置至少 32 个字符的随机值，或留空由系统生成。")


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Read a secret file, creating it once with owner-only rights even when two processes start together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(make(), encoding="utf-8")
        try:
            os.link(fresh, path)  # atomic: the first process wins, the second reads the winner's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip()


def _flag(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}
