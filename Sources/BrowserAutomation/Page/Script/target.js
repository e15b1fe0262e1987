// What an action on a control would do, according to the page, so that the user can be asked first.

/** Reads a property by its prototype: in a form or document, a field of the same name shadows the property. */
function own(type, member, object) {
  try {
    return Object.getOwnPropertyDescriptor(type.prototype, member).get.call(object);
  } catch {
    // The object is not of this type, because the page uses the name for something else.
    return undefined;
  }
}

const closest = (element, selector) => Element.prototype.closest.call(element, selector);
const selectAll = (element, selector) => [...Element.prototype.querySelectorAll.call(element, selector)];

/** The maximum numbers of a form's fields to examine and to report. */
const mostExamined = 500, mostTold = 60;

/** Returns the element that has the focus, including in shadow roots and same-origin frames. */
function focusedElement() {
  let type = Document, root = document, focused = null;
  while (root) {
    const inner = own(type, "activeElement", root);
    if (!inner) break;
    focused = inner;
    const shadow = own(Element, "shadowRoot", focused) ?? closedRoots.get(focused);
    [type, root] = shadow ? [ShadowRoot, shadow] : [Document, isFrame(focused) ? frameDocument(focused) : null];
  }
  return focused;
}

/** Returns the control that a click on an element activates: the one around it, or the one of the label around it. */
function workedBy(element) {
  for (let each = element; each; each = Node.prototype.getRootNode.call(each).host) {
    const found = closest(each, "button, input, select, textarea, summary, label, a[*|href], area[href]");
    if (found) return found.localName === "label" ? found.control ?? element : found;
  }
  return element;
}

const formOf = (element) => (["button", "input", "select", "textarea"].includes(element.localName)
  ? element.form : closest(element, "form"));

const isSubmitter = (element) => !!element.form && (element.localName === "button" && element.type === "submit"
  || element.localName === "input" && ["submit", "image"].includes(element.type));

const elementsOf = (form) => [...(own(HTMLFormElement, "elements", form) ?? [])].slice(0, mostExamined);

/** Returns the button that submits a form when the user presses Enter in one of its fields. */
const defaultButton = (form) => [...elementsOf(form), ...selectAll(form, "input[type=image]")].find(isSubmitter);

function submitsByEnter(element, form) {
  const isButton = ["button", "reset", "file", "submit", "image"].includes(element.type);
  if (!["input", "select"].includes(element.localName) || isButton || !form) return false;
  const button = defaultButton(form);
  if (button) return !button.matches(":disabled");
  return elementsOf(form).filter((each) => each.localName === "input" && isField(each)).length <= 1;
}

/** Returns where a link leads; `#fragment` within its own page; `null` if a script turns the link into a request. */
function leadsTo(element) {
  if (!["a", "area"].includes(element.localName) || element.hasAttribute("onclick") || element.hasAttribute("data-method")
    || element.hasAttribute("data-turbo-method")) return null;
  const owner = element.ownerDocument;
  let href = String(element.href?.baseVal ?? element.href ?? "");
  if (!href) return null;
  try {
    ({ href } = new URL(href, own(Node, "baseURI", element)));
  } catch {
    // The address is not valid, so keep it as written.
  }
  const [address, ...place] = href.split("#");
  if (place.length && address === own(Document, "URL", owner).split("#")[0]) return `#${shorten(place.join("#"), 200)}`;
  return shorten(href, 2000);
}

// -------------------------------------------------------------------------------------------------------- forms

const cardWords = /card[\s_.:-]*(number|num|no)\b|\bcc[\s_-]?(number|num)\b|(nombor|no\.?) ?kad\b|card.{0,20}expir|expir.{0,20}card/i;
const codeWords = /cvv|cvc|(^|[^a-z])iban([^a-z]|$)|\bmm ?\/ ?yy/i;
/** Cards that are not for payments. */
const otherCards = /identity|pengenalan|\bic\b|\bid card|nric|mykad|member|library|student|matric/i;

function isPaymentField(element, name) {
  const purposes = (element.getAttribute("autocomplete") ?? "").toLowerCase().split(/\s+/);
  if (purposes.some((purpose) => purpose.startsWith("cc-"))) return true;
  const words = [name, element.name, element.id, element.placeholder].join(" ");
  return codeWords.test(words) || cardWords.test(words) && !otherCards.test(words);
}

function heldValue(element) {
  if (isSecret(element)) return element.value ? "•••" : "";
  const checked = checkedOf(element);
  if (checked !== null) return checked ? "on" : "off";
  return bounded(squeeze(valueText(element)), 200);
}

/** Returns the text, or its beginning and a hash of the whole text if it is long. */
const bounded = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 20)}… #${digest(text)}` : text);

/** Returns a 52-bit hash in the style of FNV-1a. It does not withstand an attack, but is enough to notice a change. */
function digest(text) {
  let low = 0x811c9dc5, high = 0x1000193;
  for (let index = 0; index < text.length; index++) {
    low = Math.imul(low ^ text.charCodeAt(index), 0x01000193);
    high = Math.imul(high ^ low, 0x85ebca6b) ^ (high >>> 13);
  }
  return ((high >>> 0) * 0x100000 + ((low >>> 0) & 0xfffff)).toString(36);
}

/** Times of day and countdowns, which change on their own. */
const clocks = /\b\d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?\b/gi;

/** The maximum numbers of characters to read around a control and to report as text. The rest is reported as a hash. */
const mostRead = 20_000, mostShown = 4000;

/** The maximum number of elements to examine for styles. If there are more, no styles are examined. */
const mostStyled = 150;

/**
 * Returns the text that an action is about: that of its form, of the dialog or row around it, or of the whole page; and
 * a hash of everything else about it that a user can see. Content beyond the limits is not examined.
 */
function surroundingsOf(element, form) {
  const owner = own(Node, "ownerDocument", element);
  const boxes = [
    form, closest(element, "dialog, [role=dialog], article, tr, li"), closest(element, "main, [role=main]"), own(Document, "body", owner),
  ].filter(Boolean);
  const box = boxes.find(describesItself) ?? boxes.at(-1);
  if (!box) return { surroundings: "", details: "" };
  const text = squeeze(visibleText(box, mostRead));
  const rest = text.slice(mostShown).replace(clocks, "");
  const details = [...detailsOf(box), ...(form ? wiringOf(form) : []), ...headingsOf(owner)];
  return {
    surroundings: rest ? `${text.slice(0, mostShown)}… #${digest(rest)}` : text,
    details: details.length ? digest(JSON.stringify(details)) : "",
  };
}

/** Whether a form or another box says what its buttons are for. If it has nothing but buttons, something above it does. */
function describesItself(box) {
  const controls = selectAll(box, "input, select, textarea, button, a[href], summary").slice(0, mostExamined);
  if (controls.some((each) => (isField(each) || each.localName === "select") && isShown(each))) return true;
  let text = squeeze(visibleText(box, mostRead));
  for (const control of controls) text = text.replace(squeeze(visibleText(control)), " ");
  return /[\p{L}\p{N}]/u.test(text);
}

/** Returns the visible content that is not text: images, their labels, content from styles, and drawings. */
function detailsOf(box) {
  const all = (selector) => [...(Element.prototype.matches.call(box, selector) ? [box] : []), ...selectAll(box, selector)];
  const pictures = all("img").slice(0, mostTold).map((each) => ["src", "srcset", "alt"].map((name) => attributeOf(each, name)));
  const labels = all("[aria-label], [title]").slice(0, mostTold)
    .map((each) => [attributeOf(each, "aria-label"), attributeOf(each, "title")]);
  const drawings = all("canvas").slice(0, 5).map((each) => {
    try {
      return digest(each.toDataURL());
    } catch {
      // The drawing contains images from another site.
      return "";
    }
  });
  const elements = all("*");
  const styles = elements.length > mostStyled ? [] : elements.flatMap((each) => [
    getComputedStyle(each).backgroundImage, getComputedStyle(each, "::before").content, getComputedStyle(each, "::after").content,
  ]).filter((style) => !["none", "normal", ""].includes(style));
  return [...pictures, ...labels, ...drawings, ...styles];
}

/**
 * Returns the names under which a form sends its fields, the values of its lists and checkboxes, and those of the fields that
 * are too many to be reported.
 */
function wiringOf(form) {
  return elementsOf(form).filter((each) => each.name && each.type !== "hidden" && !isSecret(each))
    .map((each, index) => [each.name, each.type, isField(each) ? index < mostTold ? "" : heldValue(each) : each.value]);
}

/** Returns the headings and editable texts of the page, because a form may be below what it is about. */
function headingsOf(owner) {
  return [...Document.prototype.querySelectorAll.call(owner, "h1, h2, [contenteditable]")].slice(0, 20)
    .map((each) => squeeze(visibleText(each)).slice(0, 500).replace(clocks, ""));
}

/** Returns what a form sends without showing it: its hidden fields and the value of the button. Many become a hash. */
function hiddenFields(form, submitter) {
  const all = elementsOf(form).filter((each) => each.localName === "input" && each.type === "hidden")
    .map((each) => [each.name, each.value]);
  if (submitter?.name) all.push([submitter.name, submitter.value]);
  const told = all.slice(0, mostTold).map(([name, value]) => [name, bounded(value, 500)]);
  return all.length > told.length ? [...told, ["…", digest(JSON.stringify(all))]] : told;
}

function describeForm(form, submitter) {
  const inputs = elementsOf(form).filter((each) => ["input", "select", "textarea"].includes(each.localName)
    && !["button", "submit", "reset", "image", "hidden"].includes(each.type));
  const shown = inputs.filter((each) => isShown(targetOf(each)));
  const named = shown.map((each) => [each, nameOf(each)]);
  const others = selectAll(form, "[contenteditable], [role=checkbox], [role=switch], [role=radio]").filter(
    (each) => !["input", "form"].includes(each.localName) && (each.isContentEditable || checkedOf(each) !== null)
      && isShown(each)).slice(0, mostTold);
  const typed = inputs.filter(isField);
  const method = (submitter?.hasAttribute("formmethod") ? submitter.formMethod : own(HTMLFormElement, "method", form)) ?? "get";
  const action = (submitter?.hasAttribute("formaction") ? submitter.formAction : own(HTMLFormElement, "action", form)) ?? "";
  // Ignore a disabled password field: shops show one to users who continue as guests.
  const passwords = inputs.filter((each) => isSecret(each) && !Element.prototype.matches.call(each, ":disabled")
    && (shown.includes(each) || each.value));
  const hasPassword = passwords.length > 0;
  return {
    method: method.toLowerCase(), action: shorten(action, 2000), submitter: submitter ? nameOf(submitter) : null,
    hasPassword, hasOnlySecrets: hasPassword && passwords.every((each) => secretFields.has(each)), hasPayment: named.some(([each, name]) => isPaymentField(each, name)),
    isSearch: !!closest(form, "[role=search], search") || typed.length > 0 && typed.every((each) => each.type === "search")
      // A form without text fields and lists is not for searching.
      || method.toLowerCase() === "get" && !hasPassword && shown.some((each) => isField(each) || each.localName === "select"),
    hidden: hiddenFields(form, submitter),
    fields: [...named, ...others.map((each) => [each, nameOf(each)])].slice(0, mostTold)
      .map(([each, name]) => [name, heldValue(each)]),
  };
}

// ------------------------------------------------------------------------------------------------------ targets

/** Returns whether an element can have the focus. If it cannot, a key for it goes to the element that has the focus. */
const takesFocus = (element) => element.tabIndex >= 0 || element.hasAttribute("tabindex") || element.isContentEditable;

/**
 * Describes a control and its form before it is clicked or gets a key. Without a reference, it describes the control
 * that has the focus. If that control is in a cross-origin frame, it returns the key of the frame instead.
 */
function actionTarget(ref, key) {
  const found = ref === null ? {} : resolve(ref);
  if (found.gone) return found;
  const isFocused = !found.element || key !== null && !takesFocus(found.element);
  const chosen = isFocused ? focusedElement() : found.element;
  if (!chosen) return { target: { ...nothing, origin: window.origin } };
  if (isFocused && isFrame(chosen)) return { frame: frameKey(chosen) };
  // A key goes to the element that has the focus, and not to a control around it.
  const element = key === null ? workedBy(chosen) : chosen;
  const tag = own(Element, "localName", element);
  const isBody = tag === "body";
  const role = isBody ? "" : roleOf(element);
  // An element that is not a control may have one at its center.
  const inner = key === null && role !== "link" ? selectAll(element, "button, input").find(isSubmitter) : null;
  const form = (inner ? inner.form : formOf(element)) ?? null;
  const byEnter = key === "Enter" && submitsByEnter(element, form);
  const isActivated = !isBody && [null, "Enter", " "].includes(key);
  const submitter = (byEnter ? defaultButton(form) : inner ?? (isSubmitter(element) ? element : null)) ?? null;
  const scripts = ["onclick", "onchange", "oninput", "href"].map((name) => attributeOf(element, name));
  const byScript = /submit\s*\(/i.test(scripts.join(" "));
  return {
    target: {
      role: role || (isBody ? "" : "clickable"), name: isBody ? "" : nameOf(element),
      text: isBody || isField(element) || tag === "select" ? "" : shorten(squeeze(visibleText(element)), 200), tag,
      type: typeof element.type === "string" ? element.type : "", isActivated,
      isSubmit: !!form && (byEnter || isActivated && (!!submitter || byScript)),
      isUpload: tag === "input" && element.type === "file", isPassword: isSecret(element), href: leadsTo(element),
      origin: own(Document, "defaultView", own(Node, "ownerDocument", element)).origin,
      url: shorten(own(Document, "URL", own(Node, "ownerDocument", element)).split("#")[0], 2000),
      ...(isBody || !isActivated ? { surroundings: "", details: "" } : surroundingsOf(element, form)),
      form: form && describeForm(form, submitter),
    },
  };
}

const nothing = {
  role: "", name: "", text: "", tag: "", type: "", isActivated: false, isSubmit: false, isUpload: false, isPassword: false,
  href: null, url: "", surroundings: "", details: "", form: null,
};

/** Undoes what a page did to a button when it was clicked, because the requests of the click were stopped. */
function enable(ref) {
  const entry = entries.get(ref);
  const element = entry?.element.deref();
  if (!element || !element.disabled) return {};
  element.disabled = false;
  if (!element.firstElementChild && element.textContent && nameOf(element) !== entry.name) element.textContent = entry.name;
  return {};
}
