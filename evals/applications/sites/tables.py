"""Datasette, unmodified, with the loans of a public library: always the same rows, some of them dirty.

`python tables.py PORT FOLDER`
"""

import datetime
import json
import os
import sqlite3
import sys

from tables_data import (
    ADULT, BRANCHES, BUKIT_DAMAI, CATEGORIES, CHILD, FIRST, KINDS, LANGUAGES, LAST, METADATA, PADANG_JAWA,
    PANTAI_INDAH, RULES, SCHEMA, SENIOR, SERI_KEMBANG, START, STUDENT, SUBJECTS, SUNGAI_RUSA, TAMAN_MELATI,
    TAMAN_MELOR, THINGS, TMN_MELATI, TODAY)


class Dice:
    """Always the same throws, with any version of Python."""

    def __init__(self):
        self.state = 2026

    def __call__(self, sides):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 33) % sides

    def one(self, things):
        return things[self(len(things))]

    def shuffle(self, things):
        for end in range(len(things) - 1, 0, -1):
            other = self(end + 1)
            things[end], things[other] = things[other], things[end]


def days(number):
    return datetime.timedelta(days=number)


class Library:
    """The rows are dictionaries that refer to each other; they are numbered when they are written."""

    def __init__(self):
        self.dice = Dice()
        self.members, self.books, self.copies, self.loans, self.fines = [], [], [], [], []
        self.fill()
        self.plant_readers()
        self.plant_desk()
        self.plant_cards()
        self.plant_harbour()
        self.plant_withdrawals()
        self.finish_loans()
        self.plant_fines()
        self.number()

    # ------------------------------------------------------------------------------------------ what is there anyhow

    def fill(self):
        names = [f"{first} {last}" for first in FIRST for last in LAST]
        self.dice.shuffle(names)
        self.names = iter(names)
        for _ in range(400):
            self.member(next(self.names), category=self.dice.one([ADULT, ADULT, ADULT, SENIOR, STUDENT, CHILD]))
        self.ordinary = list(self.members)
        titles = [f"The {kind} {thing}" for kind in KINDS for thing in THINGS]
        self.dice.shuffle(titles)
        self.titles = iter(titles)
        for _ in range(240):
            self.book(next(self.titles))
        for book in self.books:
            for _ in range(1 + self.dice(5)):
                self.lend(self.copy(book, self.some_branch()))
        # Some books were entered a second time, with the title in capitals.
        lent = [loan["copy"]["book"] for loan in self.loans if loan["borrowed"].year == 2024]
        self.twice = [book for book in self.books if lent.count(book) > 4][:6]
        for book in self.twice:
            again = self.book(**book | {"title": book["title"].upper()})
            for _ in range(2):
                self.lend(self.copy(again, self.some_branch()), popularity=6)

    def some_branch(self):
        return self.dice.one([number for number, branch in enumerate(BRANCHES, 1) for _ in range(branch[2])])

    def member(self, name, **given):
        number, joined = len(self.members), START - days(self.dice(3000))
        self.members.append({
            "name": name, "born": datetime.date(1945 + self.dice(60), 1 + self.dice(12), 1 + self.dice(28)),
            "phone": f"01{self.dice(9) + 1}-{100 + self.dice(900)} {1000 + self.dice(9000)}",
            "email":
                "" if self.dice(6) == 0 else None if self.dice(9) == 0 else f"{name.split()[0]}{number}@example.com".lower(),
            "category": ADULT, "branch": self.some_branch(), "joined": joined,
            "valid_until": TODAY + days(30 + self.dice(700)) if self.dice(9) else TODAY - days(20 + self.dice(300))} | given)
        return self.members[-1]

    def book(self, title, **given):
        self.books.append({
            "title": title, "author": f"{self.dice.one(FIRST)} {self.dice.one(LAST)}", "subject": self.dice.one(SUBJECTS),
            "language": self.dice.one(LANGUAGES), "year": 1965 + self.dice(58),
            "isbn": f"978-967-{1000 + len(self.books)}-{10 + self.dice(90)}-{self.dice(10)}"} | given)
        return self.books[-1]

    def copy(self, book, branch, condition="good", status="on shelf"):
        self.copies.append({"book": book, "branch": branch, "condition": condition, "status": status})
        return self.copies[-1]

    def loan(self, member, copy, borrowed, returned=None):
        self.loans.append({"member": member, "copy": copy, "borrowed": borrowed, "returned": returned})
        return self.loans[-1]

    def lend(self, copy, popularity=None):
        """Lends a copy to one member after the other."""
        popularity, day = popularity or 1 + self.dice(6), START
        while True:
            borrowed = day + days(10 + self.dice(900 // popularity))
            returned = borrowed + days(3 + self.dice(24) + (self.dice(12) == 0) * self.dice(60))
            if borrowed > TODAY:
                break
            self.loan(self.dice.one(self.ordinary), copy, borrowed, returned if returned <= TODAY else None)
            if returned > TODAY:
                break
            day = returned

    # ------------------------------------------------------------------------------------- what the tasks ask for

    def plant_readers(self):
        """The most loans of 2024, the most copies, the most records of books, and the most books are four members'."""
        of_book = {}
        for loan in self.loans:
            if loan["borrowed"].year == 2024 and loan["copy"]["branch"] != PADANG_JAWA:
                of_book.setdefault(loan["copy"]["book"]["isbn"], []).append(loan)
        groups = sorted(of_book.values(), key=len, reverse=True)
        twice = [group for group in groups if any(group[0]["copy"]["book"]["isbn"] == book["isbn"] for book in self.twice)]
        groups = [group for group in groups if group not in twice]

        def give(loans, name):
            reader = self.member(name, joined=datetime.date(2019, 5, 2), valid_until=datetime.date(2027, 1, 31))
            for loan in loans:
                assert loan["member"] in self.ordinary
                loan["member"] = reader

        def first(group, key):
            return list({id(loan["copy"][key]) if key else id(loan["copy"]): loan for loan in group}.values())

        many = [loan for group in groups[:4] for loan in group][:24]
        copies = [loan for group in groups[4:20] for loan in first(group, None)][:20]
        records = [loan for group in twice for loan in first(group, "book")] + [group[0] for group in groups[40:47]]
        books = [group[0] for group in groups[50:67]]
        for loans in many, copies, records, books:
            give(loans, next(self.names))

    def plant_desk(self):
        """Four members who want to borrow today: only one may."""
        new = {"joined": datetime.date(2021, 8, 17), "valid_until": datetime.date(2027, 6, 30)}
        # All six books are out, one of them written down in the other way.
        full = self.member("Rohani Sulaiman", category=ADULT, **new)
        for ago in (18, 15, 12, 9, 6, 3):
            self.out(full, ago)["returned"] = "" if ago == 9 else None
        # The fines are below the limit, because one is waived, and the overdue book isn't late enough.
        self.free = self.member("Thomas Anthony", category=STUDENT, **new)
        for ago in (38, 20, 11, 8):
            self.out(self.free, ago)
        # The card has ended yesterday.
        ended = self.member("Khadijah Noor", category=SENIOR, **new | {"valid_until": TODAY - days(1)})
        for ago in (25, 4):
            self.out(ended, ago)
        late = self.member("Lee Kah Wai", category=ADULT, **new)
        for ago in (66, 13):
            self.out(late, ago)

    def out(self, member, ago, title=None):
        """Lends a new copy, which is still out."""
        copy = self.copy(self.dice.one([book for book in self.books if book["title"].startswith("The ")]), self.some_branch())
        if title:
            copy["book"] = self.book(title)
        return self.loan(member, copy, TODAY - days(ago))

    def plant_cards(self):
        """A member with two cards, and two others of the same name."""
        born = datetime.date(1991, 6, 4)
        first = self.member("Nur Aisyah binti Rahman", born=born, phone="012-555 0142", valid_until=datetime.date(2026, 8, 31))
        second = self.member("Nur Aisyah bt. Rahman", born=born, phone="+60125550142", valid_until=datetime.date(2027, 2, 28))
        older = self.member("Nur Aisyah binti Rahman", born=datetime.date(1967, 6, 14), phone="013-555 0142")
        other = self.member("Nur Aishah binti Rahman", born=datetime.date(1991, 4, 6), phone="012-555 0124")
        self.out(first, 50, "A Bowl of Pandan Rice")
        self.out(first, 7)
        self.out(second, 61, "Kites over Kelantan")["returned"] = ""
        self.out(second, 5)
        self.out(older, 74, "Letters to a Lighthouse")
        self.out(other, 70, "The Potter and the Crow")

    def plant_harbour(self):
        """A book that nobody has on a certain day, and another of the same title that somebody has."""
        asked = datetime.date(2026, 2, 12)
        wanted = self.book("The Silent Harbour", author="Lim Siew Hoon", subject="Novel", language="English")
        other = self.book("The Silent Harbour", author="R. Menon", subject="Novel", language="English")
        pick = lambda: self.dice.one(self.ordinary)
        one, two, three = (self.copy(wanted, branch) for branch in (SERI_KEMBANG, TMN_MELATI, SUNGAI_RUSA))
        for copy, spans in (
            (one, [(-400, -380), (-160, -149), (-64, -40)]),
            (two, [(-300, -281), (-31, -2), (9, 25)]),
            (three, [(-220, -190), (-25, -6), (3, 20)]),
            (self.copy(wanted, TAMAN_MELOR, status="lost"), [(-700, -679)]),
            (self.copy(other, SERI_KEMBANG), [(-90, -70), (-5, 11)]), (self.copy(other, PANTAI_INDAH), [(-30, -1), (1, 15)]),
        ):
            for start, end in spans:
                self.loan(pick(), copy, asked + days(start), asked + days(end))
        names = {(-31, -2): "Faridah Kassim", (3, 20): "Samuel Pereira", (-5, 11): "Hamdan Zakaria"}
        for loan in self.loans:
            span = (loan["borrowed"] - asked).days, (loan["returned"] - asked).days if loan["returned"] else None
            if span in names and loan["copy"]["book"]["title"] == "The Silent Harbour":
                loan["member"] = self.member(names[span])

    def plant_withdrawals(self):
        """Worn copies at a branch, of which three may be withdrawn."""
        lent = {id(loan["copy"]) for loan in self.loans if loan["borrowed"].year >= 2024}
        for copy in self.copies:
            if id(copy) in lent and self.dice(7) == 0:
                copy["condition"] = self.dice.one(["worn", "worn", "Worn", ""])
            elif copy["branch"] != BUKIT_DAMAI and self.dice(12) == 0:
                copy["condition"] = "worn"
            if self.dice(60) == 0 and copy["status"] == "on shelf" and id(copy) in lent:
                copy["status"] = "in repair"

        def candidate(*others, condition="worn", subject="Nature", years=(2023,)):
            book = self.book(next(self.titles), subject=subject)
            copy = self.copy(book, BUKIT_DAMAI, condition)
            for year in years:
                start = datetime.date(year, 2 + self.dice(9), 3 + self.dice(20))
                self.loan(self.dice.one(self.ordinary), copy, start, start + days(9 + self.dice(9)))
            for condition, status in others:
                copy = self.copy(book, self.dice.one([SERI_KEMBANG, SUNGAI_RUSA, TAMAN_MELOR]), condition, status)
                start = datetime.date(2025, 2 + self.dice(9), 3 + self.dice(20))
                self.loan(self.dice.one(self.ordinary), copy, start, start + days(9 + self.dice(9)))

        good = ("good", "on shelf")
        candidate(good)
        candidate(good, ("worn", "on shelf"), condition="Worn", subject="Novel")
        candidate(good, years=(), subject="Travel")
        candidate(good, years=(2023, 2024))
        candidate(good, subject="Local history")
        candidate(("worn", "on shelf"), subject="Science")
        candidate(("good", "lost"), subject="Novel")
        candidate(subject="Cooking")

    def finish_loans(self):
        """Sorts the loans, writes some down twice, and charges fines for being late."""
        self.loans.sort(key=lambda loan: loan["borrowed"])
        for number, loan in enumerate(list(self.loans)):
            loan["due"] = loan["borrowed"] + days(CATEGORIES[loan["member"]["category"] - 1][2])
            if loan["returned"] is None and loan["member"] in self.ordinary and number % 7 == 0:
                loan["returned"] = ""
        april, september = datetime.date(2024, 4, 1), datetime.date(2024, 9, 1)
        twice = [loan for loan in self.loans if loan["copy"]["branch"] == PADANG_JAWA and april <= loan["borrowed"] < september]
        self.loans = sorted(self.loans + [dict(loan) for loan in twice], key=lambda loan: loan["borrowed"])
        for loan in self.loans:
            late = (loan["returned"] - loan["due"]).days if loan["returned"] else 0
            if late > 0 and loan["member"]["category"] != CHILD and loan not in twice:
                self.fine(loan, "late", late * 20)
            elif loan["returned"] and self.dice(90) == 0:
                self.fine(loan, "damaged", 500 + 100 * self.dice(30))

    def fine(self, loan, reason, sen, ending=None):
        charged = loan["returned"] or loan["borrowed"] + days(60)
        endings = ["paid"] * 7 + ["waived", "open", "open"] if loan["member"] in self.ordinary else ["paid"]
        ending = ending or self.dice.one(endings)
        settled = min(charged + days(self.dice(40)), TODAY)
        is_old = charged.year == 2023
        self.fines.append({
            "member": loan["member"], "loan": loan, "reason": reason, "amount": round(sen / 100, 2) if is_old else sen,
            "system": "old" if is_old else "new", "charged": charged,
            "paid": settled if ending == "paid" else "" if self.dice(5) == 0 else None,
            "waived": settled if ending == "waived" else None})
        return self.fines[-1]

    def plant_fines(self):
        """The largest open fine is one of the old system, a smaller number than many."""
        def some(year, count, name=None):
            loan = [loan for loan in self.loans if loan["returned"] and loan["returned"].year == year and
                    loan["member"] in self.ordinary and not any(fine["loan"] is loan for fine in self.fines)][count]
            if name:
                loan["member"] = self.member(name, category=loan["member"]["category"])
            return loan

        self.fine(some(2023, 520, "Gurdial Singh"), "lost", 9600, "open")
        self.fine(some(2023, 200), "lost", 11500, "paid")
        self.fine(some(2023, 230), "lost", 12000, "waived")
        self.fine(some(2025, 300, "Marina Fernandez"), "lost", 8900, "open")
        self.fine(some(2025, 410), "lost", 14500, "paid")
        self.fine(some(2024, 120), "lost", 13000, "waived")
        for year in (2024, 2025):
            self.fine(some(year, 90), "late", 0, "open")["amount"] = "not known"
        for ago, sen, ending in ((90, 600, "open"), (300, 900, "waived"), (480, 800, "open")):
            copy = self.copy(self.dice.one(self.books), SERI_KEMBANG)
            loan = self.loan(self.free, copy, TODAY - days(ago + 30), TODAY - days(ago))
            loan["due"] = loan["borrowed"] + days(21)
            self.fine(loan, "late" if sen == 600 else "damaged", sen, ending)
        self.loans.sort(key=lambda loan: loan["borrowed"])
        self.fines.sort(key=lambda fine: fine["charged"])

    def number(self):
        for rows in self.members, self.copies:
            self.dice.shuffle(rows)
        for rows in self.members, self.books, self.copies, self.loans, self.fines:
            for number, row in enumerate(rows, 1):
                row["id"] = number
        for member in self.members:
            member["card"] = f"M-{1000 + member['id']}"
        for copy in self.copies:
            copy["barcode"] = f"HB-{20000 + 7 * copy['id']}"
        for loan in self.loans:
            loan["branch"] = loan["copy"]["branch"]

    # ------------------------------------------------------------------------------------------------------ reports

    def reports(self):
        """The reports of 2025 agree with the loans, whatever the spelling of the branch, except for two."""
        counts = {}
        for loan in self.loans:
            if loan["borrowed"].year == 2025:
                key = loan["branch"], loan["borrowed"].month
                counts[key] = counts.get(key, 0) + 1
        for month in range(1, 13):
            for branch in range(1, len(BRANCHES) + 1):
                told = counts.get((branch, month), 0)
                if branch == TAMAN_MELATI and month != 9:
                    told += counts.get((TMN_MELATI, month), 0)
                if branch == PANTAI_INDAH and month == 6:
                    told += 9
                if branch != TMN_MELATI:
                    yield branch, f"2025-{month:02}", told

    # ------------------------------------------------------------------------------------------------------ writing

    def write(self, path):
        def rows(dictionaries, *names):
            for row in dictionaries:
                values = (row[name] for name in ("id", *names))
                yield [value["id"] if isinstance(value, dict) else str(value) if isinstance(value, datetime.date) else value
                       for value in values]

        with sqlite3.connect(path) as database:
            database.executescript(SCHEMA)
            for table, values in {
                "branches": [(number, name, address, f"03-5550 01{2 if number == TMN_MELATI else number - 1}0")
                             for number, (name, address, _) in enumerate(BRANCHES, 1)],
                "categories": [(number, *category) for number, category in enumerate(CATEGORIES, 1)],
                "rules": list(enumerate(RULES, 1)),
                "members": list(rows(
                    self.members, "card", "name", "born", "phone", "email", "category", "branch", "joined", "valid_until")),
                "books": list(rows(self.books, "title", "author", "subject", "language", "year", "isbn")),
                "copies": list(rows(self.copies, "barcode", "book", "branch", "condition", "status")),
                "loans": list(rows(self.loans, "member", "copy", "branch", "borrowed", "due", "returned")),
                "fines": list(rows(self.fines, "member", "loan", "reason", "amount", "system", "charged", "paid", "waived")),
                "reports": [(f"R-{3100 + 3 * number}", *report) for number, report in enumerate(self.reports())],
            }.items():
                database.executemany(f"insert into {table} values ({', '.join('?' * len(values[0]))})", values)
            database.execute("insert into books_search(books_search) values ('rebuild')")
        database.close()


if __name__ == "__main__":
    port, folder = sys.argv[1:]
    Library().write(f"{folder}/library.db")
    with open(f"{folder}/metadata.json", "w") as file:
        json.dump(METADATA, file)
    os.execvp("datasette", [
        "datasette", "serve", "-i", f"{folder}/library.db", "--metadata", f"{folder}/metadata.json", "--host", "127.0.0.1",
        "--port", port,
        # Slow machines need longer than the usual second.
        *(word for name in ("sql_time_limit_ms", "facet_time_limit_ms", "facet_suggest_time_limit_ms")
          for word in ("--setting", name, "20000"))])
