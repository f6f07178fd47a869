"""Finland, Germany, Italy, Poland, Spain, Sweden and Turkey."""

from __future__ import annotations

from tests.filters.check_digits import (
    cross,
    fiscal,
    grouped,
    icao,
    luhn,
    mod_11_10,
    weighted,
    wrong,
)
from tests.filters.pii_tables.row import Row

ARABIC = {48 + digit: 0x660 + digit for digit in range(10)}


def hetu(date: str, sign: str, number: str) -> str:
    """Append the check character of a Finnish personal identity code (modulo 31)."""
    return f"{date}{sign}{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(date + number) % 31]}"


def kvnr(letter: str, digits: str) -> str:
    """Append the check digit of a German health insurance number (SGB V section 290)."""
    return f"{letter}{digits}{cross(f'{ord(letter) - 64:02}{digits}', (1, 2)) % 10}"


def lanr(digits: str, group: str = "01") -> str:
    """Append the check digit of a German doctor's number, and the group of the speciality."""
    return f"{digits}{-weighted(digits, (4, 9)) % 10}{group}"


def rvnr(area: str, birth: str, letter: str, serial: str) -> str:
    """Append the check digit of a German pension insurance number (VKVV section 4)."""
    digits = f"{area}{birth}{ord(letter) - 64:02}{serial}"
    check = cross(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)) % 10
    return f"{area}{birth}{letter}{serial}{check}"


def pesel(digits: str) -> str:
    """Append the check digit of a Polish PESEL."""
    return digits + str(-weighted(digits, (1, 3, 7, 9)) % 10)


def nif(number: str) -> str:
    """Append the check letter of a Spanish DNI or NIE, whose X, Y, Z count 0, 1, 2."""
    value = int(number.translate({88: "0", 89: "1", 90: "2"}))
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[value % 23]


def tckn(digits: str) -> str:
    """Append the two check digits of a Turkish identity number."""
    odd, even = (sum(map(int, digits[i::2])) for i in (0, 1))
    digits += str((7 * odd - even) % 10)
    return digits + str(sum(map(int, digits)) % 10)


HETU, HETU2 = hetu("010280", "-", "952"), hetu("290204", "A", "123")
KVNR, LANR, RVNR = kvnr("A", "12345678"), lanr("123456"), rvnr("65", "070195", "M", "02")
CARD, TAX, VAT = icao("L01X00T4"), mod_11_10("1234567899"), "DE" + mod_11_10("12345678")
CF, PIVA = fiscal("RSSMRA85T10A562"), luhn("1234567890")
PESEL, DNI, NIE, NIE_Z = pesel("0227080362"), nif("12345678"), nif("X1234567"), nif("Z7654321")
ORG, PNR, COORD = luhn("556123456"), luhn("850101123"), luhn("850161123")
TCKN, TCKN2 = tckn("123456789"), tckn("987654321")

# fmt: off
TABLE: dict[str, list[Row]] = {
    "DE_BSNR": [
        ("«021234567»", .2), ("BSNR «721111100».", .2), ("«021234567»,«381234567»\n", .2, .2),
        ("№«021234567»-", .2),
        ("«991234567»", .2),  # stock: no such KV region
        "000000000", "02123456", "0212345678", "x021234567", "é021234567", "021234567_",
        "02 1234567", "02-12345-67",
    ],
    "DE_FUEHRERSCHEIN": [
        ("«AB123456789»", .35), ("Führerschein «ab12345678x».", .35),
        ("«AB12345678X»,«ZZ00000000Z»\n", .35, .35), ("№«AB123456780»", .35), "A1234567890",
        "ABC12345678", "AB1234567X", "AB123456789X", "AB 12345678 X", "éAB123456789", "AB12345678é",
        "1AB12345678X", "AB1234567XX",
        "B072RRE2I55",  # stock: misses letters within
    ],
    "DE_HANDELSREGISTER": [
        ("«HRB 12345»", .5), ("Amtsgericht Köln, «HRA 1».", .5), ("«HRB123456»", .5),
        ("«hrb  9»", .5), ("«HRB\n12345»,«HRA\t77»", .5, .5), ("«HRB\u00a012345» B", .5),
        "HRC 12345", "HRB 1234567", "HRB-12345", "HRB Nr. 12345", "HR B 12345", "XHRB 12345",
        "éHRB 12345", "HRB 12345a", "HRB", "HRB_12345",
    ],
    "DE_HEALTH_INSURANCE": [
        (f"«{KVNR}»", 1), (f"KVNR «{KVNR.lower()}».", 1),
        (f"«{kvnr('Z', '00000000')}»,«{kvnr('M', '98765432')}»\n", 1, 1), (f"№«{KVNR}»-", 1),
        wrong(KVNR), wrong(KVNR, 0), wrong(KVNR, 4), KVNR[:-1], KVNR + "0", f"X{KVNR}", f"é{KVNR}",
        f"{KVNR}é", f"{KVNR[0]} {KVNR[1:]}", KVNR[1:],
    ],
    "DE_ID_CARD": [
        (f"«{CARD}»", 1), (f"Ausweis «{CARD.lower()}».", 1),
        (f"«{icao('CFGHJKL1')}»,«{icao('Z1234567')}»\n", 1, 1), ("«T22000129»", .5),
        ("alt: «t00000000»", .5), (f"«{icao('T1234567')}»", .5), wrong(CARD), wrong(CARD, 3),
        icao("A01X00T4"), icao("L01A00T4"), icao("L01O00T4"), CARD[:-1], CARD + "0", f"x{CARD}",
        f"é{CARD}", f"{CARD}_", CARD[:-1] + "L", "T2200012", "T220001290", f"{CARD[:4]} {CARD[4:]}",
    ],
    "DE_KFZ": [
        ("«B AB 1234»", .3), ("«M-AB-12»", .3), ("Wagen «HH-XY 999»,", .3), ("«KÖL-A-1»", .3),
        ("«b ab 12e»", .3), ("«M-A 1H»", .3), ("«TÜ-C 123»;«S\tXY\n1»", .3, .3),
        ("(«M-AB-1234»)", .3), ("«ä-b-1»", .3),
        ("«to do 42»", .3),  # stock: short words
        ("«A is 5»", .3),  # stock: short words
        "ABCD-E-1", "M-ABC-1", "M-AB-12345", "M-AB-1X", "M--AB-1", "M AB-1", "xM-AB-1é", "éM-AB-1",
        "-M-AB-1", "M_AB_1", "M.AB.1", "M-AB", "M-AB-1Ä", "MAB1234", "1M-AB-1",
    ],
    "DE_LANR": [
        (f"«{LANR}»", 1), (f"LANR «{LANR}».", 1),
        (f"«{lanr('987654', '99')}»,«{lanr('000000', '00')}»\n", 1, 1), (f"№«{LANR}»-", 1),
        (f"«{LANR.translate(ARABIC)}»", 1), wrong(LANR, 6), wrong(LANR, 0), wrong(LANR, 5),
        LANR[:-1], LANR + "0", f"x{LANR}", f"é{LANR}", f"{LANR}_", grouped(LANR, 7, 2),
        grouped(LANR, 7, 2, by="-"),
    ],
    "DE_PASSPORT": [
        (f"«{icao('C01X00T4')}»", 1), (f"Pass «{icao('C01X00T4').lower()}».", 1),
        (f"«{icao('CFGHJKL1')}»,«{icao('Z1234567')}»\n", 1, 1), (f"№«{icao('CZ6311T0')}»-", 1),
        wrong(icao("C01X00T4")), wrong(icao("C01X00T4"), 2), icao("A01X00T4"), icao("E01X00T4"),
        icao("C01B00T4"), icao("C01Q00T4"), icao("C01X00T"), icao("C01X00T45"),
        "x" + icao("C01X00T4"), "é" + icao("C01X00T4"), icao("C01X00T4")[:-1] + "X",
        icao("12345678"), "C01X 00T4" + icao("C01X00T4")[-1],
    ],
    "DE_PLZ": [
        ("«10115» Berlin", .05), ("D-«80331»", .05), ("«01067»,«99998»\n", .05, .05),
        ("«01001»", .05), ("in (é «60311»).", .05), ("№«50667»", .05),
        ("«10000» Euro", .05),  # stock: any five digits
        "00999", "01000", "99999", "00000", "1011", "101150", "x10115", "é10115", "10115a",
        "10_115", "10 115", "٠١٠٦٧",
    ],
    "DE_SOCIAL_SECURITY": [
        (f"«{RVNR}»", 1), (f"SV «{RVNR.lower()}».", 1),
        (f"«{rvnr('12', '311299', 'Z', '99')}»,«{rvnr('15', '510180', 'A', '00')}»\n", 1, 1),
        (f"«{rvnr('15', '811280', 'A', '50')}»", 1), (f"№«{RVNR}»-", 1), wrong(RVNR),
        wrong(RVNR, 0), wrong(RVNR, 8), rvnr("65", "000195", "M", "02"),
        rvnr("65", "320195", "M", "02"), rvnr("65", "500195", "M", "02"),
        rvnr("65", "820195", "M", "02"), rvnr("65", "070095", "M", "02"),
        rvnr("65", "071395", "M", "02"), RVNR[:-1], RVNR + "0", f"x{RVNR}", f"é{RVNR}", f"{RVNR}é",
        grouped(RVNR, 2, 6, 1, 3), grouped(RVNR, 2, 6, 1, 3, by="-"),
    ],
    "DE_TAX_ID": [
        (f"«{TAX}»", 1), (f"IdNr. «{TAX}».", 1),
        (f"«{mod_11_10('8609574271')}»,«{mod_11_10('1213145678')}»\n", 1, 1), (f"№«{TAX}»-", 1),
        (f"«{mod_11_10('1112345678')}»", 1),  # stock: three in a row
        (f"«{mod_11_10('1234567890')}»", 1),  # stock: one digit must recur
        (f"«{mod_11_10('1122334455')}»", 1),  # stock: only one may
        wrong(TAX), wrong(TAX, 0), mod_11_10("1111234567"), mod_11_10("0234567899"), TAX[:-1],
        TAX + "0", f"x{TAX}", f"é{TAX}", f"{TAX}_", grouped(TAX, 2, 3, 3, 3),
        grouped(TAX, 2, 3, 3, 3, by="-"), TAX.translate(ARABIC),
    ],
    "DE_TAX_NUMBER": [
        ("«0112345678901»", .5), ("«1612345678901»", .5), ("St.-Nr. «181/815/08155».", .4),
        ("«12/345/67890»", .2), ("«133/8150/8159»", .2), ("«12/3456/7890»", .2),
        ("«181/815/08155»,«0912345678901»\n", .4, .5), ("«123/456/7890»", .2),
        ("(«٠١٢/345/67890»)", .4), "0012345678901", "1712345678901", "011234567890",
        "01123456789012", "x0112345678901", "é181/815/08155", "181/815/08155x", "1811/815/08155",
        "181/81/08155", "181/815/081", "181/815/081555", "181-815-08155", "181 815 08155",
        "181/ 815/08155", "1/345/67890",
    ],
    "DE_VAT_ID": [
        (f"«{VAT}»", 1), (f"USt-IdNr. «{grouped(VAT, 2, 3, 3, 3)}».", 1),
        (f"«{grouped(VAT, 2, 3, 3, 3, by='.')}»", 1), (f"«{grouped(VAT, 2, 3, 3, 3, by='-')}»", 1),
        (f"«{VAT.lower()}»", 1),
        (f"«{VAT[:2]} {VAT[2:]}»,«{VAT[:5]}-{VAT[5:8]}.{VAT[8:]}»\n", 1, 1),
        (f"«{grouped(VAT, 2, 3, 3, 3, by=chr(10))}»", 1), (f"«{wrong(VAT)}»", .5),
        (f"«{wrong(grouped(VAT, 2, 3, 3, 3))}»", .4),  # stock: keeps what does not check
        "AT" + VAT[2:], VAT[:-1], VAT + "0", f"x{VAT}", f"é{VAT}", grouped(VAT, 2, 4, 5),
        grouped(VAT, 2, 3, 3, 3, by="/"), grouped(VAT, 2, 3, 3, 3, by="  "), f"{VAT}a", VAT[2:],
    ],
    "ES_NIE": [
        (f"«{NIE}»", 1), (f"NIE «{NIE[:-1]}-{NIE[-1]}».", 1), (f"«{nif('Y1234567').lower()}»", 1),
        (f"«{NIE_Z}»,«{NIE}»\n", 1, 1), (f"№«{NIE_Z}»", 1), (f"«{nif('X0000000')}»", 1), wrong(NIE),
        wrong(NIE, 3), DNI, nif("12345678").replace("1", "W", 1), NIE[:-1], f"{NIE}A", f"x{NIE}",
        f"é{NIE}", f"{NIE[0]}-{NIE[1:]}", f"{NIE[:-1]} {NIE[-1]}", nif("X123456"),
    ],
    "ES_NIF": [
        (f"«{DNI}»", 1), (f"DNI «{DNI[:-1]}-{DNI[-1]}».", 1), (f"«{DNI.lower()}»", 1),
        (f"«{nif('01234567')}»,«{nif('99999999')}»\n", 1, 1), (f"«{nif('1234567')}»", 1),
        (f"№«{DNI}»", 1), wrong(DNI), wrong(DNI, 3), wrong(DNI, 0), NIE, DNI[:-1], f"{DNI}A",
        f"1{DNI}", f"é{DNI}", f"{DNI[:-1]} {DNI[-1]}", f"{DNI[:-1]}--{DNI[-1]}", nif("123456"),
        "12.345.678-" + DNI[-1],
    ],
    "ES_PASSPORT": [
        ("«AAB123456»", .05), ("pasaporte «xyz987654».", .05),
        ("«AAB123456»,«ZZZ000000»\n", .05, .05), ("№«AAB123456»-", .05), "AA123456", "AAAA123456",
        "AAB12345", "AAB1234567", "AAB 123456", "AAB-123456", "éAAB123456", "AAB123456é",
        "1AAB123456", "123456AAB",
    ],
    "FI_PERSONAL_IDENTITY_CODE": [
        (f"«{HETU}»", 1), (f"hetu «{HETU.lower()}».", 1),
        (f"«{HETU2}»,«{hetu('010199', '+', '002')}»\n", 1, 1),
        (f"«{hetu('311299', 'Y', '002')}»", 1), (f"«{hetu('010101', 'F', '899')}»", 1),
        (f"№«{HETU}»-", 1),
        (f"x«{HETU}»x", 1), (f"12«{HETU}»34", 1), (f"é«{HETU}»", 1),  # stock: no borders
        wrong(HETU, 9), HETU[:-1] + ("A" if HETU[-1] != "A" else "B"), hetu("290203", "A", "123"),
        hetu("320180", "-", "952"), hetu("011380", "-", "952"), hetu("000180", "-", "952"),
        hetu("010280", "Z", "952"), hetu("010280", "G", "952"), hetu("010280", " ", "952"),
        hetu("010280", "", "952"), HETU[:-1], HETU[:-1] + "G",
    ],
    "IT_DRIVER_LICENSE": [
        ("«AB1234567C»", .2), ("patente «ab1234567c».", .2), ("«U1B12345XC»", .2),
        ("«AB1234567C»,«u1ZZZZZZZA»\n", .2, .2), ("№«AB1234567C»-", .2), "A1234567C", "ABC1234567D",
        "AB123456C", "AB12345678C", "U1A12345XC", "U1O12345XC", "U2B12345XC", "AB12345671",
        "éAB1234567C", "AB1234567Cé", "AB 1234567 C", "AB-1234567-C",
    ],
    "IT_FISCAL_CODE": [
        (f"«{CF}»", 1), (f"CF «{CF.lower()}».", 1),
        (f"«{fiscal('VRDGPP13R50B354')}»,«{CF}»\n", 1, 1), (f"«{fiscal('RSSMRAURT10A562')}»", 1),
        (f"«{wrong(CF)}»", .3), (f"«{fiscal('BNCLNE92B69H501')}»", 1),
        (f"x«{CF}»x", 1), (f"é«{CF}»1", 1),  # stock: no borders
        fiscal("RSSMRA85T32A562"), fiscal("RSSMRA85T72A562"), fiscal("RSSMRA85F10A562"),
        fiscal("RSSMRA85B30A562"), fiscal("RSSMRA85D31A562"), fiscal("RSSMRA85B29A562"),
        fiscal("RSSMRA85T00A562"), fiscal("RSSMRA85T10A000"), fiscal("RSSMRA85T10N562"), CF[:-1],
        CF[1:], grouped(CF, 6, 5, 5), grouped(CF, 6, 5, 5, by="-"), "12345678901234AB",
    ],
    "IT_IDENTITY_CARD": [
        ("«AB1234567»", .01), ("«AB 1234567»", .01), ("carta «1234567ab».", .01),
        ("«CA12345BC»", .01), ("«ab\n1234567»,«1234567AB»", .01, .01), ("№«CA00000AA»", .01),
        "A1234567", "ABC1234567", "AB123456", "AB12345678", "1234567A", "1234567ABC", "CA1234BC",
        "CA123456BC", "AB-1234567", "AB  1234567", "éAB1234567", "CA12345BCé",
    ],
    "IT_PASSPORT": [
        ("«YA1234567»", .01), ("passaporto «ya1234567».", .01),
        ("«YA1234567»,«AA0000000»\n", .01, .01), ("№«YA1234567»-", .01), "Y1234567", "YAA1234567",
        "YA123456", "YA12345678", "YA 1234567", "éYA1234567", "YA1234567é", "1YA1234567",
    ],
    "IT_VAT_CODE": [
        (f"«{PIVA}»", 1), (f"«{grouped(PIVA, 3, 3, 3, 2)}», P.IVA", 1), (f"«{'_'.join(PIVA)}»", 1),
        (f"«{grouped(PIVA, *[1] * 11)}».", 1), (f"IT «{PIVA}»", 1),
        (f"«{luhn('0000000001')}»,«{PIVA}»\n", 1, 1),
        (f"«{PIVA}_»", 1),  # stock: takes the underscore
        "00000000000", PIVA.translate(ARABIC), wrong(PIVA), wrong(PIVA, 3), PIVA[:-1], PIVA + "0",
        f"x{PIVA}", f"IT{PIVA}", f"é{PIVA}", grouped(PIVA, 3, 3, 3, 2, by="-"),
        grouped(PIVA, 3, 3, 3, 2, by="."), grouped(PIVA, 3, 3, 3, 2, by="  "),
    ],
    "PL_PESEL": [
        (f"«{PESEL}»", 1), (f"PESEL: «{PESEL}».", 1),
        (f"«{pesel('8501011234')}»,«{pesel('9912319999')}»\n", 1, 1),
        (f"«{pesel('8581011234')}»", 1), (f"«{pesel('0232311234')}»", 1),
        (f"«{pesel('0252311234')}»", 1),
        (f"x«{PESEL}»x", 1), (f"«{PESEL}»99", 1), (f"é«{PESEL}»é", 1),  # stock: no borders
        (f"«{pesel('8502301234')}»", 1),  # stock: 30 February
        wrong(PESEL), wrong(PESEL, 0), pesel("8500011234"), pesel("8513011234"),
        pesel("8501321234"), pesel("8501001234"), pesel("8520011234"), PESEL[:-1],
        PESEL.translate(ARABIC), grouped(PESEL, 6, 5), grouped(PESEL, 6, 5, by="-"),
    ],
    "SE_ORGANISATIONSNUMMER": [
        (f"«{ORG[:6]}-{ORG[6:]}»", 1), (f"orgnr «{ORG}».", 1),
        (f"«{luhn('802000123')}»,«{luhn('212000014')}»\n", 1, 1), (f"«{ORG.translate(ARABIC)}»", 1),
        (f"№«{ORG}»-", 1),
        (f"x«{ORG}»x", 1), (f"«{ORG}»77", 1), (f"é«{ORG}»é", 1),  # stock: no borders
        wrong(ORG), wrong(ORG, 0), luhn("551123456"), luhn("550123456"), ORG[:-1],
        f"{ORG[:6]} {ORG[6:]}", f"{ORG[:6]}+{ORG[6:]}", f"{ORG[:6]}--{ORG[6:]}",
        grouped(ORG, 3, 3, 4, by="-"),
    ],
    "SE_PERSONNUMMER": [
        (f"«{PNR[:6]}-{PNR[6:]}»", 1), (f"«{PNR}»", 1), (f"«19{PNR[:6]}-{PNR[6:]}»", 1),
        (f"pnr «19{PNR}».", 1), (f"«{PNR[:6]}+{PNR[6:]}»,«{COORD}»\n", 1, 1),
        (f"«{luhn('851291123')}»", 1), (f"«{PNR.translate(ARABIC)}»", 1),
        (f"x«{PNR}»x", 1), (f"é«{PNR}»é", 1),  # stock: no borders
        (f"«9{PNR}»", 1),  # stock: eleven digits
        (f"«{luhn('850231123')}»", 1),  # stock: 31 February
        wrong(PNR), wrong(PNR, 1), luhn("851301123"), luhn("850001123"), luhn("850132123"),
        luhn("850100123"), luhn("850160123"), luhn("850192123"), PNR[:-1], f"{PNR[:6]} {PNR[6:]}",
        f"{PNR[:6]}--{PNR[6:]}", grouped(PNR, 2, 2, 2, 4, by="-"),
    ],
    "TR_LICENSE_PLATE": [
        ("«34 ABC 123»", 1), ("«06AB1234»", 1), ("plaka «34-abc-12».", 1),
        ("«01 A 1234»,«81-Z-99»\n", 1, 1), ("«34\tAB\n123»", 1), ("№«79AB99»", 1),
        ("«34 to 12»", 1),  # stock: short words
        "00 ABC 123", "82 ABC 123", "34 ABCD 123", "34 QA 123", "34 WA 123", "34 XA 123",
        "34 ABC 1", "34 ABC 12345", "34-ABC 123", "34 ABC-123", "34  ABC 123", "é34 ABC 123",
        "134 ABC 123", "34 ABC 123x", "34 ŞAB 123", "4 ABC 123",
    ],
    "TR_NATIONAL_ID": [
        (f"«{TCKN}»", 1), (f"TC kimlik «{TCKN}».", 1), (f"«{TCKN2}»,«{tckn('100000000')}»\n", 1, 1),
        (f"№«{TCKN}»-", 1), wrong(TCKN), wrong(TCKN, 9), wrong(TCKN, 0), tckn("023456789"),
        TCKN[:-1], TCKN + "0", f"x{TCKN}", f"é{TCKN}", f"{TCKN}_", grouped(TCKN, 3, 3, 3, 2),
        grouped(TCKN, 3, 3, 3, 2, by="-"), TCKN.translate(ARABIC),
    ],
}
# fmt: on
