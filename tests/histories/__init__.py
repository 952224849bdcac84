"""Recorded histories of every kind of campaign, and their replay."""
