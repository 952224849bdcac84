"""Which build of the workers gets the work, while a new one takes over from an old one.

A campaign runs for weeks and follows along: its next step goes to the current build, which
replays what the former one did. docs.temporal.io/worker-versioning calls this auto-upgrade.
"""

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from operations.refusal import Refused

DEPLOYMENT = "postroad"
_UNFIT = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)


def worker_deployment(build: str) -> WorkerDeploymentConfig | None:
    """Return how workers of a build present themselves; None where builds are not told apart."""
    if not build:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def make_current(client: Client, build: str) -> None:
    """Let everything that is to be done from now on go to workers of a build.

    Raises:
        Refused: no worker of this build has come up yet, or some queue would have nobody.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=build
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(request)
    except RPCError as error:
        if error.status not in _UNFIT:
            raise
        raise Refused(
            f"build {build} cannot take over ({error.message}): start its workers first, with "
            f'build = "{build}" under [worker]'
        ) from None
