// Walks a document on request.

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
