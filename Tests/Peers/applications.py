"""Two unmodified Django applications, for an interpreter that has them installed: Django's admin and the django-oscar
shop. Seeds a database in a folder, and serves it.

`python applications.py admin|shop PORT FOLDER`
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
        middleware = [*middleware, "applications.ChangedLook"]
        sys.modules["applications"] = sys.modules["__main__"]
    settings.configure(
        **SETTINGS | more, INSTALLED_APPS=apps, MIDDLEWARE=[*MIDDLEWARE, *middleware], MEDIA_ROOT=f"{folder}/media",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/database.sqlite"}},
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
            "OPTIONS": {"context_processors": [*PROCESSORS, *processors]}}])
    django.setup()
    call_command("migrate", verbosity=0)


def route(*patterns):
    """The application's URLs, with a link that signs the user in, like the links that are sent by email."""
    from django.contrib.auth import get_user_model, login
    from django.shortcuts import redirect
    from django.urls import path

    def enter(request):
        user = get_user_model().objects.get(username="boss")
        login(request, user, "django.contrib.auth.backends.ModelBackend")
        return redirect(request.GET["next"])

    sys.modules["urls"] = types.SimpleNamespace(urlpatterns=[path("welcome/", enter), *patterns])


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
            "AUTHENTICATION_BACKENDS": [
                "oscar.apps.customer.auth_backends.EmailBackend", "django.contrib.auth.backends.ModelBackend"],
            "HAYSTACK_CONNECTIONS": {"default": {
                "ENGINE": "haystack.backends.whoosh_backend.WhooshEngine", "PATH": f"{folder}/index"}},
            "HAYSTACK_SIGNAL_PROCESSOR": "haystack.signals.BaseSignalProcessor"})
    import datetime

    from django.apps import apps
    from django.contrib.auth import get_user_model
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
    call_command("update_index", verbosity=0)


if __name__ == "__main__":
    name, port, folder = sys.argv[1:]
    pathlib.Path(folder, "media").mkdir(exist_ok=True)
    logging.disable(logging.WARNING)
    {"admin": admin, "shop": shop}[name](folder)
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, verbosity=0)
