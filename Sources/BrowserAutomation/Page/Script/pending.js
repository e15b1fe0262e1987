// In the page's main world, before its scripts: counts what the page is about to do on its own, so that a snapshot after an
// action doesn't come too early. Endless work, such as a clock or an animation, doesn't count.
((key) => {
  const { apply } = Reflect;
  const { addEventListener, dispatchEvent } = EventTarget.prototype;
  const { keys } = Object;
  const now = performance.now.bind(performance), Answer = CustomEvent;

  /** A timer that is longer, in milliseconds, is not what an action leads to. */
  const longestDelay = 1000;
  /** Timers that are set by timers, and so on, are a loop from here on. */
  const deepest = 3;
  /** A delay that comes so often without the user is a loop, too. */
  const habitual = 3;
  /** How long what the page does may be an answer to the user, and how long it takes to load. */
  const influence = 2000, loading = 3000;
  /** How long a message to a server or a worker may wait for an answer. */
  const longestAnswer = 500;

  let lastInput = -Infinity, depth = 0, lastMessage = -Infinity;
  /** When each timer was set, by its kind and id. */
  const timers = Object.create(null), habits = Object.create(null);

  const on = (target, name, listener) => apply(addEventListener, target, [name, listener, { capture: true, passive: true }]);
  for (const name of ["pointerdown", "pointermove", "keydown", "input", "drop"]) {
    on(window, name, (event) => { if (event.isTrusted) lastInput = now(); });
  }

  /** Sets a timer that counts until it runs or is canceled, unless it is part of a loop. */
  const setCounted = (kind, habit, set, self, values) => {
    const callback = values[0];
    const own = depth + 1;
    const time = now();
    if (time > loading && time - lastInput > influence) habits[habit] = (habits[habit] ?? 0) + 1;
    let name = "";
    values[0] = function (...given) {
      delete timers[name];
      const outer = depth;
      depth = own;
      try {
        return apply(callback, this, given);
      } finally {
        depth = outer;
      }
    };
    const id = apply(set, self, values);
    name = `${kind} ${id}`;
    if (own <= deepest && (habits[habit] ?? 0) < habitual) timers[name] = time;
    return id;
  };
  const wrap = (setter, canceller, kind, delayOf) => {
    const set = window[setter], cancel = window[canceller];
    if (typeof set !== "function" || typeof cancel !== "function") return;
    window[setter] = new Proxy(set, {
      apply(target, self, values) {
        const delay = delayOf(values[1]);
        if (typeof values[0] !== "function" || !(delay <= longestDelay)) return apply(target, self, values);
        return setCounted(kind, `${kind} ${delay}`, target, self, values);
      },
    });
    window[canceller] = new Proxy(cancel, {
      apply(target, self, values) {
        delete timers[`${kind} ${values[0]}`];
        return apply(target, self, values);
      },
    });
  };
  wrap("setTimeout", "clearTimeout", "timer", (delay) => Math.max(Number(delay) || 0, 0));
  wrap("requestAnimationFrame", "cancelAnimationFrame", "frame", () => 0);
  wrap("requestIdleCallback", "cancelIdleCallback", "idle", () => 0);

  /** What is sent shortly after the user's input waits for its answer. */
  const listening = new WeakSet();
  const expect = (type, method) => {
    const prototype = window[type]?.prototype;
    const send = prototype?.[method];
    if (typeof send !== "function") return;
    prototype[method] = new Proxy(send, {
      apply(target, self, values) {
        const result = apply(target, self, values);
        if (now() - lastInput < influence) {
          lastMessage = now();
          if (!listening.has(self)) {
            listening.add(self);
            on(self, "message", () => { lastMessage = -Infinity; });
          }
        }
        return result;
      },
    });
  };
  expect("WebSocket", "send");
  expect("Worker", "postMessage");

  /** How many things are to come; one of a moment ago that has never run, such as a frame of a hidden page, is not. */
  const pending = () => {
    const time = now();
    let sum = time - lastMessage < longestAnswer ? 1 : 0;
    for (const name of keys(timers)) {
      if (time - timers[name] > longestDelay + influence) delete timers[name];
      else sum++;
    }
    return sum;
  };
  apply(addEventListener, window, [key, () => {
    apply(dispatchEvent, window, [new Answer(`${key}-answer`, { detail: pending() })]);
  }]);
})
