"""Oracles for tasks with custom widgets and with small sites."""

import re

from miniwob_page import oracle, position, quoted


def suggestions(page, fits):
    return page.wait(lambda: page.query("li", name=fits), "a suggestion")


def choose_by_keys(page, fits, index=0):
    """Each arrow key puts the next suggestion into the field."""
    suggestions(page, fits)
    page.press(page.field(index), "ArrowDown")
    first = page.value(index)
    while not fits(page.value(index)):
        page.press(page.field(index), "ArrowDown")
        assert page.value(index) != first, page.text
    page.press(page.field(index), "Enter")


@oracle("use-autocomplete")
def autocomplete(page, task):
    start, end = [*quoted(task), ""][:2]
    page.do("type", ref=page.field(), text=start)
    page.do("click", ref=suggestions(page, lambda name: name.startswith(start) and name.endswith(end))[0].ref)
    page.submit()


@oracle("use-spinner")
def spin(page, task):
    number = int(re.search(r"-?\d+", task)[0])
    page.press(page.field(), *["ArrowUp" if number > 0 else "ArrowDown"] * abs(number))
    page.submit()


@oracle("form-sequence")
def slide_and_check(page, task):
    """The slider is a handle that accepts keys; the number next to it is its value."""
    steps = int(re.search(r"-?\d+", task)[0]) - page.numbers[0]
    page.press(page.one("slider", "clickable"), *["ArrowRight" if steps > 0 else "ArrowLeft"] * abs(steps))
    page.do("check", ref=page.one("checkbox", index=position(task)), checked=True)
    page.submit()


@oracle("form-sequence-2")
def check_and_fill(page, task):
    radio, field = task.split(" radio button ")
    page.do("check", ref=page.one("radio", index=position(radio)), checked=True)
    page.fill(quoted(field)[0], position(field))
    page.submit()


@oracle("form-sequence-3")
def choose_and_click(page, task):
    option = re.search("Choose (.*) from the dropdown", task)[1]
    page.do("select", ref=page.one("combobox"), option=option)
    # The page draws its own list over the native one. It opens on focus and covers the buttons.
    page.do("press", key="Escape")
    page.click("button", name=quoted(task)[0])


MONTHS = "January February March April May June July August September October November December".split()


def pick_date(page, task):
    month, day, year = re.search(r"(\d+)/(\d+)/(\d+)", task).groups()
    page.click("textbox", index=-1)
    title = f"({'|'.join(MONTHS)}) +{year}"
    while page.wait(lambda: re.search(title, page.words), "a month")[1] != MONTHS[int(month) - 1]:
        page.do("click", ref=page.query("a", name="Prev")[0].ref)
    page.click("link", name=str(int(day)))


@oracle("sign-agreement")
def sign(page, task):
    """The form is enabled after the agreement was scrolled to its end."""
    if "Scroll" not in task:
        return page.click("button", name="Cancel")
    name, button = quoted(task)
    page.do("scroll", ref=page.one("textbox"), pages=50)
    page.fill(name, 1)
    page.click("button", name=button)


# ------------------------------------------------------------------------------------------------------- small sites


@oracle("search-engine")
def search(page, task):
    index = position(task)
    page.fill(quoted(task)[0])
    page.submit("Search")
    if index >= 3:
        page.click("link", name=str(index // 3 + 1))
    page.click("link", index=index % 3)


@oracle("phone-book")
def find_contact(page, task):
    name, what = re.match(r"Find (.*) in the contact book and click on their (\w+)", task).groups()
    while f"# {name}\n" not in page.look():
        page.click("link", name=">")
    index = ["phone", "email", "address"].index(what)
    page.click("clickable", "link", index=index)


def click_icon(page, index, count):
    """Clicks one of `count` icons. They have no names, and no size before their pictures have loaded."""
    icons = page.wait(lambda: len(found := page.all("clickable", name="")) == count and found, f"{count} icons")
    page.do("click", ref=icons[index].ref)


@oracle("email-inbox")
def act_on_email(page, task):
    """An opened message has icons for back, trash, and star; a new one has back and send."""
    sender = re.search("email by (.+?) and (click|reply|forward)", task)[1]
    page.click("clickable", name=lambda name: name.startswith(f"{sender} "))
    if "icon" in task:
        return click_icon(page, 1 if "trash" in task else 2, 3)
    action = "Reply" if "reply" in task else "Forward"
    page.do("click", ref=page.query("span", name=action)[0].ref)
    page.fill(quoted(task)[0] if action == "Reply" else re.search(r"email to (.+)\.$", task)[1])
    click_icon(page, 1, 2)


@oracle("navigate-tree")
def navigate_tree(page, task):
    """Opens one folder after another until the wanted entry appears."""
    name = quoted(task)[0]
    opened = set()
    while not (found := page.query("li > span", name=name)):
        folder = next(each.ref for each in page.query("li:has(ul) > span") if each.ref not in opened)
        opened.add(folder)
        page.do("click", ref=folder)
    page.do("click", ref=found[0].ref)


@oracle("order-food")
def order_food(page, task):
    """Each dish has its name, its kinds as pictures, and the buttons - and +."""
    dishes = re.findall(r"^(\w.*)\n((?: ?\[image: [\w-]+\])+)", page.words, re.MULTILINE)
    more = page.query("span", name="+")
    assert len(more) == len(dishes), page.text
    if names := re.search("one of each item: (.*)", task):
        chosen = [[dish for dish, _ in dishes].index(name.strip()) for name in names[1].split(",")]
    else:
        count, kind = re.search(r"Order (\d+) items that are (.*)", task).groups()
        chosen = [next(index for index, dish in enumerate(dishes) if f"[image: {kind}]" in dish[1])] * int(count)
    for index in chosen:
        page.do("click", ref=more[index].ref)
    page.submit("Order!")


@oracle("drag-sort-numbers")
def sort_by_dragging(page, task):
    """An element that is dragged to the button below becomes the last in the list, so the smallest goes first."""
    for number in sorted(int(each.name) for each in page.query("li")):
        page.do("drag", **{"from": page.query("li", name=str(number))[0].ref, "to": page.one("button", name="Submit")})
    page.submit()


def best_offer(page, task):
    """The index of the wanted ticket, from durations and prices in reading order."""
    durations = [60 * int(hours) + int(minutes) for hours, minutes in re.findall(r"(\d+)h (\d+)m", page.words)]
    prices = [int(each.name.partition("$")[2]) for each in page.all("button", name=lambda name: "$" in name)]
    values = durations if "shortest" in task or "longest" in task else prices
    return values.index(max(values) if "longest" in task or "most" in task else min(values))


@oracle("buy-ticket")
def buy_ticket(page, task):
    page.click("button", index=best_offer(page, task))


@oracle("book-flight")
def book_flight(page, task):
    for index, place in enumerate(re.search("from: (.*) to: (.*) on", task).groups()):
        page.fill(place, index)
        choose_by_keys(page, lambda name: place in name, index)
    pick_date(page, task)
    page.submit("Search")
    page.click("button", name=lambda name: "$" in name, index=best_offer(page, task))
