"""Payments on the demo site that park until a user answers, through the runtime's API."""


def named(session):
    """AgentCore requires longer ids."""
    return f"{session}-{'x' * 33}"


def payment(site, card="4111"):
    return (
        f"open {site}/pay?plate=WXY+1234, fill Card number with {card}, fill Security code with 123, "
        "click Pay RM 70.00, read the page")


def payments(system, card="4111"):
    return [each for each in system.received() if each["path"] == "/pay" and each["fields"]["card"] == card]


def ask_to_pay(system, session, site=None, card="4111"):
    """Starts a payment and returns the question that it parks with."""
    answer = system.invoke({"prompt": payment(site or system.demo, card), "session_id": session}).json()
    assert answer["status"] == "interrupted", answer
    [interrupt] = answer["interrupts"]
    return interrupt


def answer(interrupt, status="resolved", **payload):
    return {"interruptId": interrupt["id"], "status": status, "payload": payload}
