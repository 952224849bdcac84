"""Forms that other sites cannot send in a visitor's name.

Every form carries a token made from the visitor's cookie, which no other site can read (OWASP's
signed double-submit). Where the browser says that another site sends, that alone refuses.
"""

import hashlib
import hmac

from starlette.datastructures import FormData
from starlette.requests import Request

FIELD = "csrf_token"


def token_for(cookie: str) -> str:
    """Return what the forms must carry of whoever has a cookie."""
    return hmac.digest(cookie.encode(), b"postroad form", hashlib.sha256).hex()


def is_from_us(request: Request, form: FormData, cookie: str) -> bool:
    """Whether a form was sent from one of our pages."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    sent = form.get(FIELD)
    return isinstance(sent, str) and hmac.compare_digest(
        sent.encode("utf-8", "surrogatepass"), token_for(cookie).encode()
    )
