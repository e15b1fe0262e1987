// Our side of a page. It lives in an isolated world: the page's own scripts can neither see nor change it, while
// both worlds share one document. One call from outside does one thing and returns plain data.
globalThis.__ai4ai ??= (() => {
  // ---------------------------------------------------------------------------------------------- references

  /** What a reference stands for: the element, and how it looked when it was listed. */
  const entries = new Map();
  const refOf = new WeakMap();
  let counter = 0;

  const plain = (text) => text.replace(/\d+/g, "#");

  function reference(element, role, name) {
    let ref = refOf.get(element);
    if (!ref) {
      ref = `e${++counter}`;
      refOf.set(element, ref);
    }
    entries.set(ref, { element: new WeakRef(element), role, name, tag: element.localName });
    look(element);
    return ref;
  }

  /** The element of a reference, found again where the page has drawn it anew; never another element. */
  function resolve(ref) {
    const entry = entries.get(ref);
    if (!entry) return { gone: `${ref} is not in the latest snapshot of this page` };
    const label = `${ref} (${entry.role} ${JSON.stringify(entry.name)})`;
    const element = entry.element.deref();
    if (element?.isConnected) {
      const name = nameOf(element);
      // A node that a framework reuses for something else must not be clicked under its old name. Counters and
      // clocks in a name are no such change.
      if (plain(name) !== plain(entry.name)) return { gone: `${label} is now called ${JSON.stringify(name)}` };
      return { element, label };
    }
    const alike = [...deepElements(document, entry.tag)].filter(
      (candidate) => roleOf(candidate) === entry.role && nameOf(candidate) === entry.name && isShown(candidate));
    if (alike.length !== 1) {
      return { gone: `${label} is no longer on the page` + (alike.length ? `; ${alike.length} others look like it` : "") };
    }
    refOf.set(alike[0], ref);
    entry.element = new WeakRef(alike[0]);
    return { element: alike[0], label };
  }

  function* deepElements(root, tag) {
    for (const element of root.querySelectorAll("*")) {
      if (element.localName === tag) yield element;
      if (element.shadowRoot) yield* deepElements(element.shadowRoot, tag);
      else if (element.localName === "iframe" && frameDocument(element)) yield* deepElements(frameDocument(element), tag);
    }
  }

  /** The document inside a frame of the same origin. */
  function frameDocument(frame) {
    try {
      return frame.contentDocument;
    } catch {
      return null;
    }
  }

  // -------------------------------------------------------------------------------------- roles, names, states

  const inputRoles = {
    button: "button", submit: "button", reset: "button", image: "button", checkbox: "checkbox", radio: "radio",
    range: "slider", number: "spinbutton", search: "searchbox", file: "file", hidden: "",
  };
  const actionRoles = new Set([
    "button", "checkbox", "combobox", "link", "listbox", "menuitem", "menuitemcheckbox", "menuitemradio", "option",
    "radio", "searchbox", "slider", "spinbutton", "switch", "tab", "textbox", "treeitem",
  ]);

  /** The role of something that can be acted on; empty for everything else. */
  function roleOf(element) {
    const explicit = element.getAttribute("role");
    if (explicit && actionRoles.has(explicit)) return explicit;
    switch (element.localName) {
      case "a": return element.hasAttribute("href") ? "link" : "";
      case "area": return element.hasAttribute("href") ? "link" : "";
      case "button": return "button";
      case "summary": return "button";
      case "textarea": return "textbox";
      case "select": return element.multiple || element.size > 1 ? "listbox" : "combobox";
      case "input": return inputRoles[element.type] ?? "textbox";
    }
    if (element.isContentEditable && !element.parentElement?.isContentEditable) return "textbox";
    if (element.hasAttribute("onclick") || element.tabIndex >= 0 && element.hasAttribute("tabindex")) return "clickable";
    return "";
  }

  const squeeze = (text) => text.replace(/\s+/g, " ").trim();
  const shorten = (text, limit = 120) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);

  function nameOf(element) {
    const labelledBy = element.getAttribute("aria-labelledby");
    if (labelledBy) {
      const root = element.getRootNode();
      const text = labelledBy.split(/\s+/).map((id) => root.getElementById?.(id)?.textContent ?? "").join(" ");
      if (squeeze(text)) return shorten(squeeze(text));
    }
    const label = element.getAttribute("aria-label");
    if (label?.trim()) return shorten(squeeze(label));
    if (element.labels?.length) {
      const text = squeeze([...element.labels].map((each) => labelText(each, element)).join(" "));
      if (text) return shorten(text);
    }
    if (element.localName === "input") {
      if (["submit", "reset", "button"].includes(element.type)) {
        return shorten(squeeze(element.value || (element.type === "submit" ? "Submit" : element.type === "reset" ? "Reset" : "")));
      }
      return shorten(squeeze(element.alt || element.placeholder || element.title || element.name || ""));
    }
    if (["textarea", "select"].includes(element.localName)) {
      return shorten(squeeze(element.getAttribute("placeholder") || element.title || element.name || ""));
    }
    const own = squeeze(visibleText(element));
    if (own) return shorten(own);
    const image = element.querySelector?.("img[alt], svg title");
    return shorten(squeeze(image?.alt ?? image?.textContent ?? element.getAttribute("title") ?? ""));
  }

  /** A label's words without those of the control inside it. */
  function labelText(label, control) {
    if (!label.contains(control)) return label.textContent;
    let text = "";
    for (const node of label.childNodes) if (!node.contains(control)) text += ` ${node.textContent}`;
    return text;
  }

  function visibleText(element) {
    if (element.childElementCount === 0) return element.textContent;
    let text = "";
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) text += node.data;
      else if (node.nodeType === Node.ELEMENT_NODE && !skipped.has(node.localName) && isShown(node)) {
        text += ` ${visibleText(node)} `;
      }
    }
    return text;
  }

  const isSecret = (element) => element.localName === "input" && element.type === "password";

  function statesOf(element, role) {
    const states = [];
    if (role === "checkbox" || role === "radio" || role === "switch") {
      const checked = element.checked ?? element.getAttribute("aria-checked") === "true";
      states.push(checked ? "checked" : "not checked");
    } else if (element.localName === "select") {
      states.push(`value=${JSON.stringify([...element.selectedOptions].map((option) => squeeze(option.label)).join(", "))}`);
      const labels = [...element.options].slice(0, 12).map((option) => squeeze(option.label));
      states.push(`options: ${labels.map((each) => JSON.stringify(each)).join(", ")}`
        + (element.options.length > 12 ? `, … ${element.options.length - 12} more` : ""));
    } else if (element.localName === "input" && role !== "button" && role !== "file" || element.localName === "textarea") {
      if (isSecret(element)) states.push(element.value ? "password, filled" : "password");
      else if (element.value) states.push(`value=${JSON.stringify(shorten(element.value))}`);
    } else if (role === "textbox") {
      const text = squeeze(element.textContent);
      if (text) states.push(`value=${JSON.stringify(shorten(text))}`);
    }
    if (isDisabled(element)) states.push("disabled");
    if (element.readOnly || element.getAttribute("aria-readonly") === "true") states.push("read-only");
    if (element.required || element.getAttribute("aria-required") === "true") states.push("required");
    const expanded = element.getAttribute("aria-expanded");
    if (expanded) states.push(expanded === "true" ? "expanded" : "collapsed");
    if (element.getAttribute("aria-selected") === "true") states.push("selected");
    return states.length ? ` (${states.join("; ")})` : "";
  }

  function isDisabled(element) {
    return element.matches(":disabled") || !!element.closest('[aria-disabled="true"], [inert]');
  }

  function isShown(element) {
    return element.checkVisibility({ visibilityProperty: true });
  }

  // --------------------------------------------------------------------------------------------- the snapshot

  const skipped = new Set(["script", "style", "noscript", "template", "head", "link", "meta", "svg", "canvas", "object"]);
  const blocks = new Set([
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend",
    "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "br",
  ]);
  const interactiveSelector =
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [contenteditable], [onclick], [tabindex], [role]";

  /**
   * Walks the document once, in reading order. What lies in the window is listed in full; of what lies outside,
   * controls and headings follow in short form as far as the budget goes, and the rest is counted.
   */
  class Walk {
    constructor({ budget, everything }) {
      this.budget = budget;
      this.everything = everything;
      this.near = [];
      this.far = [];
      this.size = 0;
      this.farSize = 0;
      this.omitted = 0;
      this.truncated = 0;
      this.text = "";
      this.textParent = null;
      this.offset = { x: 0, y: 0 };
    }

    isNear(element) {
      if (this.everything) return true;
      const rect = element.getBoundingClientRect();
      const top = rect.top + this.offset.y;
      return top < innerHeight && top + rect.height > 0;
    }

    emit(line, element) {
      if (this.isNear(element)) {
        if (this.size + line.length > this.budget) {
          this.truncated++;
          return;
        }
        this.size += line.length + 1;
        this.near.push(line);
      }
    }

    flush() {
      const text = squeeze(this.text);
      const parent = this.textParent;
      this.text = "";
      this.textParent = null;
      if (text && parent) this.emit(text, parent);
    }

    node(node) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (!this.textParent && node.data.trim()) this.textParent = node.parentElement;
        this.text += node.data;
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        this.element(node);
      }
    }

    element(element) {
      const tag = element.localName;
      if (skipped.has(tag) || !this.isListed(element, tag)) return;
      const role = roleOf(element);
      if (role && role !== "clickable" || role === "clickable" && !element.querySelector(interactiveSelector)) {
        return this.control(element, role);
      }
      switch (tag) {
        case "h1": case "h2": case "h3": case "h4": case "h5": case "h6": {
          this.flush();
          if (element.querySelector(interactiveSelector)) break;
          const heading = `${"#".repeat(Number(tag[1]))} ${squeeze(visibleText(element))}`;
          if (heading.length > 2) this.isNear(element) ? this.emit(heading, element) : this.short(() => heading);
          return;
        }
        case "tr": return this.row(element);
        case "dt":
          this.flush();
          this.children(element);
          this.text = `${squeeze(this.text)}: `;
          return;
        case "dd":
          this.children(element);
          return this.flush();
        case "label": if (element.control && element.control !== element && isShown(element.control)) {
          // Its words are the control's name already.
          if (element.contains(element.control)) this.element(element.control);
          return;
        } break;
        case "img": {
          const alt = squeeze(element.alt ?? "");
          if (alt) this.text += ` [image: ${shorten(alt)}] `;
          this.textParent ??= element;
          return;
        }
        case "iframe": case "frame": return this.frame(element);
        case "dialog": this.flush(); this.emit("[dialog]", element); break;
      }
      if (element.getAttribute("role") === "dialog") {
        this.flush();
        this.emit(`[dialog ${JSON.stringify(nameOf(element).slice(0, 60))}]`, element);
      }
      const isBlock = blocks.has(tag);
      if (isBlock && tag !== "dd") this.flush();
      this.children(element);
      if (isBlock) this.flush();
    }

    /** Hidden elements are not listed, but a hidden box may hold a label that is clicked in its place. */
    isListed(element, tag) {
      if (isShown(element)) return true;
      return tag === "input" && ["checkbox", "radio", "file"].includes(element.type)
        && [...(element.labels ?? [])].some(isShown);
    }

    children(element) {
      if (element.shadowRoot) {
        for (const node of element.shadowRoot.childNodes) this.node(node);
        return;
      }
      const nodes = element.localName === "slot" && element.assignedNodes().length ? element.assignedNodes() : element.childNodes;
      for (const node of nodes) this.node(node);
    }

    control(element, role) {
      this.flush();
      if (this.everything) {
        const name = nameOf(element);
        const line = role === "link" ? `[${name}](${element.href})` : `${role} ${JSON.stringify(name)}${statesOf(element, role)}`;
        this.emit(line, element);
      } else if (this.isNear(element)) {
        const name = nameOf(element);
        this.emit(`[${reference(element, role, name)}] ${role} ${JSON.stringify(name)}${statesOf(element, role)}`, element);
      } else {
        this.short(() => {
          const name = nameOf(element);
          return `[${reference(element, role, name)}] ${role} ${JSON.stringify(shorten(name, 40))}`;
        });
      }
    }

    short(line) {
      if (this.farSize > this.budget / 4) {
        this.omitted++;
        return;
      }
      const text = line();
      this.farSize += text.length + 1;
      this.far.push(text);
    }

    row(element) {
      this.flush();
      if (element.querySelector(interactiveSelector)) {
        for (const cell of element.cells) this.children(cell), this.text += " | ";
        return this.flush();
      }
      if (!this.isNear(element)) return;
      const cells = [...element.cells].map((cell) => squeeze(visibleText(cell)));
      if (cells.some((cell) => cell)) this.emit(`| ${cells.join(" | ")} |`, element);
    }

    frame(element) {
      this.flush();
      const inner = frameDocument(element);
      const name = JSON.stringify(squeeze(element.title || element.name || ""));
      if (!inner?.body) {
        this.emit(`[frame ${name} from ${originOf(element.src)}: its content is not shown]`, element);
        return;
      }
      this.emit(`[frame ${name}]`, element);
      const before = this.offset;
      const rect = element.getBoundingClientRect();
      this.offset = { x: before.x + rect.left + element.clientLeft, y: before.y + rect.top + element.clientTop };
      this.children(inner.body);
      this.flush();
      this.offset = before;
      this.emit("[end of frame]", element);
    }
  }

  function originOf(address) {
    try {
      return new URL(address, location.href).origin;
    } catch {
      return "another origin";
    }
  }

  function walk(options) {
    const walk = new Walk(options);
    if (document.body) {
      walk.children(document.body);
      walk.flush();
    }
    return {
      url: location.href,
      title: document.title,
      lines: walk.near,
      outside: walk.far,
      omitted: walk.omitted,
      truncated: walk.truncated,
      scrollTop: Math.round(scrollY),
      scrollHeight: Math.round(document.documentElement?.scrollHeight ?? 0),
      viewportHeight: innerHeight,
      last: counter,
    };
  }

  // ------------------------------------------------------------------------------------- can it be acted on?

  const scrollPositions = [{ block: "center" }, { block: "end" }, { block: "center" }, { block: "start" }];
  /** Where elements were when they were last looked at, and since when they have been there in every look. */
  const seen = new WeakMap();
  const frameTime = 1000 / 60;

  /** Looks where an element is, and returns for how many milliseconds it has been there. */
  function look(element) {
    const rect = rectKey(element);
    const known = seen.get(element);
    if (known?.rect === rect) return performance.now() - known.since;
    seen.set(element, { rect, since: performance.now() });
    return 0;
  }

  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const rectKey = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return `${x},${y},${width},${height}`;
  };

  /**
   * The same rectangle in two looks that lie a frame or more apart, which is Playwright's measure too. The first
   * look is often the snapshot's, and then nothing has to be waited for, unless an animation runs.
   */
  async function isStable(element) {
    if (look(element) >= frameTime && !isAnimated(element)) return true;
    // In a window that is not drawn there are no frames, and nothing moves either.
    if (document.visibilityState === "hidden") return true;
    const before = rectKey(element);
    const start = document.timeline.currentTime;
    // A busy machine delivers frames in bunches, between which no animation has gone on.
    do await nextFrame(); while (document.timeline.currentTime - start < frameTime - 2);
    return rectKey(element) === before;
  }

  function isAnimated(element) {
    return element.ownerDocument.getAnimations().some(
      (animation) => animation.playState === "running" && animation.effect?.target?.contains(element));
  }

  /** What an action on this element must go through: a hidden box is worked by its label. */
  function targetOf(element) {
    if (isShown(element) && hasArea(element)) return element;
    return [...(element.labels ?? [])].find((label) => isShown(label) && hasArea(label)) ?? element;
  }

  function hasArea(element) {
    const rect = element.getBoundingClientRect();
    return rect.width > 0 && rect.height > 0;
  }

  /** Whether an event at this node is an event at the element. */
  function belongsTo(node, element) {
    for (let each = node; each; each = each.parentNode ?? each.host) if (each === element) return true;
    const label = node?.closest?.("label");
    return !!label && label.control === element;
  }

  function describe(node) {
    if (!node) return "nothing";
    const id = node.id ? ` id="${node.id}"` : "";
    const cls = typeof node.className === "string" && node.className ? ` class="${shorten(node.className, 60)}"` : "";
    const text = shorten(squeeze(node.textContent ?? ""), 60);
    return `<${node.localName}${id}${cls}>${text ? ` ${JSON.stringify(text)}` : ""}`;
  }

  function deepElementFromPoint(root, x, y) {
    let hit = root.elementFromPoint(x, y);
    while (hit?.shadowRoot) {
      const inner = hit.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === hit) break;
      hit = inner;
    }
    return hit;
  }

  /** The point to act on, in the coordinates of the outermost window, or why there is none. */
  function hitPoint(element) {
    const view = element.ownerDocument.defaultView;
    const rect = [...element.getClientRects()].find((each) => {
      const width = Math.min(each.right, view.innerWidth) - Math.max(each.left, 0);
      const height = Math.min(each.bottom, view.innerHeight) - Math.max(each.top, 0);
      return width > 0 && height > 0 && width * height > 0.99;
    });
    if (!rect) return { error: "it is outside of the window and cannot be scrolled into it" };
    let x = (Math.max(rect.left, 0) + Math.min(rect.right, view.innerWidth)) / 2;
    let y = (Math.max(rect.top, 0) + Math.min(rect.bottom, view.innerHeight)) / 2;
    const hit = deepElementFromPoint(element.ownerDocument, x, y);
    if (!belongsTo(hit, element)) return { error: `it is covered by ${describe(hit)}` };
    for (let frame = view.frameElement; frame; frame = frame.ownerDocument.defaultView.frameElement) {
      const outer = frame.getBoundingClientRect();
      x += outer.left + frame.clientLeft;
      y += outer.top + frame.clientTop;
      const over = deepElementFromPoint(frame.ownerDocument, x, y);
      if (over !== frame) return { error: `its frame is covered by ${describe(over)}` };
    }
    return { x, y };
  }

  /** Checks in the order of Playwright's documentation; the first that fails names the reason. */
  function unready(element, needs) {
    if (!isShown(element)) return "it is hidden";
    if (!hasArea(element)) return "it has no size";
    if (needs.enabled && isDisabled(element)) return "it is disabled";
    if (needs.editable && (element.readOnly || element.getAttribute("aria-readonly") === "true")) return "it is read-only";
    return null;
  }

  /**
   * Gets an element ready for a pointer: scrolled into view, stable, enabled, uncovered. Arms a guard that stops
   * the coming events should they land on anything else after all.
   */
  async function preparePointer(ref, attempt) {
    const found = resolve(ref);
    if (found.gone) return found;
    const control = found.element;
    const reason = isDisabled(control) ? "it is disabled" : null;
    const element = targetOf(control);
    const blocked = reason ?? unready(element, {});
    if (blocked) return { retry: `${found.label} cannot be clicked: ${blocked}` };
    let point = hitPoint(element);
    if (point.error) {
      element.scrollIntoView({ behavior: "instant", inline: "nearest", ...scrollPositions[attempt % scrollPositions.length] });
      point = hitPoint(element);
    }
    if (!(await isStable(element))) return { retry: `${found.label} cannot be clicked: it is moving` };
    point = hitPoint(element);
    if (point.error) return { retry: `${found.label} cannot be clicked: ${point.error}`, isCovered: true };
    guard(element);
    return { x: point.x, y: point.y, label: found.label };
  }

  let guardState = null;

  function guard(element) {
    releaseGuard();
    const view = element.ownerDocument.defaultView;
    const types = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "dblclick"];
    const state = { hit: false, blocked: null };
    const listener = (event) => {
      if (!event.isTrusted) return;
      // The press decides. What follows may land elsewhere, because the page may redraw itself on the press.
      if (!state.hit && !state.blocked) {
        const node = event.composedPath()[0];
        if (belongsTo(node, element)) state.hit = true;
        else state.blocked = describe(node);
      }
      if (state.blocked) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    };
    for (const type of types) view.addEventListener(type, listener, { capture: true, passive: false });
    state.remove = () => {
      for (const type of types) view.removeEventListener(type, listener, { capture: true });
    };
    guardState = state;
  }

  /** Removes the guard and says what it saw. */
  function releaseGuard() {
    const state = guardState;
    guardState = null;
    state?.remove();
    return { hit: state?.hit ?? false, blocked: state?.blocked ?? null };
  }

  /** A form is sent and a link followed in a task of its own; after that task the navigation has been announced. */
  const nextTask = () => new Promise((resolve) => setTimeout(resolve, 0));

  async function afterPointer(ref) {
    await nextTask();
    const { hit, blocked } = releaseGuard();
    const element = entries.get(ref)?.element.deref();
    const checked = element?.isConnected ? element.checked ?? null : null;
    return { hit, blocked, checked, url: location.href, title: document.title };
  }

  // ----------------------------------------------------------------------------------------------- the fields

  const typedBySetting = new Set(["date", "time", "datetime-local", "month", "week", "color", "range"]);
  const notTypedInto = new Set(["checkbox", "radio", "button", "submit", "reset", "image", "file", "hidden"]);

  /** Gets a field ready for text: focused, its content selected. Fields with pickers get their value here. */
  function prepareFill(ref, value) {
    const found = resolve(ref);
    if (found.gone) return found;
    const element = found.element;
    const isField = element.localName === "textarea" || element.isContentEditable
      || element.localName === "input" && !notTypedInto.has(element.type);
    if (!isField) return { wrong: `${found.label} is no text field` };
    const reason = unready(element, { enabled: true, editable: true });
    if (reason) return { retry: `${found.label} cannot be filled: ${reason}` };
    element.scrollIntoView({ behavior: "instant", block: "nearest", inline: "nearest" });
    element.focus({ preventScroll: true });
    if (element.localName === "input" && typedBySetting.has(element.type)) {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(element, value);
      element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
      element.dispatchEvent(new Event("change", { bubbles: true }));
      return { done: true, label: found.label };
    }
    if (element.isContentEditable) {
      const view = element.ownerDocument.defaultView;
      const range = element.ownerDocument.createRange();
      range.selectNodeContents(element);
      view.getSelection().removeAllRanges();
      view.getSelection().addRange(range);
    } else {
      element.select();
    }
    return { done: false, label: found.label };
  }

  /** What a field holds now, after its page was told that it changed. */
  function valueOf(ref) {
    const found = resolve(ref);
    if (found.gone) return found;
    const element = found.element;
    return { value: element.value ?? element.textContent, label: found.label, isSecret: isSecret(element) };
  }

  function select(ref, wanted) {
    const found = resolve(ref);
    if (found.gone) return found;
    const element = found.element;
    if (element.localName !== "select") {
      return { wrong: `${found.label} is no native list. Click it, then click the option that appears` };
    }
    const reason = unready(element, { enabled: true });
    if (reason) return { retry: `${found.label} cannot be used: ${reason}` };
    const options = [...element.options];
    const text = (option) => squeeze(option.label);
    const lower = wanted.toLowerCase();
    const matches = [
      (option) => text(option) === wanted,
      (option) => option.value === wanted,
      (option) => text(option).toLowerCase() === lower,
      (option) => text(option).toLowerCase().includes(lower),
    ].map((test) => options.filter(test)).find((each) => each.length > 0) ?? [];
    const list = options.slice(0, 30).map((option) => JSON.stringify(text(option))).join(", ");
    if (matches.length === 0) return { retry: `${found.label} has no option ${JSON.stringify(wanted)}; it has ${list}` };
    if (matches.length > 1) return { wrong: `${matches.length} options of ${found.label} fit ${JSON.stringify(wanted)}: ${list}` };
    if (matches[0].disabled) return { retry: `the option ${JSON.stringify(text(matches[0]))} is disabled` };
    matches[0].selected = true;
    element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
    return { value: text(matches[0]), label: found.label };
  }

  function focus(ref) {
    const found = resolve(ref);
    if (found.gone) return found;
    found.element.focus();
    return { label: found.label };
  }

  // -------------------------------------------------------------------------------------------------- reading

  function hasText(wanted) {
    const lower = squeeze(wanted).toLowerCase();
    const roots = [document];
    for (const root of roots) {
      const shown = root.body?.innerText ?? [...root.children].map((child) => child.innerText ?? "").join(" ");
      if (squeeze(shown).toLowerCase().includes(lower)) return true;
      for (const element of root.querySelectorAll("*")) {
        const inner = element.shadowRoot ?? (element.localName === "iframe" ? frameDocument(element) : null);
        if (inner) roots.push(inner);
      }
    }
    return false;
  }

  function scroll(ref, pages) {
    let target = document.scrollingElement;
    if (ref) {
      const found = resolve(ref);
      if (found.gone) return found;
      for (target = found.element; target && target.scrollHeight <= target.clientHeight;) target = target.parentElement;
      target ??= document.scrollingElement;
    }
    const before = target.scrollTop;
    const height = target === document.scrollingElement ? innerHeight : target.clientHeight;
    target.scrollBy({ top: pages * height * 0.9, behavior: "instant" });
    return { moved: Math.round(target.scrollTop - before), top: Math.round(target.scrollTop), height: target.scrollHeight };
  }

  return {
    startAt: (first) => { counter = Math.max(counter, first); },
    last: () => counter,
    walk, preparePointer, afterPointer, prepareFill, valueOf, select, focus, hasText, scroll,
    place: () => ({ url: location.href, title: document.title }),
  };
})();
