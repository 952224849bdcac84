"""Tests of what the domain name system is asked."""
