"""All cases, by theme."""

from . import choices, clicking, fields, frames, hindrances, pages

CASES = clicking.CASES + hindrances.CASES + fields.CASES + choices.CASES + frames.CASES + pages.CASES
