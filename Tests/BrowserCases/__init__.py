"""What a browser driver has to get right, as small pages, each with steps and what the page must have recorded
afterwards."""
