"""Text in fields: what a form would send, and which events the page's own scripts get."""

from .vocabulary import Case, clear, click, fill, press, type_keys, wait_for

SAVE = """<button onclick="log(document.querySelector('input, textarea').value)">Save</button>"""
TAMIL = "Nur Aisyah 🧕🏽 · வணக்கம் · 你好 · é"
LONG = "".join(f"line {i:03} " for i in range(56))[:500]


def saved(name, markup, value, logs=None, role="textbox", act=fill, script=""):
    """The field called Name gets the value and the form is saved."""
    steps = [act(role, "Name", value) if act is not clear else clear(role, "Name"), click("button", "Save")]
    page = f"<form onsubmit='return false'><label>Name {markup}</label>{SAVE}</form><script>{script}</script>"
    return Case(name, page, steps, [value] if logs is None else logs)


CASES = [
    saved("a text is filled in", "<input>", "Siti binti Ali"),
    saved("a text replaces the one before", "<input value='Somebody else'>", "Siti"),
    saved("emoji, Tamil, Chinese and accents are filled in", "<input>", TAMIL),
    saved("500 characters are filled in", "<textarea></textarea>", LONG),
    saved("lines of a text area stay lines", "<textarea></textarea>", "one\ntwo\n\nfour"),
    saved("a field that is limited to 5 characters takes no more", "<input maxlength=5>", "123456789", ["12345"]),
    saved("a date is filled in", "<input type=date>", "2027-03-14"),
    saved("a time is filled in", "<input type=time>", "08:30"),
    saved("a month is filled in", "<input type=month>", "2027-03"),
    saved("a colour is filled in", "<input type=color>", "#336699"),
    saved("a number is filled in", "<input type=number>", "42", role="spinbutton"),
    saved("a range is set", "<input type=range min=0 max=100 value=10>", "70", role="slider"),
    saved("a password is filled in", "<input type=password>", "s3cret & more"),
    saved("a search is filled in", "<input type=search>", "durian", role="searchbox"),
    saved("a field is cleared", "<input value='Somebody'>", "", act=clear),
    saved(
        "a field that writes its own dashes keeps the number", "<input>", "900101145678", ["900101-14-5678"],
        script="""const field = document.querySelector('input')
            field.oninput = () => { const digits = field.value.replace(/\\D/g, '').slice(0, 12)
            field.value = [digits.slice(0, 6), digits.slice(6, 8), digits.slice(8)].filter(Boolean).join('-') }"""),
    saved(
        # As in React: a value that a script sets isn't noticed, only a value that the browser itself enters.
        "a field of a framework that tracks its value knows the text", "<input>", "Siti", ["Siti (noticed)"],
        script="""const field = document.querySelector('input')
            const native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')
            let tracked = '', state = ''
            Object.defineProperty(field, 'value', {get() { return native.get.call(this) },
              set(value) { tracked = String(value); native.set.call(this, value) }})
            field.addEventListener('input', () => {
              if (field.value === tracked) return
              tracked = state = field.value })
            document.querySelector('button').onclick = () =>
              log(field.value + (state === field.value ? ' (noticed)' : ' (not noticed)'))"""),
    saved(
        "a field that draws its form anew at each letter gets all of them", "<span id=place><input></span>", "Siti",
        act=type_keys,
        script="""const place = document.getElementById('place')
            place.addEventListener('input', () => { const value = place.firstChild.value
            place.innerHTML = '<input>'; place.firstChild.value = value; place.firstChild.focus() })"""),
    saved(
        "signs are typed as they stand", "<input>", "a.b-c's (50%) & #1! $2 \"x\"", act=type_keys),
    saved(
        "keys are typed one by one, and each is heard", "<input>", "Ab 1", ["A,b, ,1 -> Ab 1"], act=type_keys,
        script="""const keys = []
            document.querySelector('input').onkeydown = (event) => {
              if (event.key.length === 1) keys.push(event.key) }
            document.querySelector('button').onclick = () =>
              log(keys + ' -> ' + document.querySelector('input').value)"""),
    Case(
        "leaving a filled field tells its page of the change",
        """<label>Name <input onchange="log('changed to ' + this.value)"></label><label>Town <input></label>""",
        [fill("textbox", "Name", "Siti"), fill("textbox", "Town", "Ipoh")], ["changed to Siti"]),
    Case(
        "a field that is hidden by an eager label is filled",
        """<style>div { position: relative } label { position: absolute; left: 6px; top: 4px; color: #777 }</style>
            <div><input id="name"><label for="name">Name</label></div>""" + SAVE,
        [fill("textbox", "Name", "Siti"), click("button", "Save")], ["Siti"]),
    Case(
        "a field is known by its placeholder",
        """<input placeholder="Plate number">""" + SAVE,
        [fill("textbox", "Plate number", "WXY 1234"), click("button", "Save")], ["WXY 1234"]),
    Case(
        "a field in a row of a table is filled",
        """<table><tr><th>Ali<td><input aria-label="Amount"><tr><th>Siti<td><input aria-label="Amount"></table>
            <button onclick="log([...document.querySelectorAll('input')].map((each) => each.value))">Save</button>""",
        [fill("textbox", "Amount", "20", nth=1), click("button", "Save")], [",20"]),
    Case(
        "editable text is replaced",
        """<div contenteditable="true" role="textbox" aria-label="Note" style="width: 300px; height: 80px">
            <p>Old</p></div><button onclick="log(document.querySelector('div').innerText.trim())">Save</button>""",
        [fill("textbox", "Note", "New note"), click("button", "Save")], ["New note"]),
    Case(
        "editable text is made bold by its toolbar",
        """<button onmousedown="event.preventDefault()" onclick="document.execCommand('bold')">Bold</button>
            <div contenteditable="true" role="textbox" aria-label="Note" style="width: 300px; height: 80px"></div>
            <button onclick="log(document.querySelector('div b')?.textContent)">Save</button>""",
        [fill("textbox", "Note", "Important"), press("Control+a"), click("button", "Bold"), click("button", "Save")],
        ["Important"]),
    Case(
        "a suggestion that comes after typing is taken",
        """<label>Town <input id="town" autocomplete="off"></label><ul role="listbox" id="list"></ul>
            <button onclick="log(town.value + ' ' + (town.dataset.id ?? 'unknown'))">Save</button><script>
            let timer
            town.oninput = () => { clearTimeout(timer); timer = setTimeout(() => {
              list.innerHTML = ['Ipoh', 'Ipoh Selatan'].map((name, i) => `<li role="option" onmousedown="
                town.value = '${name}'; town.dataset.id = ${i}; list.innerHTML = ''">${name}</li>`).join('') }, 300) }
            </script>""",
        [type_keys("textbox", "Town", "Ipo"), wait_for("Ipoh Selatan"), click("option", "Ipoh Selatan"),
         click("button", "Save")], ["Ipoh Selatan 1"]),
    Case(
        "Enter sends the form",
        """<form onsubmit="log('sent ' + this.q.value); return false"><label>Query <input name="q"></label></form>""",
        [fill("textbox", "Query", "durian"), press("Enter", "textbox", "Query")], ["sent durian"]),
    Case(
        "Enter in a text area makes a new line",
        """<form onsubmit="log('sent'); return false"><label>Name <textarea></textarea></label></form>
            <button onclick="log(JSON.stringify(document.querySelector('textarea').value))">Save</button>""",
        [type_keys("textbox", "Name", "a"), press("Enter"), type_keys("textbox", "Name", "b"), click("button", "Save")],
        ['"a\\nb"']),
    Case(
        "Escape closes the dialog",
        """<dialog onclose="log('closed')"><p>Sure?</p><button>No</button></dialog>
            <script>document.querySelector('dialog').showModal()</script>""",
        [wait_for("Sure?"), press("Escape")], ["closed"]),
    Case(
        "Tab goes to the next field",
        """<label>Name <input></label><label>Town <input onfocus="log('town')"></label>""",
        [click("textbox", "Name"), press("Tab")], ["town"]),
    Case(
        "arrows and Enter choose from a menu",
        """<label>Fruit <input role="combobox" aria-expanded="true" aria-controls="list"></label><ul role="listbox"
            id="list"><li role="option">Durian<li role="option">Rambutan</ul><script>
            let at = -1
            document.querySelector('input').onkeydown = (event) => {
              if (event.key === 'ArrowDown') at++
              if (event.key === 'Enter') log(document.querySelectorAll('li')[at].textContent) }</script>""",
        [click("combobox", "Fruit"), press("ArrowDown"), press("ArrowDown"), press("Enter")], ["Rambutan"]),
]
