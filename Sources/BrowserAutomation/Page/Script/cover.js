// Which controls lie under something else.

/** So many controls are tested; in a window with more, what covers them all is found by the first ones. */
const mostTested = 200;
/** Of a page where nothing seems to overlap, so many are tested for what no element's place tells, as a backdrop. */
const sampled = 8;

/**
 * The covered ones of these controls. A hit test is the truth and takes its time, so it is made only where some other
 * element lies at the middle of a control, as far as the places that the walk has met can tell.
 */
function coveredControls(controls, rects) {
  const places = [];
  for (const [element, { left, top, right, bottom, width, height }] of rects) {
    if (width && height && bottom > 0 && top < innerHeight) places.push({ element, left, top, right, bottom });
  }
  let isSuspicious = false;
  return controls.slice(0, mostTested).filter(({ element }, index) => {
    if (!isSuspicious && index >= sampled && !isShared(element, rects.get(element), places)) return false;
    const covered = isCovered(element, rects.get(element));
    isSuspicious ||= covered;
    return covered;
  });
}

/** Whether the middle of a control is in the place of an element that is neither around it nor within it. */
function isShared(element, rect, places) {
  // The places in frames are in other coordinates, and what is drawn elsewhere has none of its own.
  if (element.ownerDocument !== document || !rect.width || !rect.height || element.localName === "area") return true;
  const x = (rect.left + rect.right) / 2, y = (rect.top + rect.bottom) / 2;
  return places.some((other) => x >= other.left && x <= other.right && y >= other.top && y <= other.bottom
    && other.element !== element && !holds(other.element, element) && !holds(element, other.element));
}

const holds = (outer, inner) => Node.prototype.contains.call(outer, inner);

/** Whether something lies over the middle of a control, and over the other points that an action would try. */
function isCovered(element, own) {
  const target = own.width && own.height ? element : targetOf(element);
  const rect = target === element && element.localName !== "area" ? own : rectsOf(target)[0];
  const { hit, x, y, isOpen } = rect ? openPoint(target, rect) : {};
  if (!hit || isOpen) return false;
  // What is scrolled out of its box is not covered: an action scrolls it back.
  for (let box = parentElementOf(target); box; box = parentElementOf(box)) {
    const { left, top, right, bottom } = boxOf(box);
    if ((x < left || x > right || y < top || y > bottom) && getComputedStyle(box).overflow !== "visible") return false;
  }
  return true;
}
