#!/usr/bin/env python3
"""Writes customers.csv: made-up customers with the faults that hand-kept lists have.

Every company, person, number and address is invented: companies are put together from word lists,
phone numbers are from one block, e-mail addresses end in example.com. The same seed gives the same
bytes; run it again after a change:  deploy/sample/make_sample.py deploy/sample/customers.csv

What it promises, and tests rely on: no row is rejected (each has a name) and none needs review (no
two customers share a name, an e-mail address or a phone number).
"""

import csv
import io
import random
import sys

SEED = 20240607
CUSTOMERS = 440
HEADER = ["客户名称", "联系人", "联系电话", "邮箱地址", "地址", "备注"]

PLACES = "东海 南湖 西岭 北原 青山 白云 临江 望月 长桥 古渡 松林 竹溪 梅岭 兰亭 金沙 银滩".split()
WORDS = "晨光 远航 同心 嘉禾 宏图 锦程 瑞丰 天成 永固 新芽 百川 启明 安康 星河 恒信 乐居".split()
TRADES = ["商贸有限公司", "科技有限公司", "食品厂", "建材经营部", "物流有限公司", "设计工作室"]
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = "晓明 文静 建国 丽华 志强 雨桐 子涵 海燕 国庆 思远 佳怡 俊杰".split()
STREETS = "桃花路 杏林街 柳堤巷 荷塘路 枫桥街 樱园路".split()
NOTES = ["老客户", "月底结账", "周一送货", "需要发票", "介绍来的", "合同到期后再联系", "", "", ""]


def full_width(text):
    """ASCII letters, digits and signs as the full-width forms an input method leaves behind."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def make_customers(rng):
    names = [p + w + t for p in PLACES for w in WORDS for t in TRADES]
    numbers = rng.sample(range(10000), CUSTOMERS)
    customers = []
    for i, name in enumerate(rng.sample(names, CUSTOMERS)):
        person = rng.choice(SURNAMES) + rng.choice(GIVEN)
        address = f"{rng.choice(PLACES)}市{rng.choice(STREETS)}{rng.randint(1, 300)}号"
        customers.append([name, person, f"1380013{numbers[i]:04d}",
                          f"kehu{i + 1:03d}@example.com", address, rng.choice(NOTES)])
    return customers


def spoil(row, rng):
    """The row with at most one fault in each of some cells; never in the name's words."""
    name, person, phone, email, address, note = row
    fault = rng.random()
    if fault < 0.06:
        name = name + " " * rng.randint(1, 2)
    elif fault < 0.10:
        name = "\u3000" + name
    fault = rng.random()
    if fault < 0.10:
        phone = f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"
    elif fault < 0.16:
        phone = f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}"
    elif fault < 0.20:
        phone = full_width(phone)
    elif fault < 0.23:
        phone = f"010-8888{phone[-4:]}转{rng.randint(1, 9)}0{rng.randint(1, 9)}"
    elif fault < 0.25:
        phone = rng.choice(["12345", "打不通", "138001"])
    elif fault < 0.28:
        phone = rng.choice(["无", "暂无", "n/a", "0000"])
    fault = rng.random()
    if fault < 0.06:
        email = " " + email
    elif fault < 0.12:
        email = email.replace("kehu", "KeHu").replace("com", "COM")
    elif fault < 0.15:
        email = full_width(email)
    elif fault < 0.18:
        email = email.replace("@", "")
    elif fault < 0.22:
        email = rng.choice(["无", "-", "未知"])
    if rng.random() < 0.05:
        address = address.replace("市", "市  ")
    if rng.random() < 0.03:
        note = (note or "电话打过") + "\n下周再联系"
    if rng.random() < 0.03:
        note = "说是\"老朋友\",可优惠"
    return [name, person, phone, email, address, note]


def make_rows(rng):
    rows = []
    for customer in make_customers(rng):
        rows.append(spoil(customer, rng))
        kind = rng.random()
        if kind < 0.06:
            rows.append(list(rows[-1]))
        elif kind < 0.14:
            # The first row lacks the address; a later one of the same customer brings it.
            rows[-1] = list(customer)
            rows[-1][4] = ""
            rows.append(list(customer))
    return rows


def write_sample(path):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(make_rows(random.Random(SEED)))
    with open(path, "wb") as file:
        file.write(text.getvalue().encode("gbk"))


if __name__ == "__main__":
    write_sample(sys.argv[1])
