"""What a campaign is: its file, steps, audience, templates, schedule and rendered mail."""
