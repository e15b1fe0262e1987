"""Documents in documents, from the same site and from others."""

from .clicking import CLICK, CLICKED, GO, SPACE
from .vocabulary import Case, click, fill, select, wait_for


def frame(url, style="width: 500px; height: 300px"):
    return f'<iframe src="{url}" style="{style}"></iframe>'


def framed(name, page, inner=GO, steps=CLICK, logs=CLICKED, **more):
    return Case(name, page, steps, logs, pages={"/inner": inner, **more.pop("pages", {})}, **more)


FORM = """<label>Name <input id="name"></label>
    <label>State <select id="state"><option>Johor<option>Perak</select></label>
    <button onclick="log(document.getElementById('name').value + ', ' + document.getElementById('state').value)">
    Save</button>"""

CASES = [
    framed("a click reaches into a frame of the same site", frame("BASE/inner")),
    framed("a click reaches into a frame of another site", "<h1>Shop</h1>" + frame("OTHER/inner")),
    framed(
        "a click reaches through three frames of alternating sites",
        "<p>Outermost</p>" + frame("OTHER/second", "width: 800px; height: 600px"),
        pages={"/second": "<p>Second</p>" + frame("BASE/third", "width: 600px; height: 450px"),
               "/third": "<p>Third</p>" + frame("OTHER/inner")}),
    framed(
        "a click scrolls frames inside of frames into the window",
        SPACE + frame("OTHER/second", "width: 600px; height: 400px") + SPACE,
        pages={"/second": SPACE + frame("BASE/inner") + SPACE}, inner=SPACE + GO + SPACE),
    framed(
        "a click hits the button of a frame in a scaled box",
        f"""<div style="transform-origin: 0 0; transform: translate(200px, 100px) scale(0.5)">
            {frame("OTHER/inner", "width: 600px; height: 500px; border: 20px solid; padding: 30px")}</div>""",
        inner=f"""<div style="padding: 250px 0 0 300px" onclick="log('missed')">
            <span onclick="event.stopPropagation()">{GO}</span></div>"""),
    framed(
        "a click reaches into a frame that appears late",
        f"""<h1>Shop</h1><script>setTimeout(() => {{ document.body.insertAdjacentHTML('beforeend',
            `{frame("OTHER/inner")}`) }}, 600)</script>""",
        inner="<p>Pay here</p>" + GO, steps=[wait_for("Pay here"), *CLICK]),
    framed(
        "a click reaches into a frame inside a shadow root",
        f"""<div id="host"></div><script>document.getElementById('host').attachShadow({{mode: 'open'}}).innerHTML =
            `{frame("OTHER/inner")}`</script>"""),
    framed(
        "a click reaches into a frame whose page is in its attribute",
        """<iframe srcdoc="<button onclick=parent.log('clicked')>Go</button>"></iframe>"""),
    Case(
        "a click does not go through what lies over a frame",
        "<h1>Shop</h1>" + frame("OTHER/inner") + """<div onclick="log('overlay')" style="position: fixed;
            inset: 0">Offer</div>""",
        CLICK, pages={"/inner": GO}, refused=True, reason="covered"),
    framed(
        "a form in a frame of another site is filled in",
        frame("OTHER/inner"), FORM,
        [fill("textbox", "Name", "Siti"), select("combobox", "State", "Perak"), click("button", "Save")],
        ["Siti, Perak"]),
    framed(
        "a frame that goes to another page is acted in",
        frame("OTHER/inner"), """<a href="next">Next</a>""", [click("link", "Next"), wait_for("Last step"), *CLICK],
        pages={"/next": "<p>Last step</p>" + GO}),
]
