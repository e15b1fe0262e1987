/**
 * Marks the shell with `data-typing` while the user writes in the chat, so that the style sheet can make room for it.
 *
 * Nothing may move under a finger: while a pointer is down, the attribute stays, even if the press took the focus.
 *
 * @param {HTMLElement} shell
 * @param {HTMLElement} main
 */
export function markTyping(shell, main) {
    let isDown = false;
    const update = () => {
        const { activeElement } = document;
        const isTyping = main.contains(activeElement) && activeElement !== null && activeElement.matches("input, textarea");
        if (isTyping || !isDown) shell.toggleAttribute("data-typing", isTyping);
    };
    // The click event follows the release of the pointer.
    const lift = () => {
        isDown = false;
        setTimeout(update);
    };
    document.addEventListener("focusin", update);
    document.addEventListener("focusout", () => queueMicrotask(update));
    addEventListener("pointerdown", () => { isDown = true; }, true);
    addEventListener("pointerup", lift, true);
    addEventListener("pointercancel", lift, true);
}
