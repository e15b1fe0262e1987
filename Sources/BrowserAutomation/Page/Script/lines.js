// The lines of a walk: what is listed, what is only counted, and what is found.

/** The controls in earlier snapshots of this document, and the texts of the previous and the current snapshot. */
const met = new WeakSet();
let texts = { before: null, now: null };

/**
 * Collects lines. The content of the window is listed in full; outside of the window, controls and headings are listed in
 * short form up to `outside` characters, and the rest is counted.
 *
 * `everything` lists the whole document as Markdown. `find` lists only what contains a text, with references.
 */
class Lines {
  constructor({ outside = 0, everything = false, find = null, clip = null, prefix = "", again = false }) {
    this.everything = everything;
    this.wanted = find?.toLowerCase();
    this.references = !everything || this.wanted !== undefined;
    this.refPrefix = prefix;
    this.clip = clip ?? { top: 0, left: 0, bottom: innerHeight, right: innerWidth };
    this.outsideBudget = outside;
    [this.near, this.far] = [[], []];
    this.size = 0;
    this.farSize = 0;
    this.omitted = 0;
    this.truncated = 0;
    this.text = "";
    this.textParent = null;
    /** The last heading and the term that is being explained, for texts that are found below them. */
    this.heading = "";
    this.term = "";
    /** What stands before the next line, the mark of a list's item, and before the lines below it. */
    this.prefix = "";
    this.indent = "";
    this.hiddenRows = 0;
    this.isInRow = false;
    /** The next number of each ordered list. */
    this.numbers = new Map();
    this.depth = 0;
    this.offset = { x: 0, y: 0 };
    this.rects = new Map();
    /** The controls in the window, with their line numbers. */
    this.actable = [];
    if (!everything) texts = { before: again ? texts.before : texts.now, now: new Set() };
  }

  rect(element) {
    let rect = this.rects.get(element);
    if (!rect) {
      rect = boxOf(tagOf(element) === "area" ? imageOf(element) : element);
      // The text of an element without a box is in the box of the element around it.
      if (!rect.width && !rect.height && getComputedStyle(element).display === "contents" && parentOf(element)) {
        rect = this.rect(parentOf(element));
      }
      this.rects.set(element, rect);
    }
    return rect;
  }

  /** Returns the position of an element in the window that the walk started in. */
  place(element) {
    const rect = this.rect(element);
    const left = rect.left + this.offset.x, top = rect.top + this.offset.y;
    return { left, top, right: left + rect.width, bottom: top + rect.height };
  }

  isNear(element) {
    if (this.everything || this.isInRow) return true;
    const { left, top, right, bottom } = this.place(element);
    return top < this.clip.bottom && bottom > this.clip.top && left < this.clip.right && right > this.clip.left;
  }

  emit(line, element) {
    if (this.wanted !== undefined) return this.found(line, element);
    if (!this.everything) texts.now.add(line);
    if (!this.isNear(element)) return;
    // A line is new if the previous snapshot of this document did not find it, inside or outside of the window.
    const text = !this.everything && texts.before && !texts.before.has(line) ? `* ${line}` : line;
    this.keep(unlikeControl(text));
  }

  /** Lists a line that contains the wanted text: what is around it, and the term or the heading above. */
  found(line, element) {
    const isHeading = /^#+ /.test(line);
    if (isHeading) this.heading = line.replace(/^#+ /, "");
    if (!line.toLowerCase().includes(this.wanted)) return;
    const under = this.term || (isHeading ? "" : this.heading);
    const place = under ? ` (under ${quote(shorten(under, 60))})` : "";
    this.keep(
      `[${this.refPrefix}${reference(element, "text", nameOf(element))}] text ${quote(this.around(line))}${place}`);
  }

  /** The part of a text that surrounds the wanted one. */
  around(text) {
    const at = text.toLowerCase().indexOf(this.wanted);
    const start = text.length > longestFound ? Math.max(0, at - longestFound / 3) : 0;
    return `${start > 0 ? "…" : ""}${shorten(text.slice(start), longestFound)}`;
  }

  keep(line) {
    if (this.size > longest) {
      this.truncated++;
      return;
    }
    this.size += line.length + 1;
    this.near.push(line);
  }

  flush() {
    const text = countIcons(this.everything ? this.text.replace(/[ \t\r\f]*\n\s*/g, " ").replace(/ +/g, " ").trim() : squeeze(this.text));
    const parent = this.textParent;
    this.text = "";
    this.textParent = null;
    if (!text || !parent) return;
    // The comma between two links, each of which has a line of its own.
    if (this.references && /^[.,;:]$/.test(text)) return;
    this.emit(this.takePrefix() + text, parent);
  }

  takePrefix() {
    const prefix = this.prefix || this.indent;
    this.prefix = "";
    return prefix;
  }

  /** @param whole Returns the line with nothing cut. */
  emitControl(line, whole) {
    const prefix = this.takePrefix();
    if (this.wanted === undefined || line.toLowerCase().includes(this.wanted)) return this.keep(prefix + line);
    const all = whole();
    if (all.toLowerCase().includes(this.wanted)) this.keep(`${prefix}${line} (contains ${quote(this.around(all))})`);
  }

  short(line) {
    if (this.farSize > this.outsideBudget) {
      this.omitted++;
      return;
    }
    const text = line();
    this.farSize += text.length + 1;
    this.far.push(text);
  }
}
