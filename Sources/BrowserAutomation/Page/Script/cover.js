// Detection of covered controls.

/** The maximum number of controls to test. If there are more, the first ones reveal a cover over the whole window. */
const mostTested = 200;
/** The number of controls to test even if no positions overlap, to detect covers such as a backdrop. */
const sampled = 8;

/**
 * Returns the controls that are covered, with the name of the dialog that covers them. A hit test is accurate but slow, so it
 * is made only if the positions that the walk recorded show another element at the center of a control.
 */
function coveredControls(controls, rects) {
  const places = [];
  for (const [element, { left, top, right, bottom, width, height }] of rects) {
    if (width && height && bottom > 0 && top < innerHeight) places.push({ element, left, top, right, bottom });
  }
  let isSuspicious = false;
  const covered = [];
  for (const [index, control] of controls.slice(0, mostTested).entries()) {
    const { element } = control;
    if (!isSuspicious && index >= sampled && !isShared(element, rects.get(element), places)) continue;
    const hit = coverOf(element, rects.get(element));
    if (!hit) continue;
    isSuspicious = true;
    covered.push({ control, cover: dialogAround(hit) });
  }
  return covered;
}

/** Returns the named dialog that an element belongs to; "" if there is none. */
function dialogAround(element) {
  for (let each = element; each; each = parentOf(each)) {
    const isDialog = each.localName === "dialog" || ["dialog", "alertdialog"].includes(each.getAttribute?.("role"));
    if (isDialog) return nameOf(each) ? `dialog ${quote(shorten(nameOf(each), 60))}` : "a dialog";
  }
  return "";
}

/** Returns whether an element that neither contains a control nor is inside of it extends over the control's center. */
function isShared(element, rect, places) {
  // Positions in frames have other coordinates, and an element that is drawn elsewhere has no position of its own.
  if (element.ownerDocument !== document || !rect.width || !rect.height || element.localName === "area") return true;
  const x = (rect.left + rect.right) / 2, y = (rect.top + rect.bottom) / 2;
  return places.some((other) => x >= other.left && x <= other.right && y >= other.top && y <= other.bottom
    && other.element !== element && !holds(other.element, element) && !holds(element, other.element));
}

const holds = (outer, inner) => Node.prototype.contains.call(outer, inner);

/** Returns what covers the center of a control and the other points that an action would try; `null` if nothing does. */
function coverOf(element, own) {
  const target = own.width && own.height ? element : targetOf(element);
  const rect = target === element && element.localName !== "area" ? own : rectsOf(target)[0];
  const { hit, x, y, isOpen } = rect ? openPoint(target, rect) : {};
  if (!hit || isOpen) return null;
  // A control that is scrolled out of its box is not covered, because an action scrolls it into view.
  for (let box = parentElementOf(target); box; box = parentElementOf(box)) {
    const { left, top, right, bottom } = boxOf(box);
    if ((x < left || x > right || y < top || y > bottom) && getComputedStyle(box).overflow !== "visible") return null;
  }
  return hit;
}
