"""What the default mode is to act on and what to leave, entity by entity; values made by rule.

A marked value is to be found, from mark to mark, with a score above 0.4; nothing else is, of its
entity, in its row. Longer than other files for the tables alone.
"""

from __future__ import annotations

from tests.filters.check_digits import (
    base58check,
    bech32,
    fiscal,
    grouped,
    iban,
    luhn,
    mod_11_10,
    verhoeff,
    weighted,
    wrong,
)

from gemsieve.filters.pii.ours.crypto import mixed


def cpf(digits: str) -> str:
    """Append the two check digits of a Brazilian taxpayer number (Receita Federal)."""
    for _ in range(2):
        digits += str(weighted(digits, range(len(digits) + 1, 1, -1)) * 10 % 11 % 10)
    return digits


def resident(digits: str) -> str:
    """Append the check sign of a Chinese identity number (GB 11643): ISO 7064, MOD 11-2."""
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    return digits + "0123456789X"[(12 - rest) % 11]


def nir(body: str) -> str:
    """Append the key of a French social security number: 97 less the remainder."""
    number = int(body.replace("2A", "19").replace("2B", "18"))
    return f"{body}{97 - number % 97:02}"


def my_number(digits: str) -> str:
    """Append the check digit of a Japanese individual number."""
    rest = weighted(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return digits + str(11 - rest if rest > 1 else 0)


def bsn(digits: str) -> str:
    """Append the last digit of a Dutch citizen service number; the eighth must allow one."""
    return digits + str(weighted(digits, range(9, 1, -1)) % 11)


def nif(digits: str) -> str:
    """Append the check digit of a Portuguese taxpayer number."""
    rest = weighted(digits, range(9, 1, -1)) % 11
    return digits + str(11 - rest if rest > 1 else 0)


def nhs(digits: str) -> str:
    """Append the check digit of an NHS number."""
    return digits + str(-weighted(digits, range(10, 1, -1)) % 11)


def pesel(digits: str) -> str:
    """Append the check digit of a Polish PESEL."""
    return digits + str(-weighted(digits, (1, 3, 7, 9)) % 10)


def dea(letters: str, digits: str) -> str:
    """Append the check digit of a DEA registration."""
    return f"{letters}{digits}{weighted(digits, (1, 2)) % 10}"


def dni(digits: str) -> str:
    """Append the letter of a Spanish identity number: the remainder by 23."""
    return digits + "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def pension(body: str) -> str:
    """Append the check digit of a German pension insurance number (VKVV, section 4)."""
    letter = f"{ord(body[8]) - 64:02}"
    digits = body[:8] + letter + body[9:]
    products = (
        int(d) * w for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
    )
    return body + str(sum(p // 10 + p % 10 for p in products) % 10)


def fours(number: str, by: str = " ") -> str:
    """Cut a value into groups of four and a rest."""
    return by.join(number[i : i + 4] for i in range(0, len(number), 4))


VISA, AMEX = luhn("400012345678901"), luhn("37111122223333")
TWO_SERIES = [luhn(f"{first}00012345678") for first in (2221, 2300, 2699, 2720)]
OLD_VISA, DINERS = luhn("400112345678"), luhn("3600123456789")
NETWORKS = [
    *(luhn(f"{first}00012345678") for first in ("5101", "5599", "6011", "6445", "6500", "3530")),
    *(luhn(f"{first}00012345678") for first in ("6201", "8101", "2200", "2204", "5081", "6061")),
    *(luhn(f"{first}00012345678") for first in ("5018", "6759", "9792", "6362")),
    *(DINERS, luhn("3001123456789"), AMEX, luhn("3411112222333"[:13] + "4")),
    *(luhn("400012345678901234"), luhn("620012345678901234")),
]
DE, GB, FR = (
    iban("DE", "500105175407324931"),
    iban("GB", "NWBK60161331926819"),
    iban("FR", "2004101005050001M026061"),
)
NO, MT = iban("NO", "86011117948"), iban("MT", "MALT011000012345MTLCAST001S")
P2PKH, P2SH = base58check(0, b"ours"), base58check(5, b"ours")
SEGWIT, TAPROOT = bech32(0, b"ours"), bech32(1, b"ours")
ETHER = "0x" + mixed("52908400098527886e0f7030069857d2e4169ee7"[::-1])
CPF, CN, NIR, CORSICA = cpf("123456780"), resident("11010519900307123"), "", ""
NIR, CORSICA = nir("1850578006084"), nir("285052A006084")
MY, BSN, NIF, NHS, PESEL = (
    my_number("12345678901"),
    bsn("11122233"),
    nif("21345678"),
    nhs("943000001"),
    pesel("9003071234"),
)
DEA, DNI, TAX_ID, AADHAAR = (
    dea("BD", "123456"),
    dni("12345678"),
    mod_11_10("1234567890"),
    verhoeff("23456789012"),
)
PENSION, FISCAL = pension("15070649C10"), fiscal("RSSMRA80A01H501")
NIE = "X" + dni("01234567")[1:]

TABLES: dict[str, list[str]] = {
    "CREDIT_CARD": [
        f"«{VISA}»", f"paid with «{VISA}».", f"«{fours(VISA)}»", f"«{fours(VISA, '-')}»,",
        f"«{fours(VISA, '.')}»", f"({VISA})".replace(VISA, f"«{VISA}»"), f"号码«{VISA}»，",
        f"«{grouped(AMEX, 4, 6, 5)}»", f"«{grouped(DINERS, 4, 6, 4)}»", f"«{fours(OLD_VISA)}»",
        *(f"«{number}»" for number in NETWORKS), *(f"«{number}»" for number in TWO_SERIES),
        *(f"no. «{fours(number)}»!" for number in TWO_SERIES),
        f"«{fours(VISA)}» 123", f"«{fours(VISA)}» exp 12/29", f"card-«{VISA}»",
        f"my card «{luhn('58741234567')}»", f"Karte: «{luhn('400112345678')}»",
        f"visa «{luhn('180012345678901'[:14])}»", f"carte bancaire «{luhn('1234567890123456')}»",
        wrong(VISA), wrong(fours(VISA)), f"my card {wrong(VISA)}", f"{VISA}99", f"9{VISA}",
        f"0.{VISA}", f"1,{VISA}", f"x{VISA}", f"{VISA}_", f"{VISA}.5",
        luhn("58741234567"), OLD_VISA, luhn("110012345678901"), luhn("999912345678901"),
        luhn("222012345678901"), luhn("272112345678901"), "0" * 16, "4" * 16,
        f"{fours(VISA, '  ')}", f"{fours(VISA, '/')}", "1234 5678 9012 3456",
        "card 12345678", "credit card: yes", f"card {VISA[:11]}",
    ],
    "US_SSN": [
        "ssn «536-90-4399»", "«536-90-4399»", "«536 90 4399»,", "(«536.90.4399»)", "«899-01-0001»",
        "SSN:«536904399»", "his social security number is «536904399»", "ssn «53690-4399»",
        "ssn «536-904399»", "Social Security No. «536904399».", "«001-01-0001»\n",
        "社会安全号码：«536904399»", "<ssn>«536904399»</ssn>", '{"ssn": "«536904399»"}',
        "employee_ssn=«536904399»", "the applicant's SSNs: «536904399» and «536904398»",
        "000-12-3456", "666-12-3456", "900-12-3456", "999-99-9999", "987-65-4321", "123-00-4567",
        "123-45-0000", "078-05-1120", "219-09-9999", "123-45-6789", "111-11-1111", "536904399",
        "536-90.4399", "536 90-4399", "536-90-43990", "1536-90-4399", "536-90-4399-1",
        "A536-90-4399", "536-90-4399B", "1.536-90-4399", "ssn 0536904399", "ZIP 53690-4399",
        "Boston, MA 02111-1307", "version 536-90-4399", "order no. 536-90-4399", "ssn 666123456",
        "ssn 078051120", "ISBN 536904399", "phone 536904399", "536--90-4399",
    ],
    "US_ITIN": [
        "«912-78-1234»", "itin «912-50-1234»", "ITIN: «912781234»", "taxpayer id «912-65-1234»",
        "«900 70 1234»", "«999-88-1234»", "«912-99-1234»", "«912-94-1234».", "tax id «91278-1234»",
        "912-12-1234", "912-49-1234", "912-66-1234", "912-69-1234", "912-89-1234", "912-93-1234",
        "812-78-1234", "912781234", "912-78-12345", "912-78.1234", "x912-78-1234", "999999999",
        "tax 2019", "tax id 912491234",
    ],
    "US_PASSPORT": [
        "passport «123456789»", "Passport No: «A12345678»", "passport number is «a12345678».",
        "my travel document «123456780»", "US passport # «987654321»", "paszport «123456780»",
        "123456789", "A12345678", "passport 12345678", "passport AB1234567", "passport 1234567890",
        "passport 1234.56789", "the passport office, room 12", "order A12345678",
        "passport photo 123456789x", "passport x123456789",
    ],
    "US_BANK_NUMBER": [
        "account «945456787654»", "Acct. No. «12345678»", "my bank account is «12345678901234567»",
        "bank: «0123456789»", "account number «1234-5678-9012»", "the account «1234 567890»",
        "Konto «12345678»", "direct deposit to «987654321»",
        "945456787654", "12345678", "account 1234567", "account 123456789012345678",
        "account 00000000", "(C) 1998 James Banks (C) 1999-2001",
        "on account of the weather in 1999",
        "account a12345678", "account 12345678.5",
    ],
    "US_DRIVER_LICENSE": [
        "driver's license «A1234567»", "DL number", "driving licence H1234",
        "my driver's license number is «A1234567»", "Driver License: «12345678»",
        "drivers license «F255921505900»", "driver’s licence no. «D123-456-78-901-2»",
        "driving licence «S530-4600-1234»", "license number «WDLABC12345D»", "DMV id «123AB4567»",
        "driver license «NHL12345678»", "driver license «LH329609T»",
        "driver's permit «K00-12-3456»",
        "rijbewijs «123456789»", "licence number «12345678»", "driver license «1234-12-1234»",
        "A1234567", "12345678", "H12234567", "the software license v1.2.3", "model T1234567",
        "driver 470.82.01", "printer driver HP1234", "bus driver 42", "driver version 12345678",
    ],
    "MEDICAL_LICENSE": [
        f"«{DEA}»", f"DEA: «{DEA}»", f"dea number «{DEA.lower()}»", f"«{dea('F9', '345678')}».",
        wrong(DEA), f"x{DEA}", f"{DEA}0", f"0x{DEA}", dea("ID", "123456"), "AB0000000",
        f"ffffff{dea('ff', '000000')}", dea("B1", "123456"),
    ],
    "EMAIL_ADDRESS": [
        "«jo@example.org»", "write to «jo.d+news@mail.example.co.uk».", "<«a@b.de»>,«c@d.fr»",
        "mailto:«zoë@müller.de»", "'«jo@example.org»'", '"«jo@example.org»"',
        "e=«jo@example.org»&b",
        "https://lists.example.org/r/«jo@example.org»/", "user|«jo@example.org»|x",
        "*«jo@example.org»*",
        "«o'brien@example.org»", "«m&m@example.org»", "«jo_d@sub-domain.example.org»",
        "«jo@xn--mller-kva.de»", "«JO@EXAMPLE.ORG»", "Jo@Example.Com".join("«»"),
        "ask «jo@example.com».Then wait", "ask «jo@example.com».", "%3C«jo@example.org»%3E",
        "To...«jo@example.org»", "邮箱«jo@example.org»，", "メールは«jo@example.org»です",
        "«jo@example.org»입니다",
        "«jo@example.com»-Office", "«jo@example.com»\\,", "«jo [at] example [dot] org»",
        "«jo(at)example.org»", "«jo.d <at> example.org»",
        "«jo AT example DOT org»".replace("AT", "[AT]")
        .replace("DOT", "[DOT]"),
        "email: «jo at example dot org»", "«1@b.de»", "«a.b.c.d@b.de»",
        "GIT_EMAIL=«jo@example.org»",
        "😀«jo@example.org»", "«jo@a.b.c.example.museum»",
        "user@localhost", "@handle", "a @ b.de", "jo@example", "x@y.nosuchsuffix", "jo@.org",
        "@b.de",
        "jo.@example.org", "jo@example..org", "jo@-example.org".replace("-example", "-"), "jo@",
        "jo at example dot org", "look at example dot com", "at [at] dot", "jo[at]example",
        "a" * 65 + "@example.org", "1.2@3.4", "foo@1.2.3.4", "price @ 3.50", "jo@example.org7",
    ],
    "IP_ADDRESS": [
        "from «93.184.216.34», port 80", "«192.168.0.17»", "«10.1.2.3»", "«93.184.216.34»:8080",
        "http://«93.184.216.34»/x", "[«93.184.216.34»]", "«172.16.254.0/24»", "ip «1.2.3.4»",
        "server «8.8.8.8»", "ping «1.1.1.1»", "地址«93.184.216.34»。", "\\|«86.121.97.248»|%20/",
        "client_ip=«93.184.216.34»&x", "«93.184.216.34».", "«93.184.216.34» - - [",
        "IP: «12.13.14.15»",
        "«2a02:8108:8ac0:1d4:c5b:7a9e:ab12:9f»", "«2001:db8::8a2e:370:7334»", "[«2001:db8::1»]:80",
        "«fe80::1%eth0»", "«fe80::1ff:fe23:4567:890a/64»", "«::ffff:93.184.216.34»",
        "ip6:«fd00::1»",
        "to:«2001:db8::5»", "«64:ff9b::93.184.216.34»", "«2001:db8::/32»", "«ff02::1»",
        "号«2001:db8::5»",
        "address «3b20:9a3a:1b2f:7ce:9ef1:4787:85fc:261e» blocked", "«a0f:1:2::3:4:5»",
        "1.2.3.4", "version 1.2.3.4", "v10.20.30.40", "Version 192.168.10.20",
        "section 192.168.10.20",
        "\n6.6.4.1. Type field", "\n 43.7.3.3. UPDATE", "1.2.3.4.5", "see 36.42.4.2.1",
        "F.36.42.4.2",
        "Firefox/192.0.50.9", "dahdi-192.11.50.0", "256.1.2.3", "93.184.216", "093.184.216.034",
        "127.0.0.1", "0.0.0.0", "255.255.255.0",  # noqa: S104 (an address)
        "netmask 255.255.255.0", "localhost ip 127.0.0.1",
        "4.3.168.192.in-addr.arpa", "std::vector", "a::b", "1::", "::", "::1", "::2", "DB::DB",
        "fd::7", "byte 5::", "12:30:45", "a[::2]", "face::", "Foo::dead::beef", "add::",
        "21:00:00:24:ff:27:8f:ae", "1:2:3", "x93.184.216.34", "93.184.216.34x", "1.2.3.4-rc1",
    ],
    "MAC_ADDRESS": [
        "«00:1a:2b:3c:4d:5e»", "«00-1A-2B-3C-4D-5E»", "«001a.2b3c.4d5e»", "mac «00-11-22-33-44-55»",
        "link/ether «48:2a:e3:4c:b1:d1» brd", "«00:11:22:33:44:55»", "hwaddr=«00:1a:2b:3c:4d:5e»",
        "地址«00:1a:2b:3c:4d:5e»", "MAC «0011.2233.4455»",
        "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "00:1a:2b:3c:4d", "00:1a:2b:3c:4d:5e:6f",
        "21:00:00:24:ff:27:8f:ae", "00:1a-2b:3c-4d:5e", "00-11-22-33-44-55", "1234.5678.9012",
        "x00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5g", "12:30:45", "a.001a.2b3c.4d5e.b",
    ],
    "IBAN_CODE": [
        f"«{DE}»", f"to «{fours(DE)}» is it", f"«{fours(GB, '-')}»", f"«{GB.lower()}»",
        f"«{fours(FR)}»",
        f"«{fours(GB.lower())}»", f"«{NO}»", f"«{MT}».", f"«{DE[:4]} {DE[4:]}»", f"IBAN:«{DE}»",
        f"«{DE}» 2 days", f"账号«{DE}»", f"«{GB[:4]} {GB[4:9]} {GB[9:]}»",
        f"«{fours(DE)}» and «{GB}»", f"«{fours(NO)}»12".replace("12", ", 12"),
        f"({DE})".replace(DE, f"«{DE}»"),
        wrong(DE), wrong(GB, 6), DE[:-1], f"{DE}0", f"x{DE}", "ZZ" + DE[2:],
        iban("DE", "5001051754073249310"),
        iban("DE", "A00105175407324931"), iban("GB", "123460161331926819"),
        iban("US", "123456789012"),
        fours(DE, "  "), fours(DE, "."), iban("PT", "1234567890123456789"),
    ],
    "CRYPTO": [
        f"«{P2PKH}»", f"send to «{P2SH}»,", f"«{SEGWIT}»", f"«{SEGWIT.upper()}»", f"«{TAPROOT}»",
        f"«{ETHER}»", f"bitcoin:«{P2PKH}»?amount=1", f"wallet «{ETHER.lower()}»", f"钱包«{P2PKH}»",
        f"Ethereum «{ETHER.lower()}»", f"«{P2PKH}».",
        wrong(SEGWIT), f"{P2PKH[:-2]}xy", f"{P2PKH}1", f"a{P2PKH}", ETHER.lower(), ETHER.swapcase(),
        f"{SEGWIT[:-1]}B", "0x" + "0" * 40, "wallet 0x" + "0" * 40, "1" * 33, f"{ETHER}00",
        "0x" + "fF" * 20, f"tb1{SEGWIT[3:]}", f"commit {ETHER[2:].lower()}",
    ],
    "PHONE_NUMBER": [
        "call «(212) 555-2368» now", "«(212)555-2368»", "«212-555-2368»", "«212.555.2368»",
        "«1-212-555-2368»",
        "«+1 (212) 555-2368»", "«+12125552368»", "«+1 212 555 2368»", "«+44 20 7031 3000»",
        "«+49 30 303986300»",
        "Tel.:«+49 30 303986300»,", "Tel.«030 303986300»", "«+41 (0)44 668 18 00»",
        "«+33 1 42 68 53 00»",
        "«0049 30 303986300»", "«01 42 68 53 00»", "«01.42.68.53.00»", "«020 7031 3000»",
        "«(020) 7031 3000»",
        "«030/303986300»", "«030 - 303986300»", "«07400 123456»", "«07400123456»",
        "«+91 98765 43210»",
        "«+81 3-5308-6120»", "«03-5308-6120»", "«010-3456-7890»", "«(11) 96123-4567»",
        "«+55 11 96123-4567»",
        "«(212) 555-2368 ext. 12»", "«212-555-2368x4587»", "«650-253-0000 #12»",
        "«001-212-555-2368»",
        "电话«13812345678»", "手机：«138 1234 5678»", "電話番号は«0312345678»です",
        "전화 «02-312-3456»",
        "फ़ोन «98765 43210»",
        "mobile: «5403926876»", "«9885 1152»-Office\\,«3660170548»-Fax", "«92 34 70» office",
        "Can someone call me on «9472 7916»?", "Phone: «451 5986»", "Fax: «(99) 645-791»",
        "cell «5551234567»",
        "«5551234567» is my phone number", "My number is «5403926876».",
        "phone_number=«5403926876»",
        "at (63 2) 721-6726".replace("at ", "call «").replace("6726", "6726»"),
        "WhatsApp «600 123 456»",
        "«555 123 456» (mobile)", "Rufnummer «12345678»", "(«404.240.4204»).",
        "NY 10001 «212-555-2368»",
        "contact No is «9931152405» .", "«212-555-2368» or «212-555-2369»", "«+9189860-54337»",
        "in 1998, 2003 and 10:30", "$2125552368", "abc2125552368def", "31/12/1999",
        "2012-01-02 08:00",
        "5281.568965", "0.298387", "192.168.2.5/24", "188.76..188.77", "255.255.255.0",
        "01/05340405.xhp",
        "/text/shared/01/05340405.xhp", "1685", "In 1649 the", "19   19   19   19   19",
        "19 00 00 00 00",
        "ISBN 0-321-49694-9", "MA 02111-1307", "12345-6789", "1171411200 +0000", "2147483647",
        "2026-116328",
        "09/2013", "Office 97/2000", "1998-2003", "phone 1998-2003", "phone 2012-01-02", "20021231",
        "call 20021231", "(12) 345-678", "12(3) 345-678", "Nature 12 (11) 2346-2471",
        "1,212,555,2368",
        "version 212-555-2368", "order no. 212-555-2368", "order number 5403926876",
        "00 11 22 33 44 55 66",
        "16 30 12 10 05 04", "1 2 3 4 5 6 7 8 9 10", "3.14159265358979", "1000000", "fax 5000000",
        f"{VISA}", f"{fours(VISA)}", f"phone {VISA}", DE, fours(DE), "5403926876",
        "123456789012345678",
        "call stack 1233329".replace("call stack", "call stack:"), "port 8080", "page 212-555-2368",
        "a212-555-2368", "212-555-23689", "x+4930303986300", "+1234567", "1212-555-2368-1",
        "+0 212 555",
        "Koontz Lane 03 2657", "03262 2437 Main St", "5 - 10 - 15 - 20", "2001-2003: 212",
        "0711-317",
        "phone 1111111", "tel 123", "mobile 1024x768", "v4.2.1.0342",
    ],
    "DATE_TIME": [
        "born on «7/3/1990»", "date of birth: «1990-03-07»", "DOB «07.03.1990»",
        "geb. «7. März 1990»",
        "She was born on «March 7, 1990».", "né le «7 mars 1990»", "nació el «7 de marzo de 1990»",
        "nata il «7 marzo 1990»", "nasceu em «7 de março de 1990»", "geboren op «7 maart 1990»",
        "ur. «7 marca 1990»", "出生日期：«1990年3月7日»", "«1990年3月7日»生まれ",
        "생년월일 «1990년 3월 7일»",
        "जन्म तिथि «07-03-1990»", "birthday «7-Mar-1990»", "born «1990-03-07 12:20:39»",
        "dob=«7th March 1990»",
        "born «1990-03-07T12:20:39.5+01:00»", "«7/3/1990» is my birthday", "born «2/29/2000»",
        "7/3/1990", "on March 7, 1990", "Date: 1990-03-07", "born 2/30/1990", "born 13/13/1990",
        "born 1990-13-07", "born in 1990", "born at 12:20", "born 1990-3", "born version 1.2.3",
        "1990年3月7日",
        "born 31 June 1990", "born 7/3/1990/2", "reborn 7/3/1990", "born 17/13/90.5",
    ],
    "UK_NHS": [
        f"NHS number «{NHS}»", f"«{grouped(NHS, 3, 3, 4)}»",
        f"nhs no. «{grouped(NHS, 3, 3, 4, by='-')}»",
        f"patient «{NHS}»", f"Patient: «{grouped(NHS, 3, 3, 4)}».",
        NHS, grouped(NHS, 3, 3, 4, by="-"), f"nhs {wrong(NHS)}", wrong(grouped(NHS, 3, 3, 4)),
        f"nhs {NHS}0", "nhs 0000000000", "128 256 512 1024 2048", f"5 {grouped(NHS, 3, 3, 4)}",
        f"ISBN {NHS}", f"0.{NHS}",
    ],
    "UK_NINO": [
        "«AB 12 34 56 C»", "NI number «AB123456C»", "national insurance «ab123456c»",
        "nino: «JG 123456 A»",
        "AB123456C", "BG123456C", "national insurance BG123456C", "QQ123456C", "AB123456E",
        "AD123456A1",
        "NI number FB123456C".replace("FB", "DB"), "ST380021A", "AB1234567C",
    ],
    "BR_CPF": [
        f"«{grouped(CPF[:9], 3, 3, 3, by='.')}-{CPF[9:]}»", f"CPF «{CPF}»", f"CPF: «{CPF}».",
        f"contribuinte «{CPF}»",
        CPF, f"CPF {wrong(CPF)}", "CPF 11111111111",
        grouped(CPF[:9], 3, 3, 3, by=".") + f"-{wrong(CPF)[9:]}",
        f"CPF {CPF}0", f"pedido {CPF}",
    ],
    "CN_RESIDENT_ID": [
        f"«{CN}»", f"身份证号«{CN}»，", f"身份证：«{resident('11010519900307002').lower()}»",
        f"ID «{CN}».",
        wrong(CN, 17), f"{CN}0", f"1{CN}", resident("11010519900230123"),
        resident("91010519900307123"),
        resident("11010518900307123"), CN[:15],
    ],
    "FR_NIR": [
        f"«{NIR}»", f"«{grouped(NIR, 1, 2, 2, 2, 3, 3, 2)}»", f"sécurité sociale : «{NIR}»",
        f"«{CORSICA}»",
        f"NIR «{grouped(CORSICA, 1, 2, 2, 2, 3, 3, 2)}».",
        wrong(NIR), f"{NIR}0", nir("5850578006084"), nir("1851978006084"), f"x{NIR}",
        nir("1850078006084"),
    ],
    "IT_FISCAL_CODE": [
        f"«{FISCAL}»", f"codice fiscale «{FISCAL.lower()}»,", f"C.F. «{FISCAL}».",
        wrong(FISCAL), f"x{FISCAL}", f"{FISCAL}1", fiscal("RSSMRA80Z01H501"),
    ],
    "JP_MY_NUMBER": [
        f"マイナンバー«{MY}»", f"個人番号：«{grouped(MY, 4, 4, 4)}»",
        f"My Number «{grouped(MY, 4, 4, 4, by='-')}»",
        MY, grouped(MY, 4, 4, 4), f"マイナンバー{wrong(MY)}", f"マイナンバー{MY}0", f"注文{MY}",
    ],
    "KR_RRN": [
        "«900307-1234567»", "주민등록번호 «900307-2234567»,", "주민등록번호는 «9003071234567»",
        "«010307-3234567»",
        "9003071234567", "901307-1234567", "900231-1234567", "900307-9234567", "900307-12345678",
        "1900307-1234567", "주민등록번호 9002311234567",
    ],
    "NL_BSN": [
        f"BSN «{BSN}»", f"burgerservicenummer: «{BSN}»", f"BSN «{BSN[:4]}.{BSN[4:6]}.{BSN[6:]}»",
        BSN, f"BSN {wrong(BSN)}", f"BSN {BSN}0", "BSN 000000000", f"versie {BSN}",
    ],
    "PL_PESEL": [
        f"PESEL «{PESEL}»", f"numer PESEL: «{PESEL}»", f"dowód osobisty «{pesel('0423071234')}»",
        PESEL, f"PESEL {wrong(PESEL)}", f"PESEL {pesel('9013071234')}", f"x{PESEL}",
        f"PESEL {PESEL}1",
    ],
    "PT_NIF": [
        f"NIF «{NIF}»", f"contribuinte n.º «{grouped(NIF, 3, 3, 3)}»", f"NIF: «{NIF}».",
        NIF, f"NIF {wrong(NIF)}", f"NIF {nif('71345678')}", f"NIF {NIF}0", f"pedido {NIF}",
    ],
    "ES_NIF": [
        f"DNI «{DNI}»", f"DNI: «{DNI[:-1]}-{DNI[-1]}»", f"NIF «{DNI.lower()}»",
        DNI, f"DNI {wrong(DNI)}", f"x{DNI}", "0226553a-37cf", f"factura {DNI}",
    ],
    "ES_NIE": [f"«{NIE}»", f"NIE: «{NIE.lower()}».", wrong(NIE), f"{NIE}X", f"A{NIE}"],
    "DE_TAX_ID": [
        f"Steuer-ID «{TAX_ID}»", f"Steueridentifikationsnummer: «{TAX_ID}»", f"IdNr. «{TAX_ID}»",
        TAX_ID, f"Steuer-ID {wrong(TAX_ID)}", f"Steuer-ID {TAX_ID}0", f"Rechnung {TAX_ID}",
    ],
    "DE_SOCIAL_SECURITY": [
        f"«{PENSION}»", f"Sozialversicherungsnummer «{PENSION}»", f"RVNR: «{PENSION.lower()}»",
        wrong(PENSION), f"x{PENSION}", f"{PENSION}1", pension("15400649C10"),
    ],
    "IN_AADHAAR": [
        f"Aadhaar «{fours(AADHAAR)}»", f"aadhaar no «{AADHAAR}»", f"आधार संख्या «{fours(AADHAAR)}»",
        AADHAAR, fours(AADHAAR), f"Aadhaar {wrong(AADHAAR)}", f"Aadhaar {AADHAAR}1",
        f"order {AADHAAR}",
    ],
    "IN_PAN": [
        "PAN «ABCPK1234L»", "«ABCPK1234L»", "income tax «abcpk1234l»",
        "PAN ABCKK1234L", "a frying pan with 1234 handles", "xABCPK1234L", "ABCPK12345L",
        "pan Handle1234",
    ],
}  # fmt: skip
