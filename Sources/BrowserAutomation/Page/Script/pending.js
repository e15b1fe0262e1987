// In the page's own world, before its scripts: counts what the page is about to do by itself, so that a look after an action
// does not come too early. What goes on for ever, such as a clock or an animation, does not count.
((key) => {
  const { apply, construct } = Reflect;
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

  let lastInput = -Infinity, depth = 0, count = 0, lastMessage = -Infinity;
  const timers = Object.create(null), habits = Object.create(null);

  const on = (target, name, listener) => apply(addEventListener, target, [name, listener, { capture: true, passive: true }]);
  for (const name of ["pointerdown", "pointermove", "keydown", "input", "drop"]) {
    on(window, name, (event) => { if (event.isTrusted) lastInput = now(); });
  }

  /** Notes a timer that was set, and gives what runs in place of its callback. */
  const note = (kind, callback, habit) => {
    const own = depth + 1;
    const name = `${kind}${++count}`;
    const time = now();
    if (time > loading && time - lastInput > influence) habits[habit] = (habits[habit] ?? 0) + 1;
    const counts = own <= deepest && (habits[habit] ?? 0) < habitual;
    if (counts) timers[name] = time;
    const run = function (...values) {
      delete timers[name];
      const outer = depth;
      depth = own;
      try {
        return apply(callback, this, values);
      } finally {
        depth = outer;
      }
    };
    return { name, run };
  };
  const names = Object.create(null);
  const wrap = (setter, canceller, kind, delayOf) => {
    const set = window[setter], cancel = window[canceller];
    if (typeof set !== "function" || typeof cancel !== "function") return;
    window[setter] = new Proxy(set, {
      apply(target, self, values) {
        const delay = delayOf(values[1]);
        if (typeof values[0] !== "function" || !(delay <= longestDelay)) return apply(target, self, values);
        const { name, run } = note(kind, values[0], `${kind} ${delay}`);
        values[0] = run;
        const id = apply(target, self, values);
        names[`${kind} ${id}`] = name;
        return id;
      },
    });
    window[canceller] = new Proxy(cancel, {
      apply(target, self, values) {
        const place = `${kind} ${values[0]}`;
        delete timers[names[place]];
        delete names[place];
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
