// The page as text, in reading order.

/** Walks the document once. */
class Walk extends Lines {
  node(node) {
    if (nodeTypeOf(node) === Node.TEXT_NODE) {
      if (!this.textParent && node.data.trim()) this.textParent = node.parentElement ?? node.getRootNode().host;
      this.text += node.data.length > longest ? node.data.slice(0, longest) : node.data;
    } else if (nodeTypeOf(node) === Node.ELEMENT_NODE) {
      if (this.depth >= deepest) {
        this.truncated++;
        return;
      }
      this.depth++;
      try {
        this.element(node);
      } catch {
        // A page can make an element misbehave. That must not hide the other elements.
        this.flush();
        this.truncated++;
      }
      this.depth--;
    }
  }

  element(element) {
    const tag = tagOf(element);
    if (skipped.has(tag) || !isListed(element, tag)) return;
    const role = roleOf(element);
    if (role && role !== "clickable" || role === "clickable" && !element.querySelector(interactiveSelector)) {
      this.control(element, role);
      // These controls can contain other controls, such as the options of a list or the button of an item.
      if (holders.has(role) && tag !== "select" && tag !== "input") this.controlsWithin(element);
      return;
    }
    if (this.takesClicks(element, role)) return this.control(element, "clickable");
    if (!this.everything && this.isNear(element) && isClickableContainer(element, role, this.rect(element))) this.container(element);
    switch (tag) {
      case "h1": case "h2": case "h3": case "h4": case "h5": case "h6": {
        this.flush();
        if (element.querySelector(interactiveSelector)) break;
        const heading = `${"#".repeat(Number(tag[1]))} ${squeeze(visibleText(element))}`;
        if (heading.length > Number(tag[1]) + 1) {
          this.isNear(element) ? this.emit(heading, element) : this.short(() => heading);
        }
        return;
      }
      case "table": if (this.everything && !this.references) return this.table(element); break;
      case "tr": return this.row(element);
      case "li": return this.item(element);
      case "pre": if (this.everything || !findIn(element, interactiveSelector)) {
        this.flush();
        const most = this.everything ? longest : longestCode;
        const code = visibleText(element, most).slice(0, most);
        if (code.trim()) this.emit("```\n" + code + "\n```", element);
        return;
      } break;
      case "dt":
        this.flush();
        this.children(element);
        this.text = `${squeeze(this.text)}: `;
        this.term = squeeze(visibleText(element));
        return;
      case "dd":
        this.children(element);
        return this.flush();
      case "label": if (element.control && isShown(element.control)) return this.label(element);
        break;
      case "img": {
        const alt = squeeze(element.alt ?? "");
        return alt ? this.inline(element, ` [image: ${shorten(alt)}] `) : this.icon(element);
      }
      case "svg": return this.picture(element);
      case "iframe": case "frame": return this.frame(element);
      case "dialog": this.flush(); this.emit("[dialog]", element); break;
    }
    if (attributeOf(element, "role") === "dialog") {
      this.flush();
      this.emit(`[dialog ${quote(nameOf(element).slice(0, 60))}]`, element);
    }
    if (blocks.has(tag)) {
      this.flush();
      const { hiddenRows: rows, term } = this;
      this.children(element);
      this.term = term;
      if (tag === "table" && this.hiddenRows > rows && !element.querySelector("table")) {
        this.far.push(`(${this.hiddenRows - rows} more rows of the table, of which only the controls are listed)`);
      }
      return this.flush();
    }
    if (tag === "sup" && isRaised(element)) this.text += "^";
    // Items of a flexible box, cells, and what floats stand apart from the text beside them.
    const gap = isInline(element) ? "" : " ";
    this.text += gap;
    this.children(element);
    this.text += gap;
  }

  /** Returns whether scripts have made an element without a role clickable. */
  takesClicks(element, role) {
    if (role || !this.isNear(element)) return false;
    return !this.everything && isPointed(element, this.rect(element))
      || (!this.everything || this.references) && isListening(element, this.rect(element));
  }

  children(element) {
    const root = rootOf(element);
    const tag = tagOf(element);
    const slotted = tag === "slot" ? element.assignedNodes() : [];
    if (slotted.length) {
      for (const node of slotted) this.node(node);
      return;
    }
    for (let node = firstChildOf(root ?? element); node; node = nextSiblingOf(node)) this.node(node);
    if (!root && !firstChildOf(element) && !breaks.has(tag)) this.icon(element);
    if (!root && (tag.includes("-") || !firstChildOf(element) && hosts.has(tag))) suspect(element);
  }

  /** Lists the controls in a label, but not its text, which is already the name of its own control. */
  label(label) {
    if (!label.contains(label.control)) return;
    this.node(label.control);
    for (const other of label.querySelectorAll("a[href], button")) if (other !== label.control) this.node(other);
  }

  /** Lists a container that takes clicks beside the controls in it. Its content follows. */
  container(element) {
    this.flush();
    const name = nameOf(element);
    const ref = this.refPrefix + reference(element, "clickable", name, this.rect(element));
    this.keep(`[${ref}] clickable ${quote(shorten(name, 60))} (around what follows)`);
  }

  /** Lists an item of a list, with its number if it has one. Lists in it are set in. */
  item(element) {
    this.flush();
    const before = this.indent;
    if (this.everything) {
      const mark = markOfItem(element, this.numbers);
      this.prefix = before + mark;
      if (!this.references) this.indent += " ".repeat(mark.length);
    }
    this.children(element);
    this.flush();
    this.prefix = "";
    this.indent = before;
  }

  controlsWithin(element) {
    for (const inner of element.querySelectorAll(interactiveSelector)) {
      if (isShown(inner) && roleOf(inner)) this.control(inner, roleOf(inner));
    }
  }

  control(element, role) {
    /** The control's name and states, up to a length. */
    const described = (most) => {
      const name = nameOf(element, most), states = statesOf(element, role, most);
      const hint = name ? "" : hintOf(element);
      return { name, states: hint ? [...states, `looks like: ${hint}`] : states };
    };
    const whole = () => {
      const { name, states } = described(longestValue);
      return worded(role, name, states);
    };
    if (!this.references && role === "link") {
      const text = linkText(element, nameOf(element, longestValue) || hintOf(element));
      if (getComputedStyle(element).display === "inline") return this.inline(element, text);
      this.flush();
      return this.emitControl(text);
    }
    this.flush();
    if (!this.references) return this.emitControl(whole());
    const isNew = !this.everything && texts.before && !met.has(element);
    if (!this.everything) met.add(element);
    if (this.isNear(element)) {
      const { name, states } = described(longestName);
      const ref = this.refPrefix + reference(element, role, name, this.rect(element));
      const before = this.near.length;
      this.emitControl(`${isNew ? "*" : ""}[${ref}] ${worded(role, name, states)}`, whole);
      if (this.near.length > before) this.actable.push({ element, line: before, hasStates: states.length > 0 });
    } else {
      this.short(() => {
        const name = nameOf(element);
        return `[${this.refPrefix}${reference(element, role, name, this.rect(element))}] ${role} ${quote(shorten(name, 40))}`;
      });
    }
  }

  row(element) {
    this.flush();
    const wasInRow = this.isInRow;
    if (!this.isNear(element)) this.hiddenRows++;
    else this.isInRow ||= isSmallRow(element, this.rect(element));
    try {
      this.cells(element);
    } finally {
      this.isInRow = wasInRow;
    }
  }

  cells(element) {
    const takesClicks = (cell) => roleOf(cell) || this.takesClicks(cell, "");
    if (element.querySelector(interactiveSelector) || [...element.cells].some(takesClicks)) {
      // The text above a control that begins its row is the row before's.
      const [first] = element.cells;
      if (first && (takesClicks(first) || first.querySelector(interactiveSelector))) this.emit("|", element);
      for (const cell of element.cells) {
        takesClicks(cell) ? this.node(cell) : this.children(cell);
        if (this.text.trim()) this.text += " | ";
      }
      return this.flush();
    }
    const cells = cellTexts(element);
    if (cells.some((cell) => cell)) this.emit(`| ${cells.join(" | ")} |`, element);
  }

  /** Lists a table in Markdown, unless it contains other tables or frames. */
  table(element) {
    this.flush();
    if (element.querySelector("table, iframe")) return this.children(element);
    if (element.caption) this.emit(squeeze(visibleText(element.caption)), element.caption);
    let isHead = true;
    for (const row of element.rows) {
      const cells = [...row.cells].map((cell) => {
        const inner = new Walk({ everything: true });
        inner.children(cell);
        inner.flush();
        return inner.near.map((line) => line.replace(/\|/g, "\\|")).join(" ");
      });
      if (!cells.some((cell) => cell)) continue;
      this.emit(`| ${cells.join(" | ")} |`, row);
      if (isHead) this.emit(`|${" --- |".repeat(cells.length)}`, row);
      isHead = false;
    }
  }

  picture(element) {
    if (element.querySelector("a, [role=button], [role=link], [tabindex], [onclick]")) return this.children(element);
    const title = squeeze(element.getAttribute("aria-label") ?? element.querySelector("title")?.textContent ?? "");
    title ? this.inline(element, ` [image: ${shorten(title)}] `) : this.icon(element);
  }

  icon(element) {
    const text = this.isNear(element) ? iconText(element) : "";
    if (text) this.inline(element, ` ${text} `);
  }

  /** Leaves a link, a picture, or an icon in its sentence. */
  inline(element, text) {
    this.text += text;
    this.textParent ??= element;
  }

  frame(element) {
    this.flush();
    const inner = frameDocument(element);
    const box = frameBox(element);
    const left = box.left + this.offset.x, top = box.top + this.offset.y;
    const clip = {
      left: Math.max(this.clip.left, left), top: Math.max(this.clip.top, top),
      right: Math.min(this.clip.right, left + box.width), bottom: Math.min(this.clip.bottom, top + box.height),
    };
    const name = quote(shorten(squeeze(element.title || element.name || ""), 60));
    if (!inner?.documentElement) {
      if (box.width < 2 || box.height < 2) return;
      this.near.push({
        frame: frameKey(element), title: `${name} from ${originOf(element.src)}`, isNear: this.everything || this.isNear(element),
        clip: {
          left: (clip.left - left) / box.scale, top: (clip.top - top) / box.scale,
          right: (clip.right - left) / box.scale, bottom: (clip.bottom - top) / box.scale,
        },
      });
      return;
    }
    this.emit(`[frame ${name}]`, element);
    const before = { offset: this.offset, clip: this.clip };
    this.offset = { x: left, y: top };
    this.clip = clip;
    this.children(inner.body ?? inner.documentElement);
    this.flush();
    this.offset = before.offset;
    this.clip = before.clip;
    this.emit("[end of frame]", element);
  }
}
