#!/usr/bin/env python3
"""Sheets of one to three rows in eight encodings, for detection_peers.py: hardly anything to go by.

  short_sheets.py FOLDER [SEED]
"""
import pathlib
import random
import sys

# Header, and per column what it may hold; digits stand for random ones.
SHEETS = {
    "gb18030": ("姓名,电话,公司,城市", ["王芳 李娜 张敏 刘洋 陈杰 杨帆 赵磊 黄丽 周涛 吴倩 徐鹏 孙悦 马超 朱琳 胡军",
                "139########", "广州明珠贸易 杭州西溪软件 成都锦官食品 武汉楚天物流 青岛海川渔业 长沙岳麓文化",
                "广州 杭州 成都 武汉 青岛 长沙 沈阳 昆明"]),
    "big5": ("姓名,電話,公司,城市", ["陳怡君 林志豪 黃雅婷 張家銘 李淑芬 王俊傑 吳佩珊 劉建宏 蔡依玲 楊宗翰",
             "09########", "台北陽明貿易 高雄港都物流 新竹聯達電子 台中豐原食品 台南府城印刷", "台北 高雄 新竹 台中 台南 基隆"]),
    "shift_jis": ("氏名,電話,会社,都市", ["佐藤健一 鈴木花子 高橋誠 田中美咲 伊藤大輔 渡辺さくら 山本ひろし 中村ゆり",
                  "090########", "東京システム株式会社 大阪フーズ 名古屋テクノ 札幌ビール販売 福岡サービス",
                  "東京 大阪 名古屋 札幌 福岡 横浜"]),
    "euc-kr": ("이름,전화,회사,도시", ["김민수 이지은 박서준 최유리 정하늘 강동원 조은정 윤상호 장미란 임재현",
               "010########", "서울무역 부산물산 대구전자 인천식품 광주통신", "서울 부산 대구 인천 광주 대전"]),
    "windows-1252": ("Nom,Téléphone,Société,Ville", ["Zoé Lefèvre|Jürgen Müller|André Gonçalves|Hélène Bérard|"
                     "Søren Ødegård|José Muñoz|Françoise Crémieux|Björn Åkesson", "06########",
                     "Boulangerie Créteil|Bäckerei Köhler|Peluquería Núñez|Pâtisserie Forêt",
                     "Besançon|München|Málaga|Århus|Orléans|Göteborg"]),
    "windows-1250": ("Jméno,Telefon,Firma,Město", ["Jiří Dvořák|Łukasz Wiśniewski|Zoltán Szűcs|Božena Růžičková|"
                     "Šárka Černá|Małgorzata Zając|Győző Kővári|Stjepan Žižić", "60########",
                     "Pekařství U Mostu|Piekarnia Źródło|Fűszer és Társa|Mljekara Čakovec",
                     "Plzeň|Łódź|Győr|Čakovec|Poznań|Košice"]),
    "windows-1251": ("Имя,Телефон,Фирма,Город", ["Анна Соколова|Пётр Лебедев|Ольга Морозова|Сергей Юдин|"
                     "Щукина Жанна|Эдуард Яшин|Тарас Гнатюк", "89########",
                     "Северный хлеб|Заря Востока|Щёлковские ткани|Южный порт",
                     "Казань|Пермь|Ярославль|Уфа|Челябинск|Элиста"]),
    "iso-8859-15": ("Nom;Montant;Société;Ville", ["Zoé Lefèvre|Œuvrard Denis|Hélène Bérard|Maïté Noël",
                    "12 ###,## €", "Cœur de Pain|Sœurs Réunies|Pâtisserie Forêt|Œnothèque du Port",
                    "Besançon|Orléans|Mâcon|Nîmes"]),
}


def cell(choices, lot):
    """One of them, its digits filled in."""
    chosen = lot.choice(choices.split("|") if "|" in choices else
                        choices.split() if "€" not in choices else [choices])
    return "".join(str(lot.randrange(10)) if c == "#" else c for c in chosen)


def main():
    root, lot = pathlib.Path(sys.argv[1]), random.Random(int(sys.argv[2]) if sys.argv[2:] else 1)
    for label, (header, columns) in SHEETS.items():
        folder = root / label
        folder.mkdir(parents=True, exist_ok=True)
        delimiter = ";" if ";" in header else ","
        for number in range(300):
            rows = [delimiter.join(cell(column, lot) for column in columns)
                    for _ in range(lot.randint(1, 3))]
            # Half of the sheets have a header in ASCII.
            head = header if number % 2 else delimiter.join(["name", "phone", "company", "city"])
            text = "\r\n".join([head, *rows, ""])
            (folder / f"{number:03d}.csv").write_bytes(text.encode(
                {"gb18030": "gb18030", "big5": "cp950", "shift_jis": "cp932",
                 "euc-kr": "cp949"}.get(label, label)))


if __name__ == "__main__":
    main()
