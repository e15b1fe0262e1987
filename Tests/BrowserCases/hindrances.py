"""Clicks that must not happen: the driver has to report that it couldn't click, and the page must not have noticed."""

from .clicking import CLICK, GO, MISSED
from .vocabulary import Case, click, fill, wait_for


def refused(name, page, steps=CLICK, **more):
    return Case(name, page, steps, refused=True, **more)


GLASS = """<div onclick="log('overlay')" style="position: fixed; inset: 0">{}</div>"""

CASES = [
    refused("a click does not go through glass", GO + GLASS.format(""), reason="covered"),
    refused(
        "a click does not go through a notice that covers everything",
        GO + f"""<div style="position: fixed; inset: 0; background: #fff" onclick="log('overlay')">
            <h1>Subscribe</h1></div>""", reason="covered"),
    refused(
        "a click does not hit the header that always lies over the button",
        f"""<header onclick="log('header')" style="position: fixed; top: 0; left: 0; right: 0; z-index: 1;
            height: 120px; background: #ddd">Header</header>
            <div style="position: absolute; top: 40px">{GO}</div>""", reason="covered"),
    refused(
        "an overlay that appears when the pointer comes gets no click",
        f"""{GO}<script>document.querySelector('button').addEventListener('mouseover', () => {{
            document.body.insertAdjacentHTML('beforeend', `{GLASS.format("Pay now")}`) }}, {{once: true}})</script>"""),
    refused(
        "a disabled button is not clicked",
        """<button disabled onclick="log('clicked')">Go</button>""", reason="disabled"),
    refused(
        "a button that only ARIA disables is not clicked",
        """<button aria-disabled="true" onclick="log('clicked')">Go</button>""", reason="disabled"),
    refused(
        "a field of a disabled fieldset is not filled",
        """<fieldset disabled><label>Name <input oninput="log(this.value)"></label></fieldset>""",
        [fill("textbox", "Name", "Siti")], reason="disabled"),
    refused(
        "a field that is read-only is not filled",
        """<label>Name <input readonly value="keep" oninput="log(this.value)" onchange="log(this.value)"></label>
            <script>const field = document.querySelector('input')
            setInterval(() => { if (field.value !== 'keep') { log('changed'); field.value = 'keep' } }, 20)</script>""",
        [fill("textbox", "Name", "Siti")]),
    refused(
        "a button without size is not clicked",
        """<button aria-label="Go" style="width: 0; height: 0; padding: 0; border: 0; overflow: hidden"
            onclick="log('clicked')"></button>"""),
    refused(
        "a button that the pointer passes through is not clicked",
        """<div onclick="log('behind')" style="padding: 50px">
            <button style="pointer-events: none" onclick="log('clicked')">Go</button></div>"""),
    refused(
        "an invisible button is not clicked",
        """<button style="visibility: hidden" onclick="log('clicked')">Go</button>"""),
    refused(
        "a button that is not displayed is not clicked",
        """<div style="display: none"><button onclick="log('clicked')">Go</button></div>"""),
    refused(
        "a button in an inert part is not clicked",
        """<div inert><button onclick="log('clicked')">Go</button></div>"""),
    refused(
        "a button behind a modal dialog is not clicked",
        f"""{GO}<dialog><p>First decide</p></dialog>
            <script>document.querySelector('dialog').showModal()</script>""", [wait_for("First decide"), *CLICK]),
    refused(
        "a button outside of what can be scrolled to is not clicked",
        f"""{MISSED}<div style="position: absolute; left: -5000px">{GO}</div>"""),
    refused(
        "a button that scrolled out of a box that hides it is not clicked",
        f"""{MISSED}<div style="height: 50px; overflow: clip; position: relative; background: #eee">
            <div style="position: absolute; top: 200px">{GO}</div></div>"""),
    refused(
        "a button that is not there is not clicked",
        GO, [click("button", "Go back")]),
]
