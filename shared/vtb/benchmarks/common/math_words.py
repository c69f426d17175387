r"""Short answers compared: words, numbers with units, and the LaTeX that such answers are written in.

``70°``, ``70 degrees`` and ``$70^{\circ}$`` are the same answer, and so are ``\frac{1}{2}``, ``1/2`` and ``0.5``. This
is no algebra system: ``x+1`` and ``1+x`` differ here. A unit that only one side names is passed over, unless it is a
single letter, which may be a variable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 2000  # characters of an answer that is worth comparing
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNITS = {
    "°": ("degrees", "degree", "deg", "°"), "%": ("%", "percent", "per cent"), "$": ("dollars", "dollar"),
    "mm": ("mm", "millimeters", "millimeter", "millimetres", "millimetre"),
    "cm": ("cm", "centimeters", "centimeter", "centimetres", "centimetre"),
    "km": ("km", "kilometers", "kilometer", "kilometres", "kilometre"),
    "m": ("m", "meters", "meter", "metres", "metre"),
    "in": ("in", "inches", "inch"), "ft": ("ft", "feet", "foot"), "mi": ("miles", "mile"),
    "yd": ("yd", "yards", "yard"),
    "kg": ("kg", "kilograms", "kilogram"), "g": ("g", "grams", "gram"), "lb": ("lb", "lbs", "pounds", "pound"),
    "ml": ("ml", "milliliters", "milliliter"), "l": ("l", "liters", "liter", "litres", "litre"),
    "s": ("s", "sec", "seconds", "second"), "min": ("min", "minutes", "minute"), "h": ("h", "hours", "hour"),
    "day": ("days", "day"), "unit": ("units", "unit"),
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_SIGNS = str.maketrans({
    "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "º": "°", "˚": "°", "²": "^2", "³": "^3", "≤": "<=",
    "≥": ">=", "∞": " infinity ", "π": " pi ", "％": "%", "’": "'", "\u00a0": " ",
})  # fmt: skip
_COMMANDS = (
    (re.compile(r"\\(?:left|right|displaystyle|limits|quad|qquad)(?![A-Za-z])|\\[,;:!]|\\(?= )"), " "),
    (re.compile(r"\\[()\[\]]|\$"), " "),
    (re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|operatorname|mbox)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\\[dtc]frac"), r"\\frac"),
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\(?:degree|circ)(?![A-Za-z])"), "°"),
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])"), "*"),
    (re.compile(r"\\div(?![A-Za-z])"), "/"),
    (re.compile(r"\\leq?(?![A-Za-z])"), "<="),
    (re.compile(r"\\geq?(?![A-Za-z])"), ">="),
    (re.compile(r"\\infty(?![A-Za-z])"), " infinity "),
    (re.compile(r"\\([%$&#_])"), r"\1"),
)
_FRACTION = re.compile(r"\\frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}|\\sqrt\s*(\w)|√\s*(\w+)")
_POWER = re.compile(r"\^\s*\{([^{}]*)\}")
_SIMPLE = re.compile(r"[\w.]+|sqrt\(\w+\)")
_AROUND = re.compile(r"\s*([-+*/^=<>(),:|°%])\s*")
_SPACE = re.compile(r"\s+")
_AROUND_IT = " ,;:!?\"'*_`~"
_VALUE = re.compile(r"([-+]?)(\d{1,3}(?:,\d{3})+|\d{1,40})?(\.\d{1,40})?(?:/(\d{1,40}))?\s*((?:[^\d\s].*)?)")


@dataclass(frozen=True)
class _Value:
    number: Fraction
    unit: str


def same(said: str, right: str) -> bool:
    """Whether two short answers say the same; never where one of them is empty."""
    one, other = canonical(said), canonical(right)
    if one == other:
        return bool(one)
    a, b = _value(one), _value(other)
    return a is not None and b is not None and a.number == b.number and _units_agree(a.unit, b.unit)


def _units_agree(one: str, other: str) -> bool:
    lone = one or other
    return one == other or (not (one and other) and (len(lone) > 1 or not lone.isalpha()))


def canonical(text: str) -> str:
    """An answer in one way of writing: lower case, plain signs for LaTeX, no punctuation around it."""
    if len(text) > LONGEST:
        return ""
    text = text.translate(_SIGNS)
    for pattern, plain in _COMMANDS:
        text = pattern.sub(plain, text)
    text = _structures(text).replace("{", "").replace("}", "").replace("\\", " ").lower()
    text = _AROUND.sub(r"\1", _SPACE.sub(" ", text)).strip(_AROUND_IT).rstrip(".")
    text = re.sub(r"^(?:the|an?) (?=\S)", "", text)
    return str(_NUMBERS.index(text)) if text in _NUMBERS else text


def _structures(text: str) -> str:
    """Fractions, roots and powers, from the inside out."""
    for _ in range(6):
        before = text
        text = _ROOT.sub(lambda match: f"sqrt({match[1] or match[2] or match[3]})", text)
        text = _POWER.sub(lambda match: f"^{_bracketed(match[1])}", text)
        text = _FRACTION.sub(lambda m: f"{_bracketed(m[1] or m[2] or '')}/{_bracketed(m[3] or m[4] or '')}", text)
        if text == before:
            break
    return text


def _bracketed(part: str) -> str:
    part = part.strip()
    return part if _SIMPLE.fullmatch(part) else f"({part})"


def _value(text: str) -> _Value | None:
    """The number that a canonical answer is, with its unit; None of anything else."""
    match = _VALUE.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        return None
    unit = _unit(match[5].strip())
    if unit is None or (match[4] and not int(match[4])):
        return None
    number = Fraction(f"{(match[2] or '0').replace(',', '')}{match[3] or ''}") / int(match[4] or 1)
    return _Value(-number if match[1] == "-" else number, unit)


def _unit(words: str) -> str | None:
    """The unit in one way of writing; None where the words are none. ``square cm`` is ``cm^2``."""
    base, _, power = words.partition("^")
    square = re.fullmatch(r"(square|sq\.?|cubic) (.+)", base)
    if square and not power:
        base, power = square[2], "3" if square[1] == "cubic" else "2"
    if power not in ("", "2", "3"):
        return None
    unit = _UNIT_OF.get(base.rstrip(".")) if base else ""
    return None if unit is None else unit + (f"^{power}" if power and unit else "")
