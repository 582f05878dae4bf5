"""What a dot behind a word means: the end of a sentence, or an abbreviation that goes on.

The tables hold many languages at once, since a text need not say which it is in. A word that is an
abbreviation in one language and ends sentences in another (`no.`, `sun.`, `mar.`) counts as one only where
what follows agrees.
"""

from __future__ import annotations

import re
from enum import Enum


class Dot(Enum):
    """What decides whether a dot ends a sentence, where no lowercase letter follows it."""

    END = "it does"
    CLOSES = "it does: a word like `etc.`, which only a lowercase letter shows to be inside"
    NEVER = "it does not"
    NUMBER = "it does, unless a number follows"
    DAY = "it does, unless a number or a month follows"
    CLOCK = "it does, unless a day or a time zone follows"
    NAME = "it does not, unless a word follows that often begins sentences"
    INITIAL = "as with NAME, but `de` and `la` may be part of a name"
    MONTH = "it does, unless a month follows"


_NEVER = """
    mr mrs dr drs prof profa messrs mme mlle mgr sr sra srta srs sras dra dña ud uds vd vds dott sig sigg
    sig.ra dott.ssa prof.ssa ing avv arch dhr mevr mw lic arq gral exmo exma bzw ggf evtl inkl exkl zzgl abzgl
    vgl sog ca ehem insb bspw einschl jmd incl excl vs approx aprox env bijv bv evt resp cfr viz ie eg cf
    e.g i.e z.b d.h p.ej p.ex i.d.r d.w.z b.v m.b.t t.a.v i.p.v o.a t.ex bl.a f.eks d.v.s m.in np tzn tj
    např tzv sv т.е т.н т.к напр им ул проф акад тыс млн млрд см π.χ λ.χ δρ pl kb ún örn sn
    डॉ श्री प्रो د أ tp ths pgs jl bpk ee ing mudr inż ks ir ul
"""
# Words of another sort when they are written small.
_NEVER_IF_CAPITAL = (
    "ms gen col rep sen hon rev maj capt lt sgt gov pres fr hr mt ft sto sta cmdr adm supt fa dipl mm"
)
_NUMBER = """
    no nos vol vols fig figs nr nrs núm num pág págs pag art arts sec ch chap kap abs bd abb tab eq ex cap
    pp ss op ed str tel tél blz par lit hlm kl godz стр рис гл кв табл σελ αρ т bus apt ste rm séc ver ft rs
"""
_DAY = """
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    jän mär okt dez janv févr avr juil déc ene abr ago dic gen mag giu lug ott fev mai set out dez
"""
_NAME = """
    inc ltd co corp jr bros dept univ ave av avda blvd boul rd hwy st al est assn cie cia ltda cía mio mrd tsd
    geb gest allg bes entspr mind max min máx mín chr uu sta sto гр обл руб δηλ ст ph.d gmbh vv bl
"""
_CLOSES = (
    "etc usw osv enz ecc itd atd stb dll vb u.s.w u.v.m m.m о.д т.д т.п др и.т.д κ.ά κ.λπ std hrs mins secs"
)
_CLOCK = "a.m p.m"

TABLE: dict[str, Dot] = {
    word: dot
    for dot, words in (
        (Dot.NUMBER, _NUMBER),
        (Dot.DAY, _DAY),
        (Dot.NAME, _NAME),
        (Dot.CLOSES, _CLOSES),
        (Dot.CLOCK, _CLOCK),
        (Dot.NEVER, _NEVER),
    )
    for word in words.split()
}
CAPITALS = frozenset(_NEVER_IF_CAPITAL.split())

# Words that often begin a sentence and seldom follow an abbreviation within one.
STARTERS = frozenset(
    """
    the a an this that these those he she it we they you i my his her its our their your there here when while
    where what who why how which if in on at as after before but and or so then yet because since although
    however also not no yes for from with by to is are was were do does did can could will would should may
    might must have has had let please some many most all each every both another other nobody everyone
    someone nothing everything later now today yesterday tomorrow meanwhile finally don'
    der die das ein eine er sie es wir ihr ich man und aber oder doch dann da dort hier heute gestern morgen
    jetzt nun wenn als weil obwohl während nach bei mit auf im am zu zum zur von vom für wie was wer wo warum
    auch nur noch nicht kein keine dies diese dieser dieses jede alle viele sein seine mein meine ist sind war
    hat haben wird danach deshalb
    le la les un une il elle on nous vous ils elles je tu ce cet cette ces mais et ou donc car puis alors
    ensuite quand si comme dans sur pour par avec sans sous mon ma sa ses notre leur c' l' j' d' qu' s' n' m'
    el los las unos unas él ella ellos yo nosotros usted este esta esto ese esa eso pero y o porque cuando
    como en con sin según también después luego entonces ahora hoy ayer mañana hay es son fue era sí su sus mi
    qué quién dónde cuándo cómo comment pourquoi dove chi cosa onde quem
    lo i gli uno lei noi voi loro io questo questa quello quella ma e perché quando se come per dal nel nella
    poi allora ora oggi ieri domani anche non è sono c'
    os um uma ele eles elas nós eu você isto esse essa mas porque na com sem depois então agora hoje ontem
    amanhã também não são foi seu sua
    de het een hij zij ze wij we jij je ik u dit dat deze maar of want toen op met voor van naar daar nu
    vandaag gisteren ook niet geen er zijn haar
    он она оно они мы вы я ты это этот эта но и а или когда если как в на с по из от потом затем теперь
    сегодня вчера завтра там здесь также не нет его её их
    """.split()
)
PARTICLES = frozenset("le la de du des den der van von el al los las di da dos das d l".split())
MONTHS = frozenset(
    """
    january february march april may june july august september october november december
    januar jänner februar märz april mai juni juli august september oktober november dezember
    januari februari maart mei augustus
    jan feb mar apr jun jul aug sep sept oct nov dec okt dez
    """.split()
)
_ZONES = frozenset(
    """
    eastern central mountain pacific et ct pt est edt cst cdt mst mdt pst pdt gmt utc bst cet cest
    monday tuesday wednesday thursday friday saturday sunday
    """.split()
)
# Words before an ordinal number that is written with a dot: "am 5. Mai", "der 2. Weltkrieg".
DETERMINERS = frozenset(
    """
    der die das den dem des am im vom zum zur beim ins ans bis ab seit jeder jede jedes jeden jedem mein meine
    meinen meinem dein sein seine seinen seinem ihr ihre ihren ihrem unser unsere eine einen einem einer
    dieser diese dieses diesen diesem
    """.split()
)

_ROMAN = re.compile(r"[IVXLCDM]{1,8}\Z")
_OPENERS = "([{\"'“”„«»‘‚‹›*_¿¡"
# Small letters that are words of their own, of which some end sentences.
_NO_INITIALS = frozenset("IяЯéèó")
_SMALL_INITIALS = frozenset("abcdefghijklmnopqrstuvwxyzгсврдтпкулčκ")
_LONGEST_LIST_NUMBER = 3
_LONGEST_ORDINAL = 2
_LONGEST_PART = 2
_MOST_PARTS = 4


def dot_behind(before: str, *, is_line_start: bool) -> Dot:
    """Judge the dot behind a text, which is the last of its sentence; `is_line_start` if it is all of it."""
    word = before.rpartition(" ")[2]
    if len(word) > _LONGEST_PART and word.isalpha() and _is_plain(word):
        return Dot.END
    if len(word) == 1 and word.isupper() and not before[-4:-3].islower():
        return Dot.END if word in _NO_INITIALS and before[-3:-1] != ". " else Dot.INITIAL
    words = before.split()
    last = words[-1].lstrip(_OPENERS) if words else ""
    if not last:
        return Dot.END
    if last.isdigit():
        return _behind_number(last, before, words, is_line_start=is_line_start)
    if len(last) > 1 and last.isalpha():
        return _behind_word(last, words)
    return _behind_letters(last, words)


def _is_plain(word: str) -> bool:
    small = word.lower()
    return small not in TABLE and small not in CAPITALS and not small.endswith("str") and not word.isupper()


def _behind_number(last: str, before: str, words: list[str], *, is_line_start: bool) -> Dot:
    line = before[before.rfind("\n") + 1 :]
    is_first = (is_line_start or "\n" in before) and not line[: -len(last)].strip(" \t#*->+•_")
    if is_first and len(last) <= _LONGEST_LIST_NUMBER:
        return Dot.NEVER
    if len(last) > _LONGEST_ORDINAL:
        return Dot.END
    is_ordinal = len(words) > 1 and words[-2].lower().lstrip(_OPENERS) in DETERMINERS
    return Dot.NEVER if is_ordinal else Dot.MONTH


def _behind_word(last: str, words: list[str]) -> Dot:
    small = last.lower()
    dot = TABLE.get(small)
    if last[0].isupper():
        if small in CAPITALS:
            return Dot.NEVER
        if _ROMAN.match(last) and len(words) > 1 and words[-2].lower() in DETERMINERS:
            return Dot.NEVER
    if len(small) <= _LONGEST_PART and len(words) > 1 and _is_part(words[-2]):
        return TABLE.get(_compound(words), dot or Dot.NAME)
    if dot is None and small.endswith("str"):  # of a German street
        return Dot.NUMBER
    return dot or Dot.END


def _behind_letters(last: str, words: list[str]) -> Dot:
    """Judge an initial, or letters with dots or hyphens between them."""
    stem = last.replace("’", "'").rpartition("'")[2]
    if dot := TABLE.get(last.lower()) or (len(stem) > 1 and TABLE.get(stem.lower())):
        return dot
    last = last.rpartition("-")[2]
    parts = last.split(".")
    if not all(part.isalpha() for part in parts):
        return Dot.END
    if len(parts) > 1 or (len(words) > 1 and _is_part(words[-2])):
        dot = TABLE.get(_compound(words))
        is_short = max(map(len, parts)) <= _LONGEST_PART and min(map(len, parts)) == 1
        if dot is None and len(last) == 1 and last.isupper():
            return Dot.INITIAL
        return dot or (Dot.NAME if is_short else Dot.END)
    return _behind_letter(last) if len(last) == 1 else TABLE.get(last.lower(), Dot.END)


def _behind_letter(last: str) -> Dot:
    if last.isupper():
        return Dot.END if last in _NO_INITIALS else Dot.INITIAL
    return Dot.NAME if last in _SMALL_INITIALS else Dot.END


def _is_part(word: str) -> bool:
    """Tell whether it is a letter with its dot, such as the `z.` of `z. B.`."""
    word = word.lstrip(_OPENERS)
    return len(word) == 2 and word[1] == "." and word[0].isalpha()  # noqa: PLR2004


def _compound(words: list[str]) -> str:
    """Return the last words written together: `z.b` for `z. B`."""
    first = len(words) - 1
    while first and first > len(words) - _MOST_PARTS and _is_part(words[first - 1]):
        first -= 1
    return "".join(words[first:]).lstrip(_OPENERS).lower()


def ends(dot: Dot, word: str, sign: str) -> bool:
    """Tell whether a sentence ends at such a dot, by the word that follows and the sign behind that word."""
    small = word.lower().replace("’", "'")
    match dot:
        case Dot.NAME | Dot.INITIAL:
            is_initial = len(word) == 1 and sign == "."
            is_particle = dot is Dot.INITIAL and small.rstrip("'") in PARTICLES
            return not (word or sign) or (_is_starter(small) and not is_initial and not is_particle)
        case Dot.NEVER:
            return False
        case Dot.NUMBER:
            return not (small[:1].isdigit() or (_ROMAN.match(word) and word != "I"))
        case Dot.DAY | Dot.MONTH:
            return not (small[:1].isdigit() or small in MONTHS)
        case Dot.CLOCK:
            return small not in _ZONES
        case _:
            return True


def _is_starter(small: str) -> bool:
    stem = small.rstrip("'")
    return small in STARTERS or (stem in STARTERS and len(stem) > 1)
