#!/usr/bin/env python3
"""Encoding detection beside others, on a folder of labelled files (FOLDER/LABEL[-language]/file).

  detection_peers.py build/release/bin/encoding_labels FOLDER

Right is a file whose text, as Sluice decodes it, is what the label's codec of Python makes of it.
GB2312 and GBK count as GB18030, Shift_JIS as cp932, EUC-KR as cp949, ISO-8859-1 as cp1252, as they
are labelled in practice. Of the others (uchardet through its library; chardet and
charset-normalizer where installed) the name they say is decoded by Python. Prints the misses. Four
signs that the tables of Unicode and of Windows map to different twins count as the same.
"""
import collections
import ctypes
import pathlib
import re
import subprocess
import sys
import tempfile

CODECS = {
    "ascii": "utf-8-sig", "utf-8": "utf-8-sig", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "euc-kr": "cp949", "uhc": "cp949", "iso-8859-1": "cp1252",
    "big5": "cp950", "macroman": "mac_roman", "maccyrillic": "mac_cyrillic",
    "mac-cyrillic": "mac_cyrillic", "mac-centraleurope": "mac_latin2", "hz-gb-2312": "hz",
    "ibm852": "cp852", "ibm855": "cp855", "ibm866": "cp866", "windows-874": "cp874",
    "tis-620": "cp874",
}
TWINS = str.maketrans("〜−‖・", "～－∥·")
LANGUAGE = re.compile(r"-(arabic|bulgarian|croatian|czech|greek|hebrew|hungarian|polish|romanian|"
                      r"russian|slovak|slovene|turkish)$")


def decoded(data, name):
    """The text, or None where Python has no such codec or the bytes are not of it."""
    name = name.lower()
    if name.startswith("utf-16") and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        name = "utf-16"
    if name.startswith("utf-32") and data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        name = "utf-32"
    try:
        return data.decode(CODECS.get(name, name))
    except (LookupError, UnicodeDecodeError):
        return None


def uchardet():
    library = ctypes.CDLL("libuchardet.so.0")
    library.uchardet_new.restype = ctypes.c_void_p
    library.uchardet_get_charset.restype = ctypes.c_char_p

    def detect(data):
        detector = ctypes.c_void_p(library.uchardet_new())
        library.uchardet_handle_data(detector, data, ctypes.c_size_t(len(data)))
        library.uchardet_data_end(detector)
        name = library.uchardet_get_charset(detector).decode()
        library.uchardet_delete(detector)
        return name or "ascii"

    return detect


def peers():
    found = {"uchardet": uchardet()}
    try:
        import chardet
        found["chardet"] = lambda data: chardet.detect(data)["encoding"] or "ascii"
    except ImportError:
        pass
    try:
        import charset_normalizer
        found["charset-normalizer"] = (
            lambda data: charset_normalizer.detect(data)["encoding"] or "ascii")
    except ImportError:
        pass
    return found


def ours(program, paths, folder):
    done = subprocess.run([program, folder], input="\n".join(map(str, paths)), text=True,
                          capture_output=True, check=True)
    for number, line in enumerate(done.stdout.splitlines()):
        text = pathlib.Path(folder, f"{number}.txt")
        read = text.read_bytes().decode("utf-8") if text.exists() else None
        yield *line.split("\t")[:2], read


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    paths = sorted(path for path in root.glob("*/*") if path.is_file() and path.stat().st_size)
    right, sure_wrong = collections.Counter(), 0
    others = peers()
    with tempfile.TemporaryDirectory() as folder:
        for path, (name, certainty, text) in zip(paths, ours(program, paths, folder)):
            data = path.read_bytes()
            label = LANGUAGE.sub("", path.parent.name)
            # EUC-TW and Johab: the name alone decides where Python has no codec.
            want = decoded(data, label)
            verdicts = {"sluice": (name, text)}
            verdicts |= {peer: (said := detect(data), decoded(data, said))
                         for peer, detect in others.items()}
            for peer, (said, read) in verdicts.items():
                if want is None:
                    same = said.lower() == label.lower()
                else:
                    same = (read or "").translate(TWINS) == want.translate(TWINS)
                right[peer] += same
                if not same and (peer == "sluice" or "-v" in sys.argv):
                    where = f"{path.parent.name}/{path.name} ({len(data)} bytes)"
                    print(f"{peer}: {where}: {said}, "
                          f"{certainty if peer == 'sluice' else ''}")
                    sure_wrong += peer == "sluice" and certainty == "sure"
    for peer, count in right.most_common():
        print(f"{count} of {len(paths)}  {peer}")
    print(f"wrong and sure of it: {sure_wrong}")


if __name__ == "__main__":
    main()
