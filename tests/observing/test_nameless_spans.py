"""Spans leave without addresses, and without words that somebody else wrote."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from operations.tracing import NamelessSpans


def test_a_sequences_workflow_id_loses_its_sender_and_an_error_its_words() -> None:
    sent = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(NamelessSpans(sent)))
    about: dict[str, str | int] = {
        "temporalWorkflowID": "sequence/q4/ana@acme.test",
        "postroad.wave": 3,
    }
    try:
        with provider.get_tracer("test").start_as_current_span("RunActivity", attributes=about):
            raise ValueError("550 bob@buyer.test is unknown")
    except ValueError:
        provider.shutdown()
    [span] = sent.get_finished_spans()
    assert span.attributes == {"temporalWorkflowID": "sequence/q4/…", "postroad.wave": 3}
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert span.events == ()
