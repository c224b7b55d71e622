"""Makes the workbooks of this folder. Run in tests/: python3 -m data.spreadsheets.make (needs xlwt
for one of them). What they hold stands beside each as NAME.jsonl, checked by hand and by the other
readers of tests/e2e/cells_test.py."""

import datetime
import pathlib
import struct

from testing import workbook_writer as writer

HERE = pathlib.Path(__file__).resolve().parent
FORMATS = [0, "000000", "yyyy-mm-dd", 14, "h:mm:ss", "[h]:mm", 31, '¥#,##0.00', "0.0%", "0.00E+00",
           "# ?/?", "@", 'yyyy"年"m"月"d"日" 上午/下午h"时"', "[<0]0;[>=100]0.0;General", "mm:ss.0", 57]
SHARED = ' t="s"'
VALUES = [0, 1, -1, 0.5, 1.5, 59, 60, 61, 123, 45296, 45296.5625, 0.1, 1e21, 13800138000,
          12345678901234567, -0.25, 2958465, 2958466]


def cell(name, value, style=0, kind=""):
    return f'<c r="{name}" s="{style}"{kind}><v>{value}</v></c>'


def grid(values, formats):
    rows = []
    for r, value in enumerate(values, 1):
        cells = "".join(cell(f"{writer.column_name(c)}{r}", repr(value), c)
                        for c in range(len(formats)))
        rows.append(f'<row r="{r}">{cells}</row>')
    return "<sheetData>" + "".join(rows) + "</sheetData>"


def strings_book():
    shared = [
        "<t>普通</t>",
        "<r><t>富</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\"> 文本</t></r>",
        "<t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh><phoneticPr fontId=\"1\"/>",
        "<t>a_x000D_b_x005F_x000D_</t>",
        "<t xml:space=\"preserve\">  kept  </t>",
        "<t>  dropped\n</t>",
        "<t>&lt;&amp;&gt;&#x1F600;</t>",
        "<t/>",
    ]
    rows = "".join(f'<row r="{i + 1}">{cell(f"A{i + 1}", i, 0, SHARED)}</row>'
                   for i in range(len(shared)))
    rest = (f'<row r="9"><c r="A9" t="inlineStr">{writer.inline("行内_x0041_")}</c>'
            '<c r="B9" t="str"><f>A1</f><v>公式</v></c><c r="C9" t="b"><v>1</v></c>'
            '<c r="D9" t="e"><v>#N/A</v></c><c r="E9" t="b"><v>0</v></c><c r="F9"><f>1+1</f></c>'
            '<c r="G9" t="d"><v>2024-01-05T13:30:00</v></c><c r="H9"/><c r="I9" t="str"><v></v></c>'
            '</row>')
    body = f"<sheetData>{rows}{rest}</sheetData><mergeCells><mergeCell ref=\"J1:K2\"/></mergeCells>"
    return writer.parts([("字符串", "", body)], None, writer.shared_strings(shared))


def odd_book():
    """Cells and rows without numbers, in disorder, twice; hidden ones; a chart's tab."""
    disorder = ('<sheetData><row r="3"><c r="B3"><v>2</v></c><c r="A3"><v>1</v></c></row>'
                '<row r="1" hidden="1"><c r="A1"><v>0</v></c></row>'
                '<row r="3"><c r="B3"><v>22</v></c><c r="C3"><v>3</v></c></row></sheetData>')
    plain = ("<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c r=\"C2\"><v>3</v></c>"
             "<c><v>4</v></c></row><row r=\"5\"><c><v>5</v></c></row></sheetData>")
    made = writer.parts([("乱序", "", disorder), ("无号", 'state="hidden"', plain),
                         ("图表", "", ""), ("空", 'state="veryHidden"', "<sheetData/>")])
    rels = made["xl/_rels/workbook.xml.rels"]
    made["xl/_rels/workbook.xml.rels"] = rels.replace(
        'worksheet" Target="worksheets/sheet3.xml"', 'chartsheet" Target="chartsheets/sheet1.xml"'
    ).replace('"worksheets/sheet1.xml"', '"/xl/Worksheets/../worksheets/Sheet1.xml"')
    return made


def strict_book():
    made = writer.parts([("Strict", "", grid([45296, 1.5], FORMATS[:3]))],
                        writer.styles(FORMATS).replace(writer.MAIN, writer.STRICT_MAIN), None,
                        'date1904="1"', writer.STRICT_MAIN, writer.STRICT_OFFICE)
    # Prefixed names, and parts in UTF-16.
    sheet = made["xl/worksheets/sheet1.xml"].replace("UTF-8", "UTF-16")
    made["xl/worksheets/sheet1.xml"] = sheet.encode("utf-16")
    book = made["xl/workbook.xml"].replace("xmlns=", "xmlns:x=")
    for name in ("workbook", "workbookPr", "sheets", "sheet"):
        book = book.replace(f"<{name} ", f"<x:{name} ").replace(f"<{name}>", f"<x:{name}>")
        book = book.replace(f"</{name}>", f"</x:{name}>")
    made["xl/workbook.xml"] = book
    return made


def ods(content, manifest=""):
    spaces = "".join(f' xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for p, n in (
        ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style")))
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f"{writer.HEAD}<manifest>{manifest}</manifest>",
        "content.xml": (f"{writer.HEAD}<office:document-content{spaces}>"
                        '<office:automatic-styles><style:style style:name="h" style:family="table">'
                        '<style:table-properties table:display="false"/></style:style>'
                        "</office:automatic-styles><office:body><office:spreadsheet>"
                        f"{content}</office:spreadsheet></office:body>"
                        "</office:document-content>"),
    }


def ods_book():
    def typed(kind, name, value, text):
        return (f'<table:table-cell office:value-type="{kind}" office:{name}="{value}">'
                f"<text:p>{text}</text:p></table:table-cell>")
    first = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell '
        'table:number-columns-repeated="2" office:value-type="string"><text:p>重复</text:p>'
        "</table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        "<table:table-row>" + typed("float", "value", "13800138000", "1.38E+10")
        + typed("percentage", "value", "0.256", "25.6%")
        + typed("currency", "value", "12.5", "¥12.50")
        + typed("date", "date-value", "2024-01-05", "2024年1月5日")
        + typed("date", "date-value", "2024-01-05T13:30:00", "x")
        + typed("time", "time-value", "PT09H05M00S", "09:05:00")
        + typed("time", "time-value", "PT30H05M00S", "30:05:00")
        + typed("boolean", "boolean-value", "true", "TRUE")
        + '<table:covered-table-cell office:value-type="string"><text:p>盖</text:p>'
        "</table:covered-table-cell>"
        '<table:table-cell office:value-type="string"><office:annotation xmlns:office="urn:oasis:'
        'names:tc:opendocument:xmlns:office:1.0"><text:p>批注</text:p></office:annotation>'
        '<text:p>一<text:s text:c="2"/>二<text:tab/>三<text:line-break/>四</text:p>'
        '<text:p>五  六</text:p>'
        "</table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>')
    return ods(f'<table:table table:name="表一">{first}</table:table><table:table table:name="隐藏" '
               'table:style-name="h"><table:table-row><table:table-cell><text:p>x</text:p>'
               "</table:table-cell></table:table-row></table:table>")


def record(number, data):
    return struct.pack("<HH", number, len(data)) + data


def biff5():
    """A bare BIFF 5 stream in code page 936."""
    def text(string, width):
        data = string.encode("gb18030")
        return struct.pack("<B" if width == 1 else "<H", len(data)) + data
    sheet = record(0x809, struct.pack("<HHHH", 0x500, 0x10, 0, 0))
    sheet += record(0x208, struct.pack("<HHHHHHHH", 1, 0, 9, 0, 0, 0, 0x20, 0))
    sheet += record(0x204, struct.pack("<HHH", 0, 0, 0) + text("客户名称", 2))
    sheet += record(0xD6, struct.pack("<HHH", 0, 1, 0) + text("富文本", 2) + b"\x01\x00\x00")
    sheet += record(0x203, struct.pack("<HHHd", 1, 0, 1, 45296))
    sheet += record(0x27E, struct.pack("<HHHI", 1, 1, 0, (12345 << 2) | 3))
    sheet += record(0xBD, struct.pack("<HHHIHIH", 1, 2, 0, (7 << 2) | 2, 2, (8 << 2) | 2, 3))
    sheet += record(6, struct.pack("<HHH", 2, 0, 0) + b"\0\0\0\0\0\0\xff\xff" + b"\0" * 8)
    sheet += record(0x207, text("公式", 2))
    sheet += record(6, struct.pack("<HHH", 2, 1, 0) + b"\x01\0\x01\0\0\0\xff\xff" + b"\0" * 8)
    sheet += record(6, struct.pack("<HHH", 2, 2, 0) + b"\x02\0\x2a\0\0\0\xff\xff" + b"\0" * 8)
    sheet += record(6, struct.pack("<HHHd", 2, 3, 0, 2.5) + b"\0" * 8)
    sheet += record(0x205, struct.pack("<HHHBB", 2, 4, 0, 7, 1)) + record(10, b"")
    formats = record(0x41E, struct.pack("<H", 164) + text('yyyy"年"', 1))
    formats += record(0x41E, struct.pack("<H", 165) + text("000000", 1))
    styles = b"".join(record(0xE0, struct.pack("<HH", 0, f) + b"\0" * 12) for f in (0, 164, 165))
    head = record(0x809, struct.pack("<HHHH", 0x500, 5, 0, 0))
    head += record(0x42, struct.pack("<H", 936))
    head += formats + styles
    size = len(head) + 4 + 6 + len(text("表", 1)) + 4
    head += record(0x85, struct.pack("<IH", size, 0) + text("表", 1)) + record(10, b"")
    return head + sheet


def biff8():
    """A bare BIFF 8 stream whose strings run on over records, changing their width there."""
    strings = struct.pack("<II", 4, 4)
    strings += struct.pack("<HB", 5, 0) + b"abcde"
    strings += struct.pack("<HB", 6, 1) + "客户".encode("utf-16-le")
    more = b"\x00" + b"cdef"
    more += struct.pack("<HBH", 3, 8, 1) + b"xyz" + b"\0\0\0\0"
    more += struct.pack("<HBI", 2, 5, 6) + "東京".encode("utf-16-le") + b"\1\0\2\0\3\0"
    head = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    head += record(0x22, struct.pack("<H", 1))
    head += record(0xE0, struct.pack("<HH", 0, 0) + b"\0" * 16)
    head += record(0xE0, struct.pack("<HH", 0, 14) + b"\0" * 16)
    tail = record(0xFC, strings) + record(0x3C, more) + record(10, b"")
    name = struct.pack("<BB", 2, 1) + "宽表".encode("utf-16-le")
    place = len(head) + 4 + 6 + len(name) + len(tail)
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for i in range(4):
        sheet += record(0xFD, struct.pack("<HHHI", i, 0, 0, i))
    sheet += record(0x203, struct.pack("<HHHd", 4, 0, 1, 0))
    # A chart in the sheet has numbers of its own.
    sheet += record(0x809, struct.pack("<HHHHII", 0x600, 0x20, 0, 0, 0, 0))
    sheet += record(0x203, struct.pack("<HHHd", 0, 0, 0, 99)) + record(10, b"")
    sheet += record(6, struct.pack("<HHH", 5, 0, 0) + b"\0\0\0\0\0\0\xff\xff" + b"\0" * 8)
    sheet += record(0x4BC, b"\0" * 10)
    sheet += record(0x207, struct.pack("<HB", 4, 0) + b"ab")
    sheet += record(0x3C, b"\1" + "中文".encode("utf-16-le"))
    return head + record(0x85, struct.pack("<IH", place, 0) + name) + tail + sheet + record(10, b"")


def compound_book(path):
    """Excel 97's container, of many sectors, with dates and Chinese text."""
    import xlwt  # pylint: disable=import-outside-toplevel
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("客户")
    date = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for row in range(300):
        sheet.write(row, 0, f"客户{row}" * 20)
        sheet.write(row, 1, 13800000000 + row)
        sheet.write(row, 2, datetime.datetime(2024, 1, 5) + datetime.timedelta(days=row), date)
        sheet.write(row, 3, row / 7)
    book.add_sheet("空").visibility = 1
    book.save(str(path))


def damaged():
    """Files that are refused, by code."""
    good = strings_book()
    cut = dict(good)
    cut["xl/worksheets/sheet1.xml"] = cut["xl/worksheets/sheet1.xml"][:-20]
    doctype = dict(good)
    doctype["xl/sharedStrings.xml"] = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
        f'<sst xmlns="{writer.MAIN}"><si><t>&b;</t></si></sst>')
    missing = dict(good)
    missing["xl/sharedStrings.xml"] = writer.shared_strings(["<t>one</t>"])
    binary = {"_rels/.rels": writer.relationships([("r", "officeDocument", "xl/workbook.bin")]),
              "xl/workbook.bin": "x"}
    far = writer.parts([("x", "", '<sheetData><row r="1048577"><c><v>1</v></c></row></sheetData>')])
    wide = '<sheetData><row r="1"><c r="XFE1"><v>1</v></c></row></sheetData>'
    wide = writer.parts([("x", "", wide)])
    long = "x" * 1_000_000
    copies = "".join(f'<row r="{i}">{cell(f"A{i}", 0, 0, SHARED)}</row>'
                     for i in range(1, 2000))
    poison = writer.parts([("x", "", f"<sheetData>{copies}</sheetData>")], None,
                          writer.shared_strings([f"<t>{long}</t>"]))
    blank = writer.parts([("x", "", "<sheetData>" + " " * 60_000_000 + "</sheetData>")])
    billions = ods('<table:table table:name="x"><table:table-row table:number-rows-repeated='
                   '"1000000"><table:table-cell table:number-columns-repeated="16384" office:value'
                   '-type="float" office:value="1"/></table:table-row></table:table>')
    return {
        "corrupt-cut.xlsx": cut, "doctype.xlsx": doctype, "corrupt-string.xlsx": missing,
        "unsupported.xlsb": binary, "too_large-row.xlsx": far, "too_large-column.xlsx": wide,
        "bomb-strings.xlsx": poison, "bomb-blank.xlsx": blank, "bomb-repeats.ods": billions,
        "encrypted.ods": ods("", "<encryption-data/>"),
        "unsupported.docx": {"word/document.xml": ""},
    }


def main():
    books = {
        "formats.xlsx": writer.parts([("格式", "", grid(VALUES, FORMATS))], writer.styles(FORMATS)),
        "formats-1904.xlsx": writer.parts([("1904", "", grid(VALUES, FORMATS))],
                                          writer.styles(FORMATS), None, 'date1904="true"'),
        "strings.xlsx": strings_book(), "odd.xlsx": odd_book(), "strict.xlsx": strict_book(),
        "book.ods": ods_book(),
    }
    for name, made in books.items():
        writer.write(HERE / name, made)
    (HERE / "refused").mkdir(exist_ok=True)
    for name, made in damaged().items():
        writer.write(HERE / "refused" / name, made)
    (HERE / "biff5.xls").write_bytes(biff5())
    (HERE / "biff8.xls").write_bytes(biff8())
    encrypted = bytearray(biff8())
    encrypted[20:20] = record(0x2F, b"\0" * 6)
    (HERE / "refused/encrypted.xls").write_bytes(bytes(encrypted))
    (HERE / "refused/unsupported-4.xls").write_bytes(record(0x409, struct.pack("<HHH", 0, 0x10, 0)))
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    (HERE / "refused/corrupt-container.xls").write_bytes(magic + b"\0" * 600)
    (HERE / "refused/corrupt-zip.xlsx").write_bytes((HERE / "strings.xlsx").read_bytes()[:700])
    (HERE / "refused/corrupt-record.xls").write_bytes(biff8()[:-30])
    compound_book(HERE / "compound.xls")


if __name__ == "__main__":
    main()
