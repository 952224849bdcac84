"""A collector of traces on loopback that decodes what it is sent, as any OTLP collector does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    """Keeps every span."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.endpoint = ""

    async def take(self, request: web.Request) -> web.Response:
        """Answer POST /v1/traces."""
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.spans += scope.spans
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    def named(self, name: str) -> list[Span]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def road_to(self, span: Span) -> list[str]:
        """Return the names from the first span of a trace down to one of its spans."""
        by_id = {one.span_id: one for one in self.spans if one.trace_id == span.trace_id}
        road: list[str] = []
        following: Span | None = span
        while following is not None:
            road.insert(0, following.name)
            following = by_id.get(following.parent_span_id)
        return road


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Collect until the block ends."""
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()
