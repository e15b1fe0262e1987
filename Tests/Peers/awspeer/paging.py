"""Lists in pages that stay correct while entries are added and removed."""

import base64
import json

from .parsing import invalid


def page(entries, order, params, usual_size, newest_first=False):
    """The entries of the page that the parameters ask for, and the token of the next page as a member of the
    response."""
    entries = sorted(entries, key=order, reverse=newest_first)
    if "nextToken" in params:
        last = _decode(params["nextToken"])
        entries = [entry for entry in entries if (order(entry) < last if newest_first else order(entry) > last)]
    size = params.get("maxResults", usual_size)
    found = entries[:size]
    if len(entries) > size:
        token = base64.urlsafe_b64encode(json.dumps(order(found[-1])).encode()).decode()
        return found, {"nextToken": token}
    return found, {}


def _decode(token):
    try:
        return [float(part) for part in json.loads(base64.urlsafe_b64decode(token))]
    except (ValueError, TypeError):
        raise invalid("nextToken is not one that was given out")
