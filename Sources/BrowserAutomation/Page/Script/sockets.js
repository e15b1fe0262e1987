// Runs in the page's main world before the page's own scripts. It holds back the messages that the page sends over
// WebSockets while the agent acts, because the browser reports such messages only after they are sent.
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

  /** The texts of short sent messages with their numbers removed, because chat servers may number their messages. */
  const shapes = new Set(), mostShapes = 500, longestShape = 500;
  const shapeOf = (text) => apply(replace, text, [/\d+/g, "#"]);
  const sockets = new WeakSet(), hasSocket = sockets.has, addSocket = sockets.add;
  /** The maximum number of messages to hold. Further messages are dropped. */
  const mostHeld = 1000;
  /** The maximum time to hold messages, in milliseconds, in case the process that asked for it no longer exists. */
  const longestHold = 60_000;
  const prefix = Math.random().toString(36).slice(2);
  let socketCount = 0, messageCount = 0, holds = 0, isHolding = false, isTooMuch = false, held = [];
  /** The messages that were stopped. The page cannot send them by trying again later. */
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
  /** Copies the data, because the page may reuse its buffer. */
  const copyOf = (data) => {
    if (!isBytes(data)) return data;
    return new Bytes(isView(data) ? new Bytes(data.buffer, data.byteOffset, data.byteLength) : new Bytes(data));
  };
  const isOpen = (socket) => {
    try {
      return apply(stateOf, socket, []) === 1;
    } catch {
      // This is not a WebSocket, and the browser reports the error.
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
      // Convert any other value to text only once, as the browser does.
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

  /** Ends the hold. If `isBad`, it stops the remaining messages too, because nobody has judged them. */
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
        // This socket no longer exists, but the others do.
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
    /** Returns the held messages that were not taken yet. */
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
    /** Ends the hold after the judgment. If any message was stopped, messages sent in the meantime are stopped too. */
    release: ({ stopped }) => {
      for (const each of held) {
        let isPassed = each.isTaken;
        for (const id of stopped) if (id === each.id) isPassed = false;
        // The message may have been stopped before, but is allowed now.
        if (isPassed) refused.delete(each.text);
      }
      return letGo(stopped, stopped.length > 0 || isTooMuch);
    },
    /** Drops the held messages and forgets the stopped ones, because a user now operates the page. */
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
  // A frame that is created during an action starts in the same state as the page around it.
  on(window, `${key}-holding`, () => { if (isHolding) tell(window, `${key}-held`); });
  try {
    if (parent !== window && parent.document) {
      const onHeld = () => commands.hold();
      on(parent, `${key}-held`, onHeld);
      tell(parent, `${key}-holding`);
      apply(removeEventListener, parent, [`${key}-held`, onHeld]);
    }
  } catch {
    // The parent has another origin.
  }
})
