/** Replaces character references such as `&eacute;` and `&#233;`, which a browser decodes only in HTML. */

/** From U+00A0 to U+00FF, in order. */
const latin =
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 " +
    "sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc " +
    "Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve " +
    "Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute " +
    "acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde " +
    "ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/**
 * The other names of HTML 4, those of the punctuation that means something in Markdown, and a few common ones. HTML has
 * over 2,000 names; a reference by any other stays as it is written.
 */
const others =
    "excl ! quot \" num # dollar $ percnt % amp & apos ' lpar ( rpar ) ast * plus + " +
    "comma , period . sol / colon : semi ; lt < equals = gt > quest ? commat @ lbrack [ lsqb [ bsol \\ " +
    "rbrack ] rsqb ] Hat ^ lowbar _ grave ` lbrace { lcub { verbar | vert | rbrace } rcub } OElig Œ " +
    "oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ circ ˆ tilde ˜ Alpha Α Beta Β Gamma Γ Delta Δ Epsilon Ε " +
    "Zeta Ζ Eta Η Theta Θ Iota Ι Kappa Κ Lambda Λ Mu Μ Nu Ν Xi Ξ Omicron Ο Pi Π Rho Ρ Sigma Σ Tau Τ " +
    "Upsilon Υ Phi Φ Chi Χ Psi Ψ Omega Ω alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ " +
    "iota ι kappa κ lambda λ mu μ nu ν xi ξ omicron ο pi π rho ρ sigmaf ς sigma σ tau τ upsilon υ phi φ " +
    "chi χ psi ψ omega ω thetasym ϑ upsih ϒ piv ϖ ensp \u2002 emsp \u2003 thinsp \u2009 zwnj \u200c " +
    "zwj \u200d lrm \u200e rlm \u200f ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” bdquo „ " +
    "dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo › oline ‾ frasl ⁄ euro € " +
    "image ℑ weierp ℘ real ℜ trade ™ alefsym ℵ larr ← uarr ↑ rarr → darr ↓ harr ↔ crarr ↵ lArr ⇐ uArr ⇑ " +
    "rArr ⇒ dArr ⇓ hArr ⇔ forall ∀ part ∂ exist ∃ empty ∅ nabla ∇ isin ∈ notin ∉ ni ∋ prod ∏ sum ∑ " +
    "minus − lowast ∗ radic √ prop ∝ infin ∞ ang ∠ and ∧ or ∨ cap ∩ cup ∪ int ∫ there4 ∴ sim ∼ cong ≅ " +
    "asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ sub ⊂ sup ⊃ nsub ⊄ sube ⊆ supe ⊇ oplus ⊕ otimes ⊗ perp ⊥ sdot ⋅ " +
    "lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lang ⟨ rang ⟩ loz ◊ spades ♠ clubs ♣ hearts ♥ diams ♦ check ✓ " +
    "cross ✗ star ☆ starf ★ male ♂ female ♀";

/** What HTML reads the numbers from 0x80 to 0x9F as; they are control characters in Unicode. */
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

const characters = new Map(latin.split(" ").map((name, index) => [name, String.fromCharCode(0xa0 + index)]));
for (const [, name, character] of others.matchAll(/(\w+) ([^ ])/g)) characters.set(name, character);

/** @param {string} text @returns {string} */
export function decodeCharacterReferences(text) {
    if (!text.includes("&")) return text;
    return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (reference, decimal, hexadecimal, name) =>
        name ? characters.get(name) ?? reference : numbered(decimal ? Number(decimal) : parseInt(hexadecimal, 16)));
}

/** @param {number} code */
function numbered(code) {
    // As in HTML: U+FFFD for zero, surrogates and what is beyond Unicode.
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return "\ufffd";
    return windows1252[code - 0x80] ?? String.fromCodePoint(code);
}
