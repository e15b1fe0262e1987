"""Oracles for tasks with buttons, links, checkboxes, lists, fields, and keys."""

import re

from miniwob_page import oracle, position, quoted

# ---------------------------------------------------------------------------------------------------------- clicking


@oracle("click-test")
def click_the_button(page, task):
    page.click("button")


@oracle("click-test-2")
def click_button_anywhere(page, task):
    """Two buttons are at random positions, sometimes one over the other; a covered one is pressed with a key."""
    button = page.all("button", name=re.search("ONE|TWO", task)[0])[0]
    if "covered" in button.state:
        page.press(button.ref, "Enter")
    else:
        page.do("click", ref=button.ref)


@oracle("click-button", "unicode-test")
def click_button(page, task):
    page.click("button", name=quoted(task)[0])


@oracle("click-link")
def click_link(page, task):
    page.click("clickable", "link", name=quoted(task)[0])


@oracle("click-dialog-2")
def click_in_dialog(page, task):
    label = quoted(task)[0]
    page.click("button", name="Close" if label == "x" else label)


@oracle("click-checkboxes", "click-checkboxes-large")
def check_boxes(page, task):
    names = re.fullmatch("Select (.*) and click Submit.", task)[1].split(", ")
    for box in page.all("checkbox", name=lambda name: name in names):
        page.do("check", ref=box.ref, checked=True)
    page.submit()


@oracle("click-option")
def choose_option(page, task):
    name = re.fullmatch("Select (.*) and click Submit.", task)[1]
    page.do("check", ref=page.one("radio", name=name), checked=True)
    page.submit()


@oracle("choose-list", "click-scroll-list")
def choose_from_list(page, task):
    options = re.match("Select (.*) from the", task)[1].split(", ")
    page.do("select", ref=page.one("combobox", "listbox"), option=options)
    page.submit()


@oracle("click-collapsible")
def expand(page, task):
    page.click("tab", name=lambda name: name.startswith("Section"))
    page.submit()


@oracle("click-tab-2-hard")
def search_tabs(page, task):
    """A link on one of the tabs."""
    name = quoted(task)[0]
    for tab in page.all("tab"):
        if page.all("clickable", "link", name=name):
            break
        page.do("click", ref=tab.ref)
    page.click("clickable", "link", name=name)


@oracle("click-widget")
def click_widget(page, task):
    """The snapshot doesn't distinguish a text area from a text field."""
    kind = quoted(task)[0]
    areas = [each.ref for each in page.query("textarea")]
    if kind == "textarea":
        return page.do("click", ref=areas[0])
    role = "textbox" if kind == "text" else kind
    page.do("click", ref=next(each.ref for each in page.all(role) if each.ref not in areas))


@oracle("click-menu")
def walk_menu(page, task):
    """A click on an entry with a submenu would choose that entry; the submenu opens on hover."""
    *above, last = task.removeprefix("Select ").split(">")
    for name in above:
        page.do("hover", ref=page.wait(lambda: page.all("menuitem", name=name), name)[0].ref)
    page.wait(lambda: page.all("menuitem", name=last), last)
    page.click("menuitem", name=last)


@oracle("find-greatest")
def find_greatest_card(page, task):
    """A card shows its number while it is open, and only one is open at a time."""
    cards = page.all("clickable")
    numbers = []
    for card in cards:
        page.do("click", ref=card.ref)
        # An open card still listens, so it's a control with its number as the name.
        numbers += page.numbers + [int(each.name) for each in page.all("clickable") if each.name.isdigit()]
    greatest = numbers.index(max(numbers))
    if greatest < len(cards) - 1:
        page.do("click", ref=cards[greatest].ref)
    page.submit()


# ------------------------------------------------------------------------------------------------------ text and keys


@oracle("enter-text", "enter-text-2", "enter-password")
def enter_text(page, task):
    text = quoted(task)[0]
    if "upper case" in task:
        text = text.upper()
    elif "lower case" in task:
        text = text.lower()
    for index in range(len(page.all("textbox"))):
        page.fill(text, index)
    page.submit()


@oracle("enter-date")
def enter_date(page, task):
    month, day, year = re.search(r"(\d+)/(\d+)/(\d+)", task).groups()
    page.fill(f"{year}-{month}-{day}")
    page.submit()


@oracle("enter-time")
def enter_time(page, task):
    hour, minute, half = re.search(r"(\d+):(\d+)\s*([AP]M)?", task).groups()
    page.fill(f"{int(hour) % 12 + 12 * (half == 'PM') if half else int(hour):02}:{minute}")
    page.submit()


@oracle("focus-text-2")
def focus(page, task):
    page.click("textbox", index=position(task))


@oracle("login-user")
def log_in(page, task):
    for index, text in enumerate(quoted(task)):
        page.fill(text, index)
    page.submit("Login")


@oracle("login-user-popup")
def log_in_past_popup(page, task):
    """A popup may appear on focus; it disables the form until it is answered."""
    for index, text in enumerate(quoted(task)):
        page.click("textbox", index=index)
        if page.all("button", name="Cancel"):
            page.click("button", name="Cancel")
        page.fill(text, index)
    page.submit("OK")


@oracle("multi-layouts")
def search_movies(page, task):
    """The labels are in random order, before or after their fields."""
    genre, director, year = re.fullmatch("Search for (.*) movies directed by (.*) from year (.*).", task).groups()
    texts = {"Genre": genre, "Director": director, "Year": year, "Released": year}
    labels = re.findall("|".join(texts), page.look())
    for index, label in enumerate(dict.fromkeys(labels)):
        page.fill(texts[label], index)
    page.click("button", "clickable")


@oracle("read-table")
def read_table(page, task):
    wanted = re.search("the value of (.*) into", task)[1]
    cells = dict(page.browser("tables")["tables"][0])
    page.fill(cells[wanted])
    page.submit()


@oracle("read-table-2")
def read_table_for_form(page, task):
    cells = dict(re.findall(r"\| (.*?) \| (.*?) \|", page.words))
    for index, label in enumerate(re.findall(f"({'|'.join(cells)}):", page.words)):
        page.fill(cells[label], index)
    page.submit()


@oracle("find-word")
def find_word(page, task):
    page.fill(page.words.split()[position(task)])
    page.submit()


@oracle("text-transform")
def read_skewed_text(page, task):
    page.fill(re.sub(r"\s", "", page.words))
    page.submit()


@oracle("simple-algebra")
def solve(page, task):
    left, sign, right, result = re.search(r"(x|\d) ([-+]) (x|\d) = (\d+)", page.words).groups()
    if sign == "+":
        answer = int(result) - int(right if left == "x" else left)
    else:
        answer = int(result) + int(right) if left == "x" else int(left) - int(result)
    page.fill(str(answer))
    page.submit()


@oracle("guess-number")
def guess(page, task):
    low, high = 0, 9
    while True:
        middle = (low + high) // 2
        page.fill(str(middle))
        page.submit()
        page.look()
        if page.title.startswith("done"):
            return
        if "higher than" in page.words:
            low = middle + 1
        else:
            high = middle - 1
        assert low <= high, page.text


@oracle("odd-or-even")
def mark_odd_or_even(page, task):
    for row, number in enumerate(page.numbers):
        page.click("button", name="Odd" if number % 2 else "Even", index=row)
    page.submit()


@oracle("copy-paste-2")
def copy_and_paste(page, task):
    """Copies from one of the text areas into the field below them."""
    *sources, target = page.all("textbox")
    page.press(sources[position(task)].ref, "Control+a", "Control+c")
    page.press(target.ref, "Control+v")
    page.submit()


@oracle("scroll-text")
def copy_last_word(page, task):
    """The last word isn't in the snapshot; it is selected backward from the end, past the period."""
    source, target = page.all("textbox")
    page.press(source.ref, "Control+End")
    while not re.search(r"\w", page.value(1)):
        page.press(source.ref, "Control+Shift+ArrowLeft", "Control+c")
        page.press(target.ref, "Control+a", "Control+v")
    page.submit()


@oracle("terminal")
def delete_file(page, task):
    page.do("type", ref=page.field(), text="ls")
    page.press(page.field(), "Enter")
    files = re.search(r"user\$ ls\s+(.*?)\s+user\$", page.words)[1].split()
    extension = re.search(r"extension (\.\S+)", task)
    name = next(each for each in files if (each.endswith(extension[1]) if extension else "." not in each))
    page.do("type", ref=page.field(), text=f"rm {name}")
    page.press(page.field(), "Enter")
