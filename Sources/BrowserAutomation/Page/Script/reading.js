// Queries about a document that need no snapshot.

/** Returns the state of the document and its focus. Pages choose these texts, so their length is limited. */
function place() {
  let focused = document.activeElement;
  for (let root = focused && rootOf(focused); root?.activeElement; root = rootOf(focused)) focused = root.activeElement;
  const role = focused && focused !== document.body ? roleOf(focused) : "";
  return {
    url: shorten(location.href, 2000), title: shorten(squeeze(document.title), 300), contentType: document.contentType,
    focus: role ? `${role} ${quote(nameOf(focused))}` : null, pending: pendingWork(), isBlank: isBlank(),
  };
}

/** Returns this document, its shadow roots, and the documents of its same-origin frames, at any depth. */
function allRoots() {
  const roots = [document];
  for (const root of roots) {
    for (const element of root.querySelectorAll("*")) {
      const inner = rootOf(element) ?? (isFrame(element) ? frameDocument(element) : null);
      if (inner) roots.push(inner);
    }
  }
  return roots;
}

function hasText(wanted) {
  const lower = squeeze(wanted).toLowerCase();
  return allRoots().some((root) => {
    const shown = root.body?.innerText ?? [...root.children].map((child) => child.innerText ?? "").join(" ");
    return squeeze(shown).toLowerCase().includes(lower);
  });
}

/** Finds elements by a CSS selector, and describes each of them in a line with a reference. */
function query(selector, limit, prefix) {
  try {
    const elements = allRoots().flatMap((root) => [...root.querySelectorAll(selector)]);
    looks++;
    const lines = elements.slice(0, limit).map((element) => {
      const role = roleOf(element) || element.localName;
      const name = nameOf(element);
      const states = [...statesOf(element, role), ...(isShown(element) ? [] : ["hidden"])];
      return `[${prefix}${reference(element, role, name)}] ${worded(role, name, states)}`;
    });
    return { total: elements.length, lines, last: counter };
  } catch (error) {
    return { wrong: `${quote(selector)} is no CSS selector: ${error.message}` };
  }
}

function links(limit) {
  const all = [...deepElements(document, "a")].filter((link) => link.hasAttribute("href") && isShown(link));
  return all.slice(0, limit).map((link) => ({
    text: nameOf(link), url: shorten(String(link.href?.baseVal ?? link.href), 2000),
  }));
}

/** The texts of a row's cells. A cell without text may say with an icon what it means. */
const cellTexts = (row) => [...row.cells].map((cell) => squeeze(visibleText(cell)) || iconsIn(cell));

function originOf(address) {
  try {
    const { origin, protocol } = new URL(address, location.href);
    return origin === "null" ? `${protocol} content` : origin;
  } catch {
    return "another origin";
  }
}

/** Whether a row only names the columns below it. */
const isHead = (row) => row.parentElement.localName === "thead" || [...row.cells].every((cell) => cell.localName === "th");

const mostColumns = 200;

/** Lays the cells of rows out in columns. A cell that spans several rows or columns has its text in each. */
function gridOf(rows, room) {
  /** For each column, the text of a cell that spans further rows, and how many. */
  let spanning = [];
  const grid = [];
  for (const row of rows) {
    const cells = [...spanning].map((each) => each?.text);
    spanning = spanning.map((each) => (each && each.rows > 1 ? { ...each, rows: each.rows - 1 } : undefined));
    let column = 0;
    for (const cell of row.cells) {
      while (cells[column] !== undefined) column++;
      const text = squeeze(visibleText(cell)) || iconsIn(cell);
      for (let span = Math.max(cell.colSpan, 1); span > 0 && column < mostColumns; span--, column++) {
        cells[column] = text;
        if (cell.rowSpan !== 1) spanning[column] = { text, rows: cell.rowSpan === 0 ? Infinity : cell.rowSpan - 1 };
        room -= text.length;
      }
    }
    if (room < 0) break;
    grid.push(Array.from({ length: Math.min(cells.length, mostColumns) }, (_, index) => cells[index] ?? ""));
  }
  return grid;
}

/** The tables of data: what is beside them in frames and other tables is layout. A foot has sums, which are no rows. */
function dataTables(limit, mostRows, mostCharacters) {
  return [...deepElements(document, "table")].filter((table) => isShown(table) && !table.querySelector("table"))
    .slice(0, limit).map((table) => {
      const rows = [...table.rows].filter((row) => row.parentElement.localName !== "tfoot" && row.cells.length && isShown(row));
      const first = rows.findIndex((row) => !isHead(row));
      const start = first < 0 ? rows.length : first;
      const grid = gridOf(rows.slice(0, start + mostRows), mostCharacters / limit);
      return { header: start ? grid[start - 1] ?? [] : [], total: rows.length - start, rows: grid.slice(start) };
    });
}

function tables(limit) {
  return [...deepElements(document, "table")].filter((table) => isShown(table) && table.rows.length).slice(0, limit)
    .map((table) => [...table.rows].slice(0, 1000).map(cellTexts));
}

/**
 * Scrolls the window, or the box around an element. If neither applies, scrolls the box in the middle of the window.
 */
function scroll(ref, pages) {
  const canScroll = (box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
  const scrolls = (box) => canScroll(box) && /auto|scroll|overlay/.test(getComputedStyle(box).overflowY + getComputedStyle(box).overflowX);
  const main = document.scrollingElement ?? document.documentElement;
  let target = main;
  if (ref || !canScroll(main)) {
    const found = ref ? resolve(ref) : { element: deepElementFromPoint(document, innerWidth / 2, innerHeight / 2) };
    if (found.gone) return found;
    for (target = found.element; target && !scrolls(target);) target = target.parentElement ?? target.getRootNode().host;
    target ??= main;
  }
  const before = target.scrollTop;
  const height = target === main ? innerHeight : target.clientHeight;
  target.scrollBy({ top: pages * height * 0.9, behavior: "instant" });
  return { moved: Math.round(target.scrollTop - before), top: Math.round(target.scrollTop), height: target.scrollHeight };
}

// --------------------------------------------------------------------------------------------------- screenshots

const hiddenName = "ai4ai-hidden";
/** The functions that undo the covering. */
let uncover = [];

/** Covers these texts with highlights until `showAgain`, without changing their elements. Fields show dots instead. */
function hide(texts) {
  const rangesOf = new Map();
  for (const root of allRoots()) {
    const owner = root.ownerDocument ?? root;
    const ranges = rangesOf.get(owner) ?? [];
    rangesOf.set(owner, ranges);
    const nodes = owner.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) ranges.push(...rangesIn(nodes.currentNode, texts));
    for (const field of root.querySelectorAll("input, textarea")) {
      if (texts.some((text) => field.value?.includes(text) || sameLetters(field.value ?? "", text))) field.style.setProperty("-webkit-text-security", "disc", "important");
    }
    if (ranges.length) coverIn(root, owner);
  }
  for (const [owner, ranges] of rangesOf) {
    if (!ranges.length) continue;
    const view = owner.defaultView;
    const highlight = new view.Highlight();
    for (const range of ranges) highlight.add(range);
    view.CSS.highlights.set(hiddenName, highlight);
    uncover.push(() => view.CSS.highlights.delete(hiddenName));
  }
}

/** Returns whether a field contains a text in another format, such as a card number in groups of four digits. */
function sameLetters(value, text) {
  const [all, wanted] = [value, text].map((each) => each.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""));
  return wanted.length >= 8 && all.includes(wanted);
}

function rangesIn(node, texts) {
  const ranges = [];
  for (const text of texts) {
    for (let at = node.data.indexOf(text); at >= 0; at = node.data.indexOf(text, at + 1)) {
      const range = node.ownerDocument.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      ranges.push(range);
    }
  }
  return ranges;
}

/** Elements whose text is not visible. */
const unseenText = "script, style, noscript, template, head";
/** Elements that highlights do not cover, because the browser draws them itself. */
const uncoverable = "svg, option";

/** Returns the text that the page shows and that `hide` has not covered. */
function uncovered() {
  const parts = [];
  for (const root of allRoots()) {
    const owner = root.ownerDocument ?? root;
    const covered = new Map();
    for (const range of owner.defaultView?.CSS.highlights.get(hiddenName) ?? []) {
      covered.set(range.startContainer, [...(covered.get(range.startContainer) ?? []), range]);
    }
    const nodes = owner.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
      const parent = nodes.currentNode.parentElement;
      if (parent?.closest(unseenText) || parent?.checkVisibility({ visibilityProperty: true }) === false && !parent.closest("option")) continue;
      parts.push(uncoveredText(nodes.currentNode, covered.get(nodes.currentNode) ?? []));
    }
    for (const field of root.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea")) {
      const isDisc = getComputedStyle(field).getPropertyValue("-webkit-text-security") === "disc";
      parts.push("<field>", isDisc && !isButton(field) ? "" : field.value, "<field>", field.placeholder ?? "", "<field>");
    }
  }
  return parts.join("");
}

const isButton = (field) => ["button", "submit", "reset"].includes(field.type);

function uncoveredText(node, covered) {
  if (node.parentElement?.closest(uncoverable)) return node.data;
  let text = "";
  let end = 0;
  for (const range of covered.toSorted((one, other) => one.startOffset - other.startOffset)) {
    text += `${node.data.slice(end, Math.max(end, range.startOffset))}<covered>`;
    end = Math.max(end, range.endOffset);
  }
  return text + node.data.slice(end);
}

/** Adds the highlight style to a root. The document of the root must create the style sheet. */
function coverIn(root, owner) {
  const sheet = new owner.defaultView.CSSStyleSheet();
  sheet.replaceSync(`::highlight(${hiddenName}) { color: transparent; background-color: black; }`);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  uncover.push(() => { root.adoptedStyleSheets = root.adoptedStyleSheets.filter((each) => each !== sheet); });
}

/** Draws the references of the controls in the window over them, until `showAgain`. */
function annotate() {
  const layer = document.createElement("div");
  layer.style.cssText = "all:initial;position:fixed;inset:0;z-index:2147483647;pointer-events:none";
  const root = layer.attachShadow({ mode: "closed" });
  for (const [ref, entry] of entries) {
    const element = entry.element.deref();
    if (!element?.isConnected || element.ownerDocument !== document || !isShown(element)) continue;
    const rect = rectsOf(element)[0];
    if (!rect || rect.bottom < 0 || rect.top > innerHeight || rect.right < 0 || rect.left > innerWidth) continue;
    const box = document.createElement("div");
    box.style.cssText = `position:absolute;left:${rect.left}px;top:${rect.top}px;width:${rect.width}px;height:${rect.height}px;`
      + "outline:2px solid #d0006f";
    const label = document.createElement("span");
    label.textContent = ref;
    label.style.cssText = "position:absolute;left:-2px;top:-14px;font:bold 11px/14px sans-serif;color:#fff;background:#d0006f;padding:0 2px";
    box.append(label);
    root.append(box);
  }
  document.documentElement.append(layer);
  annotation?.remove();
  annotation = layer;
}

let annotation = null;

function showAgain() {
  annotation?.remove();
  annotation = null;
  for (const undo of uncover) undo();
  uncover = [];
}

/** What the site has stored for its pages, up to a size that no sign-in needs; without items if that can't be said. */
function storedItems() {
  try {
    const names = Array.from({ length: localStorage.length }, (_, place) => localStorage.key(place));
    const items = names.map((name) => [name, localStorage.getItem(name)]);
    const size = items.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    // Not the address's origin, because a sandboxed document has its own.
    return { origin: self.origin, items: size < 256 * 1024 ? Object.fromEntries(items) : null };
  } catch {
    // Pages without an origin have no storage.
    return { origin: self.origin, items: null };
  }
}
