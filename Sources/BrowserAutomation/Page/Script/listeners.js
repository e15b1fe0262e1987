// In the page's main world, before its scripts: records the elements that take clicks only because a script listens on them,
// and what custom elements say about themselves. On request, it dispatches an event on each of them, which the isolated world
// receives.
((key) => {
  const { apply, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const { addEventListener, dispatchEvent } = EventTarget.prototype;
  const Ask = CustomEvent, Ref = WeakRef;
  const clicks = new Set(["click", "mousedown", "mouseup", "pointerdown", "pointerup", "touchend", "dblclick"]);
  /** Pages can listen on any number of elements. */
  const most = 20_000;

  let added = [];
  const known = new WeakSet();
  const record = (element) => {
    if (!(element instanceof Element) || element === document.body || element === document.documentElement) return;
    if (known.has(element) || added.length >= most) return;
    known.add(element);
    added.push(new Ref(element));
  };

  EventTarget.prototype.addEventListener = new Proxy(addEventListener, {
    apply(target, self, values) {
      if (clicks.has(values[0]) && values[1]) record(self);
      return apply(target, self, values);
    },
  });
  for (const type of [window.HTMLElement, window.SVGElement]) {
    for (const name of ["onclick", "onmousedown", "onpointerdown"]) {
      const property = type && getOwnPropertyDescriptor(type.prototype, name);
      if (!property?.set) continue;
      defineProperty(type.prototype, name, {
        ...property,
        set(value) {
          if (value) record(this);
          apply(property.set, this, [value]);
        },
      });
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
      if (element) apply(dispatchEvent, element, [new Ask(`${key}-internals`, { composed: true, detail })]);
    }
  }]);

  /** React listens on its root; each element's properties say what it takes. */
  const reactNames = ["onClick", "onMouseDown", "onPointerDown", "onMouseUp", "onPointerUp"];
  let reactKey = null;
  const react = () => {
    const found = [];
    for (const element of document.getElementsByTagName("*")) {
      reactKey ??= Object.keys(element).find((name) => name.startsWith("__reactProps$")) ?? null;
      if (!reactKey) {
        // Only elements within a root have the property; most pages have none.
        if (found.length === 0 && ++react.tries > 2000) return found;
        continue;
      }
      const props = element[reactKey];
      if (props && reactNames.some((name) => typeof props[name] === "function")) found.push(element);
    }
    return found;
  };
  react.tries = 0;

  /** jQuery keeps which descendants a listener is for. */
  const delegated = (element) => {
    const events = window.jQuery?._data?.(element, "events");
    if (!events) return null;
    const selectors = [...clicks].flatMap((type) => [...(events[type] ?? [])]).map((handler) => handler.selector ?? "");
    if (!selectors.length || selectors.includes("")) return null;
    return selectors.flatMap((selector) => [...element.querySelectorAll(selector)]);
  };

  const tell = (element) => apply(dispatchEvent, element, [new Ask(`${key}-takes`, { composed: true })]);
  apply(addEventListener, window, [key, () => {
    const waiting = [];
    for (const ref of added) {
      const element = ref.deref();
      if (!element) continue;
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
