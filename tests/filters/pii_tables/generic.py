"""What is the same in every country: cards, wallets, dates, addresses, telephone numbers."""

from __future__ import annotations

from tests.filters.check_digits import base58check, bech32, grouped, iban, luhn, wrong
from tests.filters.pii_tables.row import Row

VISA, VISA13, AMEX = luhn("400000123456789"), luhn("410000234567"), luhn("37000012345678")
MASTER, DISCOVER, JCB = luhn("510000987654321"), luhn("601100123456789"), luhn("353011133300000")
DINERS, UATP, SERIES2 = luhn("3600012345678"), luhn("10000012345678"), luhn("222100000000000")
OLD, SCRIPT, SEGWIT, TAPROOT = (
    base58check(0, b"gemsieve"),
    base58check(5, b"gemsieve"),
    bech32(0, b"gemsieve"),
    bech32(1, b"gemsieve"),
)
DE, GB, NO = iban("DE", "123456780123456789"), iban("GB", "ABCD12345612345678"), None
NO, FR = iban("NO", "12345678901"), iban("FR", "12345678900123ABCDEFG12")
MT, LC = iban("MT", "ABCD12345ABCDEF0123456789ab".upper()), iban("LC", "ABCD" + "0123456789AB" * 2)
BE, HU = iban("BE", "123456789012"), iban("HU", "123456789012345678901234")
AT = iban("AT", "1234512345678901")

# fmt: off
TABLE: dict[str, list[Row]] = {
    "CREDIT_CARD": [
        (f"«{VISA}»", 1), (f"«{VISA13}»", 1), (f"«{AMEX}»", 1), (f"«{MASTER}»", 1),
        (f"«{DISCOVER}»", 1), (f"«{JCB}»", 1), (f"«{DINERS}»", 1), (f"«{UATP}»", 1),
        (f"paid with «{grouped(VISA, 4, 4, 4, 4)}», thanks", 1),
        (f"«{grouped(VISA, 4, 4, 4, 4, by='-')}»", 1), (f"«{VISA[:4]}-{VISA[4:8]} {VISA[8:]}»", 1),
        (f"«{grouped(AMEX, 4, 6, 5)}»", 1), (f"«{grouped(DINERS, 4, 6, 4, by='-')}»", 1),
        (f"({VISA}x «{MASTER}»", 1), (f"#«{VISA}»,«{AMEX}»\n«{JCB}»", 1, 1, 1), (f"-«{VISA}»-", 1),
        (f"«{luhn('4000001234567890')}»", 1),  # stock: no brand has 17 digits
        ("«4" + VISA[1:4] + VISA[4:].translate({48 + d: 0x660 + d for d in range(10)}) + "»", 1),
        SERIES2,  # stock: misses Mastercard's 2 series
        luhn("410000123456789012"),  # stock: misses 19 digits
        wrong(VISA), wrong(VISA, 7), wrong(grouped(VISA, 4, 4, 4, 4)),
        luhn("100000000001"),  # thirteen digits from 1: a time in milliseconds
        luhn("40000012345"), luhn("700000123456789"), luhn("560000123456789"),
        f"a{VISA} {VISA}b _{VISA} é{VISA} {VISA}卡", VISA[:8] + "." + VISA[8:],
        VISA[:8] + "  " + VISA[8:], VISA[:8] + "\n" + VISA[8:], VISA[:8] + "\u00a0" + VISA[8:],
        f"1{VISA}", f"{VISA}00",
    ],
    "CRYPTO": [
        (f"«{OLD}»", 1), (f"pay «{SCRIPT}»!", 1), (f"bitcoin:«{SEGWIT}»", 1),
        (f"«{TAPROOT}»?x=1", 1), (f"é«{OLD}»é", 1), (f"«{OLD}»\n«{SCRIPT}»", 1, 1),
        (f"«{OLD}».", 1), (f"\"«{SEGWIT}»\"", 1),
        (f"x«{OLD}»", 1),  # stock: no border before
        f"{OLD}x", f"{SEGWIT}q", f"1{OLD}",
        SEGWIT.upper(),  # stock: BIP 173 allows capitals
        SEGWIT[:4] + SEGWIT[4:].upper(), OLD.swapcase(), wrong(SEGWIT), wrong(TAPROOT, 20),
        OLD[:9] + ("z" if OLD[9] != "z" else "y") + OLD[10:], OLD[:-1], OLD[:12] + "0" + OLD[13:],
        SEGWIT.replace("bc1", "tb1"), "0x" + "00112233445566778899" * 2, "1" * 34,
        f"{OLD[:10]} {OLD[10:]}",
    ],
    "DATE_TIME": [
        ("at «2024-02-29T23:59:59.123Z».", .8), ("«2024-02-29T23:59:59.5+05:30»", .8),
        ("«2024-02-29T23:59:59Z»", .8), ("«2024-02-29T23:59:59-08:00»", .8),
        ("«2024-02-29t23:59z»", .8), ("«2024-02-29T23:59+00:00»", .8), ("«12/31/1999»", .6),
        ("«1/2/99»", .6), ("«31/12/1999»", .6), ("«31/1/99»", .6), ("«1999/12/31»", .6),
        ("«1999/1/2»", .6), ("«12-31-1999»", .6), ("«31-12-1999»", .6), ("«1999-12-31»", .6),
        ("«1999-1-2»", .6), ("«31.12.1999»", .6), ("«1.2.99»", .6), ("«31-DEC-1999»", .6),
        ("«1-jan-99»", .6), ("«Feb-2020»", .6), ("«mar-20»", .6), ("«30-Apr»", .6),
        ("due «12/2030»", .2), ("«1/2030»", .2), ("«12/30»", .1), ("«1/30» off", .1),
        ("(«1999-12-31»,«1998-12-31»)\n«1/2/03»", .6, .6, .6),
        ("«31/02/1999»", .6),  # stock: February has no 31st
        ("«2024-02-30T29:00Z»", .8),  # stock: no hour 29
        ("0/«1/99»", .1),  # stock: what is left of no date
        "1999-12-31T10", "1999-12-31é", "x1999-12-31", "1999-13-31", "1999-12-32", "1999-00-10",
        "13/13/1999", "31.13.1999", "12-31-99", "1999.12.31", "31-XYZ-1999", "99-1-2", "1999_12_31",
        "12/31999", "13/30", "2024-02-29T23:60Z", "Marz-2020",
    ],
    "EMAIL_ADDRESS": [
        ("write to «jo.d+news@mail.example.org».", 1), ("<«a@b.de»>,«c@d.fr»", 1, 1),
        ("mailto:«zoë@müller.de»?subject=x", 1), ("😀«x@y.com»😀", 1),
        ("«J_O'D!$%&*=^`{|}~-@EXAMPLE.COM»", 1), ("«x@xn--mller-kva.de»", 1),
        ("«x@a-b--c.co.uk»", 1), ("«a@b.com»@c.com", 1), ("«a@b.com».", 1), ("«a@b.com»..", 1),
        ("(«a@b.com»)", 1), ("«a.b@c.com»\n", 1), ("«1@2.com»", 1), ("«_@b.com»", 1),
        ("..«a@b.com»", 1), ("“«a@b.com»”", 1), ("«ж@пример.com»", 1), ("«a@b.рф»", 1),
        ("x «a@b.com»,y", 1),
        ("«a..b@c.com»", 1),  # stock: RFC 5321 forbids two dots
        ("«a@b_c.com»", 1),  # stock: hosts have no underscore
        "a/b@c.com", "a?b@c.com", "a#b@c.com",  # stock: takes them for a URL's
        "user@localhost", "a @b.com", "a@ b.com", "a@b .com", "@b.com", "a@.com", "a.@b.com", "a@b",
        "a@b.nosuchsuffix", "a@b..com", "a＠b.com", "a@b．com", "a at b dot com", "a@-b.com",
        "a@192.0.2.1", "a@com",
        "\"a b\"@c.com",  # stock: misses quoted local parts
        "a@[192.0.2.1]",  # stock: misses address literals
    ],
    "IBAN_CODE": [
        (f"«{DE}»", 1), (f"to «{grouped(DE, 4, 4, 4, 4, 4, 2)}» today", 1), (f"«{GB}»", 1),
        (f"«{NO}»", 1), (f"«{grouped(GB, 4, 4, 4, 4, 4, 2, by='-')}»", 1),
        (f"«{grouped(NO, 4, 4, 4, 3)}».", 1), (f"«{FR}»", 1),
        (f"«{grouped(FR, 4, 4, 4, 4, 4, 4, 3)}»", 1), (f"«{MT}»", 1), (f"«{LC}»", 1),
        (f"«{BE[:4]} {BE[4:]}»", 1), (f"«{HU}»", 1), (f"IBAN:«{DE}»;«{GB}»\n«{AT}»", 1, 1, 1),
        (f"«{grouped(HU, *[4] * 7)}» EUR", 1), (f"«{DE}» EUR 20", 1), (f"é«{DE}»é", 1),
        (f"«{BE}» ist", 1),
        (f"x«{DE}»x", 1),  # stock: small letters glued
        (f"«{iban('BE', '1234567890123456')}»", 1),  # stock: four too many
        f"{AT} NACH", f"{grouped(AT, 4, 4, 4, 4, 4)} WIEN",  # stock: word behind
        wrong(DE, 2), wrong(DE, 3), wrong(DE), wrong(DE, 10), iban("XX", DE[4:]), DE.lower(),
        DE[:-1], DE + "0", f"A{DE}", f"0{DE}", grouped(DE, 4, 4, 4, 4, 4, 2, by="."),
        grouped(DE, 4, 4, 4, 4, 4, 2, by="  "), grouped(DE, 2, 2, 4, 4, 4, 4, 2),
        DE[:12] + "\n" + DE[12:], iban("GB", "123412345612345678"),
        iban("DE", "A23456780123456789"), iban("CR", "91234567890123456"),
        iban("NI", "ABCD" + "1" * 20),  # stock: newer countries
    ],
    "IP_ADDRESS": [
        ("from «192.0.2.17», port 80", .6), ("«0.0.0.0»", .6), ("«255.255.255.255»", .6),
        ("«192.0.2.0/24»", .6), ("http://«192.0.2.1»:8080/x", .6),
        ("«198.51.100.7»\n«203.0.113.9»", .6, .6), ("[«192.0.2.1»]-", .6),
        ("at «2001:db8::8a2e:370:7334».", .6), ("«2001:0DB8:0:0:0:0:0:1»", .6),
        ("«2001:db8::/32»", .6), ("«::1»", .6), ("«fe80::1%eth0»", .6), ("«fe80::1%eth0/64»", .6),
        ("«2001:db8::»", .6), ("[«2001:db8::1»]:443", .6), ("«::ffff:192.0.2.33»", .6),
        ("«::192.0.2.33»", .6), ("«64:ff9b::192.0.2.33»", .6), ("«::ffff:0:192.0.2.1/96»", .6),
        ("«1:2:3:4:5:6:192.0.2.1»", .6), ("«::»", .1), ("«::/0»", .1), ("any («::») here", .1),
        ("«1.2.3.4».5", .6),  # stock: five parts
        ("a version «10.4.2.1»", .6),  # stock: versions too
        ("«ab::cd»", .6),  # stock: a name in C++
        "256.1.1.1", "1.1.1.256", "1.2.3", "01.2.3.4", "192.0.2.010", "1,2,3,4", "1. 2. 3. 4",
        "a1.2.3.4", "1.2.3.4b é1.2.3.4", "std::vector", "x::1", "12345::1", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "2001:db8:::1", "10:30:15", ("«192.0.2.0»/33", .6), "1::2::3", ":::",
    ],
    "MAC_ADDRESS": [
        ("«00:00:5E:00:53:af»", .6), ("«00-00-5e-00-53-af»", .6), ("«0000.5e00.53AF»", .6),
        ("mac=«00:00:5e:00:53:01»;", .6), ("«00:00:5e:00:53:01»/«00-00-5e-00-53-02»", .6, .6),
        ("(«0000.5e00.5301»)\n", .6), ("«00:00:5e:00:53:01»:02", .6), ("«aa:aa:aa:aa:aa:aa»", .6),
        ("дом «00:00:5e:00:53:01»", .6), ("«12-34-56-78-90-12»", .6), "ff:ff:ff:ff:ff:ff",
        "00-00-00-00-00-00", "FFFF.FFFF.FFFF", "00:00:5E-00:53:AF", "00:00:5E:00:53",
        "00:00:5E:00:53:AG", "000:00:5E:00:53:AF", "x00:00:5E:00:53:AF", "00:00:5E:00:53:AFF",
        "00005e0053af", "0000:5e00:53af", "0000.5e00.53a", "00 00 5e 00 53 af",
        "é00:00:5E:00:53:AF", "00：00：5e：00：53：af",
    ],
    "PHONE_NUMBER": [
        ("call «(212) 555-2368» now", .4), ("«212-555-2368»", .4), ("«212.555.2368»", .4),
        ("«2125552368»", .4), ("«+1 212 555 2368»", .4), ("«+44 20 7031 3000»", .4),
        ("«020 7031 3000»", .4), ("Tel.:«+49 30 303986300»,", .4), ("«030 303986300»", .4),
        ("«01 42 68 53 00»", .4), ("«+33 1 42 68 53 00»", .4), ("«+972 3-608-9999»", .4),
        ("«+91 98765 43210»", .4), ("«+55 11 96123-4567»", .4), ("«650-253-0000 ext. 12»", .4),
        ("«650-253-0000 x12»", .4), ("«+1-650-253-0000;ext=12»", .4), ("tel:«+16502530000»", .4),
        ("«６５０２５３００００»", .4), ("«٦٥٠٢٥٣٠٠٠٠»", .4), ("«+81 3-6384-9000»", .4),
        ("«650 253 0000»\n«650 253 0001»", .4, .4), ("电话«6502530000»", .4),
        ("«(650 253 0000»)", .4),  # stock: half of the brackets
        "in 1998, 2003 and 10:30", "abc2125552368def", "$2125552368", "31/12/1999",
        "2012-01-02 08:00", "123", "111-111-1111", "000-000-0000", "555-2368", "+999 12 345 678",
        "1.2.3.4.5.6.7.8.9.0.1.2", "212555236 8 9 1 2 3 4 5 6", "650/253/0000/1111", "2125552368€",
    ],
    "URL": [
        ("see «https://example.com/a?b=c» (it)", .6), ("«http://example.org»", .6), ("é«a.de»", .5),
        ("«HTTPS://EXAMPLE.COM/A»", .6), ("«example.com»", .5), ("«www.example.co.uk/x/y»", .5),
        ("«www3.example.net»", .5), ("«https://a-b.example.io/~x#y»", .6),
        ("«a.de»\n«b.fr»", .5, .5), ("‹«https://example.com»›", .6),
        ("«\"https://example.com/a\"»", .6), ("«'example.com'»", .5),
        ("<«https://example.com/x»>", .6), ("«http://t.co/x,y»", .6), ("«http://t.co»,y", .6),
        ("«example.com»:8080/x", .5), ("jo@«example.com»", .5), ("ftp://«example.com»", .5),
        ("«http://example.com/ü»", .6), ("«http://example.com»:80", .6),
        ("«readme.md»", .5),  # stock: a file name
        ("«obj.name»()", .5),  # stock: an attribute
        ("«end.In» short", .5),  # stock: a new sentence
        ("«a.no»such1", .5), ("«sun.com»x", .5),  # stock: half a word
        "no address here", "https://localhost/x", "https:// example", ".com", "example,com",
        "http://пример", "version 1.2", "https://[2001:db8::1]/", "example．com", "3.14",
    ],
    "UUID": [
        ("«123e4567-e89b-12d3-a456-426614174000»", .5),
        ("«123E4567-E89B-42D3-B456-426614174000»", .5),
        ("{«123e4567-e89b-72d3-8456-426614174000»}", .5),
        ("urn:uuid:«123e4567-e89b-82d3-9456-426614174000»", .5),
        ("«123e4567-e89b-12d3-a456-426614174000»-x", .5),
        ("id=«123e4567-e89b-52d3-a456-426614174000»\n", .5), "00000000-0000-0000-0000-000000000000",
        "123e4567-e89b-02d3-a456-426614174000", "123e4567-e89b-92d3-a456-426614174000",
        "123e4567-e89b-12d3-7456-426614174000",
        "123e4567-e89b-12d3-c456-426614174000",  # stock: old variants too
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "123e4567e89b12d3a456426614174000",
        "123e4567-e89b-12d3-a456-42661417400", "123e4567-e89b-12d3-a456-4266141740000",
        "g23e4567-e89b-12d3-a456-426614174000", "x123e4567-e89b-12d3-a456-426614174000",
        "é123e4567-e89b-12d3-a456-426614174000", "123e4567_e89b_12d3_a456_426614174000",
    ],
}
# fmt: on
