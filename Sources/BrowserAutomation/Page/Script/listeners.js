// In the page's main world, before its scripts: records the elements that take clicks only because a script listens on them,
// and what custom elements say about themselves. On request, it dispatches an event on each of them, which the isolated world
// receives.
((key) => {
  const { apply, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;
  const Ask = CustomEvent, Ref = WeakRef;
  const clicks = new Set(["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchend", "dblclick"]);
  /** Pages can listen on any number of elements. */
  const most = 20_000;

  let added = [], left = [];
  /** How many listeners each element has. */
  const counts = new WeakMap();
  const record = (element, change) => {
    if (!(element instanceof Element) || element === document.body || element === document.documentElement) return;
    const before = counts.get(element) ?? 0;
    const count = Math.max(before + change, 0);
    counts.set(element, count);
    if ((before > 0) === (count > 0) || added.length + left.length >= most) return;
    (count > 0 ? added : left).push(new Ref(element));
  };
  /** Who listens to what is meant for others, such as statistics, makes no control. */
  const isOwn = (values) => clicks.has(values[0]) && values[1] && values[2] !== true && values[2]?.capture !== true;

  EventTarget.prototype.addEventListener = new Proxy(addEventListener, {
    apply(target, self, values) {
      if (isOwn(values)) record(self, 1);
      return apply(target, self, values);
    },
  });
  EventTarget.prototype.removeEventListener = new Proxy(removeEventListener, {
    apply(target, self, values) {
      if (isOwn(values)) record(self, -1);
      return apply(target, self, values);
    },
  });
  for (const type of [window.HTMLElement, window.SVGElement]) {
    for (const name of ["onclick", "onmousedown", "onpointerdown"]) {
      const property = type && getOwnPropertyDescriptor(type.prototype, name);
      if (!property?.set) continue;
      const set = new Proxy(property.set, {
        apply(target, self, values) {
          const before = !!apply(property.get, self, []);
          apply(target, self, values);
          const after = !!apply(property.get, self, []);
          if (before !== after) record(self, after ? 1 : -1);
        },
      });
      defineProperty(type.prototype, name, { ...property, set });
    }
  }

  /** Custom elements can tell assistive technology their role and states without attributes. */
  const internals = [];
  const attach = window.HTMLElement?.prototype.attachInternals;
  if (attach) {
    HTMLElement.prototype.attachInternals = new Proxy(attach, {
      apply(target, self, values) {
        const own = apply(target, self, values);
        if (internals.length < most) internals.push({ ref: new Ref(self), own });
        return own;
      },
    });
  }
  apply(addEventListener, window, [`${key}-states`, () => {
    for (const { ref, own } of internals) {
      const element = ref.deref();
      const detail = JSON.stringify([own.role, own.ariaLabel, own.ariaChecked]);
      if (element && !isHidden(element)) apply(dispatchEvent, element, [new Ask(`${key}-internals`, { composed: true, detail })]);
    }
  }]);

  /** React listens on its root; each element's properties say what it takes. */
  const reactNames = ["onClick", "onMouseDown", "onPointerDown", "onMouseUp", "onPointerUp"];
  let reactKey = null, tries = 0;
  const react = () => {
    const found = [];
    for (const element of document.getElementsByTagName("*")) {
      reactKey ??= Object.keys(element).find((name) => name.startsWith("__reactProps$")) ?? null;
      if (!reactKey) {
        // Only elements within a root have the property; most pages have none.
        if (++tries > 2000) return found;
        continue;
      }
      const props = element[reactKey];
      if (props && reactNames.some((name) => typeof props[name] === "function")) found.push(element);
    }
    return found;
  };
  /** jQuery keeps which descendants a listener is for. */
  const delegated = (element) => {
    const events = window.jQuery?._data?.(element, "events");
    if (!events) return null;
    const selectors = [...clicks].flatMap((type) => [...(events[type] ?? [])]).map((handler) => handler.selector ?? "");
    if (!selectors.some(Boolean)) return null;
    // One that listens for itself too holds controls, and is none where there are some.
    return selectors.flatMap((selector) => selector ? [...element.querySelectorAll(selector)] : [element]);
  };

  /** From outside of a closed shadow root, an event in it looks like one on its host. */
  const isHidden = (element) => {
    for (let root = element.getRootNode(); root instanceof ShadowRoot; root = root.host.getRootNode()) {
      if (root.mode === "closed") return true;
    }
    return false;
  };
  const tell = (element, what = "takes") => {
    if (!isHidden(element)) apply(dispatchEvent, element, [new Ask(`${key}-${what}`, { composed: true })]);
  };
  apply(addEventListener, window, [key, () => {
    const waiting = [];
    for (const ref of left.splice(0)) {
      const element = ref.deref();
      if (element && !counts.get(element)) tell(element, "leaves");
    }
    for (const ref of added) {
      const element = ref.deref();
      if (!element || !counts.get(element)) continue;
      try {
        const inner = delegated(element);
        // What a list will hold is not known yet.
        if (inner) waiting.push(ref);
        for (const each of inner ?? [element]) tell(each);
      } catch {
        // A selector of jQuery's own.
        tell(element);
      }
    }
    added = waiting;
    for (const element of react()) tell(element);
  }]);
})
