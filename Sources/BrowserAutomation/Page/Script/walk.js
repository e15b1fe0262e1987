// Walks a document on request.

/** The maximum depth to list. The JavaScript stack overflows not far below. */
const deepest = 1500;
/** The maximum number of characters to list. Nobody can use more, so sending it would be a waste. */
const longest = 2_000_000;
/** The maximum lengths of a value of the whole page, of a line that was found, and of code in the window. */
const longestValue = 10_000, longestFound = 300, longestCode = 4000;

function walk(options) {
  labelIndex = new Map();
  looks++;
  // A page may recreate its elements for as long as it is open, so remove the ones that no longer exist.
  if (entries.size > 10_000) for (const [ref, { element }] of entries) if (!element.deref()?.isConnected) entries.delete(ref);
  try {
    return walkAll(options);
  } finally {
    labelIndex = null;
  }
}

function walkAll(options) {
  const walk = new Walk(options);
  updateListeners();
  const root = document.body ?? document.documentElement;
  if (root) {
    root.localName === "body" ? walk.children(root) : walk.node(root);
    walk.flush();
    for (const { control: { line, hasStates }, cover } of coveredControls(walk.actable, walk.rects)) {
      const words = cover ? `covered by ${cover}` : "covered";
      walk.near[line] = hasStates ? `${walk.near[line].slice(0, -1)}; ${words})` : `${walk.near[line]} (${words})`;
    }
  }
  return {
    ...place(), lines: walk.near, outside: walk.far, omitted: walk.omitted, truncated: walk.truncated, last: counter,
    suspects: suspects.length,
  };
}

/** Returns whether to list an element: one that is visible, or a hidden control whose visible label is clicked. */
function isListed(element, tag) {
  if (isShown(element)) return true;
  if (tag === "map") return true;
  return tag === "input" && ["checkbox", "radio", "file"].includes(element.type)
    && labelsOf(element).some(isShown);
}
