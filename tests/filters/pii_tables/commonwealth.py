"""Australia, Canada, Nigeria, South Africa and the United Kingdom."""

from __future__ import annotations

from tests.filters.check_digits import grouped, luhn, one_digit, verhoeff, weighted, wrong
from tests.filters.pii_tables.row import Row

ARABIC = {48 + digit: 0x660 + digit for digit in range(10)}


def abn(digits: str) -> str:
    """Put the two check digits of an Australian Business Number before nine digits (mod 89)."""
    return str(10 + -weighted(digits, range(3, 20, 2)) % 89) + digits


def acn(digits: str) -> str:
    """Append the check digit of an Australian Company Number."""
    return digits + str(-weighted(digits, range(8, 0, -1)) % 10)


def medicare(digits: str, issue: str = "1") -> str:
    """Append the check digit of a Medicare number, and the number of the card's issue."""
    return f"{digits}{weighted(digits, (1, 3, 7, 9)) % 10}{issue}"


def tfn(digits: str) -> str:
    """Append the check digit of a Tax File Number; not every eight digits have one."""
    return digits + one_digit(weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9)) % 11)


def nhs(digits: str) -> str:
    """Append the check digit of an NHS number; not every nine digits have one."""
    return digits + one_digit(-weighted(digits, range(10, 1, -1)) % 11)


ABN, ACN, TFN, MEDICARE = abn("123456780"), acn("12345678"), tfn("12345678"), medicare("21234567")
SIN, SIN9, NHS = luhn("12345678"), luhn("98765432"), nhs("401023213")
ZA_BORN, ZA_NO_DAY = luhn("840229500908"), luhn("850229500908")  # the first year was a leap year
ZA_OLD, NIN = luhn("851231012319"), verhoeff("1234567890")

# fmt: off
TABLE: dict[str, list[Row]] = {
    "AU_ABN": [
        (f"«{ABN}»", 1), (f"ABN «{grouped(ABN, 2, 3, 3, 3)}».", 1),
        (f"«{abn('999999999')}»,«{ABN}»", 1, 1), (f"«{grouped(ABN, 2, 3, 3, 3, by=chr(10))}»", 1),
        (f"«{grouped(ABN, 2, 3, 3, 3, by=chr(0xa0))}»", 1), (f"«{ABN.translate(ARABIC)}»", 1),
        (f"#«{ABN}»-", 1), wrong(ABN), wrong(ABN, 0), wrong(grouped(ABN, 2, 3, 3, 3)), ABN[:-1],
        ABN + "0", f"x{ABN}", f"é{ABN}", grouped(ABN, 2, 3, 3, 3, by="-"), grouped(ABN, 3, 3, 3, 2),
        grouped(ABN, 2, 3, 3, 3, by="  "), f"{ABN}_",
    ],
    "AU_ACN": [
        (f"«{ACN}»", 1), (f"ACN «{grouped(ACN, 3, 3, 3)}».", 1), (f"«{acn('00000000')}»", 1),
        (f"«{grouped(ACN, 3, 3, 3, by=chr(9))}»\n«{ACN}»", 1, 1), (f"«{ACN.translate(ARABIC)}»", 1),
        wrong(ACN), wrong(grouped(ACN, 3, 3, 3), 2), ACN[:-1], f"0{ACN}", f"{ACN}a", f"ж{ACN}",
        grouped(ACN, 3, 3, 3, by="-"), grouped(ACN, 2, 3, 4), grouped(ACN, 3, 3, 3, by="."),
    ],
    "AU_MEDICARE": [
        (f"«{MEDICARE}»", 1), (f"card «{grouped(MEDICARE, 4, 5, 1)}».", 1),
        (f"«{medicare('61234567', '9')}»,«{MEDICARE}»", 1, 1),
        (f"«{grouped(MEDICARE, 4, 5, 1, by=chr(10))}»", 1),
        (f"«{medicare('21234567', '0')}»", 1),  # stock: issues begin at 1
        wrong(MEDICARE, 8), wrong(MEDICARE, 3), wrong(grouped(MEDICARE, 4, 5, 1), 0),
        medicare("11234567"), medicare("71234567"), MEDICARE[:-1], MEDICARE + "1", f"x{MEDICARE}",
        f"é{MEDICARE}", grouped(MEDICARE, 4, 5, 1, by="-"), grouped(MEDICARE, 4, 6),
    ],
    "AU_TFN": [
        (f"«{TFN}»", 1), (f"TFN: «{grouped(TFN, 3, 3, 3)}».", 1),
        (f"«{tfn('87654321')}»,«{TFN}»", 1, 1), (f"«{grouped(TFN, 3, 3, 3, by=chr(10))}»", 1),
        (f"«{TFN.translate(ARABIC)}»", 1),
        ("«000000000»", 1),  # stock: nothing but zeros
        wrong(TFN), wrong(TFN, 4), wrong(grouped(TFN, 3, 3, 3), 0), TFN[:-1], f"0{TFN}", f"{TFN}z",
        f"é{TFN}", grouped(TFN, 3, 3, 3, by="-"), grouped(TFN, 2, 3, 4),
    ],
    "CA_POSTAL_CODE": [
        ("«K1A 0B1»", .3), ("«K1A0B1»", .1), ("Ottawa, «k1a 0b1».", .3),
        ("«X0X 9Z9»,«V9W2T3»", .3, .1), ("(«A1W 2Z3»)\n", .3), ("«M5V 3L9» canada", .3), "D1A 0B1",
        "K1D 0B1", "K1A 0O1", "W1A 0B1", "Z1A 0B1", "K1I 0B1", "K1A  0B1", "K1A-0B1", "K1A\n0B1",
        "K1A\u00a00B1", "K1A 0B", "K1A 0B11", "XK1A 0B1", "éK1A0B1", "KA1 0B1", "K1A 0B1x",
    ],
    "CA_SIN": [
        (f"«{grouped(SIN, 3, 3, 3)}»", .5), (f"SIN «{grouped(SIN, 3, 3, 3, by='-')}».", .5),
        (f"«{SIN}»", .05), (f"«{SIN9}»,«{grouped(SIN9, 3, 3, 3)}»\n", .05, .5),
        (f"#«{luhn('70000000')}»", .05), wrong(SIN), wrong(grouped(SIN, 3, 3, 3), 4),
        luhn("02345678"), luhn("82345678"), f"{SIN[:3]}-{SIN[3:6]} {SIN[6:]}",
        grouped(SIN, 3, 3, 3, by="."), SIN[:-1], SIN + "0", f"x{SIN}", f"{SIN}é",
        grouped(SIN, 2, 3, 4, by="-"), grouped(SIN, 3, 3, 3, by=chr(0xa0)),
    ],
    "NG_NIN": [
        (f"«{NIN}»", 1), (f"NIN: «{NIN}».", 1), (f"«{verhoeff('0000000000')}»\n«{NIN}»", 1, 1),
        (f"«{NIN.translate(ARABIC)}»", 1), (f"№«{verhoeff('9876543210')}»,", 1), wrong(NIN),
        wrong(NIN, 4), NIN[:5] + NIN[6] + NIN[5] + NIN[7:], NIN[:-1], f"0{NIN}", f"x{NIN}",
        f"é{NIN}", grouped(NIN, 4, 4, 3), grouped(NIN, 4, 4, 3, by="-"),
    ],
    "NG_VEHICLE_REGISTRATION": [
        ("«ABC123DE»", .5), ("plate «ABC-123DE».", .5), ("«abc 123de»", .5),
        ("«KJA123AA»,«LSD-456BB»\n", .5, .5), ("é «ABC-123DE»", .5), "AB123DE", "ABCD123DE",
        "ABC12DE", "ABC1234DE", "ABC123D", "ABC123DEF", "ABC-123-DE", "ABC  123DE", "éABC123DE",
        "1ABC123DE", "ABC\n123DE", "ABC_123DE",
    ],
    "UK_DRIVING_LICENCE": [
        ("«SMITH701019AB9CD»", .5), ("licence «SMITH751019AB9CD».", .5), ("«LEE99701019A99CD»", .5),
        ("«smith712319ab1cd»", .5), ("«JONES662319AB9CD»,«A9999001010ABXYZ»\n", .5, .5),
        ("«SMITH702309AB9CD»", .5),  # stock: 30 February
        "99999701019AB9CD", "9MITH701019AB9CD", "SM9TH701019AB9CD", "SMITH713019AB9CD",
        "SMITH763019AB9CD", "SMITH700019AB9CD", "SMITH701329AB9CD", "SMITH701009AB9CD",
        "SMITH701019A19CD", "SMITH701019AB9C1", "SMIT7701019AB9CD", "SMITH701019AB9CDE",
        "XSMITH701019AB9CD", "SMITH701019AB9C", "éSMITH701019AB9CD", "SMITH 701019 AB9CD",
        "SMITH-701019-AB9CD",
    ],
    "UK_NHS": [
        (f"«{NHS}»", 1), (f"NHS «{grouped(NHS, 3, 3, 4)}».", 1),
        (f"«{grouped(NHS, 3, 3, 4, by='-')}»", 1),
        (f"«{NHS[:3]}-{NHS[3:6]} {NHS[6:]}»,«{nhs('943476591')}»\n", 1, 1), (f"№«{NHS}»", 1),
        (f"«{NHS[:6]} {NHS[6:]}»", 1),
        ("«0000000000»", 1),  # stock: nothing but zeros
        wrong(NHS), wrong(NHS, 2), wrong(grouped(NHS, 3, 3, 4)),
        NHS[:4] + NHS[5] + NHS[4] + NHS[6:], NHS[:-1], NHS + "0", f"x{NHS}", f"é{NHS}", f"{NHS}_",
        grouped(NHS, 3, 3, 4, by="."), grouped(NHS, 4, 3, 3), grouped(NHS, 3, 3, 4, by="  "),
        grouped(NHS, 3, 3, 4, by="\n"),
    ],
    "UK_NINO": [
        ("«AB123456C»", .5), ("NI number «AB 12 34 56 C».", .5), ("«ab123456d»", .5),
        ("«Zy 123456A»", .5), ("«AB12 34 56C»,«JM 98 76 54 B»\n", .5, .5), ("«OA123456A»", .5),
        ("(«WK123456A»)", .5), "DA123456C", "FA123456C", "IA123456C", "QA123456C", "UA123456C",
        "VA123456C", "AO123456C", "AV123456C", "BG123456C", "GB123456C", "NK123456C", "KN123456C",
        "nt123456c", "TN123456C", "ZZ123456C", "AB123456E", "AB123456", "AB12345C", "AB1234567C",
        "AB-12-34-56-C", "AB  123456C", "xAB123456C", "éAB123456C", "AB123456CD", "AB\n123456C",
        "A B123456C",
    ],
    "UK_PASSPORT": [
        ("«AB1234567»", .1), ("passport «ab1234567».", .1), ("«AB1234567»,«CD7654321»\n", .1, .1),
        ("№«AB1234567»-", .1),
        "123456789",  # stock: misses nine digits
        "A1234567", "ABC1234567", "AB123456", "AB12345678", "AB 1234567", "éAB1234567",
        "AB1234567é", "1AB1234567", "AB-1234567",
    ],
    "UK_POSTCODE": [
        ("«M1 1AE»", .1), ("«B33 8TH»", .1), ("«CR2 6XH»", .1), ("«DN55 1PT»", .1),
        ("«W1A 1HQ»", .1), ("London «EC1A 1BB».", .1), ("«GIR 0AA»", .1), ("«gir0aa»", .1),
        ("«m11ae»", .1), ("«SW1A\t2AA»", .1), ("«EC1A1BB»,«M1\n1AE»", .1, .1),
        ("«A1 1AA»", .1),  # stock: no such area
        "Q1 1AE", "V1 1AE", "X1 1AE", "M1 1CE", "M1 1AI", "M1L 1AE", "MI1 1AE", "EC1C 1BB", "M1 1A",
        "M1 AAE", "M111 1AE", "M1  1AE", "M1-1AE", "éM1 1AE", "XM1 1AEE", "GIR 0AB",
    ],
    "UK_VEHICLE_REGISTRATION": [
        ("«AB12 CDE»", 1), ("«AB12CDE»", 1), ("plate «ab51-cde».", 1),
        ("«AB02CDE»,«AB29CDE»\n", 1, 1), ("«YY79ZZZ»", 1), ("«A123 BCD»", .2), ("«A1BCD»", .2),
        ("«y999-yzz»", .2), ("«ABC 123D»", .15), ("«ABC-1-D»", .15), ("«abc123y»", .15),
        ("(«AB12 CDE»)", 1), "AB01CDE", "AB30CDE", "AB50CDE", "AB00CDE", "AB80CDE", "IB12CDE",
        "AQ12CDE", "AZ12CDE", "AB12CDI", "AB12CDQ", "I123BCD", "O123BCD", "Q123BCD", "U123BCD",
        "Z123BCD", "A1234BCD", "A123ZCD", "ABI123D", "ABC123I", "ABC123Z", "ABC1234D", "AB12  CDE",
        "AB12.CDE", "éAB12CDE", "AB12CDEF", "AB1CDE", "1AB12CDE",
    ],
    "ZA_COMPANY_REGISTRATION": [
        ("«1998/123456/07»", 1), ("reg. «2003/000001/23».", 1), ("«CK1998/123456»", 1),
        ("«K1950/000001»", 1), ("«nr1998/123456»", 1),
        ("«T1998/123456»,«W1998/123456»\n«B1998/123456»", 1, 1, 1),
        ("«M1800/123456»/«N1998/123456»", 1, 1),
        ("«1998/123456/99»", 1),  # stock: no such type
        ("«CK1998/123456»/23", 1),  # stock: leaves the type
        "2099/123456/07", "1898/123456/07", "CK1799/123456", "CK2099/123456", "1998/12345/07",
        "1998/1234567/07", "1998/123456/7", "1998/123456/071", "1998-123456-07",
        "1998 / 123456 / 07", "X1998/123456", "CK98/123456", "CK1998/12345", "x1998/123456/07",
        "é1998/123456/07", "11998/123456/07",
    ],
    "ZA_DRIVER_LICENSE": [
        ("«12345678AB»", 1), ("licence «1234567890ABCD».", 1), ("«123456abcd»", 1),
        ("«1234567A12»,«12345678X9»\n", 1, 1), ("«1234567890123A»", 1), ("«123456A1B2»", 1),
        ("«20240131T09»", 1),  # stock: a time
        "1234567890", "12345678901234", "1234567AB", "12345AB123", "1234567890ABCDEF", "AB12345678",
        "12345678-AB", "12345678 AB", "é12345678AB", "12345678ABé", "x12345678AB",
    ],
    "ZA_ID_NUMBER": [
        (f"«{ZA_BORN}»", 1), (f"ID «{ZA_OLD}».", 1),
        (f"«{luhn('000101500908')}»,«{luhn('850101500919')}»\n", 1, 1),
        (f"№«{luhn('850101500928')}»", 1), wrong(ZA_BORN), wrong(ZA_BORN, 7), ZA_NO_DAY,
        ZA_BORN.translate(ARABIC), luhn("851301500908"), luhn("850132500908"), luhn("850001500908"),
        luhn("850100500908"), luhn("850101500938"), luhn("850101500907"), ZA_BORN[:-1],
        ZA_BORN + "0", f"x{ZA_BORN}", f"é{ZA_BORN}", grouped(ZA_BORN, 6, 4, 3),
        grouped(ZA_BORN, 6, 4, 3, by="-"),
    ],
    "ZA_INCOME_TAX_NUMBER": [
        (f"«{luhn('012345678')}»", 1), (f"SARS «{luhn('123456789')}».", 1),
        (f"«{luhn('212345678')}»,«{luhn('312345678')}»\n«{luhn('912345678')}»", 1, 1, 1),
        (f"«{wrong(luhn('123456789'))}»", 1), ("tel «0111234567»", 1),  # stock: no check digit
        "4123456789", "5123456789", "6123456789", "7123456789", "8123456789", "123456789",
        "01234567890", "x0123456789", "é0123456789", "0123 456 789", "012-345-6789",
    ],
    "ZA_LICENSE_PLATE": [
        ("«AB12CDGP»", 1), ("«AB 12 CD GP»", 1), ("plate «CA 123 WP»?", 1), ("«ab12gp»", 1),
        ("«ABCD1234MP»", 1), ("«ABC123EFGHZN»", 1), ("«AB12 CD\tEC»", 1),
        ("«ABC 123 NW»,«XY 12 FS»\n", 1, 1), ("«123 ABC EC»", 1), ("«12ABEC»", 1), ("«AB99LP»", 1),
        ("«AB99NC»", 1),
        "CA 123 456",  # stock: misses Western Cape's
        "AB12CDXX", "A12GP", "AB1GP", "AB12345GP", "ABCDE12GP", "123 ABC GP", "1 ABC EC",
        "AB-12-CD-GP", "AB  12GP", "éAB12CDGP", "AB12CDGPS", "1AB12GP", "AB 1 CD GP",
    ],
    "ZA_MOBILE_NUMBER": [
        ("«082 123 4567»", .4), ("cell «+27 82 123 4567».", .4), ("«0821234567»", .4),
        ("«+27 (0)72 123 4567»", .4), ("«071-123-4567»,«083.123.4567»\n", .4, .4),
        ("«+27 61 234 5678»", .4), ("tel:«+27821234567»", .4), ("«٠٨٢١٢٣٤٥٦٧»", .4),
        ("«082/1234»", .4),  # stock: five digits suffice
        "011 978 5313", "0800 123 456", "+44 7911 123456", "082 12", "082 123 45678",
        "x0821234567x", "+27 10 123 4567", "1982 1234567",
    ],
    "ZA_PASSPORT": [
        ("«A12345678»", 1), ("passport «m12345678».", 1), ("«D12345678»,«T12345678»\n", 1, 1),
        ("№«A12345678»-", 1), "B12345678", "P12345678", "A1234567", "A123456789", "AA12345678",
        "A 12345678", "éA12345678", "A12345678é", "A-12345678", "12345678A",
    ],
    "ZA_TELEPHONE_NUMBER": [
        ("«011 978 5313»", .4), ("office «+27 21 123 4567».", .4), ("«0119785313»", .4),
        ("«0800 123 456»", .4), ("«0860 123 456»", .4),
        ("«+27 (0)31 123 4567»,«012-123-4567»\n", .4, .4), ("«+27 87 123 4567»", .4),
        ("tel:«+27119785313»", .4), "082 123 4567", "+27 72 123 4567", "+1 212 555 2368",
        "011 978 531", "011 978 53133", "x0119785313x", "2011 9785313", "978 5313",
    ],
    "ZA_TRAFFIC_REGISTER_NUMBER": [
        ("«1234567890123»", 1), (f"TRN «{wrong(ZA_BORN)}».", 1),
        ("«9999999999999»,«1234567890123»\n", 1, 1), ("№«1234567890123»-", 1),
        (f"«{luhn('123456789012')}»", 1), ZA_BORN, ZA_OLD, "123456789012", "12345678901234",
        "x1234567890123", "é1234567890123", "1234567890123_", "123456 7890 123", "123456-7890-123",
    ],
    "ZA_VAT_NUMBER": [
        (f"«{luhn('412345678')}»", 1), (f"VAT «{luhn('400000000')}».", 1),
        (f"«{luhn('498765432')}»,«{luhn('411111111')}»\n", 1, 1),
        (f"«{wrong(luhn('412345678'))}»", 1),  # stock: no check digit
        "3123456789", "5123456789", "412345678", "41234567890", "x4123456789", "é4123456789",
        "4123 456 789", "412-345-6789", "ZA4123456789",
    ],
}
# fmt: on
