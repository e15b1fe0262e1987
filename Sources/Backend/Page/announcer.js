/**
 * Tells a screen reader what happens, politely and in batches: what comes within a second is said together, and the
 * same words are not said twice in it.
 */
export class Announcer {
    /** @type {Set<string>} */
    #waiting = new Set();
    #timer = 0;
    #region;

    /** @param {HTMLElement} region A polite live region. */
    constructor(region) {
        this.#region = region;
    }

    /** @param {string} text */
    say(text) {
        if (!text) return;
        this.#waiting.add(text);
        this.#timer ||= setTimeout(() => {
            this.#timer = 0;
            // A paragraph each, so that words of before are said again when they come again.
            this.#region.replaceChildren(...[...this.#waiting].map((words) => {
                const paragraph = document.createElement("p");
                paragraph.textContent = words;
                return paragraph;
            }));
            this.#waiting.clear();
        }, 800);
    }
}
