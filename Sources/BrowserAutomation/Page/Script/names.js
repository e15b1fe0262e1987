// The accessible names of controls.

/**
 * During a walk, the labels of each tree by labeled element. Asking each element for its labels takes quadratic time.
 */
let labelIndex = null;

function labelsOf(element) {
  if (!labelIndex && element.labels !== undefined) return [...(element.labels ?? [])];
  // A custom element has labels, but only its own class can ask for them.
  if (!labelIndex) return tagOf(element).includes("-") ? labelsInTree(element) : [];
  const root = element.getRootNode();
  if (!labelIndex.has(root)) {
    const labels = new Map();
    for (const label of root.querySelectorAll("label")) {
      if (label.control) labels.set(label.control, [...(labels.get(label.control) ?? []), label]);
    }
    labelIndex.set(root, labels);
  }
  return labelIndex.get(root).get(element) ?? [];
}

const labelsInTree = (element) => [...element.getRootNode().querySelectorAll("label")].filter((each) => each.control === element);

/** Returns the name of a control; a field in a custom element without a name has that of the element. */
function nameOf(element, limit = longestName) {
  const name = shorten(ownNameOf(element), limit);
  if (name || !isField(element)) return name;
  const { host } = rootNodeOf(element);
  if (!host) return name;
  const labels = labelsOf(host).map((label) => labelText(label, host)).join(" ");
  return shorten(squeeze(labels || attributeOf(host, "aria-label") || attributeOf(host, "title") || ""), limit);
}

function ownNameOf(element) {
  const labelledBy = element.getAttribute("aria-labelledby");
  if (labelledBy) {
    const root = element.getRootNode();
    const text = labelledBy.split(/\s+/).map((id) => root.getElementById?.(id)?.textContent ?? "").join(" ");
    if (squeeze(text)) return squeeze(text);
  }
  const label = element.getAttribute("aria-label") ?? internalsOf.get(element)?.label;
  if (label?.trim()) return squeeze(label);
  const labels = squeeze(labelsOf(element).map((each) => labelText(each, element)).join(" "));
  if (labels) return labels;
  if (element.localName === "input") {
    if (["submit", "reset", "button"].includes(element.type)) {
      return squeeze(element.value || { submit: "Submit", reset: "Reset" }[element.type] || "");
    }
    return squeeze(element.alt || element.placeholder || element.title || element.name || "");
  }
  if (["textarea", "select"].includes(element.localName)) {
    return squeeze(element.getAttribute("placeholder") || element.title || element.name || "");
  }
  if (element.localName === "area") return squeeze(element.alt || element.title || "");
  // The content of an editable element is its value, not its name.
  if (element.isContentEditable) return squeeze(element.title || element.getAttribute("aria-placeholder") || "");
  const own = squeeze(visibleText(element));
  if (own) return own;
  const image = element.querySelector?.("img[alt], [aria-label], svg title");
  return squeeze(
    image?.alt || image?.getAttribute("aria-label") || image?.textContent || element.getAttribute("title") || "");
}

/** Returns the text of a label, without the text of the control inside it. */
function labelText(label, control) {
  if (!label.contains(control)) return visibleText(label);
  let text = "";
  for (const node of label.childNodes) if (!node.contains(control)) text += ` ${node.textContent}`;
  return text;
}
