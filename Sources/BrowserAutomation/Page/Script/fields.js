// Text fields, lists, checkboxes and file fields.

const typedBySetting = new Set(["date", "time", "datetime-local", "month", "week", "color", "range"]);
const notTypedInto = new Set(["checkbox", "radio", "button", "submit", "reset", "image", "file", "hidden"]);

const isField = (element) => element.localName === "textarea" || element.isContentEditable
  || element.localName === "input" && !notTypedInto.has(element.type);

/** Focuses the field of a reference, or returns the reason why it cannot be edited. */
function focusField(ref, verb) {
  const found = resolve(ref);
  if (found.gone) return found;
  const element = found.element;
  if (!isField(element)) {
    const hint = element.localName === "select" ? ". Choose one of its options instead" : "";
    return { wrong: `${found.label} is no text field${hint}` };
  }
  const reason = unready(element, { enabled: true, editable: true });
  if (reason) return { retry: `${found.label} cannot be ${verb}: ${reason}` };
  element.scrollIntoView({ behavior: "instant", block: "nearest", inline: "nearest" });
  element.focus({ preventScroll: true });
  return found;
}

/** Editors that receive keys in a hidden field and draw the text elsewhere, and the lines of that text. */
const editors = ".CodeMirror, .monaco-editor, .ace_editor", editorLines = ".CodeMirror-line, .view-line, .ace_line";

/** Returns whether a field only receives keys for an editor. */
function isKeyProxy(element) {
  if (element.localName !== "textarea" || element.value) return false;
  if (element.closest(editors)) return true;
  const { width, height } = boxOf(element);
  return (width <= 4 || getComputedStyle(element).opacity === "0" && height <= 40) && drawnText(element) !== "";
}

/** Returns the text that the editor of a key proxy draws. */
function drawnText(element) {
  const lines = [...element.closest(editors)?.querySelectorAll(editorLines) ?? []];
  // Monaco keeps its lines in any order.
  lines.sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top);
  const text = lines.length ? lines.map((line) => line.textContent).join("\n") : element.parentElement?.innerText ?? "";
  return text.replace(/\u00a0/g, " ").replace(/\u200b/g, "").replace(/\n$/, "");
}

function setValue(element, value) {
  const type = element.localName === "textarea" ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(type.prototype, "value").set.call(element, value);
  announce(element);
}

function announce(element) {
  element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

function selectContent(element) {
  if (!element.isContentEditable) return element.select();
  const range = element.ownerDocument.createRange();
  range.selectNodeContents(element);
  const selection = element.ownerDocument.defaultView.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

/** Prepares a field for text: focuses it and selects its content. Sets the value directly if the field has a picker. */
function prepareFill(ref, value) {
  const found = focusField(ref, "filled");
  if (!found.element) return found;
  const { element, label } = found;
  if (element.localName === "input" && typedBySetting.has(element.type)) {
    setValue(element, value);
    if (!element.value && value) return { wrong: `${label} takes no ${quote(value)}; it is a field for a ${formatOf(element) || element.type}` };
    return { done: true, label };
  }
  if (isKeyProxy(element)) return { done: false, label, isProxy: true };
  selectContent(element);
  return { done: false, label };
}

/** Prepares a field for keys: focuses it and moves the caret to the end of its content. */
function prepareType(ref) {
  const found = focusField(ref, "typed into");
  if (!found.element) return found;
  const { element, label } = found;
  if (element.isContentEditable) {
    selectContent(element);
    element.ownerDocument.defaultView.getSelection().collapseToEnd();
  } else {
    try {
      element.setSelectionRange(element.value.length, element.value.length);
    } catch {
      // Number fields and similar ones have no caret that can be moved.
    }
  }
  return { label };
}

/**
 * Enters a secret in a field if the document has one of the secret's origins. The check and the input are one step, so
 * the page cannot change in between. The field shows dots from then on.
 */
function fillSecret(ref, value, origins) {
  const found = focusField(ref, "filled");
  if (!found.element) return found;
  const { element, label } = found;
  // Do not use the origin of the address, because a sandboxed document has its own, opaque origin.
  const { origin } = element.ownerDocument.defaultView;
  if (!origins.includes(origin)) return { wrong: `${label} is on ${origin}, and the secret belongs to ${origins.join(", ")}` };
  if (element.isContentEditable) return { wrong: `${label} is no field for a secret` };
  secretFields.add(element);
  element.style.setProperty("-webkit-text-security", "disc", "important");
  selectContent(element);
  const isTyped = element.ownerDocument.execCommand("insertText", false, value);
  if (!isTyped || element.value !== value) setValue(element, value);
  else element.dispatchEvent(new Event("change", { bubbles: true }));
  return { label, done: element.value === value };
}

/** Returns the value of a field, after its page was notified of a change, and the state of the page for the report. */
function valueOf(ref) {
  const found = resolve(ref);
  if (found.gone) return found;
  const { element, label } = found;
  return {
    value: valueText(element), label, isSecret: isSecret(element), checked: checkedOf(element), place: place(),
  };
}

function focus(ref) {
  const found = resolve(ref);
  if (found.gone) return found;
  const reason = unready(found.element, { enabled: true });
  if (reason) return { retry: `${found.label} cannot get the focus: ${reason}` };
  found.element.scrollIntoView({ behavior: "instant", block: "nearest", inline: "nearest" });
  found.element.focus({ preventScroll: true });
  return { label: found.label };
}

// -------------------------------------------------------------------------------------------------------- lists

/** Returns the options that match best: by label, by value, by label ignoring case, or by a part of the label. */
function fitting(options, wanted, text, value) {
  const lower = wanted.toLowerCase();
  return [
    (option) => text(option) === wanted,
    (option) => value(option) === wanted,
    (option) => text(option).toLowerCase() === lower,
    (option) => text(option).toLowerCase().includes(lower),
  ].map((test) => options.filter(test)).find((each) => each.length > 0) ?? [];
}

const quoted = (texts) => texts.slice(0, 30).map((each) => quote(shorten(each, 60))).join(", ");

/** Selects exactly these options in a native list. Other lists are operated with the pointer. */
function select(ref, wanted) {
  const found = resolve(ref);
  if (found.gone) return found;
  const { element, label } = found;
  if (element.localName !== "select") return { isCustom: true, label };
  const reason = unready(element, { enabled: true });
  if (reason) return { retry: `${label} cannot be used: ${reason}` };
  if (wanted.length > 1 && !element.multiple) return { wrong: `${label} takes one option` };
  const options = [...element.options];
  const text = (option) => squeeze(option.label);
  const chosen = [];
  for (const each of wanted) {
    const matches = fitting(options, each, text, (option) => option.value);
    const list = quoted(options.map(text));
    if (matches.length === 0) return { retry: `${label} has no option ${quote(each)}; it has ${list}` };
    if (matches.length > 1) return { wrong: `${matches.length} options of ${label} fit ${quote(each)}: ${list}` };
    if (matches[0].disabled || matches[0].parentElement.disabled) {
      return { retry: `the option ${quote(text(matches[0]))} of ${label} is disabled` };
    }
    chosen.push(matches[0]);
  }
  // Do not focus the list: some pages respond by opening a list of their own, which stays open.
  if (element.multiple) for (const option of options) option.selected = chosen.includes(option);
  else chosen[0].selected = true;
  announce(element);
  return { value: valueText(element), label };
}

/** Finds an option of a custom list: by the IDs that the list refers to, by role, or by text that has appeared. */
function findOption(ref, wanted) {
  const found = resolve(ref);
  if (found.gone) return found;
  const { element, label } = found;
  const root = element.getRootNode();
  const listed = (element.getAttribute("aria-controls") ?? element.getAttribute("aria-owns") ?? "").split(/\s+/)
    .map((id) => id && root.getElementById?.(id)).filter(Boolean);
  const roles = "[role=option], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox], [role=treeitem]";
  const places = [element, ...listed, document];
  const text = (option) => nameOf(option);
  let seenOptions = [];
  for (const place of places) {
    const options = [...place.querySelectorAll(roles)].filter((each) => each !== element && isShown(each));
    if (!options.length) continue;
    seenOptions = options;
    const matches = fitting(options, wanted, text, (option) => option.dataset.value);
    if (matches.length > 1) {
      return { wrong: `${matches.length} options of ${label} fit ${quote(wanted)}: ${quoted(matches.map(text))}` };
    }
    if (matches.length === 1) return optionAt(matches[0], text(matches[0]), label);
  }
  if (!seenOptions.length) {
    const plainOnes = [...deepElements(document)].filter((each) => each !== element && !each.contains(element)
      && each.childElementCount === 0 && isShown(each) && !element.contains(each)
      && squeeze(each.textContent) === wanted && !each.closest("label, script, style"));
    if (plainOnes.length === 1) return optionAt(plainOnes[0], wanted, label);
  }
  const list = seenOptions.length ? `; it has ${quoted(seenOptions.map(text))}` : "";
  return { retry: `${label} shows no option ${quote(wanted)}${list}` };
}

function optionAt(option, name, label) {
  return { option: reference(option, roleOf(option) || "clickable", nameOf(option)), value: name, label };
}

// ------------------------------------------------------------------------------------------- values and formats

/** The format that a field takes its value in, for fields whose browser control hides it. */
const formats = {
  date: "date as yyyy-mm-dd", time: "time as hh:mm", "datetime-local": "date and time as yyyy-mm-ddThh:mm",
  month: "month as yyyy-mm", week: "week as yyyy-Www", color: "color as #rrggbb",
};

/** Describes the format and the limits of a field. */
function formatOf(element) {
  if (element.localName !== "input") return "";
  const format = formats[element.type];
  if (!format && element.type !== "number" && element.type !== "range") return "";
  const limits = ["min", "max", "step"].filter((name) => element.getAttribute(name))
    .map((name) => `${name} ${shorten(element.getAttribute(name), 20)}`);
  return [format, ...limits].filter(Boolean).join(", ");
}

/** Describes a value exactly, and says if it is cut. */
function valueState(value, limit) {
  const isCut = value.length > limit;
  return `value=${quote(isCut ? value.slice(0, limit) : value)}${isCut ? ` (the first ${limit} of ${value.length} characters)` : ""}`;
}

/** The text of an editable element. Editors have a box for each line, of which `innerText` would double the empty ones. */
function editedText(element) {
  const nodes = [...element.childNodes].filter((node) => nodeTypeOf(node) === Node.ELEMENT_NODE || node.data?.trim());
  const isOfLines = nodes.length > 0 && nodes.every((node) => node.localName === "div" && isShown(node));
  const textOf = (node) => node.innerText.replace(/\n$/, "");
  return isOfLines ? nodes.map(textOf).join("\n") : textOf(element);
}
