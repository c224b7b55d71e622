"""Other means to the same end, on the same file: CSV to a customers table in SQLite, cleaned and
without duplicates. None of them keeps a journal, reports issues by row, can go on after a kill, or
takes an import back; that is said where their figures are.
"""

import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("phonenumbers==9.0.43", "email-validator==2.4.0")


def python_with_packages(place):
    """The interpreter of a virtual environment with the packages; made once."""
    python = place / "bin" / "python"
    stamp = place / "packages.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(PACKAGES):
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        *PACKAGES], check=True, stdout=sys.stderr)
        stamp.write_text("\n".join(PACKAGES))
    return python


def commands(file, place, environments):
    """(name, command) of each peer."""
    sql = f".bail on\n.import --csv '{file}' staged\n" + (HERE / "peer_upsert.sql").read_text()
    script = place / "upsert.sql"
    script.write_text(sql)
    python = python_with_packages(environments / "python")
    return (
        ("sqlite3 .import + one upsert in SQL",
         ["sqlite3", "-init", str(script), str(place / "sql.db"), ".quit"]),
        ("Python: phonenumbers, email-validator",
         [str(python), str(HERE / "peer_python.py"), str(file), str(place / "python.db")]),
    )
