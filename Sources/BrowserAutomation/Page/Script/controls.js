// The controls of a document: their references, roles, names and states.

/** Quotes a text, and replaces lone surrogates, which result from cutting a character in two and break parsers. */
const quote = (text) => JSON.stringify(`${text}`.toWellFormed());

/**
 * Returns a getter that reads a property by its prototype: in a form, a field of the same name shadows the property.
 */
const getter = (type, name) => {
  const { get } = Object.getOwnPropertyDescriptor(type.prototype, name);
  return (object) => get.call(object);
};
const [parentElementOf, parentNodeOf, firstChildOf, nextSiblingOf, childNodesOf, nodeTypeOf, isConnected] =
  ["parentElement", "parentNode", "firstChild", "nextSibling", "childNodes", "nodeType", "isConnected"].map((name) => getter(Node, name));
const [tagOf, slotOf] = ["localName", "assignedSlot"].map((name) => getter(Element, name));
const rootNodeOf = (node) => Node.prototype.getRootNode.call(node);
const boxOf = (element) => Element.prototype.getBoundingClientRect.call(element);
const findIn = (element, selector) => Element.prototype.querySelector.call(element, selector);
const attributeOf = (element, name) => Element.prototype.getAttribute.call(element, name);
const isVisible = (element) => Element.prototype.checkVisibility.call(element, { visibilityProperty: true });
//
// These files form one script, which runs in an isolated world: it shares the document with the page's own scripts, but
// they can neither see nor change it. Each call from outside does one thing and returns plain data.

// ------------------------------------------------------------------------------------------------ shadow roots

/** The closed shadow roots that the browser has given access to, by host. */
const closedRoots = new WeakMap();
/** The elements that may have a closed shadow root, with their size at the time when the browser was asked. */
const examined = new WeakMap();
let suspects = [];

const rootOf = (element) => element.shadowRoot ?? closedRoots.get(element) ?? null;

function adoptRoot(host, root) {
  closedRoots.set(host, root);
}

/** Records an element that has a size but seems to have no content: its content may be in a closed shadow root. */
function suspect(element) {
  if (suspects.length >= 64) return;
  const { width, height } = boxOf(element);
  const size = `${width},${height}`;
  if (width < 1 || height < 1 || examined.get(element) === size) return;
  examined.set(element, size);
  suspects.push(element);
}

function takeSuspects() {
  const taken = suspects;
  suspects = [];
  return taken;
}

// -------------------------------------------------------------------------------------------------- references

/** The element of each reference, with the properties that it had when it was listed. */
const entries = new Map();
const refOf = new WeakMap();
let counter = 0;
/** The number of snapshots and queries so far. */
let looks = 0;

const plain = (text) => text.replace(/\d+/g, "#");

function reference(element, role, name, rect) {
  let ref = refOf.get(element);
  if (!ref) {
    ref = `e${++counter}`;
    refOf.set(element, ref);
  }
  entries.set(ref, { element: new WeakRef(element), role, name, tag: element.localName, look: looks });
  look(element, rect);
  return ref;
}

/** Returns the element of a reference, or its replacement if the page has recreated it; never a different element. */
function resolve(ref) {
  updateInternals();
  const entry = entries.get(ref);
  if (!entry) return { gone: `${ref} is not in the latest snapshot of this page` };
  const label = `${ref} (${entry.role} ${quote(entry.name)})`;
  const element = entry.element.deref();
  if (element?.isConnected) {
    const name = nameOf(element);
    // A node that a framework reuses for something else must not be clicked under its old name. Numbers in a name may
    // change, because they may be counters or clocks.
    if (plain(name) !== plain(entry.name)) return { gone: `${label} is now called ${quote(name)}` };
    return { element, label };
  }
  // An element that was listed at the same time is a different control, no matter how similar it looks.
  const twins = [...entries.values()].filter(
    (other) => other !== entry && other.look === entry.look && other.role === entry.role && other.name === entry.name);
  const alike = twins.length ? [] : [...deepElements(document, entry.tag)].filter(
    (candidate) => !refOf.has(candidate) && (roleOf(candidate) || "clickable") === entry.role
      && nameOf(candidate) === entry.name && isShown(candidate));
  if (alike.length !== 1) {
    const others = alike.length || twins.length;
    return { gone: `${label} is no longer on the page` + (others ? `; ${others} others look like it` : "") };
  }
  refOf.set(alike[0], ref);
  entry.element = new WeakRef(alike[0]);
  return { element: alike[0], label };
}

/** Yields the elements with a tag name, or all elements, including those in shadow roots and same-origin frames. */
function* deepElements(root, tag) {
  for (const element of root.querySelectorAll("*")) {
    if (!tag || element.localName === tag) yield element;
    const inner = rootOf(element) ?? (isFrame(element) ? frameDocument(element) : null);
    if (inner) yield* deepElements(inner, tag);
  }
}

// ------------------------------------------------------------------------------------------------------ frames

const isFrame = (element) => element.localName === "iframe" || element.localName === "frame";

/** Returns the document of a same-origin frame; `null` for a cross-origin frame. */
function frameDocument(frame) {
  try {
    return frame.contentDocument;
  } catch {
    return null;
  }
}

/** The frames of this document and of the same-origin ones in it. */
const allFrames = () => [...deepElements(document, "iframe"), ...deepElements(document, "frame")];
/** This window and those of the frames that are of the same origin now. */
const windowsOf = (frames) => [window, ...frames.filter(frameDocument).map((frame) => frame.contentWindow)];

/** The cross-origin frames by key. The script runs in each of them separately, and the keys join the results. */
const frameElements = new Map();
const frameKeys = new WeakMap();

function frameKey(element) {
  let key = frameKeys.get(element);
  if (!key) {
    key = `f${frameElements.size + 1}`;
    frameKeys.set(element, key);
    frameElements.set(key, new WeakRef(element));
  }
  return key;
}

const frameElement = (key) => frameElements.get(key)?.deref() ?? null;

/** Returns the keys of the visible cross-origin frames. */
function foreignFrames() {
  return allFrames().filter((frame) => isShown(frame) && !frameDocument(frame)).map(frameKey);
}

/** Returns the position, size and scale of a frame's content, in the coordinates of the window around it. */
function frameBox(frame) {
  const rect = frame.getBoundingClientRect();
  const scale = frame.offsetWidth ? rect.width / frame.offsetWidth : 1;
  const style = getComputedStyle(frame);
  const [top, right, bottom, left] = ["Top", "Right", "Bottom", "Left"].map((side) => parseFloat(style[`padding${side}`]) || 0);
  return {
    left: rect.left + (frame.clientLeft + left) * scale, top: rect.top + (frame.clientTop + top) * scale,
    width: (frame.clientWidth - left - right) * scale, height: (frame.clientHeight - top - bottom) * scale, scale,
  };
}

// ------------------------------------------------------------------------------------------ roles, names, states

const inputRoles = {
  button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox", radio: "radio",
  range: "slider", number: "spinbutton", search: "searchbox", file: "file", hidden: "",
};
const actionRoles = new Set([
  "button", "checkbox", "combobox", "link", "listbox", "menuitem", "menuitemcheckbox", "menuitemradio", "option",
  "radio", "searchbox", "slider", "spinbutton", "switch", "tab", "textbox", "treeitem",
]);

/** Returns the role of a control; empty for an element that cannot be acted on. */
function roleOf(element) {
  if (tagOf(element) === "form") return "";
  const explicit = element.getAttribute("role") ?? internalsOf.get(element)?.role;
  if (explicit && actionRoles.has(explicit)) return explicit;
  switch (element.localName) {
    case "a": return element.hasAttribute("href") || element.hasAttribute("xlink:href") ? "link" : interactivity(element);
    case "area": return element.hasAttribute("href") ? "link" : "";
    case "button": return "button";
    case "summary": return "button";
    case "textarea": return "textbox";
    case "select": return element.multiple || element.size > 1 ? "listbox" : "combobox";
    case "input":
      if (element.list && (inputRoles[element.type] ?? "textbox") === "textbox") return "combobox";
      return inputRoles[element.type] ?? "textbox";
  }
  return interactivity(element);
}

function interactivity(element) {
  if (element.isContentEditable && !element.parentElement?.isContentEditable) return "textbox";
  if (element.hasAttribute("onclick") || element.hasAttribute("tabindex") && element.tabIndex >= 0) return "clickable";
  return "";
}

const squeeze = (text) => text.replace(/\s+/g, " ").trim();
/** The maximum length of a name beside a reference. */
const longestName = 120;
const shorten = (text, limit = longestName) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);

/** The maximum number of characters to collect for a name, which is cut much shorter. A page may have any amount. */
const enough = 2000;

function visibleText(element, most = enough) {
  const parts = [];
  let size = 0;
  const gather = (node, depth) => {
    if (size > most || depth > 200) return;
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.data.slice(0, most);
      parts.push(text);
      size += text.length;
    } else if (node.nodeType === Node.ELEMENT_NODE && !skipped.has(node.localName) && isShown(node)) {
      // Inline elements are parts of a word; in a flexible box, the browser makes blocks of them. Lines of code stay lines.
      const gap = () => {
        if (!/\s$/.test(parts.at(-1) ?? " ")) parts.push("\n");
      };
      if (node.localName === "sup" && isRaised(node)) parts.push("^");
      const isPart = node.localName !== "br" && isInline(node);
      if (!isPart) gap();
      for (const child of shownNodes(node)) gather(child, depth + 1);
      if (node.localName === "br") parts.push("\n");
      else if (!isPart) gap();
    }
  };
  for (const child of shownNodes(element)) gather(child, 0);
  return parts.join("");
}

/** Returns the nodes that are drawn in an element: those in its shadow root, those assigned to it, or its children. */
function shownNodes(element) {
  const slotted = element.localName === "slot" ? element.assignedNodes() : [];
  return slotted.length ? slotted : childNodesOf(rootOf(element) ?? element);
}

/** The fields that were filled with a secret. */
const secretFields = new WeakSet();
const isSecret = (element) => secretFields.has(element) || element.localName === "input" && element.type === "password";

/** Returns whether a checkbox or switch is on; `null` for an element without such a state. */
function checkedOf(element) {
  if (element.localName === "input" && ["checkbox", "radio"].includes(element.type)) return element.checked;
  const state = element.getAttribute("aria-checked") ?? element.getAttribute("aria-pressed") ?? internalsOf.get(element)?.checked ?? null;
  return state === null ? null : state === "true";
}

/** Returns the value of a control as text; empty for a control without a value. */
function valueText(element) {
  if (element.localName === "select") return [...element.selectedOptions].map((each) => squeeze(each.label)).join(", ");
  if (element.localName === "input" && element.type === "file") return [...element.files].map((file) => file.name).join(", ");
  if (element.localName === "input" || element.localName === "textarea") {
    if (isKeyProxy(element)) return drawnText(element);
    return notTypedInto.has(element.type) ? "" : element.value;
  }
  if (element.isContentEditable) return editedText(element);
  return element.getAttribute("aria-valuetext") ?? element.getAttribute("aria-valuenow") ?? "";
}

/**
 * @param {number} longest The maximum number of characters of a value.
 */
function statesOf(element, role, longest = 120) {
  const states = [];
  const checked = checkedOf(element);
  if (checked !== null) {
    const isPartly = element.indeterminate || element.getAttribute("aria-checked") === "mixed";
    const word = element.hasAttribute("aria-pressed") ? "pressed" : "checked";
    states.push(isPartly ? "partly checked" : checked ? word : `not ${word}`);
  } else if (isSecret(element)) {
    const kind = secretFields.has(element) ? "secret" : "password";
    states.push(element.value ? `${kind}, filled` : kind);
  } else {
    const value = valueText(element);
    if (value || element.localName === "select") states.push(valueState(value, longest));
  }
  if (element.localName === "select") {
    const [most, length] = longest < longestValue ? [12, 60] : [1000, 200];
    const labels = [...element.options].slice(0, most).map((option) => quote(shorten(squeeze(option.label), length)));
    states.push(`options: ${labels.join(", ")}` + (element.options.length > most ? `, … ${element.options.length - most} more` : ""));
  }
  if (element.localName === "textarea") states.push("several lines");
  const format = formatOf(element);
  if (format) states.push(format);
  if (isDisabled(element)) states.push("disabled");
  if (isReadOnly(element)) states.push("read-only");
  if (element.required || element.getAttribute("aria-required") === "true") states.push("required");
  if (element.matches(":user-invalid") && element.validationMessage) states.push(`invalid: ${shorten(element.validationMessage)}`);
  else if (element.getAttribute("aria-invalid") === "true") states.push("invalid");
  const expanded = element.getAttribute("aria-expanded") ?? (role === "button" && element.localName === "summary"
    ? String(!!element.parentElement?.open) : null);
  if (expanded) states.push(expanded === "true" ? "expanded" : "collapsed");
  if (element.getAttribute("aria-selected") === "true") states.push("selected");
  if ((element.getAttribute("aria-current") ?? "false") !== "false") states.push("current");
  return states;
}

/** Describes a control as text: its role, its name, and its states in parentheses. */
const worded = (role, name, states) =>
  `${role} ${quote(name)}${states.length ? ` (${states.join("; ")})` : ""}`;

function isDisabled(element) {
  if (element.matches(":disabled")) return true;
  for (let each = element; each; each = parentElementOf(each) ?? rootNodeOf(each).host) {
    if (attributeOf(each, "aria-disabled") === "true" || each.inert === true) return true;
  }
  return false;
}

const isReadOnly = (element) => !!element.readOnly || element.getAttribute("aria-readonly") === "true";

/** Returns whether any part of an element is drawn. For an image map area, that depends on its image. */
function isShown(element) {
  const shown = element.localName === "area" ? imageOf(element) : element;
  if (!shown) return false;
  if (isVisible(shown)) return true;
  // An element without a box of its own is as visible as the element around it.
  const style = isConnected(shown) ? getComputedStyle(shown) : null;
  if (style?.display !== "contents" || style.visibility !== "visible") return false;
  const around = parentOf(shown);
  return !!around && isShown(around);
}

/** Returns the element in which a node is drawn: its slot, its parent, or the host of its shadow root. */
const parentOf = (node) => slotOf(node) ?? parentElementOf(node) ?? rootNodeOf(node).host ?? null;

/** Returns the image that an `area` belongs to. */
function imageOf(area) {
  const name = area.closest("map")?.name;
  return name ? area.getRootNode().querySelector(`img[usemap="#${CSS.escape(name)}"]`) : null;
}
