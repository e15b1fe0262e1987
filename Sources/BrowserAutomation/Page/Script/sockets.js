// In the page's own world, before its scripts: keeps what it sends over WebSockets while the agent acts. The browser tells of
// such messages only once they are gone.
((key) => {
  if (typeof WebSocket !== "function") return;
  const { prototype } = WebSocket;
  const { apply, construct } = Reflect;
  const { parse, stringify } = JSON;
  const own = (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get;
  const urlOf = own(WebSocket, "url"), stateOf = own(WebSocket, "readyState"), detailOf = own(CustomEvent, "detail");
  const { replace, slice } = String.prototype;
  const { dispatchEvent } = EventTarget.prototype;
  const Answer = CustomEvent, sendNow = prototype.send, shapes = new Set(), hasShape = shapes.has, addShape = shapes.add;

  /** Chat servers may count their messages. */
  const shapeOf = (text) => apply(slice, apply(replace, text, [/\d+/g, "#"]), [0, 500]);
  const mostShapes = 500;
  const prefix = Math.random().toString(36).slice(2);
  let sockets = 0, isHolding = false, isTooMuch = false, count = 0, held = [];
  /** So many are looked at; of more none is sent. */
  const mostHeld = 1000;
  /** What was stopped: a page that tries it again later does so in vain. */
  let refused = new Set(), isRefusing = false;
  const hasRefused = refused.has, addRefused = refused.add, dropRefused = refused.delete;
  const decoder = new TextDecoder("latin1"), decode = decoder.decode;
  const isBytes = (data) => data instanceof ArrayBuffer || ArrayBuffer.isView(data);
  const textOf = (data) => (typeof data === "string" ? data : isBytes(data) ? apply(decode, decoder, [data]) : null);

  prototype.send = new Proxy(sendNow, {
    apply(_, socket, values) {
      let data = values[0];
      // What is neither text nor bytes is read once, as the browser does.
      if (values.length && typeof data !== "string" && !isBytes(data) && !(data instanceof Blob)) data = String(data);
      let isOpen = false;
      try {
        isOpen = apply(stateOf, socket, []) === 1;
      } catch {
        // No WebSocket; the browser says so below.
      }
      if (isOpen && values.length && (isHolding || isRefusing)) {
        const text = textOf(data);
        if (isHolding) {
          // A blob keeps its place behind the others.
          if (held.length < mostHeld) {
            held[held.length] = { id: `${prefix}${++count}`, socket, data, text, isText: typeof data === "string" };
          } else {
            isTooMuch = true;
          }
          return undefined;
        }
        if (text !== null && apply(hasRefused, refused, [text])) return undefined;
      }
      if (typeof data === "string" && shapes.size < mostShapes) apply(addShape, shapes, [shapeOf(data)]);
      return apply(sendNow, socket, values.length ? [data] : []);
    },
  });
  window.WebSocket = new Proxy(WebSocket, {
    construct(type, values, target) {
      sockets++;
      return construct(type, values, target);
    },
  });
  prototype.constructor = window.WebSocket;

  const commands = {
    hold() {
      isHolding = true;
      return {};
    },
    /** What has been held and not been taken; a page without sockets need not hold any longer. */
    take() {
      const messages = [];
      for (const each of held) {
        if (each.text === null || each.isTaken) continue;
        each.isTaken = true;
        messages[messages.length] = {
          id: each.id, url: apply(urlOf, each.socket, []), isText: each.isText,
          text: apply(slice, each.isText ? each.text : apply(replace, each.text, [/[\0-\x1f\x7f-\x9f]+/g, " "]), [0, 100_000]),
          isHabit: each.isText && apply(hasShape, shapes, [shapeOf(each.text)]),
        };
      }
      if (!sockets && !held.length) isHolding = false;
      return { sockets: sockets + held.length, messages };
    },
    release({ stopped }) {
      const all = held, endsBad = stopped.length > 0 || isTooMuch;
      isHolding = false;
      isTooMuch = false;
      held = [];
      for (const each of all) {
        // A page that goes on sending while it is judged gets no more through than what was judged.
        let isStopped = endsBad && each.text !== null && !each.isTaken;
        for (const id of stopped) isStopped ||= id === each.id;
        if (isStopped) {
          isRefusing = true;
          apply(addRefused, refused, [each.text]);
          continue;
        }
        apply(dropRefused, refused, [each.text]);
        apply(sendNow, each.socket, [each.data]);
      }
      return {};
    },
    /** Somebody else works the page now. */
    forget() {
      refused = new Set();
      isRefusing = false;
      return {};
    },
  };
  // A frame that is made during an action begins as the page around it is.
  addEventListener(`${key}-holding`, (event) => {
    if (isHolding) apply(dispatchEvent, window, [new Answer(`${key}-held`)]);
  });
  try {
    if (parent !== window) {
      parent.addEventListener(`${key}-held`, () => { isHolding = true; }, { once: true });
      parent.dispatchEvent(new Answer(`${key}-holding`));
    }
  } catch {
    // Another origin's.
  }
  addEventListener(key, (event) => {
    const command = parse(apply(detailOf, event, []));
    const answer = stringify(commands[command.name](command));
    apply(dispatchEvent, window, [new Answer(`${key}-answer`, { detail: answer })]);
  });
})
