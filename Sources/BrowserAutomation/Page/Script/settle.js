// Whether the page has finished what an action started.

/** The event that the script in the main world listens for. */
let pendingKey = "";

function pendingIn(target) {
  let count = 0;
  const onAnswer = (event) => { count = Number(event.detail) || 0; };
  target.addEventListener(`${pendingKey}-answer`, onAnswer);
  target.dispatchEvent(new CustomEvent(pendingKey));
  target.removeEventListener(`${pendingKey}-answer`, onAnswer);
  return count;
}

/** How many timers, frames and answers of this document and of its frames of the same origin are to come. */
function pendingWork() {
  if (!pendingKey) return 0;
  let count = pendingIn(window);
  for (let index = 0; index < Math.min(frames.length, 20); index++) {
    try {
      if (frames[index].document) count += pendingIn(frames[index]);
    } catch {
      // Another origin's.
    }
  }
  return count + viewTransitions();
}

const viewTransitions = () =>
  (document.activeViewTransition ? 1 : document.getAnimations().some(isOfViewTransition) ? 1 : 0);
const isOfViewTransition = ({ effect, playState }) =>
  playState === "running" && effect?.pseudoElement?.startsWith("::view-transition");

/** Pages that scripts build show nothing for so long at most, in milliseconds. */
const longestBlank = 10_000;

/** Whether the window shows nothing yet. */
function isBlank() {
  const { body } = document;
  if (performance.now() > longestBlank) return false;
  if (!body || body.localName !== "body" || location.href === "about:blank") return false;
  if (body.querySelector("a, button, input, select, textarea, img, canvas, svg, video, iframe, [role]")) return false;
  return !body.innerText.trim() && ![...body.querySelectorAll("*")].some(rootOf);
}

/** An attribute that changes what a snapshot says. */
const toldAttributes = [
  "aria-busy", "aria-checked", "aria-disabled", "aria-expanded", "aria-hidden", "aria-label", "aria-selected", "checked",
  "disabled", "hidden", "href", "open", "src", "value",
];
/** More changes of one element than this are an animation's or a clock's. */
const mostChanges = 5;

/**
 * Resolves once nothing is to come and nothing has changed for `quiet` milliseconds, or after `longest`.
 * @returns {Promise<boolean>} Whether it has become quiet.
 */
function settled(quiet, longest, waitsForContent) {
  const begun = performance.now();
  let changed = begun - quiet;
  const counts = new WeakMap();
  const observer = new MutationObserver((records) => {
    for (const { target } of records) {
      const count = (counts.get(target) ?? 0) + 1;
      counts.set(target, count);
      if (count <= mostChanges) changed = performance.now();
    }
  });
  const options = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: toldAttributes };
  for (const root of allRoots().slice(0, 100)) observer.observe(root, options);
  return new Promise((done) => {
    let wasPending = true;
    const look = () => {
      const time = performance.now();
      const isPending = pendingWork() > 0 || waitsForContent && isBlank();
      // What was to come has come, and may show itself now.
      if (wasPending && !isPending) changed = time;
      wasPending = isPending;
      const isQuiet = !isPending && time - changed >= quiet;
      if (!isQuiet && time - begun < longest) return setTimeout(look, 20);
      observer.disconnect();
      done(isQuiet);
    };
    look();
  });
}
