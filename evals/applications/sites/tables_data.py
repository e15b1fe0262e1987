"""What the library of `tables.py` consists of: its tables, their descriptions, rules, and words for names and titles."""

import datetime

START = datetime.date(2023, 1, 1)
# The day on which the copy of the loan system was taken: the tasks call it today.
TODAY = datetime.date(2026, 3, 31)
SCHEMA = """
    create table branches (id integer primary key, name text, address text, phone text);
    create table categories (
        id integer primary key, name text, books_at_once integer, loan_days integer, open_fines_limit integer);
    create table rules (number integer primary key, rule text);
    create table members (
        id integer primary key, card text, name text, born text, phone text, email text,
        category integer references categories(id), branch integer references branches(id), joined text,
        valid_until text);
    create table books (
        id integer primary key, title text, author text, subject text, language text, year integer, isbn text);
    create table copies (
        id integer primary key, barcode text, book integer references books(id), branch integer references branches(id),
        condition text, status text);
    create table loans (
        id integer primary key, member integer references members(id), copy integer references copies(id),
        branch integer references branches(id), borrowed text, due text, returned text);
    create table fines (
        id integer primary key, member integer references members(id), loan integer references loans(id), reason text,
        amount numeric, system text, charged text, paid text, waived text);
    create table reports (
        number text primary key, branch integer references branches(id), month text, loans integer);
    create virtual table books_search using fts4(title, author, content="books");
"""
METADATA = {
    "title": "Libraries of Hulu Berang",
    "description": "A copy of the loan system, taken on the evening of 31 March 2026. Nothing can be changed here.",
    "databases": {"library": {
        "queries": {"loans_of_a_card": {
            "title": "Loans of a card",
            "sql": "select loans.id, loans.borrowed, loans.due, loans.returned, copies.barcode, books.title, books.author\n"
                   "from loans join members on members.id = loans.member join copies on copies.id = loans.copy\n"
                   "join books on books.id = copies.book where members.card = :card order by loans.borrowed desc"}},
        "tables": {
            "branches": {"description": "As the branches have entered themselves."},
            "members": {"columns": {"card": "One card per row. A person who has lost a card may have got another row."}},
            "books": {"fts_table": "books_search"},
            "copies": {"label_column": "barcode", "columns": {"condition": "As written down at the last stocktaking"}},
            "loans": {
                "description":
                    "From April to August 2024 the scanner of Padang Jawa wrote each loan down twice: the same member, copy "
                    "and day. Such a pair is one loan.",
                "columns": {"branch": "The branch that lent the book", "returned": "Empty while the book is out"}},
            "fines": {
                "columns": {
                    "amount": "In sen. The old system counted in ringgit (1 ringgit is 100 sen).",
                    "system": "The system in which the fine was entered"}},
            "reports": {
                "description": "What the branches told the head office: how many loans they made in each month of 2025."},
        }}},
}
BRANCHES = [  # The name, the address, and the share of the copies.
    ("Seri Kembang", "12 Jalan Kembang", 13), ("Padang Jawa", "3 Lorong Jawa", 13), ("Taman Melati", "4 Jalan Melati 2", 9),
    ("Bukit Damai", "88 Jalan Damai", 11), ("Kampung Baru", "21 Jalan Baru", 9), ("Sungai Rusa", "7 Jalan Sungai", 8),
    ("Pantai Indah", "15 Persiaran Pantai", 9), ("Mobile library", "", 4), ("Tmn. Melati", "Jln Melati 2, no. 4", 6),
    ("Taman Melor", "4 Jalan Melor 2", 8)]
SERI_KEMBANG, PADANG_JAWA, TAMAN_MELATI, BUKIT_DAMAI, _, SUNGAI_RUSA, PANTAI_INDAH, _, TMN_MELATI, TAMAN_MELOR = range(1, 11)
CATEGORIES = [("Adult", 6, 21, 2000), ("Senior", 8, 28, 3000), ("Student", 10, 21, 1500), ("Child", 4, 14, 1000)]
ADULT, SENIOR, STUDENT, CHILD = range(1, 5)
RULES = [
    "The libraries are open from Tuesday to Sunday, the mobile library on Wednesday and Friday.",
    "To borrow, a member needs a card that is still valid on that day, fewer books out than the category allows at once, and "
    "open fines below the limit of the category.",
    "A member who has a book that is more than 30 days overdue borrows nothing until it is back.",
    "A fine is open as long as it is neither paid nor waived.",
    "A member may renew a loan once, unless another member waits for the book.",
    "A copy may be withdrawn from a branch if its condition is worn, it has not been lent since 1 January 2024, and the "
    "libraries have another copy of the book that is in good condition and not lost. Local history is never withdrawn.",
    "Gifts of books are welcome, but become the property of the libraries.",
]
FIRST = """Aminah Badrul Chandran Devi Eng Farah Goh Hafiz Ismail Jaya Kavitha Latifah Mei Nasir Ong Puteri Rajan Salmah Tan
    Umar Vasanthi Wong Yusof Zainab""".split()
LAST = """Abdullah Bakar Chong Daud Ganesan Hassan Ibrahim Jamil Krishnan Lim Mahmud Nair Osman Pillai Ramli Samad Teoh
    Velu Wahid Yap""".split()
KINDS = """Broken Bright Distant Early Empty Golden Green Hidden Last Lonely Long Narrow Open Painted Quiet Restless Salt
    Second Slow Small Southern Stolen Strange Tall Wandering White""".split()
THINGS = """Bridge Clock Coast Courtyard Door Ferry Field Garden Hill House Island Kitchen Lantern Letter Market Monsoon
    Mountain Orchard River Road School Shadow Station Tailor Tiger Village Well Window""".split()
SUBJECTS = ["Novel", "Novel", "Cooking", "Nature", "Travel", "Science", "Local history", "Poetry", "Children"]
LANGUAGES = ["Malay", "Malay", "English", "English", "Tamil", "Chinese"]
