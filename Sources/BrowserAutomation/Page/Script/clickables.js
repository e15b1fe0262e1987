// Elements that take clicks only because a script listens on them.

const listening = new WeakSet();
/** The role, the label, and the state that a custom element has set in its ElementInternals. */
const internalsOf = new WeakMap();
let listenersKey = "";

/** The frames of the last walk: no reference leads into any other. */
let askedFrames = [];
const watched = new WeakSet();

/** Has a window pass on what its page's scripts say. */
function watchWindow(target) {
  if (watched.has(target)) return;
  watched.add(target);
  const on = (name, note) => target.addEventListener(`${listenersKey}-${name}`, (event) => {
    event.stopImmediatePropagation();
    note(event.composedPath()[0], event.detail);
  }, true);
  on("takes", (element) => listening.add(element));
  on("leaves", (element) => listening.delete(element));
  on("internals", (element, detail) => {
    const [role, label, checked] = JSON.parse(detail);
    internalsOf.set(element, { role, label, checked });
  });
}

function askWindows(name) {
  for (const target of windowsOf(askedFrames)) target.dispatchEvent(new CustomEvent(name));
}

/** Updates what custom elements say about themselves. */
function updateInternals() {
  if (listenersKey) askWindows(`${listenersKey}-states`);
}

/** Updates which elements have listeners. */
function updateListeners() {
  if (!listenersKey) return;
  askedFrames = allFrames();
  for (const target of windowsOf(askedFrames)) watchWindow(target);
  updateInternals();
  askWindows(listenersKey);
}

/** A longer text is content, even if the page listens on it or points at it as a whole. */
const longestClickable = 150, longestPointed = 300;

/** Returns whether an element with a pointer cursor has it from itself, and not from the element around it. */
const isPointerOwn = (element) => getComputedStyle(parentOf(element) ?? element).cursor !== "pointer";

/** Returns whether an element is clickable by its pointer cursor. */
function isPointed(element, { width, height }) {
  return getComputedStyle(element).cursor === "pointer" && width > 0 && height > 0 && isPointerOwn(element)
    && !findIn(element, interactiveSelector) && textLength(element) <= longestPointed && !holdsListening(element);
}

/** Returns whether a script listens on an element within an element. */
function holdsListening(element) {
  for (const inner of element.querySelectorAll("*")) if (listening.has(inner)) return true;
  return false;
}

const textLength = (element) => (element.textContent ?? "").length;
const isSmall = ({ width, height }) => width >= 3 && height >= 3 && width * height <= innerWidth * innerHeight * 0.4;

/** Returns whether a card or a row takes clicks as a whole, beside the controls or the long text in it. */
function isClickableContainer(element, role, rect) {
  const takes = role === "clickable" && element.hasAttribute("onclick") || !role && getComputedStyle(element).cursor === "pointer"
    && (listening.has(element) || textLength(element) > longestPointed && isPointerOwn(element));
  return takes && isSmall(rect);
}

/** The newest answer about a list, for its other rows. */
let roving = { list: null, kind: "", look: 0, isRoving: false };

/** Whether arrow keys move the focus to an element: in such a list, Tab reaches only one item. */
function isRoving(element) {
  if (attributeOf(element, "tabindex") !== "-1") return false;
  const list = element.closest("ul, ol, table, [role=list], [role=listbox], [role=tree], [role=grid], [role=toolbar]");
  const [name] = (attributeOf(element, "class") ?? "").split(" ").filter(Boolean);
  if (!list || !name) return false;
  const kind = `${tagOf(element)}.${CSS.escape(name)}`;
  if (roving.list !== list || roving.kind !== kind || roving.look !== looks) {
    roving = { list, kind, look: looks, isRoving: list.querySelector(`${kind}[tabindex="0"]`) !== null };
  }
  return roving.isRoving;
}

/** Returns whether an element can be dragged, natively or by jQuery UI, whose listeners are on what is around it. */
const isDraggable = (element) => attributeOf(element, "draggable") === "true"
  || /\bui-(sortable-handle|draggable)\b/.test(attributeOf(element, "class") ?? "");

/** Returns whether a script's listener makes an element without a role a control, and not a container of controls. */
function isListening(element, rect) {
  if (!listening.has(element) && !isDraggable(element) && !isRoving(element) || !isSmall(rect) || findIn(element, interactiveSelector)) return false;
  return !holdsListening(element) && textLength(element) <= longestClickable;
}

/** Words in class names and addresses that say nothing about what a control does. */
const meaningless = new Set(
  ("active alt awesome a b badge base bi big block blue border bordered bottom box btn button center circle class click clickable "
  + "col color container content control css dark default div dropdown fa fab fal far fas fill flat flex form glyphicon gray green "
  + "grey group heroicon hover href i ico icon iconfont icons id image images img inline inner is item js label large left lg light line "
  + "link lucide md mdi material medium mui nav none normal o octicon outer outline outlined path png primary pull px r red right round rounded "
  + "row secondary size sm small solid span sprite src static sub svg symbol symbols tertiary text top type ui use view white "
  + "wrap wrapper xl xs").split(" "));

/** What a control without a name looks like, by its classes, ids, and pictures: `trash`; empty if nothing says it. */
function hintOf(element) {
  const sources = [];
  for (const each of [element, ...[...element.querySelectorAll("*")].slice(0, 8)]) {
    const use = tagOf(each) === "use" ? attributeOf(each, "href") ?? attributeOf(each, "xlink:href") : null;
    const picture = tagOf(each) === "img" ? attributeOf(each, "src") : getComputedStyle(each).backgroundImage.match(/url\("?([^")]+)/)?.[1];
    const file = picture && !picture.startsWith("data:") ? picture.split(/[?#]/)[0].split("/").pop()?.replace(/\.\w+$/, "") : "";
    sources.push(attributeOf(each, "title"), attributeOf(each, "data-icon"), attributeOf(each, "data-testid"), use?.split("#").pop(),
      file, attributeOf(each, "class"), attributeOf(each, "id"));
  }
  return [...new Set(sources.flatMap(wordsOf))].slice(0, 3).join(" ");
}

/** The words in a class, an id, or a file's name that may mean something to people. */
const wordsOf = (name) => (name ?? "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z]+/)
  .filter((word) => word.length > 2 && word.length < 20 && !meaningless.has(word));
