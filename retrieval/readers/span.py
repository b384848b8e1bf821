"""prototype"""
from __future__ import annotations
import math, re, os
from functools import lru_cache
from typing import NamedTuple
from .names import names
from .passages import STEMS, bare, passage, Passage, Sentence, Mention
from .senses import senses_of, wanted, kinds_of
from .reading import wants_number, _ASKS_VERDICT
_DATE=re.compile(r"\b(?:when|date|day|birthday)\b",re.I)
_WORD=re.compile(r"\w+")
class Asked(NamedTuple):
    names: tuple[frozenset[str], ...]
    words: frozenset[str]
    about: frozenset[str]
    stems: tuple[str,...]
    senses: frozenset[str]
    number: bool
    date: bool
    kinds: frozenset[str]
W=dict(subject=3.0,part=1.0,title=2.0,words=4.0,sense=2.0,spoken=0.5,other=1.0,vague=1.0,kind=1.5,nokind=1.5,near=0.05,rank=0.1,late=0.02,meet=4.0,contains=1.0)
if os.environ.get("W"): W.update(eval("dict("+os.environ["W"]+")"))
@lru_cache(maxsize=8192)
def asked(query):
    found=[bare(n) for n in names(query)]
    rest=query
    for n in names(query): rest=rest.replace(n," ",1)
    stems=tuple(dict.fromkeys(STEMS(rest)))
    first=frozenset()
    for w in _WORD.findall(query.lower()):
        k=wanted((STEMS(w) or [w])[0])
        if k: first=k; break
    about=frozenset().union(*found)
    return Asked(tuple(found),frozenset(_WORD.findall(query.lower())),about,stems,senses_of(stems),wants_number(query),bool(_DATE.search(query)),first)

def span(query,row):
    if _ASKS_VERDICT.match(query): return "yes" if row else "no"
    a=asked(query)
    ps=[passage(d.title,d.text) for d,_ in row]
    n=sum(len(p.sentences) for p in ps)+1
    df={s:sum(s in x.places for p in ps for x in p.sentences) for s in a.stems}
    weight={s:math.log(1+n/(1+df[s])) for s in a.stems}
    total=sum(weight.values()) or 1.0
    sw=0.5
    kinds={p.words:p.kinds for p in ps}
    best=(-1e9,"")
    for rank,p in enumerate(ps):
        if a.names:
            t=max((W["subject"] if x==p.words else W["title"] if x<=p.title else 0) for x in a.names)
        else:
            t=W["subject"] if p.words and p.words<=a.words else 0
        if len(a.names)>1 and not (p.words & a.about) and not a.number and not a.date:
            met=sum(x<=p.all for x in a.names)
            if met:
                s=W["meet"]*met-W["meet"]*0.5+(W["kind"]*2 if a.kinds&p.kinds else -W["nokind"] if a.kinds and p.kinds else 0)-W["rank"]*rank
                if s>best[0]: best=(s,p.subject)
        for place,x in enumerate(p.sentences):
            shared=[s for s in a.stems if s in x.places]
            w=sum(weight[s] for s in shared)/total
            senses=a.senses & x.senses.keys()
            base=t+W["words"]*w-W["rank"]*rank-W["late"]*place
            if senses and not shared: base+=W["sense"]
            if not senses and not shared and x.senses: base-=W["other"]
            if x.vague: base-=W["vague"]
            base+=W["spoken"]*any(y<=x.words for y in a.names)
            spots=[q for s in shared for q in x.places[s]] or [q for s in senses for q in x.senses[s]]
            for m in x.mentions:
                s=base
                if a.date:
                    if m.sort=="name": continue
                    if m.sort=="date": s+=1
                elif a.number:
                    if m.sort!="number": continue
                elif m.sort!="name": continue
                else:
                    if m.words<=a.about or not m.words: continue
                    if any(y<=m.words for y in a.names): s-=W["contains"]
                    if place and m.at==0 and " " not in m.text and m.text.lower() : pass
                    k=m.kinds|kinds.get(m.words,frozenset())
                    if a.kinds and k: s+=W["kind"] if k&a.kinds else -W["nokind"]
                if spots: s-=W["near"]*min((m.at-q) if m.at>q else (q-m.end+1)*1.5 for q in spots)
                if s>best[0]: best=(s,m.text)
    return best[1]
class SpanReader:
    def __call__(self,query,row): return span(query,row)
