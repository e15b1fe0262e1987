"""Samples of long suites for `make test`. The other cases are marked and run only nightly."""

import pytest


def sampled(cases, every, name=str):
    """All cases for `parametrize`; only one in `every` runs outside of the nightly tests."""
    return [
        pytest.param(case, id=name(case), marks=[] if number % every == 0 else [pytest.mark.nightly])
        for number, case in enumerate(cases)]
