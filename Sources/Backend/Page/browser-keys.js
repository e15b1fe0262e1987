/** The keys that are sent as keys instead of the text they type, by the runtime's names. */
const named = new Set([
    "Enter", "Tab", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft",
    "ArrowRight",
]);
/** The keys that are sent with Control. Other combinations with Control belong to the user's own web browser. */
const commands = new Set(["a", "c", "x", "z", "y", "b", "i", "u"]);

/**
 * The runtime's name of a key press, such as `Enter` or `Control+a`; `null` for text, and for keys that aren't sent.
 * Pasting is handled by the user's own web browser, because the text comes from its clipboard.
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey"> &
 *     {getModifierState?: (name: string) => boolean}} event
 * @returns {string | null}
 */
export function keyName(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    // AltGr types the third character on a key.
    if (event.getModifierState?.("AltGraph")) return null;
    if (altKey) return null;
    const isCommand = ctrlKey || metaKey;
    const modifiers = `${isCommand ? "Control+" : ""}${shiftKey ? "Shift+" : ""}`;
    if (named.has(key)) return `${modifiers}${key}`;
    // As text, a space wouldn't press a button or toggle a checkbox.
    if (key === " " && !isCommand) return `${modifiers}Space`;
    if (isCommand && commands.has(key.toLowerCase())) return `${modifiers}${key.toLowerCase()}`;
    return null;
}
