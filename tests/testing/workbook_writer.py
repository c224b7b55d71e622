"""Writes small .xlsx files, with the freedom to write what no library would: each part is text."""

import re
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def string_text(text):
    """Text of a string element: escaped twice, as Excel does."""
    return escape(CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


def column_name(number):
    """A for 0."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def inline(text):
    return f'<is><t xml:space="preserve">{string_text(text)}</t></is>'


def text_rows(rows):
    """<sheetData> of rows of strings; blank strings are no cells."""
    parts = ["<sheetData>"]
    for number, row in enumerate(rows, 1):
        cells = "".join(f'<c r="{column_name(i)}{number}" t="inlineStr">{inline(text)}</c>'
                        for i, text in enumerate(row) if text)
        parts.append(f'<row r="{number}">{cells}</row>')
    parts.append("</sheetData>")
    return "".join(parts)


def styles(formats):
    """A styles part whose style N has the N-th format: a number of a built-in one, or a code."""
    codes = [f for f in formats if isinstance(f, str)]
    defined = "".join(f'<numFmt numFmtId="{164 + i}" formatCode={quoteattr(code)}/>'
                      for i, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{164 + codes.index(f) if isinstance(f, str) else f}"/>'
                   for f in formats)
    return (f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts>{defined}</numFmts>'
            f'<cellXfs>{used}</cellXfs></styleSheet>')


def shared_strings(items):
    """A part of shared strings from the inside of each <si>."""
    return f'{HEAD}<sst xmlns="{MAIN}">' + "".join(f"<si>{i}</si>" for i in items) + "</sst>"


def parts(sheets, style=None, strings=None, properties="", main=MAIN, office=OFFICE):
    """The parts of a workbook by name. `sheets`: (name, attributes, inside of <worksheet>)."""
    listed, related, made = [], [], {}
    for number, (name, attributes, body) in enumerate(sheets, 1):
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{number}" {attributes} '
                      f'r:id="rId{number}"/>')
        related.append((f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml"))
        made[f"xl/worksheets/sheet{number}.xml"] = (
            f'{HEAD}<worksheet xmlns="{main}" xmlns:r="{office}">{body}</worksheet>')
    if style:
        related.append(("rIdStyles", "styles", "styles.xml"))
        made["xl/styles.xml"] = style
    if strings:
        related.append(("rIdStrings", "sharedStrings", "sharedStrings.xml"))
        made["xl/sharedStrings.xml"] = strings
    made["xl/workbook.xml"] = (
        f'{HEAD}<workbook xmlns="{main}" xmlns:r="{office}"><workbookPr {properties}/>'
        f'<sheets>{"".join(listed)}</sheets></workbook>')
    made["xl/_rels/workbook.xml.rels"] = relationships(related, office)
    made["_rels/.rels"] = relationships([("rId1", "officeDocument", "xl/workbook.xml")], office)
    made["[Content_Types].xml"] = content_types(made)
    return made


def content_types(made):
    kinds = {"xl/workbook.xml": "sheet.main", "xl/styles.xml": "styles",
             "xl/sharedStrings.xml": "sharedStrings"}
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    named = "".join(f'<Override PartName="/{name}" ContentType="{office}'
                    f'{kinds.get(name, "worksheet")}+xml"/>'
                    for name in made if name.startswith("xl/") and "_rels" not in name)
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{relations}"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{named}</Types>')


def relationships(listed, office=OFFICE):
    inside = "".join(f'<Relationship Id="{i}" Type="{office}/{kind}" Target="{target}"/>'
                     for i, kind, target in listed)
    return f'{HEAD}<Relationships xmlns="{PACKAGE}">{inside}</Relationships>'


def write(path, made):
    """The container, the same bytes for the same parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in made.items():
            book.writestr(zipfile.ZipInfo(name), text if isinstance(text, bytes) else text.encode(),
                          zipfile.ZIP_DEFLATED)


def write_text(path, rows, sheet="Sheet1"):
    """A workbook of strings."""
    write(path, parts([(sheet, "", text_rows(rows))]))
