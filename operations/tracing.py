"""Traces from a launch to the provider's answer, sent to a collector where one is set.

Temporal's own interceptor carries the trace through workflows and activities. The spans are made
so that nothing personal leaves with them: see `NamelessSpans`.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import AttributeValue
from temporalio.contrib.opentelemetry import TracingInterceptor

from postroad.setting_tables import TracingSettings

_PATH = "/v1/traces"
"""opentelemetry.io/docs/specs/otlp: where a collector takes traces, unless it says otherwise."""
_ADDRESS = re.compile(r"[^\s/]+@[^\s/]+")


def tracing_interceptors(settings: TracingSettings) -> list[TracingInterceptor]:
    """Return what a Temporal client, and workers that use it, trace with.

    The first call decides where this process sends its spans.
    """
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(_provider(settings.endpoint))
    return [TracingInterceptor()]


def _provider(endpoint: str) -> TracerProvider:
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "postroad"}))
    where = endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + _PATH
    provider.add_span_processor(BatchSpanProcessor(NamelessSpans(OTLPSpanExporter(where))))
    return provider


class NamelessSpans(SpanExporter):
    """Hands spans on without addresses, and without words that a provider or a person wrote.

    A sequence's workflow id names its sender; errors may quote what a provider said.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans without names."""
        return self._exporter.export([_nameless(span) for span in spans])

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is held back."""
        return self._exporter.force_flush(timeout_millis)


def _nameless(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_without_addresses(span.attributes or {}),
        events=(),
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _without_addresses(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    return {
        name: _ADDRESS.sub("…", value) if isinstance(value, str) else value
        for name, value in attributes.items()
    }
