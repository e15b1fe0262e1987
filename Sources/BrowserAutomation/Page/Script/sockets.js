// In the page's own world, before its scripts: keeps what it sends over WebSockets while the agent acts. The browser tells of
// such messages only once they are gone.
((key) => {
  if (typeof WebSocket !== "function") return;
  const { prototype } = WebSocket;
  const { apply, construct } = Reflect;
  const { parse, stringify } = JSON;
  const own = (type, name) => Object.getOwnPropertyDescriptor(type.prototype, name).get;
  const urlOf = own(WebSocket, "url"), stateOf = own(WebSocket, "readyState"), detailOf = own(CustomEvent, "detail");
  const sizeOfBuffer = own(ArrayBuffer, "byteLength"), sizeOfBlob = own(Blob, "size");
  const { replace, slice } = String.prototype;
  const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;
  const { has, add } = Set.prototype, { isView } = ArrayBuffer;
  const Answer = CustomEvent, Bytes = Uint8Array, wait = setTimeout, sendNow = prototype.send, closeNow = prototype.close;
  const decoder = new TextDecoder("latin1"), { decode } = decoder;

  /** Chat servers may count their messages. Only a short one is known by its shape. */
  const shapes = new Set(), mostShapes = 500, longestShape = 500;
  const shapeOf = (text) => apply(replace, text, [/\d+/g, "#"]);
  const sockets = new WeakSet(), hasSocket = sockets.has, addSocket = sockets.add;
  /** So many are looked at; of more none is sent. */
  const mostHeld = 1000;
  /** What holds them may be gone. */
  const longestHold = 60_000;
  const prefix = Math.random().toString(36).slice(2);
  let socketCount = 0, messageCount = 0, holds = 0, isHolding = false, isTooMuch = false, held = [];
  /** What was stopped: a page that tries it again later does so in vain. */
  let refused = new Set(), isRefusing = false;

  const passes = (getter, data) => {
    try {
      apply(getter, data, []);
      return true;
    } catch {
      return false;
    }
  };
  const isBytes = (data) => isView(data) || passes(sizeOfBuffer, data);
  const textOf = (data) => (typeof data === "string" ? data : isBytes(data) ? apply(decode, decoder, [data]) : null);
  /** A page may write into its buffer again. */
  const copyOf = (data) => {
    if (!isBytes(data)) return data;
    return new Bytes(isView(data) ? new Bytes(data.buffer, data.byteOffset, data.byteLength) : new Bytes(data));
  };
  const isOpen = (socket) => {
    try {
      return apply(stateOf, socket, []) === 1;
    } catch {
      // No WebSocket; the browser says so.
      return false;
    }
  };
  const count = (socket) => {
    if (apply(hasSocket, sockets, [socket])) return;
    apply(addSocket, sockets, [socket]);
    socketCount++;
  };
  const hold = (each) => {
    if (held.length < mostHeld) held[held.length] = each;
    else isTooMuch = true;
  };

  prototype.send = new Proxy(sendNow, {
    apply(_, socket, values) {
      if (!values.length || !isOpen(socket)) return apply(sendNow, socket, values);
      count(socket);
      let data = values[0];
      // What is neither text nor bytes is read once, as the browser does.
      if (typeof data !== "string" && !isBytes(data) && !passes(sizeOfBlob, data)) data = String(data);
      if (isHolding) {
        data = copyOf(data);
        hold({ id: `${prefix}${++messageCount}`, socket, data, text: textOf(data), isText: typeof data === "string" });
        return undefined;
      }
      if (isRefusing && apply(has, refused, [textOf(data)])) return undefined;
      if (typeof data === "string" && data.length <= longestShape && shapes.size < mostShapes) {
        apply(add, shapes, [shapeOf(data)]);
      }
      return apply(sendNow, socket, [data]);
    },
  });
  prototype.close = new Proxy(closeNow, {
    apply(_, socket, values) {
      let isWaiting = false;
      if (isHolding) for (const each of held) isWaiting ||= each.socket === socket;
      if (!isWaiting) return apply(closeNow, socket, values);
      hold({ socket, closing: values, text: null });
      return undefined;
    },
  });
  window.WebSocket = new Proxy(WebSocket, {
    construct(type, values, target) {
      const socket = construct(type, values, target);
      count(socket);
      return socket;
    },
  });
  prototype.constructor = window.WebSocket;

  /** Ends the hold; what is left over has not been judged. */
  const letGo = (stopped, isBad) => {
    const all = held;
    isHolding = false;
    isTooMuch = false;
    held = [];
    for (const each of all) {
      let isStopped = isBad && !each.isTaken && !each.closing;
      for (const id of stopped) isStopped ||= id === each.id;
      try {
        if (isStopped) {
          isRefusing = true;
          apply(add, refused, [each.text]);
        } else if (each.closing) {
          apply(closeNow, each.socket, each.closing);
        } else {
          apply(sendNow, each.socket, [each.data]);
        }
      } catch {
        // Its socket has gone meanwhile, and the others have not.
      }
    }
    return {};
  };
  const commands = {
    hold() {
      isHolding = true;
      const number = ++holds;
      wait(() => { if (isHolding && number === holds) letGo([], true); }, longestHold);
      return {};
    },
    /** What has been held and not been taken. */
    take() {
      const messages = [];
      for (const each of held) {
        if (each.text === null || each.isTaken) continue;
        each.isTaken = true;
        const text = each.isText ? each.text : apply(replace, each.text, [/[\0-\x1f\x7f-\x9f]+/g, " "]);
        messages[messages.length] = {
          id: each.id, url: apply(urlOf, each.socket, []), isText: each.isText, text: apply(slice, text, [0, 100_000]),
          isHabit: each.isText && text.length <= longestShape && apply(has, shapes, [shapeOf(text)]),
        };
      }
      return { sockets: socketCount, messages };
    },
    /** A page that goes on sending while it is judged gets no more through than what was judged. */
    release: ({ stopped }) => {
      for (const each of held) {
        let isPassed = each.isTaken;
        for (const id of stopped) if (id === each.id) isPassed = false;
        // What was stopped before and is allowed now.
        if (isPassed) refused.delete(each.text);
      }
      return letGo(stopped, stopped.length > 0 || isTooMuch);
    },
    /** Somebody else works the page now. */
    forget() {
      held = [];
      isHolding = false;
      refused = new Set();
      isRefusing = false;
      return {};
    },
  };

  const on = (target, name, listener) => apply(addEventListener, target, [name, listener]);
  const tell = (target, name, detail) => apply(dispatchEvent, target, [new Answer(name, { detail })]);
  on(window, key, (event) => {
    const command = parse(apply(detailOf, event, []));
    tell(window, `${key}-answer`, stringify(commands[command.name](command)));
  });
  // A frame that is made during an action begins as the page around it is.
  on(window, `${key}-holding`, () => { if (isHolding) tell(window, `${key}-held`); });
  try {
    if (parent !== window && parent.document) {
      const onHeld = () => commands.hold();
      on(parent, `${key}-held`, onHeld);
      tell(parent, `${key}-holding`);
      apply(removeEventListener, parent, [`${key}-held`, onHeld]);
    }
  } catch {
    // Another origin's.
  }
})
