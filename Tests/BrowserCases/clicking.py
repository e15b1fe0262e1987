"""Clicks that must arrive: where the button is, when it is ready, and what happens to it in the meantime."""

from .vocabulary import Case, click, double_click, hover, observe, scroll_until, signal, wait_for

GO = """<button onclick="log('clicked')">Go</button>"""
CLICK = [click("button", "Go")]
CLICKED = ["clicked"]
# Records the clicks that arrived elsewhere.
MISSED = "<script>onclick = (event) => { if (!event.target.closest('button, a, area')) log('missed') }</script>"
SPACE = "<div style='height: 3000px'>A long way</div>"


def clicked(name, page, steps=CLICK, **more):
    return Case(name, page, steps, CLICKED, **more)


WHERE = [
    clicked("a click reaches a plain button", GO),
    clicked("a click reaches a button below the fold", SPACE + GO + SPACE),
    clicked(
        "a click scrolls boxes inside boxes",
        f"""<div style="height: 300px; overflow: auto">{SPACE}
            <div style="height: 200px; overflow: auto">{SPACE}{GO}{SPACE}</div>{SPACE}</div>"""),
    clicked(
        "a click scrolls a box sideways",
        f"""<div style="width: 400px; overflow: auto; white-space: nowrap">
            <span style="display: inline-block; width: 3000px">Wide</span>{GO}
            <span style="display: inline-block; width: 3000px">Wide</span></div>"""),
    clicked(
        "a click comes out from under a sticky header",
        f"""<header onclick="log('header')" style="position: fixed; top: 0; left: 0; right: 0; height: 120px;
            background: #ddd">Header</header><div style="height: 700px">Before</div>{GO}{SPACE}
            <script>onload = () => scrollTo(0, document.querySelector('button').offsetTop - 40)</script>"""),
    clicked(
        "a click comes out from over a sticky footer",
        f"""<footer onclick="log('footer')" style="position: fixed; bottom: 0; left: 0; right: 0; height: 120px;
            background: #ddd">Footer</footer>{SPACE}{GO}{SPACE}<script>onload = () =>
            scrollTo(0, document.querySelector('button').offsetTop - innerHeight + 60)</script>"""),
    clicked(
        "a click reaches into an open shadow root",
        f"""<div id="host"></div><script>
            document.getElementById('host').attachShadow({{mode: 'open'}}).innerHTML = `{GO}`</script>"""),
    clicked(
        "a click reaches into a closed shadow root",
        f"""<div id="host"></div><script>
            document.getElementById('host').attachShadow({{mode: 'closed'}}).innerHTML = `{GO}`</script>"""),
    clicked("a click reaches a button in 200 nested boxes", "<div>" * 200 + GO + "</div>" * 200),
    clicked(
        "a click reaches a button in a scaled and turned box",
        f"""{MISSED}<div style="transform: translate(300px, 200px) rotate(30deg) scale(0.4)">
            <p>Small and turned</p>{GO}</div>"""),
    clicked(
        "a click hits the words of a link that wraps",
        f"""{MISSED}<div style="width: 300px; padding: 50px; font: 16px/3 monospace">
            <span style="padding-left: 220px">See</span>
            <a href="#" onclick="log('clicked')">the terms</a></div>""",
        [click("link", "the terms")]),
    clicked(
        "a click reaches something clickable that is no button",
        """<div onclick="log('clicked')" style="cursor: pointer; width: 200px">Open the card</div>""",
        [click("clickable", "Open the card")]),
    clicked(
        "a click reaches a link in a drawing",
        """<svg width="300" height="100"><a href="#" onclick="log('clicked')">
            <rect width="200" height="60" fill="#ccc"/><text x="20" y="40">Chart</text></a></svg>""",
        [click("link", "Chart")]),
    clicked(
        "a click reaches an area of an image map",
        f"""{MISSED}<img usemap="#doors" width="400" height="100" alt="Doors" src="data:image/svg+xml,<svg
            xmlns='http://www.w3.org/2000/svg' width='400' height='100'/>"><map name="doors">
            <area shape="rect" coords="200,0,400,100" href="#" alt="Right door" onclick="log('clicked')">
            <area shape="rect" coords="0,0,200,100" href="#" alt="Left door" onclick="log('left')"></map>""",
        [click("link", "Right door")]),
    Case(
        "a click opens details, and then what is inside",
        f"""<details ontoggle="log(this.open ? 'open' : 'shut')"><summary>More</summary>{GO}</details>""",
        [click("button", "More"), *CLICK], ["open", "clicked"]),
    Case(
        "a click reaches the second of two equal buttons",
        """<table><tr><td>Ali<td><button onclick="log('Ali')">Delete</button>
            <tr><td>Siti<td><button onclick="log('Siti')">Delete</button></table>""",
        [click("button", "Delete", nth=1)], ["Siti"]),
    clicked(
        "a click reaches a button of a modal dialog",
        f"""<p>Behind</p><dialog>{GO}</dialog><script>document.querySelector('dialog').showModal()</script>"""),
    Case(
        "a click reaches a post that the feed loads while scrolling",
        """<div id="feed"></div><div id="end" style="height: 10px"></div><script>
            let count = 0
            new IntersectionObserver((entries) => {
              if (!entries[0].isIntersecting || count >= 60) return
              for (let i = 0; i < 10; i++) {
                const n = ++count, post = document.createElement('article')
                post.style.height = '200px'
                post.innerHTML = `<p>Post ${n}.</p><button onclick="log('liked ${n}')">Like ${n}</button>`
                feed.append(post)
              }
            }, {rootMargin: '300px'}).observe(end)
            // The observer only tells of changes; it is asked anew after each batch.
            onscroll = () => { end.style.height = end.style.height == '10px' ? '11px' : '10px' }</script>""",
        [scroll_until("Post 35."), click("button", "Like 35")], ["liked 35"]),
]

WHEN = [
    clicked(
        "a click waits for a moving button",
        f"""{MISSED}<style>.moves {{ animation: move 1s linear }} @keyframes move {{ from {{ transform: none }}
            to {{ transform: translate(700px, 300px) }} }} .there {{ transform: translate(700px, 300px) }}</style>
            <div style="width: 100px">{GO}</div><script>const box = document.querySelector('div')
            when('move', () => {{ box.className = 'moves'
              box.onanimationend = () => box.className = 'there' }})</script>""",
        [observe("button", "Go"), signal("move"), *CLICK]),
    clicked(
        "a click waits for a button that is enabled late",
        """<button disabled onclick="log('clicked')">Go</button><script>when('enable', () => {
            setTimeout(() => document.querySelector('button').disabled = false, 700) })</script>""",
        [observe("button", "Go"), signal("enable"), *CLICK]),
    clicked(
        "a click waits for a banner that slides away",
        f"""<style>#banner {{ position: fixed; inset: 0 0 50% 0; background: #fc0;
              animation: slide 0.5s linear forwards }}
            @keyframes slide {{ 70% {{ transform: none }} to {{ transform: translateY(-100%) }} }}</style>
            {GO}<div id="banner" onclick="log('banner')">Welcome</div>"""),
    clicked(
        "a click waits until a cover is taken away",
        f"""{GO}<div id="cover" onclick="log('cover')" style="position: fixed; inset: 0; background: #fff">Loading</div>
            <script>when('ready', () => {{ setTimeout(() => document.getElementById('cover').remove(), 250) }})
            </script>""",
        [signal("ready"), *CLICK]),
    clicked(
        "a button that appears late is waited for",
        f"""<p id="state">Loading</p><script>setTimeout(() => {{
            document.body.insertAdjacentHTML('beforeend', `<p>Ready</p>{GO}`) }}, 600)</script>""",
        [wait_for("Ready"), *CLICK]),
    Case(
        "a button that is drawn anew after the observation is found again",
        """<div id="list"><button onclick="log('old')">Go</button></div><script>when('draw', () => {
            list.innerHTML = `<button onclick="log('new')">Go</button>` })</script>""",
        [observe("button", "Go"), signal("draw"), *CLICK], ["new"]),
    Case(
        "a button that became another after the observation is not clicked",
        """<div id="list"><button onclick="log('opened')">Open</button></div><script>when('draw', () => {
            list.innerHTML = `<button onclick="log('deleted')">Delete all</button>` })</script>""",
        [observe("button", "Open"), signal("draw"), click("button", "Open")], refused=True),
    Case(
        "a button that was given another meaning after the observation is not clicked",
        """<button id="button" onclick="log(this.textContent)">Open</button><script>
            when('draw', () => { button.textContent = 'Delete all' })</script>""",
        [observe("button", "Open"), signal("draw"), click("button", "Open")], refused=True),
    Case(
        "a button beside one that is gone is not clicked in its place",
        """<div id="list"><p>Ali <button onclick="log('Ali')">Delete</button></p>
            <p>Siti <button onclick="log('Siti')">Delete</button></p></div>
            <script>when('draw', () => list.firstElementChild.remove())</script>""",
        [observe("button", "Delete", 0), signal("draw"), click("button", "Delete", 0)], refused=True),
    Case(
        "a row that moved after the observation is clicked where it is now",
        """<div id="list"></div><script>const row = (name) =>
            `<p>${name} <button aria-label="Open ${name}" onclick="log('${name}')">Open</button></p>`
            list.innerHTML = row('Ali') + row('Siti')
            when('insert', () => list.insertAdjacentHTML('afterbegin', row('Zul')))</script>""",
        [observe("button", "Open Ali"), signal("insert"), click("button", "Open Ali")], ["Ali"]),
]

HOW = [
    Case(
        "a button that goes at the press is pressed once",
        """<div id="box"><button onmousedown="log('saved'); box.innerHTML = '<p>Saved</p>'">Save</button></div>""",
        [click("button", "Save"), wait_for("Saved")], ["saved"]),
    Case(
        "a button that disables itself is clicked once",
        """<button onclick="log('submitted'); this.disabled = true; setTimeout(() => this.disabled = false, 400)">
            Submit</button>""",
        [click("button", "Submit")], ["submitted"]),
    clicked(
        "a ripple at the press does not swallow the click",
        """<style>button { position: relative; padding: 20px }
            i { position: absolute; inset: 0; background: rgba(0, 0, 0, .2) }</style>
            <button onpointerdown="this.append(document.createElement('i'))" onclick="log('clicked')">Go</button>"""),
    clicked(
        "a click reaches through elements without boxes of their own",
        f"""<div style="display: contents"><section style="display: contents">Shop {GO}</section></div>"""),
    clicked(
        "a click reaches what a component shows through its slot",
        """<x-button><span>Go</span></x-button><script>customElements.define('x-button', class extends HTMLElement {
            constructor() { super(); this.attachShadow({mode: 'open'}).innerHTML = '<button><slot></slot></button>'
              this.shadowRoot.querySelector('button').onclick = () => log('clicked') } })</script>"""),
    Case(
        "a double click is a double click",
        """<button ondblclick="log('opened')">Open</button>""", [double_click("button", "Open")], ["opened"]),
    Case(
        "a click makes all the events of a mouse, in their order, and each is trusted",
        """<button>Go</button><script>const seen = []
            for (const type of ['pointerdown', 'mousedown', 'focus', 'pointerup', 'mouseup', 'click'])
              document.querySelector('button').addEventListener(type, (event) => {
                seen.push(event.isTrusted ? type : 'untrusted')
                if (type === 'click') log(seen) })</script>""",
        CLICK, ["pointerdown,mousedown,focus,pointerup,mouseup,click"]),
    Case(
        "a menu that opens under the pointer can be used",
        """<style>nav { width: 200px } ul { display: none; margin: 0 } nav:hover ul { display: block }</style>
            <nav><button style="width: 200px">File</button><ul role="menu">
            <li role="menuitem" onclick="log('open')">Open</li><li role="menuitem" onclick="log('save')">Save</li>
            </ul></nav>""",
        [hover("button", "File"), click("menuitem", "Save")], ["save"]),
    Case(
        "a button that shows while its row is hovered can be used",
        """<style>td { padding: 10px } tr button { visibility: hidden } tr:hover button { visibility: visible }</style>
            <table><tr><td tabindex="0">Invoice 7</td><td><button onclick="log('paid')">Pay</button></table>""",
        [hover("clickable", "Invoice 7"), click("button", "Pay")], ["paid"]),
]

CASES = WHERE + WHEN + HOW
