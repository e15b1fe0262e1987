// Access to the messages that a page wants to send over its WebSockets. The script in the page's main world holds them
// back, and listens for an event whose name the page does not know.

function askSockets(target, key, command) {
  let answer = "null";
  const onAnswer = (event) => { answer = event.detail; };
  target.addEventListener(`${key}-answer`, onAnswer);
  target.dispatchEvent(new CustomEvent(key, { detail: JSON.stringify(command) }));
  target.removeEventListener(`${key}-answer`, onAnswer);
  return JSON.parse(answer);
}

/** Returns the answers of this document and of its same-origin frames. */
function sockets(key, command) {
  return windowsOf(allFrames()).map((each) => askSockets(each, key, command))
    .filter((answer) => answer !== null);
}

/**
 * Returns the answers after a delay. By then, the page has done everything that it had scheduled earlier, no matter how
 * busy the machine is.
 */
async function socketsLater(key, command, milliseconds) {
  await new Promise((done) => setTimeout(done, milliseconds));
  return sockets(key, command);
}
