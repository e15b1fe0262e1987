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
  let sockets = 0, isHolding = false, count = 0, held = [];

  prototype.send = new Proxy(sendNow, {
    apply(_, socket, values) {
      const data = values[0], isText = typeof data === "string";
      let isOpen = false;
      try {
        isOpen = apply(stateOf, socket, []) === 1;
      } catch {
        // No WebSocket; the browser says so below.
      }
      let isWaiting = false;
      for (const each of held) isWaiting ||= each.socket === socket;
      if (isOpen && isHolding && (isText || isWaiting)) {
        // Bytes keep their place behind a text.
        held[held.length] = { id: `${prefix}${++count}`, socket, data, isText };
        return undefined;
      }
      if (isText && shapes.size < mostShapes) apply(addShape, shapes, [shapeOf(data)]);
      return apply(sendNow, socket, values);
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
        if (!each.isText || each.isTaken) continue;
        each.isTaken = true;
        messages[messages.length] = {
          id: each.id, url: apply(urlOf, each.socket, []), text: apply(slice, each.data, [0, 100_000]),
          isHabit: apply(hasShape, shapes, [shapeOf(each.data)]),
        };
      }
      if (!sockets) isHolding = false;
      return { sockets, messages };
    },
    release({ stopped }) {
      const all = held;
      isHolding = false;
      held = [];
      for (const each of all) {
        let isStopped = false;
        for (const id of stopped) isStopped ||= id === each.id;
        if (!isStopped) apply(sendNow, each.socket, [each.data]);
      }
      return {};
    },
  };
  addEventListener(key, (event) => {
    const command = parse(apply(detailOf, event, []));
    const answer = stringify(commands[command.name](command));
    apply(dispatchEvent, window, [new Answer(`${key}-answer`, { detail: answer })]);
  });
})
