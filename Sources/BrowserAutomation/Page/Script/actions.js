// Actionability checks, action points, and the outcomes of pointer actions.

const scrollPositions = [{ block: "center" }, { block: "end" }, { block: "center" }, { block: "start" }];
/** The last observed rectangle of each element, and the time since which all observations found the element there. */
const seen = new WeakMap();
const frameTime = 1000 / 60;

/** Records where an element is, and returns for how many milliseconds all observations have found it there. */
function look(element, rect = element.getBoundingClientRect()) {
  const known = seen.get(element);
  if (known && isSameRect(known.rect, rect)) return performance.now() - known.since;
  seen.set(element, { rect, since: performance.now() });
  return 0;
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const isSameRect = (one, other) =>
  one.x === other.x && one.y === other.y && one.width === other.width && one.height === other.height;

/**
 * Whether two observations that are at least a frame apart find the same rectangle, which is also Playwright's
 * definition. The first observation is often that of the snapshot. Then there is nothing to wait for, unless an
 * animation is running.
 */
async function isStable(element) {
  if (look(element) >= frameTime && !isAnimated(element)) return true;
  // A window that is not drawn has no frames, and nothing in it moves.
  if (document.visibilityState === "hidden") return true;
  const before = element.getBoundingClientRect();
  const start = document.timeline.currentTime;
  // A busy machine delivers frames in bursts, within which no animation advances.
  do await nextFrame(); while (document.timeline.currentTime - start < frameTime - 2);
  return isSameRect(element.getBoundingClientRect(), before);
}

function isAnimated(element) {
  return element.ownerDocument.getAnimations().some(
    (animation) => animation.playState === "running" && animation.effect?.target?.contains(element));
}

/** The number of frames over which an element that keeps moving is observed. */
const observedFrames = 12;

/**
 * Returns the area that an element never leaves while it moves, such as one that pulses or bobs; `null` if there is none. The
 * guard stops the click if it lands elsewhere after all.
 */
async function steadyArea(element) {
  let { left, top, right, bottom } = element.getBoundingClientRect();
  for (let frame = 0; frame < observedFrames; frame++) {
    await nextFrame();
    const rect = element.getBoundingClientRect();
    [left, top] = [Math.max(left, rect.left), Math.max(top, rect.top)];
    [right, bottom] = [Math.min(right, rect.right), Math.min(bottom, rect.bottom)];
  }
  return right - left >= 4 && bottom - top >= 4 ? new DOMRect(left, top, right - left, bottom - top) : null;
}

/** Whether an animation that never ends moves an element. */
function isEndless(element) {
  return element.ownerDocument.getAnimations().some(({ playState, effect }) =>
    playState === "running" && effect?.target?.contains(element) && effect.getComputedTiming().endTime === Infinity);
}

/** Returns the element that an action on this element must use: a hidden control is operated through its label. */
function targetOf(element) {
  if (isShown(element) && hasArea(element)) return element;
  return labelsOf(element).find((label) => isShown(label) && hasArea(label)) ?? element;
}

/** Returns the boxes in which an element is drawn; for an image map area, a small box in its center. */
function rectsOf(element) {
  if (element.localName !== "area") return [...element.getClientRects()];
  const image = imageOf(element)?.getBoundingClientRect();
  const numbers = element.coords.split(",").map(Number);
  if (!image || element.shape === "default" || numbers.length < 3) return image ? [image] : [];
  const isCircle = element.shape === "circle";
  const xs = isCircle ? [numbers[0]] : numbers.filter((_, index) => index % 2 === 0);
  const ys = isCircle ? [numbers[1]] : numbers.filter((_, index) => index % 2 === 1);
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  return [new DOMRect(image.left + middle(xs) - 1, image.top + middle(ys) - 1, 2, 2)];
}

const hasArea = (element) => rectsOf(element).some((rect) => rect.width > 0 && rect.height > 0);

/** Whether an event at this node is an event at the element. */
function belongsTo(node, element) {
  for (let each = node; each; each = (nodeTypeOf(each) === Node.ELEMENT_NODE ? slotOf(each) : null) ?? parentNodeOf(each) ?? each.host) if (each === element) return true;
  const label = node?.closest?.("label");
  return !!label && label.control === element;
}

function describe(node) {
  if (!node) return "nothing";
  const id = node.id ? ` id="${shorten(node.id, 60)}"` : "";
  const cls = typeof node.className === "string" && node.className ? ` class="${shorten(node.className, 60)}"` : "";
  const text = shorten(squeeze(visibleText(node)), 60);
  return `<${node.localName}${id}${cls}>${text ? ` ${quote(text)}` : ""}`;
}

function deepElementFromPoint(root, x, y) {
  let hit = root.elementFromPoint(x, y);
  while (hit && rootOf(hit)) {
    const inner = rootOf(hit).elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  return hit;
}

/**
 * Returns the center of the visible part of an element's box, or another point of it if something covers the center.
 */
function openPoint(element, rect) {
  const view = element.ownerDocument.defaultView;
  const left = Math.max(rect.left, 0), right = Math.min(rect.right, view.innerWidth);
  const top = Math.max(rect.top, 0), bottom = Math.min(rect.bottom, view.innerHeight);
  const isForItself = actsItself.has(roleOf(element));
  let first = null, second = null;
  for (const [across, down] of pointsToTry) {
    const x = left + (right - left) * across, y = top + (bottom - top) * down;
    const hit = deepElementFromPoint(element.ownerDocument, x, y);
    if (belongsTo(hit, element)) {
      if (!isForItself || !isOfNested(hit, element)) return { hit, x, y, isOpen: true };
      second ??= { hit, x, y, isOpen: true };
    }
    first ??= { hit, x, y, isOpen: false };
  }
  return second ?? first;
}

/** The roles that act by themselves; a tab or an item may leave that to a link in it. */
const actsItself = new Set(["button", "link", "clickable", ""]);

/** Points within a box, as parts of its width and height. The corners are what a control in the middle leaves free. */
const pointsToTry = [
  [0.5, 0.5], [0.5, 0.2], [0.5, 0.8], [0.2, 0.5], [0.8, 0.5], [0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9], [0.02, 0.5], [0.98, 0.5],
];

/** Returns whether a node belongs to another control within the element. */
function isOfNested(node, element) {
  for (let each = node; each && each !== element; each = parentOf(each)) {
    if (nodeTypeOf(each) === Node.ELEMENT_NODE && (roleOf(each) || listening.has(each))) return element.contains(each);
  }
  return false;
}

/**
 * Returns the point to act on, in the coordinates of this script's window, or the reason why there is none.
 * @param {DOMRect | null} area Where to look for the point, instead of the element's boxes.
 */
function hitPoint(element, area = null) {
  const view = element.ownerDocument.defaultView;
  const rect = (area ? [area] : rectsOf(element)).find((each) => {
    const width = Math.min(each.right, view.innerWidth) - Math.max(each.left, 0);
    const height = Math.min(each.bottom, view.innerHeight) - Math.max(each.top, 0);
    return width > 0 && height > 0 && width * height > 0.99;
  });
  if (!rect) return { error: "it is outside of the window and cannot be scrolled into it" };
  let { hit, x, y, isOpen } = openPoint(element, rect);
  if (!isOpen) return { error: `it is covered by ${describe(hit)}`, isCovered: true, hoverX: x, hoverY: y };
  for (let inner = view; inner !== window; inner = inner.parent) {
    const outer = throughFrame(inner.frameElement, x, y);
    if (outer.error) return outer;
    ({ x, y } = outer);
  }
  return { x, y };
}

/** Converts a point in a frame to the coordinates of the window around it, if the point can be reached there. */
function throughFrame(frame, x, y) {
  const box = frameBox(frame);
  const outer = { x: box.left + x * box.scale, y: box.top + y * box.scale };
  const view = frame.ownerDocument.defaultView;
  if (outer.x < 0 || outer.y < 0 || outer.x > view.innerWidth || outer.y > view.innerHeight) {
    return { error: "its frame is scrolled out of the window" };
  }
  const over = deepElementFromPoint(frame.ownerDocument, outer.x, outer.y);
  return over === frame ? outer : { error: `its frame is covered by ${describe(over)}`, isCovered: true };
}

/**
 * Converts a point in a cross-origin frame, identified by its key, to the coordinates of this script's window. Scrolls
 * the frame so that the point can be reached.
 */
async function throughForeignFrame(key, x, y, attempt, isGuarded) {
  const frame = frameElement(key);
  if (!frame?.isConnected) return { gone: `The frame ${key} has left the page` };
  const find = () => {
    let point = throughFrame(frame, x, y);
    for (let view = frame.ownerDocument.defaultView; view !== window && !point.error; view = view.parent) {
      point = throughFrame(view.frameElement, point.x, point.y);
    }
    return point;
  };
  let point = find();
  if (point.error) {
    frame.scrollIntoView({ behavior: "instant", inline: "nearest", ...scrollPositions[attempt % scrollPositions.length] });
    const box = frameBox(frame);
    const view = frame.ownerDocument.defaultView;
    view.scrollBy({
      left: box.left + x * box.scale > view.innerWidth ? box.left + x * box.scale - view.innerWidth / 2 : 0,
      top: Math.abs(box.top + y * box.scale - view.innerHeight / 2) > view.innerHeight / 2
        ? box.top + y * box.scale - view.innerHeight / 2 : 0,
      behavior: "instant",
    });
    // The browser determines the frame at a point from what it drew last.
    await nextFrame();
    await nextFrame();
    point = find();
  }
  if (point.error) return { retry: point.error, isCovered: point.isCovered };
  // Events inside of the frame go to the frame. One that arrives here was caught by something that covers the frame.
  if (isGuarded) guard(frame);
  return point;
}

/** What moves without an animation, by a script, is given so many attempts to stop. */
const mostMovingAttempts = 4;

/** Checks an element in the order of Playwright's documentation, and returns the reason of the first failure. */
function unready(element, needs) {
  if (!isShown(element)) return "it is hidden";
  if (!hasArea(element)) return "it has no size";
  if (needs.enabled && isDisabled(element)) return "it is disabled";
  if (needs.editable && isReadOnly(element)) return "it is read-only";
  return null;
}

/**
 * Prepares an element for pointer events: scrolls it into view, and checks that it is stable, enabled and uncovered.
 * Installs a guard that stops the events if they land on another element after all.
 */
async function preparePointer(ref, attempt, { enabled = true, guarded = true, at = null } = {}) {
  const found = resolve(ref);
  if (found.gone) return found;
  const reason = enabled && isDisabled(found.element) ? "it is disabled" : null;
  const element = targetOf(found.element);
  const blocked = reason ?? unready(element, {});
  const failure = (why) => `${found.label} cannot be reached: ${why}`;
  if (blocked) return { retry: failure(blocked) };
  // The area of one pixel around a given point of the element.
  const given = () => {
    const { left, top } = element.getBoundingClientRect();
    return at && new DOMRect(left + at[0] - 0.5, top + at[1] - 0.5, 1, 1);
  };
  let point = hitPoint(element, given());
  if (point.error && !at) {
    element.scrollIntoView({ behavior: "instant", inline: "nearest", ...scrollPositions[attempt % scrollPositions.length] });
    point = hitPoint(element);
  }
  let area = null;
  if (!(await isStable(element))) {
    if (isEndless(element) || attempt >= mostMovingAttempts) area = await steadyArea(element);
    if (!area) return { retry: failure("it is moving") };
  }
  point = hitPoint(element, given() ?? area);
  if (point.error) {
    // Within a frame, the point is in other coordinates than the mouse.
    const isHere = element.ownerDocument === document;
    return {
      retry: failure(point.error), isCovered: point.isCovered, hoverX: isHere ? point.hoverX : undefined, hoverY: isHere ? point.hoverY : undefined,
    };
  }
  if (guarded) guard(element);
  return { x: point.x, y: point.y, label: found.label };
}

// ----------------------------------------------------------------------------------------------------- guard

let guardState = null;
/** The time in milliseconds after which no press is expected any more, because its sender was canceled. */
const guardTime = 3000;

function guard(element) {
  releaseGuard();
  const types = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "dblclick"];
  const state = { hit: false, blocked: null };
  const began = performance.now();
  // In the windows around the frame, an event can only be on something that covers the frame.
  const roots = [element.ownerDocument.defaultView];
  for (let view = roots[0]; view !== window; view = view.parent) roots.push(view.parent);
  // A listener outside of a closed root sees only the host, so a listener inside of it decides.
  const hostsAround = new Set();
  for (let root = element.getRootNode(); root.host; root = root.host.getRootNode()) {
    if (!closedRoots.has(root.host)) continue;
    roots.push(root);
    hostsAround.add(root.host);
  }
  const listener = (event) => {
    if (!event.isTrusted) return;
    if (!state.hit && performance.now() - began > guardTime) return state.remove();
    const node = event.composedPath()[0];
    if (hostsAround.has(node) && node !== element) return;
    // The press decides. Later events may land elsewhere, because the page may redraw itself in response to the press.
    const isUndecided = !state.hit && !state.blocked;
    // The browser determines the frame for each event separately. If it had not drawn this frame yet, the press went to
    // another frame, and only the release arrives here. The two make no click, and the page must not see the release
    // before the press is repeated.
    const isStray = isUndecided && ["pointerup", "mouseup"].includes(event.type) && belongsTo(node, element);
    if (isUndecided && !isStray) {
      if (belongsTo(node, element)) state.hit = true;
      else state.blocked = describe(node);
    }
    if (state.blocked || isStray) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  for (const root of roots) {
    for (const type of types) root.addEventListener(type, listener, { capture: true, passive: false });
  }
  state.remove = () => {
    for (const root of roots) for (const type of types) root.removeEventListener(type, listener, { capture: true });
  };
  guardState = state;
}

/** Removes the guard and returns what it observed. */
function releaseGuard() {
  const state = guardState;
  guardState = null;
  state?.remove();
  return { hit: state?.hit ?? false, blocked: state?.blocked ?? null };
}

/** Waits for a task: a form is submitted and a link followed in a separate task, which announces the navigation. */
const nextTask = () => new Promise((resolve) => setTimeout(resolve, 0));

async function afterPointer(ref) {
  await nextTask();
  const { hit, blocked } = releaseGuard();
  const element = entries.get(ref)?.element.deref();
  const isThere = !!element?.isConnected;
  return {
    hit, blocked, checked: isThere ? checkedOf(element) : null,
    isDownload: isThere && !!element.closest("a[download]"),
  };
}

// ------------------------------------------------------------------------------------------------------ dragging

let dragState = null;

/** Starts to watch whether the next press starts a native drag, which fires `dragstart`. */
function watchDrag() {
  dragState?.remove();
  const state = { started: false };
  const listener = (event) => setTimeout(() => { state.started = !event.defaultPrevented; }, 0);
  addEventListener("dragstart", listener, { capture: true });
  state.remove = () => removeEventListener("dragstart", listener, { capture: true });
  dragState = state;
}

async function startedDrag() {
  await nextTask();
  const started = dragState?.started ?? false;
  dragState?.remove();
  dragState = null;
  return started;
}
