// What a page shows beside the control of an action and its form: amounts of money, the state of other controls, and the
// text above.

/** A number with a currency before or after it, or with two decimals. */
const amount = (() => {
  const codes = "MYR|SGD|USD|EUR|GBP|AUD|NZD|CAD|INR|IDR|THB|VND|PHP|JPY|CNY|KRW|HKD|TWD|BRL|MXN|ZAR|TRY|PLN|CHF|SEK|NOK|DKK|CZK|HUF|"
    + "RON|ILS|AED|SAR|QAR|KWD|EGP|NGN|KES|BDT|PKR|LKR|BND";
  const number = String.raw`\p{Nd}[\p{Nd}.,'٫٬]*(?:[ \u00a0\u202f]\p{Nd}{3}(?!\p{Nd})[\p{Nd}.,'٫٬]*)*`;
  const before = String.raw`(?<!\p{L})(?:\p{Sc}|[A-Z]{1,2}\$|[Rr][Mm]|[Rr]p|kr|${codes})[\s.:]*-?${number}`;
  const after = String.raw`${number}(?:,-)?\s?(?:\p{Sc}|${codes}|RM|kr|zł|円|元|원|บาท|руб|[Rr]inggit|[Ss]en|[Ee]uros?|[Dd]ollars?)(?!\p{L})`;
  const decimal = String.raw`(?<![\p{Nd}.,])\p{Nd}[\p{Nd}.,']*[.,]\p{Nd}{2}(?![\p{Nd}%]|[.,]\p{Nd}| ?[ap]\.?m\b)`;
  return new RegExp(`${before}|${after}|${decimal}`, "gu");
})();

/** The maximum numbers of amounts to report, and of nodes to examine. */
const mostAmounts = 200, mostNodes = 100_000;

/** A longer text around a number isn't what says its currency. */
const longestAmount = 80;

/**
 * Returns the amounts in the visible text and the fields of this document, in the order of the page. Frames of other sites
 * have lists of their own. If there are many, the rest becomes a hash; if the page is too large, the last entry says so.
 */
function shownAmounts() {
  const found = [], read = new Map();
  let left = mostNodes;
  const search = (root) => {
    const walker = (root.ownerDocument ?? root).createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node && left > 0; node = walker.nextNode(), left--) {
      if (nodeTypeOf(node) === Node.ELEMENT_NODE) {
        const inner = rootOf(node) ?? (isFrame(node) && isVisible(node) ? frameDocument(node) : null);
        if (inner) search(inner);
        else if (tagOf(node) === "input" && isField(node) && !isSecret(node) && isVisible(node)) found.push(...amountsIn(node.value));
      } else if (/\p{Nd}/u.test(node.data)) {
        found.push(...amountsAround(node, read));
      }
    }
  };
  search(document);
  const told = found.length > mostAmounts ? [...found.slice(0, mostAmounts), `… #${digest(found.join(" "))}`] : found;
  return left > 0 ? told : [...told, "…"];
}

const amountsIn = (text) => [...squeeze(text.slice(0, 2000)).replace(clocks, " ").matchAll(amount)]
  .map(([match]) => squeeze(match).replace(/[.,']+$/, ""));

/** The amounts in a text. Its currency may be beside it, in an element of its own. */
function amountsAround(node, read) {
  const parent = parentElementOf(node);
  if (!parent || skipped.has(tagOf(parent)) || !isVisible(parent)) return [];
  for (const element of [parentElementOf(parent), parent]) {
    if (!element) continue;
    // Each element is read once, however many numbers are in it.
    if (read.get(element) === true) return [];
    if (!read.has(element)) {
      const text = element.textContent.length <= 2 * longestAmount ? squeeze(visibleText(element)) : "";
      const isShort = text !== "" && text.length <= longestAmount;
      read.set(element, isShort);
      if (isShort) return amountsIn(text);
    }
  }
  return amountsIn(node.data);
}

// ------------------------------------------------------------------------------------------------ beside a form

const stateful = "input, select, textarea, [contenteditable], [role=checkbox], [role=switch], [role=radio], [role=slider]";

/** The names and states of the controls that don't belong to a form. Those beyond a limit become a hash. */
function controlsBeside(form) {
  const all = selectAll(own(Document, "documentElement", document), stateful).slice(0, mostExamined)
    .filter((each) => !form || formOf(each) !== form && !form.contains(each))
    .filter((each) => !["hidden", "submit", "button", "image", "reset", "file"].includes(each.type) && isShown(targetOf(each)));
  const state = (each) => heldValue(each) || each.getAttribute("aria-valuenow") || "";
  const told = all.slice(0, mostTold).map((each) => [nameOf(each), state(each)]);
  const rest = all.slice(mostTold).map(state);
  return rest.length ? [...told, ["…", digest(JSON.stringify(rest))]] : told;
}

/** The maximum length of the text above a form. */
const longestLead = 600;
/** What comes and goes on its own, or is the same on every page. */
const besideTheMatter = "nav, aside, [aria-live], [role=alert], [role=status], [role=navigation], [role=complementary]";

/**
 * Returns the text above a form or a control, up to the heading, or to the beginning of its section; and a hash of what is
 * visible there and no text.
 */
function leadOf(element) {
  const parts = [], details = [];
  let size = 0;
  const take = (node) => {
    const isElement = nodeTypeOf(node) === Node.ELEMENT_NODE;
    if (isElement && (skipped.has(tagOf(node)) && tagOf(node) !== "canvas" || !isShown(node)
      || Element.prototype.matches.call(node, besideTheMatter))) return false;
    if (isElement) details.push(...detailsOf(node));
    const text = squeeze(isElement ? visibleText(node) : nodeTypeOf(node) === Node.TEXT_NODE ? node.data : "").slice(-longestLead);
    if (text) parts.unshift(text);
    size += text.length;
    return isElement && text !== "" && /^h[1-6]$/.test(tagOf(node));
  };
  climb: for (let each = element; each && size < longestLead; each = parentElementOf(each)) {
    for (let node = own(Node, "previousSibling", each); node && size < longestLead; node = own(Node, "previousSibling", node)) {
      if (take(node)) break climb;
    }
    if (["main", "body", "article", "section", "dialog"].includes(tagOf(each)) || attributeOf(each, "role") === "dialog") break;
  }
  return {
    lead: parts.join(" ").slice(-longestLead).replace(clocks, ""), leadDetails: details.length ? digest(JSON.stringify(details)) : "",
  };
}

/** What the page shows beside the control of an action; the one that has the focus if there is no reference. */
function besideTarget(ref) {
  const chosen = (ref === null ? null : resolve(ref).element) ?? focusedElement();
  const element = chosen && workedBy(chosen);
  const form = element ? formOf(element) ?? null : null;
  return {
    amounts: shownAmounts(), controls: controlsBeside(form),
    ...(element ? leadOf(form ?? element) : { lead: "", leadDetails: "" }),
  };
}
