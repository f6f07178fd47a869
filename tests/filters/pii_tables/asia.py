"""India, Korea, the Philippines, Singapore and Thailand."""

from __future__ import annotations

from tests.filters.check_digits import grouped, one_digit, verhoeff, weighted, wrong
from tests.filters.pii_tables.row import Row

ARABIC = {48 + digit: 0x660 + digit for digit in range(10)}
# The letters of Singapore's entity numbers of form C, by their worth; I, O, Y and Z have none.
UEN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWX0123456789"


def brn(digits: str) -> str:
    """Append the check digit of a Korean business registration number."""
    total = weighted(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5)) + int(digits[-1]) * 5 // 10
    return digits + str(-total % 10)


def rrn(digits: str, base: int = 11) -> str:
    """Append the check digit of a Korean resident's number; of a foreigner's with base 13."""
    return digits + str((base - weighted(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10)


def ph_tin(digits: str, branch: str = "") -> str:
    """Append the check digit of a Philippine tax number, and a branch; not all digits have one."""
    return digits + one_digit(weighted(digits, range(9, 1, -1)) % 11) + branch


def tnin(digits: str) -> str:
    """Append the check digit of a Thai identity number."""
    return digits + str((11 - weighted(digits, range(13, 1, -1)) % 11) % 10)


def uen_a(digits: str) -> str:
    """Append the check letter of a Singapore business (eight digits)."""
    return digits + "XMKECAWLJDB"[weighted(digits, (10, 4, 9, 3, 8, 2, 7, 1)) % 11]


def uen_b(digits: str) -> str:
    """Append the check letter of a Singapore company (the year and five digits)."""
    return digits + "ZKCMDNERGWH"[weighted(digits, (10, 8, 6, 4, 9, 7, 5, 3, 1)) % 11]


def uen_c(body: str) -> str:
    """Append the check letter of another Singapore entity (T09LL0001)."""
    values = (UEN_LETTERS.index(c) for c in body)
    total = sum(v * w for v, w in zip(values, (4, 3, 5, 3, 10, 2, 2, 5, 7), strict=True))
    return body + UEN_LETTERS[(total - 5) % 11]


AADHAAR, AADHAAR2 = verhoeff("23456789012"), verhoeff("98765432109")
BRN, RRN, FRN = brn("123456789"), rrn("850101123456"), rrn("850101512345", 13)
TIN, TNIN, UEN_A = ph_tin("12345678"), tnin("110170123456"), uen_a("12345678")
UEN_B, UEN_C = uen_b("201912345"), uen_c("T09LL0001")
# A number that reads the same backwards and has the right check digit.
PALINDROME = next(
    value
    for half in range(200_000, 1_000_000)
    if (value := f"{half}{str(half)[::-1]}") == verhoeff(value[:-1])
)

# fmt: off
TABLE: dict[str, list[Row]] = {
    "IN_AADHAAR": [
        (f"«{AADHAAR}»", 1), (f"Aadhaar «{grouped(AADHAAR, 4, 4, 4)}».", 1),
        (f"«{grouped(AADHAAR, 4, 4, 4, by='-')}»", 1),
        (f"«{grouped(AADHAAR, 4, 4, 4, by=':')}»", 1),
        (f"«{AADHAAR[:4]}-{AADHAAR[4:8]}:{AADHAAR[8:]}»,«{AADHAAR2}»\n", 1, 1),
        (f"№«{AADHAAR2}»-", 1), wrong(AADHAAR), wrong(AADHAAR, 5),
        AADHAAR[:6] + AADHAAR[7] + AADHAAR[6] + AADHAAR[8:], verhoeff("12345678901"),
        verhoeff("02345678901"), PALINDROME, AADHAAR[:-1], AADHAAR + "0", f"x{AADHAAR}",
        f"é{AADHAAR}", f"{AADHAAR[:4]} {AADHAAR[4:]}", grouped(AADHAAR, 4, 4, 4, by="."),
        grouped(AADHAAR, 4, 4, 4, by="  "), AADHAAR.translate(ARABIC),
    ],
    "IN_GSTIN": [
        ("«27ABCDE1234F1Z5»", 1), ("GSTIN «07abcde1234f2z9».", 1),
        ("«01ABCDE1234FAZA»,«37ABCDE1234F1Z5»\n", 1, 1), ("№«27ABCDE1234F1Z5»-", 1),
        ("«19ABCDE1234F1Z5»", 1), ("«29ABCDE1234F1Z5»", 1),
        ("«27AB1D21234F1Z5»", 1),  # stock: digits in the PAN
        ("«27ABCDE1234F0Z5»", 1),  # stock: no check character
        "38ABCDE1234F1Z5", "97ABCDE1234F1Z5",  # stock: misses Ladakh, others
        "00ABCDE1234F1Z5", "40ABCDE1234F1Z5", "27ABCDE12X4F1Z5", "27ABCDE123451Z5",
        "27A1B121234F1Z5", "27ABCDE1234F1Y5", "27ABCDE1234F1Z", "27ABCDE1234F1Z55",
        "x27ABCDE1234F1Z5", "é27ABCDE1234F1Z5", "27 ABCDE1234F 1Z5", "27-ABCDE1234F-1Z5",
    ],
    "IN_PAN": [
        ("«ABCPD1234E»", .5), ("PAN «abcpd1234e».", .5), ("«AAAAA0000A»,«ZZZTZ9999Z»\n", .5, .5),
        ("«ABCDE1234F»", .1), ("№«ABCPD1234E»-", .5), ("«ABCDE12345»", .01),
        ("«user_1234a»", .01), ("a «x-1234-y-z»", .01),  # stock: any ten signs
        ("«abcdefghij» 1234", .01),  # stock: the digits may lie outside
        "ABCDEFGHIJ", "1234567890", "ABCPD123E", "ABCPD1234EF", "ABCPD 1234E", "ABCP.1234E",
        "éABCPD1234E", "ABCPD1234Eé",
    ],
    "IN_PASSPORT": [
        ("«A1234567»", .1), ("passport «z9876543».", .1), ("«A12 34567»", .1),
        ("«A12\n34567»,«K1000001»", .1, .1), ("№«A1234567»-", .1),
        ("«Q1234567»", .1),  # stock: no such series
        "A0234567", "A1234560", "A123456", "A12345678", "AB1234567", "12345678", "A12-34567",
        "A1 234567", "éA1234567", "A1234567é", "A12  34567",
    ],
    "IN_VEHICLE_REGISTRATION": [
        ("«MH12AB1234»", 1), ("plate «ka05m0001».", 1), ("«DL1CAB1234»", 1),
        ("«DL8C1234»,«TN01A9999»\n", 1, 1), ("«KA99AB1234»", .5), ("«XX12AB1234»", .5),
        ("«DL3ABC1234»", 1), ("«GJ18A1234»", 1), ("«UP16AB1234»", 1), ("«22BH1234AA»", .85),
        ("«21A123456X»", .85), ("«9CD12»", .4), ("«77CC123»", .4), ("«160UN1234»", .4),
        ("«ABC1234»", .2), ("«AB1234»", .01), ("«A1234»", .01), ("«I12345»", .01),
        ("№«MH12AB1234»-", 1), "MH12AB0000", "ABC0000", "A0000", "I00000", "22BH0000AA",
        "22BH1234IA", "10BH1234AA", "00A123456X", "21G123456X", "9CD0123", "1234CD123",
        "MH12ABC1234", "MH123AB1234", "MH12AB123", "MH12AB12345", "MH 12 AB 1234", "MH-12-AB-1234",
        "éMH12AB1234", "MH12AB1234é", "B12345",
    ],
    "IN_VOTER": [
        ("«ABC1234567»", .4), ("voter «xsz1234567».", .4), ("«AEC1234567»", .3),
        ("«ABC1234567»,«ZZZ0000000»\n", .4, .3), ("№«ABC1234567»-", .4), "AB1234567", "ABCD1234567",
        "ABC123456", "ABC12345678", "ABC 1234567", "ABC/1234567", "éABC1234567", "ABC1234567é",
        "1ABC1234567", "A1C1234567", "1234567890",
    ],
    "KR_BRN": [
        (f"«{grouped(BRN, 3, 2, 5, by='-')}»", 1), (f"«{BRN}»", 1), (f"번호«{BRN}»입니다", 1),
        (f"x«{BRN}»x", 1),
        (f"«{brn('110811234')}»,«{grouped(brn('987654321'), 3, 2, 5, by='-')}»\n", 1, 1),
        (f"-«{BRN}»-", 1), (f"é«{BRN}»_", 1),
        ("«0000000000»", 1),  # stock: nothing but zeros
        wrong(BRN), wrong(BRN, 3), wrong(grouped(BRN, 3, 2, 5, by="-")), BRN[:-1], BRN + "0",
        f"0{BRN}", grouped(BRN, 3, 2, 5), grouped(BRN, 2, 3, 5, by="-"), f"{BRN[:3]}-{BRN[3:]}",
        grouped(BRN, 3, 2, 5, by="--"), f"٠{BRN}",
    ],
    "KR_DRIVER_LICENSE": [
        ("«11-12-345678-90»", 1), ("면허«11 12 345678 90»", 1), ("«281234567890»", 1),
        ("x«26-12345678 90»x", 1), ("«111234567890»,«25-12-345678-90»\n", 1, 1),
        ("é«11-12-345678-90»_", 1), ("«1112345678-90»", 1), "10-12-345678-90", "27-12-345678-90",
        "29-12-345678-90", "00-12-345678-90", "11-12-34567-90", "11-12-345678-901",
        "111-12-345678-90", "11.12.345678.90", "11--12-345678-90", "서울-12-345678-90",
        "11 12\n345678 90",
    ],
    "KR_FRN": [
        (f"«{FRN[:6]}-{FRN[6:]}»", 1), (f"«{FRN}»", 1), (f"번호«{FRN}»입니다", 1),
        (f"x«{FRN}»x", 1), (f"«{rrn('991231812345', 13)}»,«{rrn('000229600000', 13)}»\n", 1, 1),
        (f"«{wrong(FRN)}»", .5), (f"«{rrn('850101599999', 13)}»", .5), RRN, rrn("850101912345", 13),
        rrn("850101012345", 13), rrn("851301512345", 13), rrn("850132512345", 13),
        rrn("850001512345", 13), rrn("850100512345", 13), FRN[:-1], FRN + "0", f"0{FRN}",
        f"{FRN[:6]} {FRN[6:]}", f"{FRN[:6]}--{FRN[6:]}", f"{FRN[:7]}-{FRN[7:]}",
    ],
    "KR_PASSPORT": [
        ("«M123A4567»", .1), ("여권«m123a4567»번", .1), ("«S123B4567»,«R000C0000»\n", .1, .1),
        ("«M12345678»", .05), ("«o12345678»", .05), ("«D12345678»", .05), ("é«M12345678»", .05),
        ("_«M12345678»_", .05), ("«M123A4567»x", .1), ("«M12345678»x", .05), "A12345678",
        "N123A4567", "M1234567", "M123456789", "M123AB567", "M12A34567", "XM12345678", "1M123A4567",
        "M 12345678", "M-123A4567", "M123A45678",
    ],
    "KR_RRN": [
        (f"«{RRN[:6]}-{RRN[6:]}»", 1), (f"«{RRN}»", 1), (f"번호«{RRN}»입니다", 1),
        (f"x«{RRN}»x", 1), (f"«{rrn('991231412345')}»,«{rrn('000229300000')}»\n", 1, 1),
        (f"«{wrong(RRN)}»", .5), (f"«{rrn('850101199999')}»", .5), (f"-«{RRN}»-", 1),
        ("«850231-1234567»", .5),  # stock: 31 February
        FRN, rrn("850101912345"), rrn("850101012345"), rrn("851301112345"), rrn("850132112345"),
        rrn("850001112345"), rrn("850100112345"), RRN[:-1], RRN + "0", f"0{RRN}",
        f"{RRN[:6]} {RRN[6:]}", f"{RRN[:6]}--{RRN[6:]}", f"{RRN[:7]}-{RRN[7:]}",
    ],
    "PH_PASSPORT": [
        ("«P1234567A»", .1), ("«EC1234567»", .1), ("passport «p1234567b».", .1),
        ("«P1234567A»,«EB0000000»\n", .1, .1), ("№«P1234567A»-", .1), "P1234567", "PEC1234567",
        "P123456A", "P12345678A", "EC123456", "EC12345678", "P 1234567 A", "EC-1234567",
        "éP1234567A", "P1234567Aé", "P1234567AB",
    ],
    "PH_TIN": [
        (f"«{grouped(TIN, 3, 3, 3, by='-')}»", .05),
        (f"TIN «{grouped(TIN + '000', 3, 3, 3, 3, by='-')}».", .05), (f"«{TIN}»", .01),
        (f"«{TIN}123»", .01),
        (f"«{TIN}»,«{grouped(ph_tin('87654321'), 3, 3, 3, by='-')}»\n", .01, .05),
        (f"№«{TIN}»-", .01), (f"«{TIN.translate(ARABIC)}»", .01),
        ("«000-000-000»", .05),  # stock: nothing but zeros
        wrong(TIN), wrong(TIN, 2), wrong(grouped(TIN, 3, 3, 3, by="-")), wrong(TIN) + "000",
        TIN[:-1], TIN + "0", TIN + "0000", f"x{TIN}", f"é{TIN}", grouped(TIN, 3, 3, 3),
        grouped(TIN, 3, 3, 3, by="."), TIN + "00000",
    ],
    "PH_UMID": [
        ("«1234-5678901-2»", .5), ("«123456789012»", .3), ("CRN «0111-1234567-8».", .5),
        ("«1234-5678901-2»,«000000000000»\n", .5, .3), ("№«123456789012»-", .3),
        ("«١٢٣٤-٥٦٧٨٩٠١-٢»", .5), "12345678901", "1234567890123", "1234-567890-12",
        "1234 5678901 2", "123-5678901-2", "1234-5678901-22", "x123456789012", "é1234-5678901-2",
        "123456789012_", "1234--5678901-2", "1234–5678901–2",
    ],
    "SG_NRIC_FIN": [
        ("«S1234567D»", .5), ("NRIC «t0123456g».", .5),
        ("«F1234567N»,«G1234567X»\n«M1234567K»", .5, .5, .5), ("«A1234567B»", .3),
        ("№«S1234567D»-", .5),
        ("«S1234567A»", .5),  # stock: no check letter
        "S123456D", "S12345678D", "SS1234567D", "12345678D", "S1234567", "S-1234567-D",
        "S 1234567 D", "éS1234567D", "S1234567Dé", "S1234567DA", "1S1234567D", "SXXXX567D",
    ],
    "SG_UEN": [
        (f"«{UEN_A}»", 1), (f"«{UEN_B}»", 1), (f"UEN «{UEN_C}».", 1),
        (f"«{UEN_A.lower()}»,«{UEN_C.lower()}»\n", 1, 1), (f"«{uen_c('S99FC1234')}»", 1),
        (f"«{uen_c('R00GB9999')}»", 1), (f"№«{UEN_B}»-", 1), (f"«{uen_a('00000000')}»", 1),
        wrong(UEN_A), wrong(UEN_A, 2), wrong(UEN_B), wrong(UEN_B, 5), wrong(UEN_C), wrong(UEN_C, 7),
        uen_b("999912345"), uen_c("T09AA0001"), uen_c("U09LL0001"), UEN_A[:-1], f"x{UEN_B}",
        f"é{UEN_C}", f"{UEN_A}A", f"1{UEN_B}", f"{UEN_A[:8]} {UEN_A[8:]}",
        f"{UEN_C[:5]}-{UEN_C[5:]}",
    ],
    "TH_TNIN": [
        (f"«{TNIN}»", 1), (f"ID «{TNIN}».", 1),
        (f"«{tnin('358011234567')}»,«{tnin('896991234567')}»\n", 1, 1), (f"№«{TNIN}»-", 1),
        (f"«{tnin('127012345678')}»", 1), (f"«{tnin('177012345678')}»", 1), wrong(TNIN),
        wrong(TNIN, 5), tnin("010170123456"), tnin("128012345678"), tnin("159012345678"),
        tnin("168012345678"), tnin("187012345678"), tnin("197012345678"), tnin("101012345678"),
        TNIN[:-1], TNIN + "0", f"x{TNIN}", f"เลข{TNIN}", f"é{TNIN}",
        grouped(TNIN, 1, 4, 5, 2, 1, by="-"), grouped(TNIN, 1, 4, 5, 2, 1),
    ],
}
# fmt: on
