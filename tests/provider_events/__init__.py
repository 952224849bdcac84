"""Tests of what mail providers push."""
