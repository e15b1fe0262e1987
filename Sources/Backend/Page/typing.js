/**
 * Marks the shell with `data-typing` while the user writes in the chat, so that the style sheet can make room for it.
 *
 * Nothing may move from under a finger: while a pointer is down the mark stays, also where the press has taken the focus.
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
    // A click comes right after the pointer was lifted.
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
