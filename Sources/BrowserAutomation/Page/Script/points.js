// What a picture of the window shows at a point.

/** Elements whose content is drawn rather than made of elements, so that the exact point matters. */
const surfaces = new Set(["canvas", "embed", "object", "video"]);

/**
 * Returns the control at a point of the window; where there is none, the element that is drawn there, with the point in it;
 * or the cross-origin frame there, with the point in it.
 */
function elementAt(x, y) {
  let hit = deepElementFromPoint(document, x, y);
  while (hit && isFrame(hit)) {
    const box = frameBox(hit);
    [x, y] = [(x - box.left) / box.scale, (y - box.top) / box.scale];
    const inner = frameDocument(hit);
    if (!inner) return { frame: frameKey(hit), x, y };
    hit = deepElementFromPoint(inner, x, y);
  }
  if (!hit) return {};
  const isSurface = surfaces.has(hit.localName);
  let control = null;
  for (let each = hit; each && !isSurface && !control; each = parentOf(each)) if (roleOf(each)) control = each;
  const element = control ?? hit;
  const rect = element.getBoundingClientRect();
  return {
    ref: reference(element, roleOf(element) || element.localName, nameOf(element), rect), isControl: !!control,
    role: roleOf(element) || element.localName, name: nameOf(element), x: x - rect.left, y: y - rect.top,
  };
}

/** The distance of a resizable box's handle from its lower right corner, in pixels. */
const handle = 4;

/** Returns the element that a script has put into the lower right corner of a box to resize it. */
function cornerOf(element) {
  for (const box of [element, parentOf(element)]) {
    const corner = [...box?.children ?? []].find((each) => /^(se|nwse)-resize$/.test(getComputedStyle(each).cursor));
    if (corner && isShown(corner)) return corner;
  }
  return null;
}

/** Returns where to take hold of an element to drag it: the handle of one that can be resized, or anywhere (`null`). */
function holdOf(ref) {
  const found = resolve(ref);
  if (found.gone) return found;
  const own = cornerOf(found.element);
  if (own) return { option: reference(own, own.localName, nameOf(own), own.getBoundingClientRect()) };
  const style = getComputedStyle(found.element);
  if (style.resize === "none" || found.element.localName !== "textarea" && style.overflow === "visible") return {};
  const { width, height } = found.element.getBoundingClientRect();
  return { x: width - handle, y: height - handle };
}

/** Returns what decides where things are in the window. A picture from another such state does not fit any more. */
const viewState = () => [scrollX, scrollY, innerWidth, innerHeight].map(Math.round);

/** Returns where an element of this document is, in coordinates of the whole document. */
function pictureBox(ref) {
  const found = resolve(ref);
  if (found.gone) return found;
  targetOf(found.element).scrollIntoView({ behavior: "instant", block: "nearest", inline: "nearest" });
  let { left, top, width, height } = targetOf(found.element).getBoundingClientRect();
  for (let view = found.element.ownerDocument.defaultView; view !== window; view = view.parent) {
    const box = frameBox(view.frameElement);
    [left, top, width, height] = [box.left + left * box.scale, box.top + top * box.scale, width * box.scale, height * box.scale];
  }
  // A picture is cut from the whole document.
  return { x: left + scrollX, y: top + scrollY, width, height };
}

/** Selects a text, in an element or in the whole document, and returns what is selected. */
function selectText(text, ref) {
  const found = ref ? resolve(ref) : { element: document.body };
  if (found.gone) return found;
  const { element } = found;
  if (typeof element.value === "string" && element.setSelectionRange) {
    const start = element.value.indexOf(text);
    if (start < 0) return { wrong: `${found.label} does not contain ${quote(text)}` };
    element.focus();
    element.setSelectionRange(start, start + text.length);
    return { value: element.value.slice(element.selectionStart, element.selectionEnd) };
  }
  const range = rangeOf(element, text);
  if (!range) return { wrong: `${quote(text)} is not on the page as one text` };
  range.startContainer.parentElement?.scrollIntoView({ behavior: "instant", block: "nearest" });
  const selection = element.ownerDocument.defaultView.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return { value: selection.toString() };
}

/** Returns the range of the first occurrence of a text. Runs of white space count as one space. */
function rangeOf(element, text) {
  const nodes = element.ownerDocument.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let all = "";
  const places = [];
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    if (skipped.has(node.parentElement?.localName) || !isShown(node.parentElement)) continue;
    for (let index = 0; index < node.data.length; index++) {
      const isSpace = /\s/.test(node.data[index]);
      if (isSpace && (!all || all.endsWith(" "))) continue;
      all += isSpace ? " " : node.data[index];
      places.push([node, index]);
    }
  }
  const wanted = squeeze(text);
  const start = wanted ? all.indexOf(wanted) : -1;
  if (start < 0) return null;
  const range = element.ownerDocument.createRange();
  range.setStart(...places[start]);
  const [last, index] = places[start + wanted.length - 1];
  range.setEnd(last, index + 1);
  return range;
}
