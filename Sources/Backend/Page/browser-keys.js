/** The keys that are passed on as keys, and not as the text that they type; by the names that the runtime knows. */
const named = new Set([
    "Enter", "Tab", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft",
    "ArrowRight",
]);
/** With Control they do something to what is chosen; with anything else Control belongs to the person's browser. */
const commands = new Set(["a", "c", "x", "z", "y", "b", "i", "u"]);

/**
 * The name of what was pressed, such as `Enter` or `Control+a`; `null` for text, and for what is not the page's.
 * Pasting is the person's own: the text comes from their clipboard.
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey"> &
 *     {getModifierState?: (name: string) => boolean}} event
 * @returns {string | null}
 */
export function keyName(event) {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    // This key types the signs that stand third on a keyboard's keys.
    if (event.getModifierState?.("AltGraph")) return null;
    if (altKey) return null;
    const isCommand = ctrlKey || metaKey;
    const modifiers = `${isCommand ? "Control+" : ""}${shiftKey ? "Shift+" : ""}`;
    if (named.has(key)) return `${modifiers}${key}`;
    // As text it would press no button and tick no box.
    if (key === " " && !isCommand) return `${modifiers}Space`;
    if (isCommand && commands.has(key.toLowerCase())) return `${modifiers}${key.toLowerCase()}`;
    return null;
}
