"""The Genesys Cloud API: sign-in, regions, rate limit, retries, paging, async jobs, downloads."""

from genesys_assets.genesys.client import Answer, GenesysClient, RateLimit
from genesys_assets.genesys.errors import (
    ApiError,
    Cancelled,
    GenesysError,
    JobError,
    NotFound,
    PagingError,
    PermissionDenied,
    SettingsError,
    SignInError,
    TransientError,
)
from genesys_assets.genesys.jobs import (
    ANALYTICS_JOB,
    AUDIT_QUERY,
    JobKind,
    JobRequest,
    JobStore,
    Poll,
    availability,
    run_job,
    submit_job,
)
from genesys_assets.genesys.page import Page
from genesys_assets.genesys.paging import OFFSET_CEILING, Request, pages
from genesys_assets.genesys.retry import Retries
from genesys_assets.genesys.settings import REGIONS, Settings, domain_of
from genesys_assets.genesys.throttle import Throttle
from genesys_assets.genesys.usage import Usage

__all__ = [
    "ANALYTICS_JOB",
    "AUDIT_QUERY",
    "OFFSET_CEILING",
    "REGIONS",
    "Answer",
    "ApiError",
    "Cancelled",
    "GenesysClient",
    "GenesysError",
    "JobError",
    "JobKind",
    "JobRequest",
    "JobStore",
    "NotFound",
    "Page",
    "PagingError",
    "PermissionDenied",
    "Poll",
    "RateLimit",
    "Request",
    "Retries",
    "Settings",
    "SettingsError",
    "SignInError",
    "Throttle",
    "TransientError",
    "Usage",
    "availability",
    "domain_of",
    "pages",
    "run_job",
    "submit_job",
]
