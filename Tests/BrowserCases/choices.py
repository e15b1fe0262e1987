"""Checkboxes, lists, file uploads, and drag and drop."""

from .vocabulary import Case, File, check, click, drag, select, upload

SAVE_BOX = """<button onclick="log(document.querySelector('input').checked)">Save</button>"""
SAVE_LIST = """<button onclick="log([...document.querySelector('select').selectedOptions].map((each) =>
    each.textContent))">Save</button>"""
SAVE = click("button", "Save")


def ticked(name, markup, steps, logs, script=""):
    return Case(name, f"{markup}{SAVE_BOX}<script>{script}</script>", [*steps, SAVE], logs)


def chosen(name, markup, role="combobox", option="Perak", script="", logs=None):
    page = f"<label for=state>State</label>{markup}{SAVE_LIST}<script>{script}</script>"
    return Case(name, page, [select(role, "State", option), SAVE], logs or [option])


BOXES = [
    ticked("a box is ticked", "<label><input type=checkbox> Agree</label>", [check("checkbox", "Agree")], ["true"]),
    ticked(
        "a box that is ticked stays so", "<label><input type=checkbox checked onchange=log('changed')> Agree</label>",
        [check("checkbox", "Agree")], ["true"]),
    ticked(
        "a box is unticked", "<label><input type=checkbox checked> Agree</label>",
        [check("checkbox", "Agree", False)], ["false"]),
    ticked(
        "a box that hides behind its label is ticked",
        """<style>input { position: absolute; opacity: 0; width: 1px; height: 1px }
            label::before { content: "☐ " } input:checked + label::before { content: "☑ " }</style>
            <div style="position: relative"><input type=checkbox id=agree><label for=agree>Agree</label></div>""",
        [check("checkbox", "Agree")], ["true"]),
    ticked(
        "a box whose long label wraps around it is ticked",
        """<label style="display: block; width: 200px">I have read <input type=checkbox aria-label="Agree">
            all of the <a href="#" onclick="log('left')">terms and conditions</a></label>""",
        [check("checkbox", "Agree")], ["true"]),
    ticked(
        "a box of which the page is undecided is ticked", "<label><input type=checkbox> All</label>",
        [check("checkbox", "All")], ["true"], "document.querySelector('input').indeterminate = true"),
    Case(
        "a box of ARIA that is half ticked is ticked",
        """<div role="checkbox" aria-checked="mixed" tabindex="0" onclick="
            this.setAttribute('aria-checked', this.getAttribute('aria-checked') !== 'true')
            log(this.getAttribute('aria-checked'))">All</div>""",
        [check("checkbox", "All")], ["true"]),
    Case(
        "a switch is turned on, and is left on",
        """<button role="switch" aria-checked="false" onclick="
            this.setAttribute('aria-checked', this.getAttribute('aria-checked') !== 'true')
            log(this.getAttribute('aria-checked'))">Wifi</button>""",
        [check("switch", "Wifi"), check("switch", "Wifi")], ["true"]),
    Case(
        "a radio button is chosen",
        """<fieldset><legend>Size</legend><label><input type=radio name=size value=s checked> Small</label>
            <label><input type=radio name=size value=l> Large</label></fieldset>
            <button onclick="log(document.querySelector(':checked').value)">Save</button>""",
        [check("radio", "Large"), SAVE], ["l"]),
]

LISTS = [
    chosen("an option is chosen", "<select id=state><option>Johor<option>Perak</select>"),
    Case(
        "choosing tells the page",
        """<label>State <select onchange="log('changed to ' + this.value)"><option value=J>Johor
            <option value=P>Perak</select></label>""",
        [select("combobox", "State", "Perak")], ["changed to P"]),
    chosen(
        "an option of a group is chosen",
        """<select id=state><optgroup label=South><option>Johor</optgroup><optgroup label=North><option>Kedah
            <option>Perak</optgroup></select>"""),
    chosen(
        "an option that is loaded late is chosen", "<select id=state><option>Loading…</select>",
        script="""setTimeout(() => { document.querySelector('select').innerHTML =
            '<option>Johor<option>Perak' }, 800)"""),
    chosen(
        "an option of a list for several is chosen",
        "<select id=state multiple size=4><option>Johor<option>Kedah<option>Perak</select>", role="listbox"),
    Case(
        "an option that does not exist is not chosen",
        """<label>State <select onchange="log(this.value)"><option>Johor<option>Perak</select></label>""",
        [select("combobox", "State", "Sabah")], refused=True),
    Case(
        "an option that is disabled is not chosen",
        """<label>State <select onchange="log(this.value)"><option>Johor<option disabled>Perak</select></label>""",
        [select("combobox", "State", "Perak")], refused=True),
    Case(
        "an option of a list made of boxes is chosen",
        """<div role="combobox" tabindex="0" aria-label="State" aria-haspopup="listbox" aria-controls="list"
            aria-expanded="false" onclick="list.hidden = !list.hidden; this.ariaExpanded = !list.hidden"
            style="width: 200px">Choose</div>
            <div role="listbox" id="list" hidden>
            <div role="option" onclick="log('Johor')">Johor</div><div role="option" onclick="log('Perak')">Perak</div>
            </div>""",
        [select("combobox", "State", "Perak")], ["Perak"]),
    Case(
        "an option of a list that opens elsewhere, and late, is chosen",
        """<button role="combobox" aria-haspopup="listbox" aria-expanded="false" aria-label="State" onclick="
            setTimeout(() => { place.innerHTML = ['Johor', 'Perak'].map((name) =>
              `<li role=option onclick=log('${name}')>${name}</li>`).join('') }, 300)">Choose</button>
            <div style="height: 300px"></div><ul role="listbox" id="place"></ul>""",
        [select("combobox", "State", "Perak")], ["Perak"]),
    Case(
        "an option of a field that filters its list is chosen",
        """<label>State <input role="combobox" aria-autocomplete="list" aria-controls="list" aria-expanded="false"
            onfocus="draw()" oninput="draw()"></label><ul role="listbox" id="list"></ul><script>
            const field = document.querySelector('input')
            function draw() { field.ariaExpanded = 'true'
              list.innerHTML = ['Johor', 'Kedah', 'Perak'].filter((name) =>
                name.toLowerCase().includes(field.value.toLowerCase())).map((name) =>
                `<li role="option" onclick="log('${name}'); list.innerHTML = ''">${name}</li>`).join('') }</script>""",
        [select("combobox", "State", "Perak")], ["Perak"]),
    Case(
        "an option of a list without any role is chosen",
        """<div onclick="list.hidden = false" style="width: 200px; border: 1px solid; cursor: pointer">Any state</div>
            <div id="list" hidden><div onclick="log('Johor')" style="cursor: pointer">Johor</div>
            <div onclick="log('Perak')" style="cursor: pointer">Perak</div></div>""",
        [select("clickable", "Any state", "Perak")], ["Perak"]),
]

RECEIPT = File("receipt.txt", "RM 20")
GIVEN = """onchange="this.files[0].text().then((text) => log(this.files[0].name + ': ' + text))" """
FILES = [
    Case(
        "a file is uploaded", f"<label>Receipt <input type=file {GIVEN}></label>",
        [upload("file", "Receipt", RECEIPT)], ["receipt.txt: RM 20"]),
    Case(
        "a file is uploaded by a label that hides its field",
        f"""<label style="padding: 8px; border: 1px solid; cursor: pointer">Add receipt
            <input type=file style="display: none" {GIVEN}></label>""",
        [upload("file", "Add receipt", RECEIPT)], ["receipt.txt: RM 20"]),
    Case(
        "a file is uploaded by a button that opens a hidden field",
        f"""<input type=file id=file style="display: none" {GIVEN}>
            <button onclick="file.click()">Add receipt</button>""",
        [upload("button", "Add receipt", RECEIPT)], ["receipt.txt: RM 20"]),
    Case(
        "a file is uploaded by a button that makes its field at the click",
        """<button onclick="const field = document.createElement('input'); field.type = 'file'
            field.onchange = async () => log(field.files[0].name + ': ' + await field.files[0].text())
            field.click()">Add receipt</button>""",
        [upload("button", "Add receipt", RECEIPT)], ["receipt.txt: RM 20"]),
]

SORTABLE = """<style>li { height: 30px; width: 200px; background: #eee; margin: 4px }</style>"""
DRAGS = [
    Case(
        "something draggable is dropped",
        """<div draggable="true" tabindex="0" aria-label="Card" ondragstart="event.dataTransfer.setData('text', 'card')"
            role="button" style="width: 100px; height: 50px; background: #cde">Card</div>
            <div style="height: 100px"></div>
            <div role="button" tabindex="0" aria-label="Done" ondragover="event.preventDefault()" ondrop="
            event.preventDefault(); log(event.dataTransfer.getData('text') + ' dropped')"
            style="width: 300px; height: 200px; background: #eee">Done</div>""",
        [drag(("button", "Card"), ("button", "Done"))], ["card dropped"]),
    Case(
        "a list is sorted by its handles",
        SORTABLE + """<ul id="list"></ul><script>
            list.innerHTML = ['One', 'Two', 'Three'].map((name) => `<li>${name}
              <span role="button" tabindex="0" aria-label="Move ${name}" style="cursor: move">=</span></li>`).join('')
            let held = null
            list.onpointerdown = (event) => { held = event.target.closest('[role=button]')?.parentElement }
            document.onpointermove = (event) => { if (!held || !event.buttons) return
              const over = document.elementFromPoint(event.clientX, event.clientY)?.closest('li')
              if (over && over !== held) {
                over.compareDocumentPosition(held) & 4 ? over.before(held) : over.after(held) } }
            document.onpointerup = () => { if (held) {
              log([...list.children].map((each) => each.textContent.trim().split(/\\s/)[0])); held = null } }
            </script>""",
        [drag(("button", "Move One"), ("button", "Move Three"))], ["Two,Three,One"]),
    Case(
        "a thumb that is held moves along its track",
        """<div style="position: relative; width: 400px; height: 20px; background: #ddd; margin: 40px">
            <div id="thumb" role="button" tabindex="0" aria-label="Thumb" style="position: absolute; left: 0;
            width: 20px; height: 20px; background: #333"></div><div role="button" tabindex="0" aria-label="End"
            style="position: absolute; left: 360px; width: 20px; height: 20px; background: #9c9"></div></div><script>
            let start
            thumb.onpointerdown = (event) => { thumb.setPointerCapture(event.pointerId)
              start = event.clientX - thumb.offsetLeft }
            thumb.onpointermove = (event) => { if (thumb.hasPointerCapture(event.pointerId))
              thumb.style.left = event.clientX - start + 'px' }
            thumb.onpointerup = () => log(thumb.offsetLeft >= 340 ? 'moved' : 'only ' + thumb.style.left)</script>""",
        [drag(("button", "Thumb"), ("button", "End"))], ["moved"]),
]

CASES = BOXES + LISTS + FILES + DRAGS
