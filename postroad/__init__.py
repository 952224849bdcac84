"""The library under the workflows and activities; it knows nothing of Temporal."""
