"""Delivery channels: the connected ways out."""
