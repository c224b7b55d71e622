"""The peer of workbook_bench: writes a workbook of rows x 10 cells, or reads one with calamine.

    python3 workbook_peer.py write FILE [ROWS]     needs xlsxwriter
    python3 workbook_peer.py read FILE             needs python-calamine; prints seconds and memory
"""

import resource
import sys
import time

WORDS = "晨光 远航 同心 嘉禾 宏图 锦程 瑞丰 天成".split()


def write(path, rows):
    import xlsxwriter  # pylint: disable=import-outside-toplevel,import-error
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("客户")
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    zeros = book.add_format({"num_format": "000000"})
    for r in range(rows):
        sheet.write_string(r, 0, WORDS[r % 8] + WORDS[r // 8 % 8] + str(r))
        sheet.write_string(r, 1, f"kehu{r:07d}@example.com")
        sheet.write_number(r, 2, 13800000000 + r)
        sheet.write_number(r, 3, r, zeros)
        sheet.write_number(r, 4, 40000 + r % 5000, date)
        sheet.write_number(r, 5, r * 7919 % 1000000 / 100)
        sheet.write_string(r, 6, WORDS[r % 8] + "市")
        sheet.write_string(r, 7, f"{WORDS[r % 7]}路{r % 400}号")
        sheet.write_number(r, 8, r % 97)
        sheet.write_string(r, 9, f"备注{r % 1000}")
    book.close()


def read(path):
    # pylint: disable-next=import-outside-toplevel,import-error
    from python_calamine import CalamineWorkbook
    begun, cpu = time.monotonic(), time.process_time()
    book = CalamineWorkbook.from_path(path)
    cells = sum(len(row) for row in book.get_sheet_by_index(0).iter_rows())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{cells} cells, {time.monotonic() - begun:.2f} s, "
          f"{time.process_time() - cpu:.2f} CPU-s, {memory} MB")


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000)
    else:
        read(sys.argv[2])
