"""Navigation, tabs, dialogs, and downloads."""

from .clicking import CLICK, CLICKED, GO
from .vocabulary import (
    Case, Served, back, click, fill, first_tab, forward, newest_tab, reload, wait_for)

ARRIVED = {"/next": "<title>Next</title><p>Arrived</p>" + GO}
LINES = "".join(f"Line {i}\n" for i in range(20)) + "The last line"

NAVIGATION = [
    Case(
        "a link leads to the page where the next click happens",
        """<a href="next" onclick="log('left')">Next</a>""", [click("link", "Next"), *CLICK], ["left", "clicked"],
        ARRIVED),
    Case(
        "a form that is sent leads to the page where the next click happens",
        """<form action="next"><label>Name <input name="name"></label><button>Send</button></form>""",
        [fill("textbox", "Name", "Siti"), click("button", "Send"), wait_for("Arrived"), *CLICK], CLICKED, ARRIVED),
    Case(
        "a page that sends on by itself is followed",
        """<meta http-equiv="refresh" content="1; url=next"><p>One moment</p>""",
        [wait_for("Arrived"), *CLICK], CLICKED, ARRIVED),
    Case(
        "a page that leaves some time after the click is followed",
        """<button onclick="setTimeout(() => location = 'next', 600)">Send</button>""",
        [click("button", "Send"), wait_for("Arrived"), *CLICK], CLICKED, ARRIVED),
    Case(
        "a page that only draws itself anew is followed",
        """<div id="view"><button onclick="history.pushState({}, '', '#step2'); view.innerHTML = 'Loading'
            setTimeout(() => { view.innerHTML = other.innerHTML }, 500)">Next step</button></div>
            <template id="other"><p>Step two</p><button onclick="log('clicked')">Go</button></template>""",
        [click("button", "Next step"), wait_for("Step two"), *CLICK], CLICKED),
    Case(
        "back and forward go between pages",
        """<p>First page</p><script>onpageshow = () => log('first')</script><a href="next">Next</a>""",
        [click("link", "Next"), wait_for("Arrived"), back(), wait_for("First page"), forward(), wait_for("Arrived"),
         *CLICK], ["first", "first", "clicked"], ARRIVED),
    Case(
        "back and forward go between states of one page",
        """<button onclick="history.pushState(2, '', '#two')">Two</button>
            <script>onpopstate = (event) => log(event.state ?? 'one')</script>""",
        [click("button", "Two"), back(), forward()], ["one", "2"]),
    Case(
        "a page is loaded anew",
        """<p id="loads"></p><script>
            sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1
            loads.textContent = `Load ${sessionStorage.loads}.`</script>
            <button onclick="log(loads.textContent)">Go</button>""",
        [*CLICK, reload(), wait_for("Load 2."), *CLICK], ["Load 1.", "Load 2."]),
    Case(
        "a text file is read, and left again",
        """<a href="terms.txt">Terms</a>""" + GO,
        [click("link", "Terms"), wait_for("The last line"), back(), *CLICK], CLICKED, {"/terms.txt": Served(LINES)}),
]

TABS = [
    Case(
        "a link that opens a tab is followed there",
        """<a href="next" target="_blank">Next</a>""",
        [click("link", "Next"), newest_tab(), wait_for("Arrived"), *CLICK], CLICKED, ARRIVED),
    Case(
        "a window that a script opens is acted in",
        """<button onclick="window.open('next', 'pay', 'width=500,height=400')">Pay</button>""",
        [click("button", "Pay"), newest_tab(), wait_for("Arrived"), *CLICK], CLICKED, ARRIVED),
    Case(
        "a window that closes itself leaves the first page to act in",
        """<button onclick="window.open('sign-in', 'sign-in', 'width=500,height=400')">Sign in</button>
            <p id="state"></p><script>onmessage = () => {
              state.innerHTML = `<button onclick="log('clicked')">Go</button>` }</script>""",
        [click("button", "Sign in"), newest_tab(), click("button", "Allow"), first_tab(), *CLICK],
        ["allowed", "clicked"],
        {"/sign-in": """<button onclick="log('allowed'); opener.postMessage('', '*');
            setTimeout(() => window.close(), 100)">Allow</button>"""}),
    Case(
        "a window may close at the click itself",
        """<button onclick="window.open('choose', 'choose', 'width=500,height=400')">Choose</button>
            <p id="state"></p><script>onmessage = () => {
              state.innerHTML = `<button onclick="log('clicked')">Go</button>` }</script>""",
        [click("button", "Choose"), newest_tab(), click("button", "Yes"), first_tab(), *CLICK],
        ["yes", "clicked"],
        {"/choose": """<button onclick="log('yes'); opener.postMessage('', '*'); window.close()">Yes</button>"""}),
    Case(
        "the first page can be acted in while a second is open",
        """<a href="next" target="_blank">Next</a><button onclick="log('first')">Here</button>""",
        [click("link", "Next"), newest_tab(), wait_for("Arrived"), first_tab(), click("button", "Here")], ["first"],
        ARRIVED),
]

DIALOGS = [
    Case(
        "a payment is not confirmed unasked",
        """<button onclick="log(confirm('Pay RM 500 now?') ? 'paid' : 'not paid')">Pay</button>""",
        [click("button", "Pay")], ["not paid"], dialog="Pay RM 500 now?"),
    Case(
        "a question is answered with nothing",
        """<button onclick="log(prompt('Your PIN?', '1234') ?? 'nothing')">Next</button>""",
        [click("button", "Next")], ["nothing"], dialog="Your PIN?"),
    Case(
        "an alert is put away",
        """<button onclick="alert('Saved.'); log('went on')">Save</button>""", [click("button", "Save")], ["went on"],
        dialog="Saved."),
    Case(
        "an alert and a question after it are both answered",
        """<button onclick="alert('First read.'); log(confirm('Delete all?') ? 'deleted' : 'kept')">Delete</button>""",
        [click("button", "Delete")], ["kept"], dialog="Delete all?"),
    Case(
        "an alert of a page that has just opened is put away",
        f"""{GO}<script>onload = () => setTimeout(() => alert('Welcome'))</script>""", CLICK, CLICKED),
    Case(
        "an alert while a field is left is put away",
        """<label>Amount <input onchange="alert('Too much')"></label><label>Note <input></label>
            <button onclick="log(document.querySelectorAll('input')[1].value)">Save</button>""",
        [fill("textbox", "Amount", "9"), fill("textbox", "Note", "x"), click("button", "Save")], ["x"],
        dialog="Too much"),
    Case(
        "a page with unsaved text is not left unasked",
        """<label>Note <input></label><a href="next">Leave</a><button onclick="log('still here')">Stay</button>
            <script>onbeforeunload = (event) => event.preventDefault()</script>""",
        [fill("textbox", "Note", "x"), click("link", "Leave"), click("button", "Stay")], ["still here"],
        dialog="beforeunload", pages={"/next": "<p>Arrived</p><script>log('left')</script>"}),
]

TABLE = Served("name,amount\nSiti,20\n", "text/csv", attachment="report.csv")
DOWNLOADS = [
    Case(
        "a link that downloads gives a file",
        """<a href="data.csv" download="amounts.csv">Download</a>""", [click("link", "Download")], [],
        {"/data.csv": Served(TABLE.body, "text/csv")}, downloads=["amounts.csv"]),
    Case(
        "an answer that is an attachment gives a file, and the page stays",
        """<a href="report">Report</a>""" + GO, [click("link", "Report"), *CLICK], CLICKED, {"/report": TABLE},
        downloads=["report.csv"]),
    Case(
        "a file that a script makes is downloaded",
        """<button onclick="const link = document.createElement('a'); link.download = 'made.txt'
            link.href = window.URL.createObjectURL(new Blob(['made'])); link.click()">Export</button>""",
        [click("button", "Export")], [], downloads=["made.txt"]),
]

CASES = NAVIGATION + TABS + DIALOGS + DOWNLOADS
