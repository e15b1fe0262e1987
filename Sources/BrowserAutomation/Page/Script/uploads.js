// ------------------------------------------------------------------------------------------------------ uploads

/** The files that are about to be given to the page, and what has arrived of each. */
let arriving = [];
/** What is to get them. A page could put another element in its place while they arrive. */
let receiver = null;

/** Begins an upload. Whatever was begun before is dropped. */
function beginUpload(files) {
  arriving = files.map(({ name, type }) => ({ name, type, pieces: [] }));
  return true;
}

function addPiece(index, base64) {
  arriving[index].pieces.push(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  return true;
}

/** The files as a page gets them from a person. */
function takeArrived() {
  const transfer = new DataTransfer();
  for (const { name, type, pieces } of arriving) transfer.items.add(new File(pieces, name, { type }));
  arriving = [];
  return transfer;
}

/** Returns the file field of a reference; `null` for anything else, such as a button that opens a file chooser. */
function fileField(ref) {
  const element = resolve(ref).element;
  const field = element?.localName === "label" ? element.control : element;
  return field?.localName === "input" && field.type === "file" ? field : null;
}

/** Says before anything is sent whether a control takes such files. */
function prepareUpload(ref, files) {
  const found = resolve(ref);
  if (found.gone) return found;
  const field = fileField(ref);
  if (!field) {
    receiver = found.element;
    return { isCustom: true, label: found.label };
  }
  if (isDisabled(field)) return { retry: `${found.label} takes no files: it is disabled` };
  const wrong = objection(field, files);
  if (wrong) return { wrong: `${found.label} ${wrong}` };
  receiver = field;
  return { label: found.label, done: true };
}

/** Why a file field doesn't take files, by its own attributes; "" if it does. */
function objection(field, files) {
  if (files.length > 1 && !field.multiple) return "takes one file";
  const refused = files.find((file) => !isAccepted(field.accept, file));
  return refused ? `takes only ${quote(field.accept)}, not ${refused.name} (${refused.type})` : "";
}

/** Whether the `accept` attribute allows a file (the HTML Standard, "File Upload state"). */
function isAccepted(accept, { name, type }) {
  const kinds = accept.split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
  return !kinds.length || kinds.some((kind) => kind.startsWith(".") ? name.toLowerCase().endsWith(kind)
    : kind.endsWith("/*") ? type.startsWith(kind.slice(0, -1)) : kind === type);
}

/** Whether a reference still is what the files were sent for. */
function stagedFor(ref) {
  const found = resolve(ref);
  if (found.gone) return found;
  const field = fileField(ref);
  if ((field ?? found.element) !== receiver) return { gone: `${ref} has left the page` };
  return { label: found.label, isCustom: !field };
}

/** Gives the arrived files to a reference's file field. */
function giveFiles(ref) {
  const field = fileField(ref);
  return field && field === receiver ? giveFilesTo(field) : { gone: `${ref} has left the page` };
}

function giveFilesTo(field) {
  const transfer = takeArrived();
  const wrong = objection(field, [...transfer.files]);
  if (wrong) return { wrong: `The page's file field ${wrong}` };
  field.files = transfer.files;
  // The page's own scripts may empty the field as soon as they have the files, so compare before they hear of them.
  const isWhole = field.files.length === transfer.files.length
    && [...transfer.files].every((file, index) => field.files[index].size === file.size);
  if (!isWhole) return { wrong: "The page's file field did not take the files" };
  field.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return { done: true };
}

/** Drops the arrived files onto a reference, if something there takes drops. */
function dropFiles(ref) {
  const element = resolve(ref).element;
  if (!element || element !== receiver) return { gone: `${ref} has left the page` };
  const box = element.getBoundingClientRect();
  const place = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
  // Until the drop, a page learns that there are files, and nothing of them.
  const hint = new DataTransfer();
  for (const { type } of arriving) hint.items.add(new File([], "file", { type }));
  const send = (type, dataTransfer = hint) => element.dispatchEvent(
    new DragEvent(type, { bubbles: true, cancelable: true, composed: true, dataTransfer, ...place }));
  send("dragenter");
  // What takes a drop says so by canceling this (the HTML Standard, "drag-and-drop processing model").
  if (send("dragover")) {
    send("dragleave");
    return { wrong: "It opens no file chooser, and takes no files that are dropped on it" };
  }
  send("drop", takeArrived());
  return { done: true };
}
