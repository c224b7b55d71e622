"""Cells with a fault sown on purpose: each knows its text, its normal form and its issues.

The answer is known because the fault was put in, not because anything was parsed.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Cell:
    text: str
    value: str
    issues: tuple = ()
    unfit: bool = False


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def plain(value):
    return Cell(value, value)


def blank():
    return Cell("", "")


def phone(digits, rng):
    """`digits`: an 11-digit mobile number. Without a fault mostly as people type it."""
    value = "+86" + digits
    return rng.choice((Cell(digits, value), Cell(digits, value), Cell(value, value)))


def faulty_phone(digits, rng, exact):
    """`exact`: the value must be the number's own; else it may be lost or gain an extension."""
    value = "+86" + digits
    grouped = f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
    kinds = [
        Cell(grouped, value, ("phone_formatted",)),
        Cell(f"+86 {digits[:3]} {digits[3:7]} {digits[7:]}", value, ("phone_formatted",)),
        Cell("  " + digits, value, ("trimmed",)),
        Cell(full_width(digits), value, ("width_folded",)),
    ]
    if not exact:
        kinds += [
            Cell(digits + "转123", value + ";ext=123", ("phone_formatted",)),
            Cell(digits + " ext. 45", value + ";ext=45", ("phone_formatted",)),
            Cell("12345", "", ("invalid_phone",), True),
            Cell("打不通", "", ("invalid_phone",), True),
            Cell("无", "", ("placeholder_removed",)),
            Cell("0000", "", ("placeholder_removed",)),
        ]
    return rng.choice(kinds)


def faulty_email(value, rng, exact):
    """`value`: a lower-case address."""
    kinds = [
        Cell(value + " ", value, ("trimmed",)),
        Cell(value.replace("@", "＠"), value, ("width_folded",)),
        Cell(value.upper(), value, ("email_normalized",)),
        Cell("mailto:" + value, value, ("email_normalized",)),
        Cell(f"客户 <{value}>", value, ("email_normalized",)),
    ]
    if not exact:
        kinds += [
            Cell(value.replace("@", "."), "", ("invalid_email",), True),
            Cell(value.replace(".com", ""), "", ("invalid_email",), True),
            Cell("N/A", "", ("placeholder_removed",)),
            Cell("暂无", "", ("placeholder_removed",)),
        ]
    return rng.choice(kinds)


def faulty_text(value, rng, can_encode):
    """`value`: words with one space between two of them, and no others."""
    first, second = value.split(" ", 1)
    kinds = [
        Cell(" " + value, value, ("trimmed",)),
        Cell(value + "\u3000\u3000", value, ("width_folded", "trimmed")),
        Cell(f"{first}\u3000{second}", value, ("width_folded",)),
        Cell(f"{first}   {second}", value, ("whitespace_collapsed",)),
        Cell(full_width(value), value, ("width_folded",)),
    ]
    if can_encode("\u200b"):
        kinds.append(Cell(f"{first} \u200b{second}", value, ("control_removed",)))
    if can_encode("e\u0301"):
        kinds.append(Cell(value + "e\u0301", value + "\u00e9", ("unicode_composed",)))
    return rng.choice(kinds)


def missing_name(rng):
    return rng.choice((blank(), Cell("   ", ""), Cell("无", "", ("placeholder_removed",))))
