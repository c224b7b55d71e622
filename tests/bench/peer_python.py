"""usage: peer_python.py FILE.csv FILE.db - what a careful data team writes in an afternoon."""

import csv
import sqlite3
import sys

import email_validator
import phonenumbers

BATCH = 10000
UPSERT = """
INSERT INTO customers(name, contact_name, phone, email, address, note) VALUES(?, ?, ?, ?, ?, ?)
ON CONFLICT(email) DO UPDATE SET address = coalesce(customers.address, excluded.address),
                                 note = coalesce(customers.note, excluded.note)
ON CONFLICT(phone) DO UPDATE SET address = coalesce(customers.address, excluded.address),
                                 note = coalesce(customers.note, excluded.note)"""


def phone_of(text):
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email_of(text):
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError:
        return None


def main():
    base = sqlite3.connect(sys.argv[2])
    base.executescript("""
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT NOT NULL, contact_name TEXT,
                               phone TEXT UNIQUE, email TEXT UNIQUE, address TEXT, note TEXT);""")
    batch = []
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            cells = [" ".join(cell.split()) for cell in row[:6]] + [""] * (6 - len(row))
            name, contact, phone, mail, address, note = cells
            if not name:
                continue
            batch.append((name, contact or None, phone_of(phone), email_of(mail), address or None,
                          note or None))
            if len(batch) == BATCH:
                base.executemany(UPSERT, batch)
                base.commit()
                batch.clear()
    base.executemany(UPSERT, batch)
    base.commit()


if __name__ == "__main__":
    main()
