// What a page wants to send over its WebSockets: asked of the script in the page's own world, which has a listener for a
// name that only we know.

function askSockets(target, key, command) {
  let answer = "null";
  const onAnswer = (event) => { answer = event.detail; };
  target.addEventListener(`${key}-answer`, onAnswer);
  target.dispatchEvent(new CustomEvent(key, { detail: JSON.stringify(command) }));
  target.removeEventListener(`${key}-answer`, onAnswer);
  return JSON.parse(answer);
}

/** The answers of this document and of the frames of its origin. */
function sockets(key, command) {
  const frames = [...deepElements(document, "iframe"), ...deepElements(document, "frame")].filter(frameDocument);
  return [window, ...frames.map((frame) => frame.contentWindow)].map((each) => askSockets(each, key, command))
    .filter((answer) => answer !== null);
}

/** The same after a while: what the page wanted to do before that, it has done by then, however busy the machine is. */
async function socketsLater(key, command, milliseconds) {
  await new Promise((done) => setTimeout(done, milliseconds));
  return sockets(key, command);
}
