"""Doctor's checks of the channels: their state, their credentials, and whether they sign in."""

from operations.clock import now
from operations.finding import Finding, fail, ok, warn
from operations.verifying import verify_channel
from postroad.channels.shutoffs import shutoffs
from postroad.contracts import ChannelState
from postroad.instants import moment
from postroad.ledger.channels import ChannelOverview, list_channels
from postroad.ledger.domain_health import load_routes
from postroad.ledger.engine import Ledger
from postroad.ledger.workspace import load_channel
from postroad.secrets import SecretBox, SecretKeyError, secret_box
from postroad.settings import Settings

_APPLY = "correct the workspace file and `postroad apply` it again"


async def check_channels(ledger: Ledger, settings: Settings, *, sign_in: bool) -> list[Finding]:
    """Check every channel; signing in to its provider only where asked to."""
    with ledger.read() as connection:
        channels = list_channels(connection, now())
    if not channels:
        return [warn("channels", "there is none", "`postroad apply WORKSPACE.yaml` connects one")]
    try:
        box = secret_box(settings)
    except SecretKeyError:
        return []  # told by the check of the settings
    return [await _check(ledger, box, channel, sign_in=sign_in) for channel in channels]


def check_shutoffs(ledger: Ledger) -> list[Finding]:
    """Tell what providers have switched off, or will switch off, under a channel."""
    with ledger.read() as connection:
        routes = load_routes(connection)
    today = moment(now()).date()
    return [
        (fail if notice.is_over else warn)(f"calendar of {channel}", notice.words, notice.way_out)
        for channel, route in routes.items()
        for notice in shutoffs(route.kind, route.host, today)
    ]


async def _check(
    ledger: Ledger, box: SecretBox, channel: ChannelOverview, *, sign_in: bool
) -> Finding:
    about = f"channel {channel.id}"
    try:
        with ledger.read() as connection:
            load_channel(connection, channel.id, box)
    except SecretKeyError as error:
        return fail(about, str(error), _APPLY)
    if sign_in:
        verification = await verify_channel(ledger, box, channel.id)
        if not verification.ok:
            return fail(about, "; ".join(verification.findings), _APPLY)
    if channel.state is ChannelState.ACTIVE:
        return ok(about, "active, and signs in" if sign_in else "active")
    words = f"{channel.state} ({channel.reason})" if channel.reason else str(channel.state)
    resume = f"`postroad channel resume {channel.id}`"
    if channel.state is ChannelState.PAUSED:
        return warn(about, words, resume)
    return fail(about, words, f"repair it, then {resume}")
