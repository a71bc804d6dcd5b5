"""Currencies: ISO codes, symbols, names, and the coins that have names of their own. Data only.

A symbol or a name of several currencies has several readings: `$5` may be Australian, `5 cents` euro cents.
"""

CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF
CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD
HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL
LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR
PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY
TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW BTC
"""
"""ISO 4217, and bitcoin."""

SYMBOLS = {
    "$": "USD AUD CAD HKD NZD SGD TWD MXN", "€": "EUR", "£": "GBP EGP", "¥": "JPY CNY", "￥": "CNY JPY", "₹": "INR",
    "₨": "INR PKR NPR LKR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₫": "VND", "₴": "UAH", "₦": "NGN", "₱": "PHP",
    "฿": "THB", "₪": "ILS", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT", "₼": "AZN", "₾": "GEL", "₭": "LAK",
    "₮": "MNT", "৳": "BDT", "₿": "BTC",
}  # fmt: skip
"""Signs that stand before or behind an amount."""

WRITTEN = {
    "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "HK$": "HKD", "NT$": "TWD", "NZ$": "NZD",
    "S$": "SGD", "R$": "BRL", "MX$": "MXN", "Rs": "INR PKR NPR LKR", "RM": "MYR", "Rp": "IDR", "zł": "PLN",
    "kr": "SEK NOK DKK ISK", "Kč": "CZK", "Ft": "HUF", "лв": "BGN", "Fr": "CHF", "RMB": "CNY",
}  # fmt: skip
"""Abbreviations, which count as written."""

NAMES = {
    "dollar": "USD AUD CAD HKD NZD SGD TWD", "buck": "USD", "us-dollar": "USD", "u-s-dollar": "USD",
    "american-dollar": "USD", "canadian-dollar": "CAD", "australian-dollar": "AUD", "hong-kong-dollar": "HKD",
    "singapore-dollar": "SGD", "new-zealand-dollar": "NZD", "taiwan-dollar": "TWD", "euro": "EUR", "pound": "GBP",
    "pound-sterling": "GBP", "british-pound": "GBP", "sterling": "GBP", "quid": "GBP", "yen": "JPY",
    "japanese-yen": "JPY", "yuan": "CNY", "renminbi": "CNY", "rmb": "CNY", "chinese-yuan": "CNY",
    "rupee": "INR PKR NPR LKR", "indian-rupee": "INR", "won": "KRW", "ruble": "RUB BYN", "rouble": "RUB BYN",
    "lira": "TRY", "dong": "VND", "hryvnia": "UAH", "naira": "NGN", "peso": "MXN PHP ARS CLP COP CUP DOP UYU",
    "baht": "THB", "shekel": "ILS", "rand": "ZAR", "reais": "BRL", "franc": "CHF XAF XOF", "swiss-franc": "CHF",
    "krona": "SEK ISK", "kronor": "SEK", "krone": "NOK DKK", "kroner": "NOK DKK", "zloty": "PLN", "złoty": "PLN",
    "złotych": "PLN", "forint": "HUF", "koruna": "CZK", "dirham": "AED MAD", "riyal": "SAR QAR", "rial": "IRR OMR",
    "dinar": "KWD RSD BHD JOD IQD", "shilling": "KES TZS UGX", "ringgit": "MYR", "rupiah": "IDR", "taka": "BDT",
    "tenge": "KZT", "birr": "ETB", "cedi": "GHS", "lei": "RON MDL", "leva": "BGN", "bitcoin": "BTC", "peseta": "ESP",
}  # fmt: skip
"""Names, in any case and plural."""

COINS = {
    "¢": "USD/100 EUR/100", "ct": "EUR/100", "cent": "USD/100 EUR/100", "penny": "USD/100 GBP/100",
    "pennies": "USD/100 GBP/100", "pence": "GBP/100", "nickel": "USD/20", "dime": "USD/10", "half-dollar": "USD/2",
    "euro-cent": "EUR/100", "eurocent": "EUR/100", "paise": "INR/100", "paisa": "INR/100", "kopeck": "RUB/100",
    "kopek": "RUB/100", "centavo": "MXN/100 BRL/100", "centime": "CHF/100", "jiao": "CNY/10", "fen": "CNY/100",
}  # fmt: skip
"""Coins and small units: the currency and what part of it."""
