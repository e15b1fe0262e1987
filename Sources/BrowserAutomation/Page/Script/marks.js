// Signs for what isn't text and means something: icons, the marks of lists, and numbers above the line.

/** A text that looks like the line of a control is not one. */
const unlikeControl = (line) => line.replace(/(^|\n)(\*? ?)\[(?=f?\d*e\d+\])/g, "$1$2[ ");

/** Whether a `sup` is a power or the mark of a footnote, which isn't a part of the number before it. */
const isRaised = (element) => /^\s*[[(]?[\d*+−-]{1,4}[\])]?\s*$/.test(element.textContent);

/**
 * The mark of a list's item.
 * @param numbers The next number of each ordered list.
 */
function markOfItem(item, numbers) {
  const list = parentOf(item);
  if (!list || tagOf(list) !== "ol" || list.reversed) return "- ";
  const number = item.hasAttribute("value") ? item.value : numbers.get(list) ?? list.start;
  numbers.set(list, number + 1);
  return `${number}. `;
}

/** Empty elements that are no pictures. */
const breaks = new Set(["br", "hr", "wbr", "col"]);

/** Returns whether an element has nothing to read in it. */
const isDrawnOnly = (element) => tagOf(element) === "svg" || !firstChildOf(element);

const largestIcon = 64;

/** Returns whether an element without text is a small picture: an image, or a character of an icon font. */
function isIcon(element) {
  const { width, height } = boxOf(element);
  if (!width || !height || width > largestIcon || height > largestIcon) return false;
  const tag = tagOf(element);
  if (tag === "svg") return true;
  if (tag === "img") return !element.hasAttribute("alt");
  const { backgroundImage, maskImage } = getComputedStyle(element);
  return [backgroundImage, maskImage].some((image) => image?.includes("url("))
    || ["::before", "::after"].some((part) => /^(url\(|".*[^\s"])/.test(getComputedStyle(element, part).content));
}

/** Longer rows of icons are no rating. */
const longestScale = 12;

/** The text that stands for an icon: `[icon: check]`; empty for what isn't an icon, or if nothing says what it shows. */
function iconText(element) {
  const hint = isIcon(element) ? hintOf(element) : "";
  if (!hint) return "";
  const nodes = childNodesOf(parentOf(element));
  const row = nodes.length < 2 * longestScale ? [...nodes].filter((node) => nodeTypeOf(node) === Node.ELEMENT_NODE) : [];
  const isScale = row.length > 2 && row.every((each) => attributeOf(each, "class") === attributeOf(element, "class") && isIcon(each));
  if (!isScale) return `[icon: ${hint}]`;
  return element === row[0] ? `[icon: ${hint} ×${row.length}${scaleOf(row, hint)}]` : "";
}

/** What a row of equal icons may mean, such as three stars of five: their colors, and what the row is called. */
function scaleOf(row, hint) {
  const colors = row.map((each) => getComputedStyle(each).color + getComputedStyle(each, "::before").color);
  const first = colors.filter((color) => color === colors[0]).length;
  const known = hint.split(" ");
  const called = wordsOf(attributeOf(parentOf(row[0]), "class")).filter((word) => !known.includes(word)).join(" ");
  return (first < row.length ? `, the first ${first} in another color` : "") + (called && `, called: ${called}`);
}

/** The icons in an element. */
function iconsIn(element) {
  const drawn = [...element.querySelectorAll("*")].slice(0, 20).filter((each) => isShown(each) && isDrawnOnly(each));
  return countIcons(drawn.map(iconText).filter(Boolean).join(" "));
}

/** Five equal icons in a row are one with their number, such as the stars of a rating. */
const countIcons = (text) => !text.includes("[icon: ") ? text : text.replace(
  /(\[icon: [^[\]]{1,80})\](?:\s?\1\])+/g, (all, icon) => `${icon} ×${all.split(icon).length - 1}]`);

/**
 * Whether a row is listed with all of its cells at the edge of the window, or a part of it would be taken for a row. One
 * that holds the page's layout isn't.
 */
const isSmallRow = (row, { height }) => height < innerHeight / 3 && !row.querySelector("table, iframe");
