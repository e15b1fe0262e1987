"""Two unmodified Django applications, for an interpreter that has them installed: Django's admin and the django-oscar
shop. Seeds a database in a folder, and serves it.

`python django_site.py admin|shop PORT FOLDER`. `/kept/?sql=…` shows what is in the database, for checks.
"""

import logging
import os
import pathlib
import re
import sys
import types

import django
from django.conf import settings
from django.core.management import call_command

SETTINGS = {
    "DEBUG": True, "ALLOWED_HOSTS": ["*"], "SECRET_KEY": "for tests only", "USE_TZ": True, "STATIC_URL": "/static/",
    "MEDIA_URL": "/media/", "SITE_ID": 1, "ROOT_URLCONF": "urls", "LANGUAGES": [("en", "English"), ("ms", "Malay")],
    "LANGUAGE_CODE": "en", "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    # A fast hash is sufficient: these passwords need no protection, and many are created.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
}
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware"]
PROCESSORS = [
    f"django.template.context_processors.{name}" for name in ("debug", "request", "i18n", "media", "static")
] + ["django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]
FRAMEWORK = [
    f"django.contrib.{name}" for name in
    ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles", "sites", "flatpages")]
NAMES = ["Aminah", "Bala", "Chong", "Devi", "Encik", "Farid", "Goh", "Hana", "Ismail", "Jaya"]


class ChangedLook:
    """Another theme, as a new version of a shop has it: other classes, ids, boxes, and colours, and one other label."""

    def __init__(self, respond):
        self.respond = respond

    def __call__(self, request):
        response = self.respond(request)
        if response.get("content-type", "").startswith("text/html"):
            text = response.content.decode()
            text = re.sub(r'(class|data-[a-z-]+)="[^"]*"', r'\1="new"', text)
            text = text.replace("<form", '<section><div><form').replace("</form>", "</form></div></section>")
            text = text.replace("</head>", "<style>body { background: #123; color: #fed }</style></head>")
            response.content = re.sub(r">\s*Search\s*<", "> Find <", text).replace('value="Search"', 'value="Find"').encode()
            if response.has_header("content-length"):
                response["content-length"] = str(len(response.content))
        return response


def configure(folder, apps, middleware=(), processors=(), **more):
    if os.environ.get("CHANGED_LOOK"):
        middleware = [*middleware, "django_site.ChangedLook"]
        sys.modules["django_site"] = sys.modules["__main__"]
    settings.configure(
        **SETTINGS | more, INSTALLED_APPS=apps, MIDDLEWARE=[*MIDDLEWARE, *middleware], MEDIA_ROOT=f"{folder}/media",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/database.sqlite"}},
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [*PROCESSORS, *processors]}}])
    django.setup()
    call_command("migrate", verbosity=0)


def route(*patterns):
    """The application's URLs, with a link that signs the user in, like the links that are sent by email, and one that
    shows the database."""
    from django.contrib.auth import get_user_model, login
    from django.db import connection
    from django.http import HttpResponse
    from django.shortcuts import redirect
    from django.urls import path

    def enter(request):
        user = get_user_model().objects.get(username=request.GET.get("as", "boss"))
        login(request, user, "django.contrib.auth.backends.ModelBackend")
        return redirect(request.GET["next"])

    def kept(request):
        with connection.cursor() as cursor:
            cursor.execute("pragma query_only = on")
            rows = cursor.execute(request.GET["sql"]).fetchall()
            cursor.execute("pragma query_only = off")
        return HttpResponse("".join(f"{' | '.join(map(str, row))}\n" for row in rows), "text/plain; charset=utf-8")

    sys.modules["urls"] = types.SimpleNamespace(
        urlpatterns=[path("welcome/", enter), path("kept/", kept), *patterns])


def admin(folder):
    configure(folder, FRAMEWORK)
    from django.contrib import admin
    from django.contrib.auth.models import Group, User
    from django.contrib.flatpages.models import FlatPage
    from django.urls import path
    route(path("admin/", admin.site.urls))
    User.objects.create_superuser("boss", "boss@example.com", "correct horse")
    Group.objects.bulk_create(Group(name=name) for name in ("Editors", "Drivers", "Guests", "Visitors"))
    password = User.objects.get().password
    User.objects.bulk_create(
        User(username=f"{NAMES[number % 10].lower()}{number:03}", first_name=NAMES[number % 10], password=password,
             last_name=f"Number {number:03}", email=f"{number}@example.com", is_staff=number % 20 == 0)
        for number in range(240))
    FlatPage.objects.create(url="/about/", title="About us", content="We repair bicycles.").sites.set([1])


def shop(folder):
    from oscar import INSTALLED_APPS
    from oscar import defaults
    configure(
        folder, [*INSTALLED_APPS, "sorl.thumbnail"],
        ["oscar.apps.basket.middleware.BasketMiddleware"],
        [f"oscar.apps.{name}" for name in
         ("search.context_processors.search_form", "checkout.context_processors.checkout",
          "communication.notifications.context_processors.notifications")] + ["oscar.core.context_processors.metadata"],
        **{name: getattr(defaults, name) for name in dir(defaults) if name.startswith("OSCAR_")} | {
            "OSCAR_ALLOW_ANON_CHECKOUT": True, "OSCAR_DEFAULT_CURRENCY": "MYR",
            "OSCAR_INITIAL_ORDER_STATUS": "Pending", "OSCAR_INITIAL_LINE_STATUS": "Pending",
            "OSCAR_ORDER_STATUS_PIPELINE": {
                "Pending": ("Being processed", "Cancelled"), "Being processed": ("Complete", "Cancelled"),
                "Complete": (), "Cancelled": ()},
            "AUTHENTICATION_BACKENDS": [
                "oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"],
            "HAYSTACK_CONNECTIONS": {"default": {
                "ENGINE": "haystack.backends.whoosh_backend.WhooshEngine", "PATH": f"{folder}/index"}},
            "HAYSTACK_SIGNAL_PROCESSOR": "haystack.signals.BaseSignalProcessor"})
    import datetime

    from django.apps import apps
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django.urls import include, path
    from django.utils import timezone
    from oscar.core.loading import get_model
    route(
        path("i18n/", include("django.conf.urls.i18n")), path("", include(apps.get_app_config("oscar").urls[0])))
    get_user_model().objects.create_superuser("boss", "boss@example.com", "correct horse")
    get_model("address", "Country").objects.create(
        iso_3166_1_a2="MY", iso_3166_1_a3="MYS", iso_3166_1_numeric="458", printable_name="Malaysia", name="Malaysia",
        is_shipping_country=True)
    kind = get_model("catalogue", "ProductClass").objects.create(name="Book", requires_shipping=True)
    category = get_model("catalogue", "Category")
    shelves = [category.add_root(name=name) for name in ("Cooking", "Travel", "Poetry")]
    partner = get_model("partner", "Partner").objects.create(name="Warehouse")
    for number in range(48):
        product = get_model("catalogue", "Product").objects.create(
            title=f"{NAMES[number % 10]}'s book {number:02}", product_class=kind, upc=f"upc{number:02}",
            description="A good book.")
        product.categories.add(shelves[number % 3])
        get_model("partner", "StockRecord").objects.create(
            product=product, partner=partner, partner_sku=f"sku{number}", price=10 + number, num_in_stock=100,
            price_currency="MYR")
    everything = get_model("offer", "Range").objects.create(name="Everything", includes_all_products=True)
    offer = get_model("offer", "ConditionalOffer").objects.create(
        name="Ten percent", offer_type="Voucher",
        condition=get_model("offer", "Condition").objects.create(range=everything, type="Count", value=1),
        benefit=get_model("offer", "Benefit").objects.create(range=everything, type="Percentage", value=10))
    now = timezone.now()
    voucher = get_model("voucher", "Voucher").objects.create(
        name="Ten percent", code="TENOFF", usage="Multi-use", start_datetime=now - datetime.timedelta(days=1),
        end_datetime=now + datetime.timedelta(days=1))
    voucher.offers.add(offer)
    with transaction.atomic():
        describe()
        issue_coupons()
        customers = {name: customer(name) for name in CUSTOMERS}
        review(customers)
        wish(customers["Mei Lim"])
        sell(customers)
    call_command("update_index", verbosity=0)


# What is in the shop besides the books: it leaves their titles, prices, and shelves as they are.


def book(number):
    from oscar.core.loading import get_model
    return get_model("catalogue", "Product").objects.get(upc=f"upc{number:02}")


def describe():
    """The details of the books from 07 on, on their pages."""
    from oscar.core.loading import get_model
    kind = get_model("catalogue", "ProductClass").objects.get()
    details = [
        kind.attributes.create(name=name, code=name.lower(), type=type)
        for name, type in (("Pages", "integer"), ("Binding", "text"), ("Language", "text"))]
    for number in range(7, 48):
        for detail, value in zip(details, (
                120 + number * 54 % 290, "Hardback" if number * 3 % 7 >= 3 else "Paperback",
                "Malay" if number % 11 * 3 % 11 >= 5 else "English")):
            detail.save_value(book(number), value)


def issue_coupons():
    import datetime

    from django.utils import timezone
    from oscar.core.loading import get_model
    condition, benefit = (get_model("offer", name).objects for name in ("Condition", "Benefit"))
    everything = get_model("offer", "Range").objects.get()
    travel = get_model("offer", "Range").objects.create(name="Travel")
    travel.included_categories.add(get_model("catalogue", "Category").objects.get(name="Travel"))
    now = timezone.now()
    for code, range, least, kind, value, last in (
            ("MAPS15", travel, ("Count", 1), "Percentage", 15, 1),
            ("BIG20", everything, ("Value", 130), "Absolute", 20, 1),
            ("SPRING25", everything, ("Count", 1), "Percentage", 25, -30)):
        voucher = get_model("voucher", "Voucher").objects.create(
            name=code, code=code, usage="Multi-use", start_datetime=now - datetime.timedelta(days=60),
            end_datetime=now + datetime.timedelta(days=last))
        voucher.offers.add(get_model("offer", "ConditionalOffer").objects.create(
            name=code, offer_type="Voucher", condition=condition.create(range=range, type=least[0], value=least[1]),
            benefit=benefit.create(range=range, type=kind, value=value)))


CUSTOMERS = ("Siti Rahman", "Mei Lim", "Mei Tan", "Kumar Nathan", "Omar Said")


def customer(name):
    """Signs in with /welcome/?as=FIRST.LAST&next=/"""
    from django.contrib.auth import get_user_model
    first, last = name.split()
    username = f"{first}.{last}".lower()
    return get_user_model().objects.create_user(
        username, f"{username}@example.com", first_name=first, last_name=last)


REVIEWS = [
    # What is published already.
    (22, 3, "Thin", "A thin book, but all that matters is in it.", "Azman", 1),
    (25, 4, "Nicely bound", "Looks good on the shelf.", "Omar Said", 1),
    (25, 2, "Well written, but", "On two of the maps, north and south are the wrong way round.", "Lena", 1),
    (28, 5, "Light", "Fits into a pocket, and the maps are right.", "Lena", 1),
    (31, 5, "All is there", "The best maps of any guide, and many pages.", "Omar Said", 1),
    (34, 3, "No photographs", "I had expected photographs. There are only maps, and these are very good.", "Azman", 1),
    (34, 4, "Heavy", "Too heavy for my rucksack, but I enjoyed it at home.", "Kumar Nathan", 1),
    (9, 5, "For every day", "I cook from it every day.", "Mei Lim", 1),
    (23, 4, "Quiet", "Quiet poems.", "Kumar Nathan", 1),
    (23, 2, "Too quiet", "I fell asleep.", "Azman", 1),
    (23, 4, "A gift", "I have given it to my aunt.", "Mei Tan", 1),
    (23, 5, "Again and again", "I read it again and again.", "Mei Lim", 1),
    (30, 4, "Good", "Clear recipes, and short ones.", "Mei Tan", 1),
    (12, 5, "Cheap", "All books for less at best-books.example!", "Bookworm", 1),
    # What waits for moderation, and what has been rejected.
    (24, 1, "The worst cookbook I own", "The rice has burned twice. Nobody has tried these recipes.", "Azman", 0),
    (27, 5, "Good book", "Order it at best-books.example: the code SAVE50 halves the price.", "Ravi", 0),
    (38, 5, "Every evening", "My mother reads one of the poems aloud every evening.", "Lena", 0),
    (40, 4, "A tip", "Good maps. I guide groups to all these places myself: call me at 012-345 6789.", "Tan Wei", 0),
    (43, 2, "Telephone numbers are wrong", "Half of the hotels have other telephone numbers now.", "Omar Said", 0),
    (44, 5, "Five stars", "As lovely as the poems in my own new book, which weis-poems.example sells.", "Wei", 0),
    (45, 3, "In between", "Some of it is good.", "Ravi", 2),
]


def review(customers):
    from oscar.core.loading import get_model
    for number, score, title, body, name, status in REVIEWS:
        who = {"user": customers[name]} if name in customers else {
            "name": name, "email": f"{name.split()[0].lower()}@example.com"}
        get_model("reviews", "ProductReview").objects.create(
            product=book(number), score=score, title=title, body=body, status=status, **who)


def wish(customer):
    """A list at /wishlists/meilim/."""
    from oscar.core.loading import get_model
    wishes = customer.wishlists.create(
        name="Hardbacks only, please, and none that I have reviewed: these I own", visibility="Public")
    for number in (9, 13, 17, 20, 23, 30, 36):
        wishes.add(book(number))
    get_model("wishlists", "WishList").objects.update(key="meilim")


HOMES = {
    "Siti Rahman": ("Jalan Damai 3", "Ipoh", "30000"), "Kumar Nathan": ("Jalan Kelana 8", "Petaling Jaya", "47301"),
    "Omar Said": ("Jalan Merdeka 40", "Melaka", "75000"), "Mei Tan": ("Lorong Selamat 2", "Penang", "10400")}
ORDERS = [
    # The day, the customer, the books with their quantities, the status, and another address.
    (1, "Siti Rahman", {14: 1, 29: 1}, "Complete"), (3, "Kumar Nathan", {16: 1, 23: 2, 40: 1}, "Complete"),
    (4, "Siti Rahman", {32: 1, 45: 1}, "Cancelled"), (5, "Mei Tan", {26: 1, 19: 1}, "Complete"),
    (6, "Siti Rahman", {18: 3}, "Complete"), (7, "Omar Said", {26: 2}, "Pending"),
    (8, "Kumar Nathan", {16: 1, 23: 2}, "Pending"), (9, "Kumar Nathan", {16: 1, 23: 1}, "Pending"),
    (10, "Omar Said", {21: 12}, "Complete"), (11, "Siti Rahman", {18: 1, 29: 1, 32: 2, 39: 1}, "Cancelled"),
    (12, "Kumar Nathan", {16: 1, 23: 2}, "Being processed"),
    (13, "Kumar Nathan", {16: 1, 23: 2}, "Pending", ("Jalan Sultan 77", "Ipoh", "31400")),
    (14, "Mei Tan", {26: 1, 35: 3}, "Being processed"), (15, "Omar Said", {46: 1}, "Pending"),
    (16, "Kumar Nathan", {26: 1}, "Cancelled")]


def sell(customers):
    """Places orders from 200101 on, and puts a book into a cart."""
    import datetime

    from oscar.core.loading import get_class, get_model
    country = get_model("address", "Country").objects.get()
    method = get_class("shipping.methods", "Free")()

    def fill(customer, books):
        basket = get_model("basket", "Basket").objects.create(owner=customer)
        basket.strategy = get_class("partner.strategy", "Selector")().strategy()
        for number, quantity in books.items():
            basket.add_product(book(number), quantity)
        return basket

    def address(model, customer, line, city, postcode, **more):
        return get_model(*model).objects.create(
            first_name=customer.first_name, last_name=customer.last_name, line1=line, line4=city, postcode=postcode,
            country=country, **more)

    total = get_class("checkout.calculators", "OrderTotalCalculator")()
    for number, (day, name, books, status, *other) in enumerate(ORDERS, 200101):
        basket = fill(customers[name], books)
        charge = method.calculate(basket)
        get_class("order.utils", "OrderCreator")().place_order(
            basket, total.calculate(basket, charge), method, charge,
            user=customers[name], order_number=str(number), status=status,
            date_placed=datetime.datetime(2025, 3, day, 9, 30, tzinfo=datetime.timezone.utc),
            shipping_address=address(("order", "ShippingAddress"), customers[name], *(other or [HOMES[name]])[0]))
        basket.submit()
    siti = customers["Siti Rahman"]
    fill(siti, {47: 1})
    for line, city, postcode, more in (
            ("Jalan Kasturi 3", "Shah Alam", "40100", {"line2": "With my parents", "is_default_for_shipping": True}),
            ("Jalan Plumbum 71", "Shah Alam", "40460", {"line2": "Rahman Design Sdn Bhd"}),
            (*HOMES["Siti Rahman"], {})):
        address(("address", "UserAddress"), siti, line, city, postcode, user=siti, **more)


if __name__ == "__main__":
    name, port, folder = sys.argv[1:]
    pathlib.Path(folder, "media").mkdir(exist_ok=True)
    logging.disable(logging.WARNING)
    {"admin": admin, "shop": shop}[name](folder)
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, verbosity=0)
