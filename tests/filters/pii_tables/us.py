"""The United States: tax, bank, health and licence numbers."""

from __future__ import annotations

from tests.filters.check_digits import grouped, luhn, weighted, wrong
from tests.filters.pii_tables.row import Row


def aba(digits: str) -> str:
    """Append the check digit of a routing number (ANSI X9): weights 3, 7, 1."""
    return digits + str(-weighted(digits, (3, 7, 1)) % 10)


def dea(letters: str, digits: str) -> str:
    """Append the check digit of a DEA registration: the even places count twice."""
    return f"{letters}{digits}{weighted(digits, (1, 2)) % 10}"


def npi(digits: str) -> str:
    """Append the check digit of a National Provider Identifier: Luhn, with the prefix 80840."""
    return luhn(digits, "80840")


BANK, BANK2, DEA, DEA9 = aba("12100024"), aba("32107048"), dea("BD", "123456"), dea("F9", "345678")
NPI, NPI2 = npi("123456789"), npi("298765432")

# fmt: off
TABLE: dict[str, list[Row]] = {
    "ABA_ROUTING_NUMBER": [
        (f"«{BANK}»", 1), (f"routing «{grouped(BANK, 4, 4, 1, by='-')}».", 1),
        (f"«{BANK}»,«{BANK2}»", 1, 1), (f"«{aba('00000001')}»", 1), (f"#«{aba('61100000')}»\n", 1),
        (f"«{aba('70000000')}»", 1),
        (f"«{aba('73000000')}»", 1),  # stock: no bank from 73 to 79
        wrong(BANK), wrong(BANK, 0), wrong(grouped(BANK, 4, 4, 1, by="-")), aba("42100024"),
        aba("92100024"), BANK[:-1], f"0{BANK}", f"x{BANK}", f"é{BANK}", f"{BANK}_",
        grouped(BANK, 4, 4, 1), grouped(BANK, 3, 3, 3, by="-"),
    ],
    "MEDICAL_LICENSE": [
        (f"«{DEA}»", 1), (f"DEA «{DEA.lower()}».", 1), (f"«{DEA9}»", 1),
        (f"«{dea('MX', '000001')}»,«{DEA}»", 1, 1), (f"é«{DEA}»é", 1), (f"#«{DEA}»\n", 1),
        (f"«{dea('XZ', '000000')}»", 1),
        (f"1«{DEA}»9", 1),  # stock: no borders
        (f"Q«{DEA}»", 1),  # stock: no borders
        wrong(DEA), wrong(DEA, 4), wrong(DEA9), dea("ID", "123456"), dea("NB", "123456"),
        dea("B8", "123456"), DEA[:-1], f"{DEA[:2]}-{DEA[2:]}", f"{DEA[:2]} {DEA[2:]}", DEA[1:],
    ],
    "US_BANK_NUMBER": [
        ("«12345678»", .05), ("«12345678901234567»", .05), ("acct.«945456787654»,", .05),
        ("«12345678» «87654321»", .05, .05), ("$«12345678».00", .05), ("«12345678»\n", .05),
        "1234567", "123456789012345678", "x12345678", "12345678é", "1234-5678", "1234 5678",
        "_12345678", "١٢٣٤٥٦٧٨",
    ],
    "US_CLAIM_NUMBER": [
        ("claim «123456»", .35), ("Claim #«123456»", .35), ("claim no. «123456789012345»", .35),
        ("claim number: «123456»", .35), ("claim id «CLM-123456»", .35),
        ("medical claim: «CLM123456»", .35), ("HEALTHCARE  CLAIM «clm-123456»", .35),
        ("claim : «123456»", .35), ("claim#:«123456».", .35), ("claim\n«123456»", .35),
        ("claim no«123456»", .35), ("«CLM-123456»", .1), ("see «clm123456789012345»;", .1),
        ("é claim «1234567»", .35), "12345 claims: 123456", "claim 12345", "claim 1234567890123456",
        "claim123456", "reclaim 123456", "claim 123456x", "xCLM-123456", "CLM--123456",
        "CLM 123456", "claim, 123456", "claim-123456",
    ],
    "US_DRIVER_LICENSE": [
        ("«H12234567»", .3), ("«h12234567»", .3), ("licence «AB123456»,", .3), ("«AB123456C»", .3),
        ("«12ABC34567»", .3), ("«123456789A»", .3), ("«12345678AB»", .3), ("«123AB4567»", .3),
        ("«A1B2C»", .3), ("«1234567A»", .3), ("«A123456R»", .3), ("«A12345678901234»", .3),
        ("«A123456789012345678»", .3), ("«123456»", .01), ("no. «12345678901234»", .01),
        ("«1234567890123456»", .01), ("«A1»", .3), ("«H12234567»\n«123456»", .3, .01),
        ("(«D1234567»)", .3), ("«A-Z]]12»", .3),
        ("room «B12», route «A1»", .3, .3),  # stock: any letter and digits
        "ABCDEFG 12345", "AB12", "A1234567890123456", "123456789012345", "12345678901234567",
        "xyz123456", "é123456", "A12345é", "H_12234567", "1A2B3", "A1B2",
    ],
    "US_HEALTH_INSURANCE_MEMBER_ID": [
        ("«ABC123456789»", .1), ("member «W-12345678»,", .1), ("«a1b2c3d4»", .1),
        ("«ABCDE-12345678901234»", .1), ("id:«XYZ12345»\n", .1), ("«ABC-12345»/«ABC12345»", .1, .1),
        ("«A12345»", .1),
        ("«abcdef»-1", .1),  # stock: the digit may lie outside
        ("a «sha256sum» tool", .1),  # stock: any word with a digit
        "ABCDEFGH", "1234567890", "A1234", "1ABC23456", "ABC_123456", "éABC123456", "ABC123456é",
        "ABCDEFGHIJKLMNOPQRST1", "AB--123456", "AB.123456", "AB 12345",
    ],
    "US_ITIN": [
        ("«912-50-1234»", .5), ("«912 65 1234»", .5), ("«912-70-1234»", .5),
        ("itin «912-88-1234».", .5), ("«912-90-1234»", .5), ("«912-92-1234»", .5),
        ("«912-94-1234»", .5), ("«912-99-1234»", .5), ("«900-70-0000»", .5), ("«912701234»", .3),
        ("«912-701234»", .05), ("«91270-1234»", .05), ("«912 701234»", .05), ("«91270 1234»", .05),
        ("«912-70-1234»\n«912701234»", .5, .3), ("(«912-70 1234»)", .5), "912-49-1234",
        "912-66-1234", "912-69-1234", "912-89-1234", "912-93-1234", "912-00-1234", "812-70-1234",
        "912.70.1234", "912-70-123", "912-70-12345", "x912-70-1234", "1912701234", "912-70-1234é",
        "912 - 70 - 1234",
    ],
    "US_MBI": [
        ("«1EG4TE5MK73»", .3), ("«1EG4-TE5-MK73»", .5), ("mbi «1eg4te5mk73».", .3),
        ("«9A00A00AA00»", .3), ("«1EG4-TE5-MK73»,«2Y99Y99YY99»", .5, .3),
        ("#«1EG4-te5-mk73»\n", .5),
        ("«0EG4TE5MK73»", .3),  # stock: none begins with 0
        "1SG4TE5MK73", "1EG4TL5MK73", "1EG4TE5OK73", "1EG4TE5MI73", "1EGATE5MK73", "1EB4TE5MK73",
        "AEG4TE5MK73", "1EG4TE5MK7", "1EG4TE5MK734", "1EG4-TE5MK73", "1EG4 TE5 MK73",
        "é1EG4TE5MK73", "1EG4TE5MKZ3",
    ],
    "US_NPI": [
        (f"«{NPI}»", 1), (f"NPI «{NPI2}».", 1), (f"«{grouped(NPI, 4, 3, 3)}»", 1),
        (f"«{grouped(NPI, 4, 3, 3, by='-')}»", 1), (f"«{NPI[:4]}-{NPI[4:7]} {NPI[7:]}»", 1),
        (f"#«{NPI}»\n«{NPI2}»", 1, 1), (f"«{npi('111111112')}»", 1), wrong(NPI), wrong(NPI2, 5),
        luhn("123456789"), npi("323456789"), npi("023456789"), npi("111111111"), npi("222222222"),
        NPI[:-1], NPI + "0", f"x{NPI}", f"{NPI}é", grouped(NPI, 3, 3, 4, by="-"),
        grouped(NPI, 4, 3, 3, by="."),
    ],
    "US_PASSPORT": [
        ("passport «A12345678»", .1), ("«a12345678».", .1), ("«123456789»", .05),
        ("«A12345678»,«123456789»\n", .1, .05), ("№«123456789»", .05), "AB12345678", "1234567890",
        "12345678", "A1234567", "A123456789", "A 12345678", "éA12345678", "123456789x",
        "123-456-789", "Ä12345678",
    ],
    "US_PRESCRIPTION_NUMBER": [
        ("Rx «123456»", .6), ("rx# «123456789012»", .6), ("RX no.: «123456»", .6),
        ("rx:«123456»", .6), ("Rx number «RX-123456»", .6), ("rx id «RX123456»", .6),
        ("rx no«123456»", .6), ("prescription «123456»", .35), ("Prescription #: «1234567»", .35),
        ("prescription number: «RX-123456»", .35), ("prescription\n«123456»", .35),
        ("«RX123456»", .1), ("«rx-123456789012».", .1), ("(«RX123456»)", .1), "rx 12345",
        "rx 1234567890123", "prx 123456", "prescriptions 123456", "rx, 123456", "rx 123456a",
        "RX--123456", "éRX123456", "the 123456",
    ],
    "US_PRIOR_AUTHORIZATION_NUMBER": [
        ("prior authorization «123456»", .35), ("Prior  Auth #«123456»", .35),
        ("preauthorization no. «123456789012»", .35), ("pre-auth: «PA-123456»", .35),
        ("authorization id : «PA123456»", .35), ("authorization number «123456»", .35),
        ("authorization\n«123456»", .35), ("«PA-123456»", .1), ("«pa123456789012».", .1),
        ("(«PA123456»)", .1), "authorization 12345", "authorization 1234567890123",
        "reauthorization 123456", "auth 123456", "pre auth 123456", "authorization-123456",
        "xPA-123456", "PA--123456", "PA 123456", "PA-123456x", "éPA123456",
    ],
    "US_PROVIDER_TAX_ID": [
        ("provider tax id «12-3456789»", .35), ("Billing Provider TIN: «98-1234567»", .35),
        ("rendering provider EIN # «01-1234567»", .35),
        ("healthcare provider tax identification number «95-1234567»", .35),
        ("provider organization tax number no. «77-1234567»", .35),
        ("billing provider «12-3456789»", .35), ("provider ein\n«68-1234567»", .35),
        ("provider taxid «16-1234567»", .35), ("«12-3456789»", .1),
        ("EIN «99-1234567»,«20-7654321».", .1, .1), "07-1234567", "17-1234567", "28-1234567",
        "49-1234567", "69-1234567", "70-1234567", "78-1234567", "89-1234567", "96-1234567",
        "00-1234567", "123456789", "12 3456789", "12-345678", "12-34567890", "é12-3456789",
        "112-3456789",
    ],
    "US_REFERRAL_NUMBER": [
        ("referral «123456»", .35), ("Referral # «REF-123456»", .35),
        ("infusion referral no.: «INF123456»", .35), ("referral id «123456789012»", .35),
        ("referral :«123456»", .35), ("«REF-123456»", .1), ("«inf123456789012».", .1),
        ("«REF123456»\n«INF-123456»", .1, .1), "referral 12345", "referral 1234567890123",
        "referrals 123456", "referrer 123456", "xREF-123456", "REF 123456", "REF--123456",
        "referral-123456", "éREF123456",
    ],
    "US_SSN": [
        ("ssn «536-90-4399»", .5), ("«536 90 4399»", .5), ("«536.90.4399»", .5),
        ("«53690-4399»", .05), ("«536-904399»", .05), ("«536904399»", .05),
        ("(«536-90-4399»)\n«212-09-9999»", .5, .5), ("№«536-90-4399»-", .5),
        ("«900-12-3456»", .5),  # stock: SSA issues no 9
        ("«219-09-9999»", .5),  # stock: the advertised one
        "000-12-3456", "666-12-3456", "123-00-4567", "123-45-0000", "000123456", "66612-3456",
        "536-900000", "536-90.4399", "536 90-4399", "111-11-1111", "999999999", "078-05-1120",
        "078051120", "123-45-6789", "987654320", "536-90-43999", "1536-90-4399", "x536-90-4399",
        "é536-90-4399", "536--90-4399", "536/90/4399", "53-690-4399", "536–90–4399", "536-90-439",
    ],
}
# fmt: on
