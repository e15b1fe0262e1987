"""Samples: what `make test` tries of a long suite. The rest is marked, and runs at night."""

import pytest


def sampled(cases, every, name=str):
    """All cases for `parametrize`, of which all but every so-manieth run at night only."""
    return [
        pytest.param(case, id=name(case), marks=[] if number % every == 0 else [pytest.mark.nightly])
        for number, case in enumerate(cases)]
