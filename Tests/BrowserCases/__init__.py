"""What a browser driver has to get right, as small pages with intents and what the page should then have recorded."""
