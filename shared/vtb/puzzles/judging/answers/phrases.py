"""The words that say what a mention of an option is: put forward, ruled out, asked about, or one of several.

Each expression is tried on a few characters before or behind a mention, in text as ``parts.plain`` leaves it.
"""

from __future__ import annotations

import re

# Scripts without blanks between words, or with particles joined to words: their characters may touch a letter.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff"
_JOINED = rf"(?![{_UNSPACED}])[^\W_]"


def alone(letters: str) -> str:
    """Matches a letter that is no part of a word, of "C's", "D'accord", "e-mail", "A-E", "E.g." or "U.S.A"."""
    before = rf"(?<!{_JOINED})(?<![^\W_]')(?<![^\W_]-)(?<!\b[A-Za-z]\.)"
    behind = rf"(?!{_JOINED})(?!'[^\W_]|-[^\W_]|\.[A-Za-z](?![a-z]| (?:is|lies|was|looks|seems)\b)|[#+])"
    return rf"{before}([{letters}]){behind}"


_SPARE = r"[\s*_`~\"'$({\[\\]"  # emphasis, quotes, opening brackets
_CLOSING = r"[\s*_`~\"'$)}\]]"
_NOUNS = (
    r"option|options|point|letter|choice|answer|final|number|candidate|colou?r|size|shape|arc|the|labell?ed|marked|"
    r"text|textbf|mathbf|mathrm|opción|opção|lettre|Punkt|Buchstabe|punto|вариант"
)
_UNSPACED_NOUNS = "选项|選項|点|點|项|ข้อ"
_LINKS = (
    r"a|an|is|are|be|was|must|should|would|will|then|therefore|thus|clearly|definitely|indeed|ist|est|es|é|è|lautet"
)
_YES, _NO = "[✓✔✅☑]", "[✗✘✖❌❎×]"
_VERDICT = r"[ \t*_`~\"'$)}\]:–—-]*"  # between an option and what is said of it
_FILLING = rf"(?:{_SPARE}|[:=>,–—→⇒-]|\b(?:{_LINKS}|{_NOUNS})\b|{_UNSPACED_NOUNS}|是|为|為|選|选|は|은|는|คือ)"
_CUES = (
    r"\b(?:answer|choice|result|conclusion|solution|prediction|Antwort|Lösung|réponse|respuesta|resposta|risposta|ответ|"
    r"odpowiedź|antwoord|jawaban|cevap|correct|right|best|it is|it's|it must be|must be|should be|choose|chose|pick|"
    r"picked|select|selected|go with|going with|therefore|thus|hence|so|(?:option|letter|label)(?=[\"']))\b|boxed\{|"
    r"答案|答え|正解|正确|正確|选择|選擇|应选|應選|故选|정답|답|คำตอบ|उत्तर|الجواب|الإجابة|đáp án|\bA(?=:)|"
    rf"(?:^|\n)[\s*-]*{_YES}"
)
PUT_FORWARD = re.compile(rf"(?:{_CUES}){_FILLING}*$", re.IGNORECASE)
CONFIRMED = re.compile(
    rf"{_VERDICT}(?:yes\b|{_YES})|"
    rf"{_CLOSING}*(?:(?:is|must be|should be|would be|looks|seems)\s+)?(?:clearly\s+|definitely\s+)?(?:the\s+)?"
    rf"(?:only\s+)?(?:correct|right|answer|best)\b|(?:{_CLOSING}|[,.;:–—-]){{0,6}}\b(?:because|since|denn|weil|porque)\b",
    re.IGNORECASE,
)
NOUN = re.compile(rf"\b(?:{_NOUNS})\b|{_UNSPACED_NOUNS}", re.IGNORECASE)
RULED_OUT_BEFORE = re.compile(
    rf"(?:\b(?:not|neither|nor|rather than|instead of|except|unlike|than|excludes?|excluding|followed by|"
    rf"eliminates?|eliminating|rules? out|ruling out|rejects?|discards?|nicht|kein|pas)\b|n't\b|"
    rf"不是|并非|不选|排除|而非|(?:^|\n)[\s*-]*{_NO})"
    rf"(?:{_SPARE}|\b(?:a|an|to|at|{_NOUNS})\b|{_UNSPACED_NOUNS})*$",
    re.IGNORECASE,
)
RULED_OUT_BEHIND = re.compile(
    rf"{_VERDICT}(?:no\b(?=\s*(?:$|[\n.,;:!)|]|[(*]*[A-H]\b))|{_NO})|"
    rf"{_CLOSING}*(?:(?:is|are|was|lies|looks|seems|would be|can|could|does|do)\s*(?:n't|not)\b(?! only)|cannot\b|"
    r"(?:is|are|was|were|lies|looks|seems|would be)\s+(?:(?:clearly|also|all|obviously|far|way|slightly)\s+)?"
    r"(?:wrong|incorrect|false|out|off|too|second|impossible|ruled|excluded|eliminated|outside)\b|"
    r"不是|不对|不對|错|錯|不正确|ではない|ではありません|이 아니|ไม่ใช่)|[^.?!\n]{0,30}[?？]\s*No\b",
    re.IGNORECASE,
)
ASKED = re.compile(rf"{_CLOSING}*[?？]")
BESIDE = re.compile(
    rf"(?:{_CLOSING}|[.:])*(?:[,/&–—-]|\b(?:or|and|to|through|oder|und|ou|et|o|y)\b|或|和|や|か|또는|หรือ)"
    rf"(?:{_SPARE}|[,/]|\b(?:or|and|maybe|perhaps|possibly|either|even|{_NOUNS})\b)*",
    re.IGNORECASE,
)
# "A" is also a word. It names an option unless a word follows that an article could stand before.
ARTICLE = re.compile(
    r"\s+(?!(?:is|was|lies|lay|and|or|because|since|as|would|should|must|can|cannot|could|does|do|did|has|to|on|in|at|"
    r"seems|appears|looks|fits|matches|continues|joins|makes|gives|so|then|but|not|with|through|here|there|also|too|"
    r"wins|clearly|isn't|doesn't|for|being|which|that|if|when|while|instead|rather|it|the|i|we)\b)[a-z]"
)
ANSWER_SHORT = re.compile(r"\s*:[\s*_`(]*[B-H]\b")  # behind an A that stands for "answer"
SENTENCE_END = re.compile(rf"{_CLOSING}*(?:$|[\n.,;:!])|[ \t]*[}}\"']")
ITEM_BEFORE = re.compile(r"(?:^|\n)[\s*_`>#(-]*(?:(?:option|point)\s+)?[*_(]*$", re.IGNORECASE)
SENTENCE_BEHIND = re.compile(rf"{_CLOSING}*\.[\s*_]+[A-Z]")
ITEM = re.compile(r"(?:^|[.!?;\n])[\s*_(]*[A-H][*_)]*[.:)]")  # the next of "A. Too far left. B. On the line."
ITEM_BEHIND = re.compile(r"[*_]*[.:)]+[*_]*[ \t]+\S")
RETRACTION = re.compile(
    r"(?:^|[.!?;,\n–—-])[ \t]*(?:(?:no|oh|but)[ \t]+)?"
    r"(?:no|wait|actually|correction|sorry|or rather|scratch that|on second thought|hmm)\b"
    r"[ \t]*[,:;.!–—-]",
    re.IGNORECASE,
)
