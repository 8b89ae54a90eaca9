"""What people call the same thing: short forms, trade words, and the languages around us.

Each line is a ring: typing any of its phrases looks for all of them. Phrases are written folded
(:func:`supply.text.search_key`), without hyphens: as words are split.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

RINGS = """
ha | hyaluronic acid | hyaluronate | hyaluronan | hyaluronsaure | hyaluron saure | acide hyaluronique | hyaluronique | hialuronskabe | acido hialuronico | acido ialuronico | kwas hialuronowy
hyaluronidase | hyase | hyalase | hialuronidaze | hialuronidasa | ialuronidasi
vit c | vitc | vitamin c | vitamine c | vitamins c | c vitamins | ascorbic acid | ascorbate | ascorbinsaure | acide ascorbique | ascorbique | askorbinskabe
vit a | vitamin a | vitamine a | retinol | retinyl
vit e | vitamin e | vitamine e | tocopherol | tocopheryl | tocopherole | tokoferols
vit k | vitamin k | vitamine k | phytomenadione | phytonadione
vit d | vit d3 | vitamin d | vitamin d3 | vitamine d | cholecalciferol | colecalciferol
vit b1 | vitamin b1 | vitamine b1 | thiamine | thiamin | tiamins
vit b2 | vitamin b2 | vitamine b2 | riboflavin | riboflavine | riboflavins
vit b3 | vitamin b3 | vitamine b3 | niacinamide | nicotinamide | niacin
vit b5 | vitamin b5 | vitamine b5 | dexpanthenol | panthenol | pantothenic acid | d panthenol | pantotensaure
vit b6 | vitamin b6 | vitamine b6 | pyridoxine | pyridoxin | piridoksins
vit b7 | vit h | vitamin b7 | vitamine b7 | vitamin h | biotin | biotine | biotins
vit b9 | vitamin b9 | vitamine b9 | folic acid | folate | folsaure | acide folique
vit b12 | b12 | vitamin b12 | vitamine b12 | cyanocobalamin | cyanocobalamine | methylcobalamin | cobalamin | cobalamine | cianokobalamins
vit b | vitamin b | vitamine b | vitamin b complex | b complex | b komplex | complexe b
vitamin | vitamine | vitamins | vitamines | vitaminas | vitamini
multivitamin | multivitamine | multivitamines | multivitamins | polyvitamin
pdrn | polydeoxyribonucleotide | polydesoxyribonucleotide | polydesoxyribonukleotid | sodium dna | deoxyribonucleate
pn | polynucleotide | polynucleotides | polynukleotid | polynukleotide | polinukleotids | polinukleotidi
salmon | lachs | saumon | lasis | fish dna
txa | tranexamic | tranexamic acid | tranexamsaure | acide tranexamique | tranexamique | traneksamskabe
gsh | glutathione | glutathion | glutations
dmae | deanol | dimethylaminoethanol
dca | deoxycholic acid | deoxycholate | desoxycholic acid | desoxycholsaure | acide desoxycholique | dezoksiholskabe
ppc | pc | phosphatidylcholine | phosphatidylcholin | fosfatidilholins
aa | amino acid | amino acids | aminosaure | aminosauren | acides amines | aminoskabes
glycolic acid | glykolsaure | acide glycolique | glycolique | glikolskabe
lactic acid | milchsaure | acide lactique | pienskabe
kojic | kojic acid | kojique | kojisaure | acide kojique
azelaic | azelaic acid | azelaique | azelainsaure | acide azelaique
salicylic | salicylic acid | salicylique | salicylsaure | acide salicylique
caha | calcium hydroxyapatite | hydroxylapatite | calciumhydroxylapatit | hydroxyapatite de calcium
plla | poly l lactic acid | polylactic acid | polymilchsaure
l carnitine | lcarnitine | levocarnitine | carnitine | carnitin | karnitins
coq10 | q10 | coenzyme q10 | ubiquinone | ubidecarenone
ghk cu | ghk | copper peptide | copper tripeptide | kupferpeptid
egf | epidermal growth factor
caffeine | coffein | koffein | cafeine | kofeins
artichoke | artischocke | artichaut | artisoks | cynara
silicium | silicon | silanol | silizium | organic silicon | silicium organique | silicijs
zinc | zink | cinks | zn
selenium | selen | selens
copper | kupfer | cuivre | vars
magnesium | magnesium sulfate | magnijs
biostimulator | collagen stimulator
collagenase | kollagenase | kolagenaze
peptide | peptides | peptid | peptidi | peptids
lido | lidocaine | lidocain | lignocaine | lidokains | lidokain
emla | lidocaine prilocaine | prilocaine cream | prilocain
procaine | procain | novocaine | prokains
minox | minoxidil | minoksidils
duta | dutasteride | dutasterid
nacl | sodium chloride | natriumchlorid | chlorure de sodium | natrija hlorids | saline | kochsalz | kochsalzlosung | serum physiologique | fiziologiskais skidums
bac water | bacteriostatic water | bacteriostatic sodium chloride
wfi | water for injection | water for injections | wasser fur injektionszwecke | eau pour preparations injectables | eau ppi | udens injekcijam
bicarb | sodium bicarbonate | natriumbicarbonat | natriumhydrogencarbonat | bicarbonate de sodium
needle | needles | nadel | nadeln | aiguille | aiguilles | adata | adatas | kanule | kanulen | igla | ago | aguja
cannula | cannulas | kanule | kanulen | canule | canules | kanila | kanilas
syringe | syringes | spritze | spritzen | seringue | seringues | slirce | slirces
pfs | prefilled syringe | pre filled syringe | fertigspritze | seringue preremplie | pilnslirce
ampoule | ampoules | ampule | ampules | ampulle | ampullen | ampul | ampula | ampulas | amp
vial | vials | flacon | flacons | durchstechflasche | injektionsflasche | flakons | flakoni | fiole
cream | creme | krem | krems
ll | luer lock | luerlock
ls | luer slip | luerslip
glove | gloves | handschuh | handschuhe | gant | gants | cimdi
nitrile | nitril | nitrils
mask | masks | maske | masken | masque | masques | maska | maskas
gauze | gaze | kompresse | kompressen | compresse | compresses | marle | tupfer
swab | wipe | alkoholtupfer | lingette | lingettes | salvete | salvetes
chx | chg | chlorhexidine | chlorhexidin | hlorheksidins
ipa | isopropanol | isopropyl alcohol | isopropylalkohol
sharps | sharps container | kanulenabwurf | abwurfbehalter | collecteur d aiguilles | asu konteiners
marker | skin marker | hautmarker | marqueur | markieris
hair | haar | haare | cheveux | capillaire | mati | matiem
face | gesicht | visage | seja | sejai
enzyme | enzymes | enzym | enzymi | fermenti
meso | mesotherapy | mesotherapie | mezoterapija
meso gun | mesogun | mesotherapy injector | mesopistole | pistolet mesotherapie
logger | temperature logger | datenlogger | enregistreur de temperature
"""  # noqa: E501 (a ring is one line)


@cache
def phrases() -> Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return by phrase, as its words, all phrases that mean the same, itself first."""
    found: dict[tuple[str, ...], dict[tuple[str, ...], None]] = {}
    for line in RINGS.strip().splitlines():
        ring = [tuple(phrase.split()) for phrase in line.split("|")]
        for phrase in ring:
            found.setdefault(phrase, {phrase: None}).update(dict.fromkeys(ring))
    return {phrase: tuple(same) for phrase, same in found.items()}


@cache
def longest() -> int:
    """Return how many words the longest phrase has."""
    return max(map(len, phrases()))


@cache
def single_words() -> frozenset[str]:
    """Return every phrase of one word that is long enough to be mistyped."""
    return frozenset(phrase[0] for phrase in phrases() if len(phrase) == 1 and len(phrase[0]) > 3)
