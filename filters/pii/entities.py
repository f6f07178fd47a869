"""The entities of presidio-analyzer's predefined pattern recognizers, and how to choose among them.

A table and not a question to the library, so that a policy can be checked where it is not
installed, and quickly where it is. Longer than other files for the table alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from gemsieve.filters.policy_file import nearest

# By the ISO 3166-1 code that Presidio gives a country ("uk" for GB; "" for all of them), entity by
# entity: the class in presidio_analyzer.predefined_recognizers that finds it.
BY_COUNTRY: dict[str, dict[str, str]] = {
    "": {
        "CREDIT_CARD": "CreditCardRecognizer",
        "CRYPTO": "CryptoRecognizer",
        "DATE_TIME": "DateRecognizer",
        "EMAIL_ADDRESS": "EmailRecognizer",
        "IBAN_CODE": "IbanRecognizer",
        "IP_ADDRESS": "IpRecognizer",
        "MAC_ADDRESS": "MacAddressRecognizer",
        "PHONE_NUMBER": "PhoneRecognizer",
        "URL": "UrlRecognizer",
        "UUID": "UuidRecognizer",
    },
    "au": {
        "AU_ABN": "AuAbnRecognizer",
        "AU_ACN": "AuAcnRecognizer",
        "AU_MEDICARE": "AuMedicareRecognizer",
        "AU_TFN": "AuTfnRecognizer",
    },
    "ca": {
        "CA_POSTAL_CODE": "CaPostalCodeRecognizer",
        "CA_SIN": "CaSinRecognizer",
    },
    "de": {
        "DE_BSNR": "DeBsnrRecognizer",
        "DE_FUEHRERSCHEIN": "DeFuehrerscheinRecognizer",
        "DE_HANDELSREGISTER": "DeHandelsregisterRecognizer",
        "DE_HEALTH_INSURANCE": "DeHealthInsuranceRecognizer",
        "DE_ID_CARD": "DeIdCardRecognizer",
        "DE_KFZ": "DeKfzRecognizer",
        "DE_LANR": "DeLanrRecognizer",
        "DE_PASSPORT": "DePassportRecognizer",
        "DE_PLZ": "DePlzRecognizer",
        "DE_SOCIAL_SECURITY": "DeSocialSecurityRecognizer",
        "DE_TAX_ID": "DeTaxIdRecognizer",
        "DE_TAX_NUMBER": "DeTaxNumberRecognizer",
        "DE_VAT_ID": "DeVatIdRecognizer",
    },
    "es": {
        "ES_NIE": "EsNieRecognizer",
        "ES_NIF": "EsNifRecognizer",
        "ES_PASSPORT": "EsPassportRecognizer",
    },
    "fi": {
        "FI_PERSONAL_IDENTITY_CODE": "FiPersonalIdentityCodeRecognizer",
    },
    "in": {
        "IN_AADHAAR": "InAadhaarRecognizer",
        "IN_GSTIN": "InGstinRecognizer",
        "IN_PAN": "InPanRecognizer",
        "IN_PASSPORT": "InPassportRecognizer",
        "IN_VEHICLE_REGISTRATION": "InVehicleRegistrationRecognizer",
        "IN_VOTER": "InVoterRecognizer",
    },
    "it": {
        "IT_DRIVER_LICENSE": "ItDriverLicenseRecognizer",
        "IT_FISCAL_CODE": "ItFiscalCodeRecognizer",
        "IT_IDENTITY_CARD": "ItIdentityCardRecognizer",
        "IT_PASSPORT": "ItPassportRecognizer",
        "IT_VAT_CODE": "ItVatCodeRecognizer",
    },
    "kr": {
        "KR_BRN": "KrBrnRecognizer",
        "KR_DRIVER_LICENSE": "KrDriverLicenseRecognizer",
        "KR_FRN": "KrFrnRecognizer",
        "KR_PASSPORT": "KrPassportRecognizer",
        "KR_RRN": "KrRrnRecognizer",
    },
    "ng": {
        "NG_NIN": "NgNinRecognizer",
        "NG_VEHICLE_REGISTRATION": "NgVehicleRegistrationRecognizer",
    },
    "ph": {
        "PH_PASSPORT": "PhPassportRecognizer",
        "PH_TIN": "PhTinRecognizer",
        "PH_UMID": "PhUmidRecognizer",
    },
    "pl": {
        "PL_PESEL": "PlPeselRecognizer",
    },
    "se": {
        "SE_ORGANISATIONSNUMMER": "SeOrganisationsnummerRecognizer",
        "SE_PERSONNUMMER": "SePersonnummerRecognizer",
    },
    "sg": {
        "SG_NRIC_FIN": "SgFinRecognizer",
        "SG_UEN": "SgUenRecognizer",
    },
    "th": {
        "TH_TNIN": "ThTninRecognizer",
    },
    "tr": {
        "TR_LICENSE_PLATE": "TrLicensePlateRecognizer",
        "TR_NATIONAL_ID": "TrNationalIdRecognizer",
    },
    "uk": {
        "UK_DRIVING_LICENCE": "UkDrivingLicenceRecognizer",
        "UK_NHS": "NhsRecognizer",
        "UK_NINO": "UkNinoRecognizer",
        "UK_PASSPORT": "UkPassportRecognizer",
        "UK_POSTCODE": "UkPostcodeRecognizer",
        "UK_VEHICLE_REGISTRATION": "UkVehicleRegistrationRecognizer",
    },
    "us": {
        "ABA_ROUTING_NUMBER": "AbaRoutingRecognizer",
        "MEDICAL_LICENSE": "MedicalLicenseRecognizer",
        "US_BANK_NUMBER": "UsBankRecognizer",
        "US_CLAIM_NUMBER": "UsClaimNumberRecognizer",
        "US_DRIVER_LICENSE": "UsLicenseRecognizer",
        "US_HEALTH_INSURANCE_MEMBER_ID": "UsHealthInsuranceMemberIdRecognizer",
        "US_ITIN": "UsItinRecognizer",
        "US_MBI": "UsMbiRecognizer",
        "US_NPI": "UsNpiRecognizer",
        "US_PASSPORT": "UsPassportRecognizer",
        "US_PRESCRIPTION_NUMBER": "UsPrescriptionNumberRecognizer",
        "US_PRIOR_AUTHORIZATION_NUMBER": "UsPriorAuthorizationNumberRecognizer",
        "US_PROVIDER_TAX_ID": "UsProviderTaxIdRecognizer",
        "US_REFERRAL_NUMBER": "UsReferralNumberRecognizer",
        "US_SSN": "UsSsnRecognizer",
    },
    "za": {
        "ZA_COMPANY_REGISTRATION": "ZaCompanyRegistrationRecognizer",
        "ZA_DRIVER_LICENSE": "ZaDriverLicenseRecognizer",
        "ZA_ID_NUMBER": "ZaIdNumberRecognizer",
        "ZA_INCOME_TAX_NUMBER": "ZaIncomeTaxNumberRecognizer",
        "ZA_LICENSE_PLATE": "ZaLicensePlateRecognizer",
        "ZA_MOBILE_NUMBER": "ZaMobileNumberRecognizer",
        "ZA_PASSPORT": "ZaPassportRecognizer",
        "ZA_TELEPHONE_NUMBER": "ZaTelephoneNumberRecognizer",
        "ZA_TRAFFIC_REGISTER_NUMBER": "ZaTrafficRegisterNumberRecognizer",
        "ZA_VAT_NUMBER": "ZaVatNumberRecognizer",
    },
}
STOCK: dict[str, str] = {
    entity: name for table in BY_COUNTRY.values() for entity, name in sorted(table.items())
}
COUNTRIES: dict[str, str] = {
    entity: country for country, table in BY_COUNTRY.items() for entity in table
}

# What Presidio's own configuration (conf/default_recognizers.yaml) switches on for English.
PREDEFINED = frozenset(
    BY_COUNTRY[""].keys()
    | {"MEDICAL_LICENSE", "UK_NHS", "US_BANK_NUMBER", "US_DRIVER_LICENSE", "US_ITIN"}
    | {"US_PASSPORT", "US_SSN"}
)
EVERYWHERE = "*"


def chosen(
    entities: Iterable[str] | None,
    countries: Iterable[str] | None,
    known: Mapping[str, str],
    default: Collection[str],
) -> tuple[str, ...]:
    """Return the entities to look for, without repetition, in alphabetical order.

    Args:
        entities: Their names; all that `countries` leave when None.
        countries: Codes of the countries whose entities to look for beside those of all countries;
            `["*"]` for every country.
        known: The country of each entity, "" for all.
        default: What is looked for when neither entities nor countries are given.

    Raises:
        TypeError: Not a sequence of strings.
        ValueError: None are given, or one is unknown; names the nearest that is known.
    """
    wanted = names("countries", countries, {*known.values(), EVERYWHERE} - {""})
    asked = names("entities", entities, known)
    everywhere = wanted is None or EVERYWHERE in wanted
    if asked is None:
        if wanted is None:
            return tuple(sorted(default))
        return tuple(
            entity
            for entity, country in sorted(known.items())
            if everywhere or country in wanted or (not country and entity in default)
        )
    for entity in asked:
        if not everywhere and known[entity] not in {"", *(wanted or ())}:
            raise ValueError(
                f"entities: {entity!r} belongs to country {known[entity]!r}, which countries"
                " does not name"
            )
    return tuple(asked)


def names(option: str, given: Iterable[str] | None, known: Iterable[str]) -> list[str] | None:
    """Return the names sorted, each once, or None when none are given at all."""
    if given is None:
        return None
    example = '["EMAIL_ADDRESS"]' if option == "entities" else '["us", "de"]'
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise TypeError(f"{option}: must be an array of names, as in {example}")
    found, known = sorted(set(given)), set(known)
    if not found:
        raise ValueError(f"{option}: name at least one, or leave the option out")
    for name in found:
        if name not in known:
            what = option.removesuffix("ies") + "y"
            guess = name.upper() if option == "entities" else name.lower()
            raise ValueError(f"{option}: no {what} {name!r}{nearest(guess, known)}")
    return found


def label(entity: str) -> str:
    """Return the label of an entity's findings: `pii.us_ssn` for US_SSN."""
    return f"pii.{entity.lower()}"
